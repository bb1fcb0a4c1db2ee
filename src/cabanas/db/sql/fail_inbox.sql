-- Gives up on the event $1 because of $2. Its sender $3 (NULL: nobody to tell) is told in the words $4.
-- num_nonnulls is for the planner's sake, as in finish_event.
WITH failed AS (
    UPDATE inbox
    SET failed_at = clock_timestamp(), last_error = $2
    WHERE id = $1 AND num_nonnulls(processed_at, failed_at) = 0
    RETURNING id
), apology AS (
    INSERT INTO outbox (kind, recipient, inbox_id, body)
    SELECT 'reply', $3, id, $4 FROM failed WHERE $3::text IS NOT NULL
    RETURNING id
)
SELECT pg_notify('cabanas_outbox', '') FROM apology
