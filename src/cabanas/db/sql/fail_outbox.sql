-- Gives up on the message $1; $2 says why.
UPDATE outbox
SET failed_at = clock_timestamp(), last_error = $2
WHERE id = $1 AND sent_at IS NULL
