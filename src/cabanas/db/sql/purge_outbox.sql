-- Forgets up to $2 messages older than $1.
DELETE FROM outbox
WHERE id IN (SELECT id FROM outbox WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT $2)
