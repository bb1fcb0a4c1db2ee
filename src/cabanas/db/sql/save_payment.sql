-- Writes what we know of the payment $1 now: 2 reservation  3 status  4 detail  5 amount  6 refunded  7 currency
-- 8 whether it was ever approved  9 standing  10 when the provider last changed it
UPDATE payments
SET reservation_id = $2, status = $3, status_detail = $4, amount = $5, refunded = $6, currency = $7,
    was_approved = $8, standing = $9, snapshot_at = $10, updated_at = now()
WHERE provider_id = $1
