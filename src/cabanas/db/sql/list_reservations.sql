-- One page of the reservations in state $1, latest check-in first, with the accommodation's name. The page starts
-- after the reservation ($2 check-in, $3 id), or at the first one when those are NULL; $4 rows at most.
SELECT
    r.id, r.code, r.accommodation_id, a.name AS accommodation_name, r.check_in, r.check_out, r.guests,
    r.total_price, r.deposit_amount, r.reservation_status, r.channel, r.expires_at, r.created_at,
    r.contact_name, r.contact_phone, r.contact_email
FROM reservations r
JOIN accommodations a ON a.id = r.accommodation_id
WHERE r.reservation_status = $1
  AND (r.check_in, r.id) < (coalesce($2::date, 'infinity'), coalesce($3::bigint, 9223372036854775807))
ORDER BY r.check_in DESC, r.id DESC
LIMIT $4
