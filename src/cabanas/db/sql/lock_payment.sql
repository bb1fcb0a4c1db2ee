-- The payment $1 as we know it, locked until the transaction ends; a payment that we have not met is created as an
-- open one that knows nothing yet.
INSERT INTO payments (provider_id, status, amount, currency, standing, snapshot_at)
VALUES ($1, '', 0, '', 'open', to_timestamp(0))
ON CONFLICT (provider_id) DO UPDATE SET provider_id = excluded.provider_id
RETURNING status, status_detail, amount, refunded, currency, was_approved, standing, snapshot_at
