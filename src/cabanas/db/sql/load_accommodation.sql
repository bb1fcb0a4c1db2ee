-- What a hold must know of the accommodation ($1), today's date where the business is ($2: time zone), and what
-- became of an earlier request with the same idempotency key ($3, may be NULL).
SELECT
    a.capacity, a.base_price, a.weekend_multiplier,
    (now() AT TIME ZONE $2)::date AS today,
    k.fingerprint, k.refusal,
    r.code, r.check_in, r.check_out, r.guests, r.total_price, r.deposit_amount, r.expires_at
FROM accommodations a
LEFT JOIN idempotency_keys k ON k.key = $3
LEFT JOIN reservations r ON r.id = k.reservation_id
WHERE a.id = $1 AND a.active
