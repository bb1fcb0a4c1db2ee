-- Forgets up to $2 idempotency keys older than $1.
DELETE FROM idempotency_keys
WHERE key IN (
    SELECT key FROM idempotency_keys WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT $2
)
