-- Holds a stay in one round trip and one transaction. Parameters:
-- 1 code  2 accommodation  3 check-in  4 check-out  5 guests  6 total  7 deposit  8 channel  9 name  10 phone
-- 11 email  12 duration of the hold  13 idempotency key or NULL  14 fingerprint of the request or NULL
--
-- One row always: `mine` is false while another request with the same key is being worked on; `code` is NULL when
-- the nights are taken. Stale holds are locked in the order of their ids, so that two of these never wait for each
-- other, and they give way before the insert, which reads the count of them. ON CONFLICT makes the insert a
-- speculative one: a bare insert under an exclusion constraint can deadlock with another. Guests who came through
-- WhatsApp are told there; for the others that channel is closed until they write first.
WITH claim AS MATERIALIZED (
    SELECT $13::text IS NULL OR pg_try_advisory_xact_lock(hashtextextended($13, 0)) AS mine
), stale AS (
    SELECT r.id
    FROM reservations r
    WHERE r.accommodation_id = $2
      AND r.period && daterange($3, $4, '[)')
      AND r.reservation_status = 'pre_reserved'
      AND r.expires_at <= now()
    ORDER BY r.id
    FOR UPDATE
), given_way AS (
    UPDATE reservations r
    SET reservation_status = 'expired', updated_at = now()
    FROM stale
    WHERE r.id = stale.id
    RETURNING r.id
), held AS (
    INSERT INTO reservations (
        code, accommodation_id, check_in, check_out, guests, total_price, deposit_amount, reservation_status,
        channel, contact_name, contact_phone, contact_email, expires_at
    )
    SELECT $1, $2, $3, $4, $5, $6, $7, 'pre_reserved', $8, $9, $10, $11, now() + $12::interval
    FROM claim, (SELECT count(*) FROM given_way) AS after_expiry
    WHERE claim.mine
    ON CONFLICT ON CONSTRAINT no_overlap_reservations DO NOTHING
    RETURNING id, code, contact_phone, expires_at
), notice AS (
    INSERT INTO outbox (kind, recipient, reservation_id)
    SELECT 'reservation_held', held.contact_phone, held.id
    FROM held
    WHERE $8 = 'whatsapp'
), recorded AS (
    INSERT INTO idempotency_keys (key, fingerprint, reservation_id, refusal)
    SELECT $13, $14, held.id, CASE WHEN held.id IS NULL THEN 'stay_unavailable' END
    FROM claim LEFT JOIN held ON true
    WHERE claim.mine AND $13::text IS NOT NULL
)
SELECT claim.mine, held.code, held.expires_at
FROM claim LEFT JOIN held ON true
