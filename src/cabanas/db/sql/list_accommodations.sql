-- Every accommodation that can be booked.
SELECT id, name, capacity, base_price, weekend_multiplier, description
FROM accommodations
WHERE active
ORDER BY id
