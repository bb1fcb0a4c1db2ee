-- Marks up to $1 holds that ended. Rows that another transaction has in hand are left for the next pass.
WITH ended AS (
    SELECT id
    FROM reservations
    WHERE reservation_status = 'pre_reserved' AND expires_at <= now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE reservations r
SET reservation_status = 'expired', updated_at = now()
FROM ended
WHERE r.id = ended.id
