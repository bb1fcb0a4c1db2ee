-- Ends the work on a guest's message: the reply into the outbox, the memory, the mark on the event, all or nothing.
-- 1 event  2 contact  3 memory as JSON text  4 revision of the memory that was read  5 the reply, or NULL
-- 6 code of the reservation whose own notice is the reply, or NULL
--
-- No row when the memory changed meanwhile or the event is done: then nothing was written. num_nonnulls is for the
-- planner's sake, as in finish_event.
WITH remembered AS (
    INSERT INTO conversations (contact, memory, revision)
    SELECT $2, $3::json, 1
    WHERE EXISTS (SELECT FROM inbox WHERE id = $1 AND num_nonnulls(processed_at, failed_at) = 0)
    ON CONFLICT (contact) DO UPDATE
    SET memory = excluded.memory, revision = conversations.revision + 1, updated_at = now()
    WHERE conversations.revision = $4
    RETURNING revision
), done AS (
    UPDATE inbox
    SET processed_at = clock_timestamp(), last_error = NULL
    FROM remembered
    WHERE inbox.id = $1
    RETURNING inbox.id
), reply AS (
    INSERT INTO outbox (kind, recipient, inbox_id, body)
    SELECT 'reply', $2, done.id, $5
    FROM done
    WHERE $5::text IS NOT NULL
), notice AS (
    UPDATE outbox o
    SET inbox_id = done.id
    FROM done, reservations r
    WHERE r.code = $6 AND o.reservation_id = r.id AND o.kind = 'reservation_held'
)
SELECT id, pg_notify('cabanas_outbox', '') AS woken FROM done
