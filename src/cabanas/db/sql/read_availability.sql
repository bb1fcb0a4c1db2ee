-- Accommodation $1 and the nights from $2 up to, not including, $3 that are taken in it: one row, or none when
-- there is no such accommodation. A hold past its end takes no nights.
SELECT
    a.id, a.name, a.capacity, a.base_price, a.weekend_multiplier,
    coalesce(
        range_agg(r.period * daterange($2, $3, '[)')) FILTER (WHERE r.id IS NOT NULL), '{}'::datemultirange
    ) AS taken
FROM accommodations a
LEFT JOIN reservations r
    ON r.accommodation_id = a.id
   AND r.period && daterange($2, $3, '[)')
   AND (r.reservation_status = 'confirmed' OR (r.reservation_status = 'pre_reserved' AND r.expires_at > now()))
WHERE a.id = $1 AND a.active
GROUP BY a.id
