-- A notice of the kind $1 to $2 about the reservation $3, caused by the event $4.
WITH notice AS (
    INSERT INTO outbox (kind, recipient, reservation_id, inbox_id)
    VALUES ($1, $2, $3, $4)
    RETURNING id
)
SELECT id, pg_notify('cabanas_outbox', '') AS woken FROM notice
