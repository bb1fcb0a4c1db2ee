-- Puts the event $1 back, to be tried again after $2; $3 says why.
UPDATE inbox
SET available_at = now() + $2::interval, last_error = $3
WHERE id = $1 AND processed_at IS NULL
