-- Puts the message $1 back, to be tried again after $2; $3 says why.
UPDATE outbox
SET available_at = now() + $2::interval, last_error = $3
WHERE id = $1 AND sent_at IS NULL
