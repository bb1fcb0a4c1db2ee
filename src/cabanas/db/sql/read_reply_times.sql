-- When each event of source $1 with a provider id among $2 was received, and when its answer was sent; both by the
-- database's clock. An event without an answer so far has a NULL there.
SELECT i.provider_id, i.received_at, o.sent_at, coalesce(o.failed_at, i.failed_at) AS failed_at
FROM inbox i
LEFT JOIN outbox o ON o.inbox_id = i.id
WHERE i.source = $1 AND i.provider_id = ANY ($2::text[])
