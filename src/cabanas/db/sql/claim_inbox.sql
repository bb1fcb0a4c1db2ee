-- Takes up to $2 events of the kinds $1 to work on, for as long as $3: then they come back by themselves, should the
-- worker have died. An event waits while an earlier one of its lane is not done; those are looked up with coalesce,
-- which keeps the planner from walking through everything that waits (see migration 0003).
WITH next AS (
    SELECT i.id
    FROM inbox i
    WHERE i.processed_at IS NULL
      AND i.failed_at IS NULL
      AND i.available_at <= now()
      AND i.kind = ANY ($1::text[])
      AND NOT EXISTS (
          SELECT FROM inbox earlier
          WHERE earlier.lane = i.lane
            AND coalesce(earlier.processed_at, earlier.failed_at) IS NULL
            AND (earlier.said_at, earlier.id) < (i.said_at, i.id)
      )
    ORDER BY i.available_at, i.id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE inbox i
SET available_at = now() + $3::interval, attempts = attempts + 1
FROM next
WHERE i.id = next.id
RETURNING i.id, i.source, i.kind, i.provider_id, i.lane, i.said_at, i.payload, i.transcript, i.attempts
