-- The message $1 was sent; the provider calls it $2.
UPDATE outbox
SET sent_at = clock_timestamp(), provider_id = $2, last_error = NULL
WHERE id = $1 AND sent_at IS NULL
