-- Cancels the reservation $1 because its deposit went back, and says so.
UPDATE reservations
SET reservation_status = 'cancelled', cancelled_at = now(), cancelled_because = 'deposit_returned', updated_at = now()
WHERE id = $1 AND reservation_status <> 'cancelled'
RETURNING code
