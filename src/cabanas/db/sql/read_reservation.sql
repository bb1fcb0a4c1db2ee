-- The reservation with code $1. A hold past its end reads as expired, whether or not the expiry job came by.
SELECT
    r.id, r.code, r.accommodation_id, a.name AS accommodation_name, r.check_in, r.check_out, r.guests,
    r.total_price, r.deposit_amount,
    CASE WHEN r.reservation_status = 'pre_reserved' AND r.expires_at <= now()
         THEN 'expired' ELSE r.reservation_status END AS reservation_status,
    r.channel, r.expires_at, r.created_at, r.contact_name, r.contact_phone, r.contact_email
FROM reservations r
JOIN accommodations a ON a.id = r.accommodation_id
WHERE r.code = $1
