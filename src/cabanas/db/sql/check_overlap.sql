-- The reservations that block any night from $2 up to, not including, $3 in accommodation $1.
SELECT id, code, check_in, check_out, reservation_status
FROM reservations
WHERE accommodation_id = $1
  AND period && daterange($2, $3, '[)')
  AND reservation_status IN ('pre_reserved', 'confirmed')
