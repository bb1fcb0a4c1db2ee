-- Confirms the hold with code $1, unless it ended: the database's clock decides. A difference of times, as a plain
-- comparison would lead the planner through the index of all holds instead of to the one code.
UPDATE reservations
SET reservation_status = 'confirmed', confirmed_at = now(), updated_at = now()
WHERE code = $1 AND reservation_status = 'pre_reserved' AND expires_at - now() > interval '0'
RETURNING code
