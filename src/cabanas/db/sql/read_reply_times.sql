-- For each event of source $1 with a provider id among $2: when it was received and when its answer was sent, both by
-- the database's clock; NULL while there is none. With the code of the reservation that the answer tells of, if any.
SELECT
    i.provider_id, i.id AS inbox_id, i.received_at, coalesce(o.failed_at, i.failed_at) AS failed_at,
    o.id AS outbox_id, o.sent_at, r.code
FROM inbox i
LEFT JOIN outbox o ON o.inbox_id = i.id
LEFT JOIN reservations r ON r.id = o.reservation_id
WHERE i.source = $1 AND i.provider_id = ANY ($2::text[])
