-- Marks the event $1 as done; a row when it was not.
UPDATE inbox
SET processed_at = clock_timestamp(), last_error = NULL
WHERE id = $1 AND processed_at IS NULL AND failed_at IS NULL
RETURNING id
