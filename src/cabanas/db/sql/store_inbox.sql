-- Stores what a webhook delivered, each event once however often it is delivered, and tells the workers which kinds
-- there are. One row of arrays an event: 1 source (one for all)  2 kinds  3 provider ids  4 lanes  5 times said
-- 6 payloads as JSON text. Answers with how many events were new. Statuses are kept for the record and need no work.
--
-- Rows go in by provider id: two deliveries of the same events in different orders would else wait for each other. So
-- that events of one second are still worked on in their order, each is a microsecond later than the one before it.
WITH stored AS (
    INSERT INTO inbox (source, kind, provider_id, lane, said_at, payload, processed_at)
    SELECT
        $1, e.kind, e.provider_id, e.lane, e.said_at + (e.position - 1) * interval '1 microsecond', e.payload::json,
        CASE WHEN e.kind = 'status' THEN now() END
    FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
        WITH ORDINALITY AS e (kind, provider_id, lane, said_at, payload, position)
    ORDER BY e.provider_id
    ON CONFLICT ON CONSTRAINT inbox_provider_id_key DO NOTHING
    RETURNING kind
), woken AS (
    SELECT pg_notify('cabanas_inbox', kind) FROM stored WHERE kind <> 'status' GROUP BY kind
)
SELECT count(*) AS stored, (SELECT count(*) FROM woken) AS woken FROM stored
