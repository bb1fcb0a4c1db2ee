-- What a reply must know beside the message: whether event $1 still waits for one, what was said before by $2 within
-- the time $3, today's date where the business is ($4: time zone), and every accommodation that can be booked.
SELECT
    (SELECT processed_at IS NULL AND failed_at IS NULL FROM inbox WHERE id = $1) AS waiting,
    c.memory, coalesce(k.revision, 0) AS revision,
    (now() AT TIME ZONE $4)::date AS today,
    ARRAY (SELECT a.name FROM accommodations a WHERE a.active ORDER BY a.id) AS accommodations,
    (SELECT max(a.capacity) FROM accommodations a WHERE a.active) AS largest_capacity
FROM (VALUES (1)) AS one
LEFT JOIN conversations k ON k.contact = $2
LEFT JOIN conversations c ON c.contact = $2 AND c.updated_at > now() - $3::interval
