-- Cancels the reservation with code $1 if it still blocks its nights.
UPDATE reservations
SET reservation_status = 'cancelled', cancelled_at = now(), updated_at = now()
WHERE code = $1
  AND (reservation_status = 'confirmed' OR (reservation_status = 'pre_reserved' AND expires_at > now()))
RETURNING code
