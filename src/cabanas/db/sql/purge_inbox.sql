-- Forgets up to $2 events older than $1. The age must exceed the time over which providers deliver again.
DELETE FROM inbox
WHERE id IN (SELECT id FROM inbox WHERE received_at < now() - $1::interval ORDER BY received_at LIMIT $2)
