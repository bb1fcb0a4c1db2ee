-- Marks the event $1 as done; a row when it was not. No index of what waits matches num_nonnulls: the planner would
-- take it for an empty one and walk through all of it (see migration 0003).
UPDATE inbox
SET processed_at = clock_timestamp(), last_error = NULL
WHERE id = $1 AND num_nonnulls(processed_at, failed_at) = 0
RETURNING id
