-- Confirms the reservation $1 because its deposit was paid, whatever became of the hold, if its nights are still free:
-- a hold of somebody else that ended gives way first. A row when it is confirmed now. A reservation that takes the
-- nights at this very moment can make this fail with exclusion_violation.
WITH paid AS (
    SELECT id, accommodation_id, period FROM reservations WHERE id = $1
), stale AS (
    SELECT r.id
    FROM reservations r, paid
    WHERE r.accommodation_id = paid.accommodation_id
      AND r.period && paid.period
      AND r.reservation_status = 'pre_reserved'
      AND r.expires_at <= now()
      AND r.id <> paid.id
    ORDER BY r.id
    FOR UPDATE OF r
), given_way AS (
    UPDATE reservations r
    SET reservation_status = 'expired', updated_at = now()
    FROM stale
    WHERE r.id = stale.id
    RETURNING r.id
)
UPDATE reservations r
SET reservation_status = 'confirmed', confirmed_at = now(), cancelled_at = NULL, cancelled_because = NULL,
    updated_at = now()
FROM paid, (SELECT count(*) FROM given_way) AS after_expiry
WHERE r.id = paid.id
  AND NOT EXISTS (
      SELECT FROM reservations other
      WHERE other.accommodation_id = paid.accommodation_id
        AND other.period && paid.period
        AND other.id <> paid.id
        AND (other.reservation_status = 'confirmed'
             OR (other.reservation_status = 'pre_reserved' AND other.expires_at > now()))
  )
RETURNING r.code
