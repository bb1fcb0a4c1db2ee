-- Confirms the hold with code $1, unless it ended: the database's clock decides.
UPDATE reservations
SET reservation_status = 'confirmed', confirmed_at = now(), updated_at = now()
WHERE code = $1 AND reservation_status = 'pre_reserved' AND expires_at > now()
RETURNING code
