-- Takes up to $1 messages to send, for as long as $2: then they come back by themselves, should the worker have died.
-- A message waits while an earlier one to the same recipient is neither sent nor given up; those are looked up with
-- coalesce, which keeps the planner from walking through everything that waits (see migration 0003). With the
-- reservation that it is about, where there is one.
WITH next AS (
    SELECT o.id
    FROM outbox o
    WHERE o.sent_at IS NULL
      AND o.failed_at IS NULL
      AND o.available_at <= now()
      AND NOT EXISTS (
          SELECT FROM outbox earlier
          WHERE earlier.recipient = o.recipient
            AND coalesce(earlier.sent_at, earlier.failed_at) IS NULL
            AND earlier.id < o.id
      )
    ORDER BY o.available_at, o.id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox o
    SET available_at = now() + $2::interval, attempts = attempts + 1
    FROM next
    WHERE o.id = next.id
    RETURNING o.id, o.kind, o.recipient, o.body, o.attempts, o.reservation_id
)
SELECT
    c.id, c.kind, c.recipient, c.body, c.attempts,
    r.code, a.name AS accommodation_name, r.check_in, r.check_out, r.guests, r.total_price, r.deposit_amount,
    r.contact_name, r.expires_at AT TIME ZONE $3 AS expires_at_local
FROM claimed c
LEFT JOIN reservations r ON r.id = c.reservation_id
LEFT JOIN accommodations a ON a.id = r.accommodation_id
ORDER BY c.id
