-- Forgets up to $2 conversations that have been silent for longer than $1.
DELETE FROM conversations
WHERE contact IN (
    SELECT contact FROM conversations WHERE updated_at < now() - $1::interval ORDER BY updated_at LIMIT $2
)
