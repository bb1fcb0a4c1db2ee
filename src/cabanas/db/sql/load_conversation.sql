-- What a reply must know beside the message: whether event $1 still waits for one, what was said before by $2 within
-- the time $3, today's date where the business is ($4: time zone), every accommodation that can be booked, and the
-- reservation that an earlier attempt at the event made under the idempotency key $5.
SELECT
    (SELECT processed_at IS NULL AND failed_at IS NULL FROM inbox WHERE id = $1) AS waiting,
    c.memory, coalesce(latest.revision, 0) AS revision,
    (SELECT r.code FROM idempotency_keys k JOIN reservations r ON r.id = k.reservation_id WHERE k.key = $5) AS held_code,
    (now() AT TIME ZONE $4)::date AS today,
    ARRAY (SELECT a.name FROM accommodations a WHERE a.active ORDER BY a.id) AS accommodations,
    (SELECT max(a.capacity) FROM accommodations a WHERE a.active) AS largest_capacity
FROM (VALUES (1)) AS one
LEFT JOIN conversations latest ON latest.contact = $2
LEFT JOIN conversations c ON c.contact = $2 AND c.updated_at > now() - $3::interval
