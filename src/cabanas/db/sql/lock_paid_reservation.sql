-- The reservation with code $1, locked until the transaction ends, and whether a payment other than $2 settles it.
SELECT
    r.id, r.code, r.accommodation_id, r.check_in, r.check_out, r.deposit_amount, r.channel, r.contact_phone,
    r.reservation_status, r.cancelled_because,
    EXISTS (
        SELECT FROM payments p WHERE p.reservation_id = r.id AND p.provider_id <> $2 AND p.standing = 'settled'
    ) AS settled_otherwise
FROM reservations r
WHERE r.code = $1
FOR UPDATE OF r
