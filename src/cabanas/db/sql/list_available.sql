-- The accommodations for at least $3 guests in which every night from $1 up to, not including, $2 is free.
SELECT a.id, a.name, a.capacity, a.base_price, a.weekend_multiplier
FROM accommodations a
WHERE a.active
  AND a.capacity >= $3
  AND NOT EXISTS (
      SELECT FROM reservations r
      WHERE r.accommodation_id = a.id
        AND r.period && daterange($1, $2, '[)')
        AND (r.reservation_status = 'confirmed' OR (r.reservation_status = 'pre_reserved' AND r.expires_at > now()))
  )
ORDER BY a.capacity, a.base_price, a.id
