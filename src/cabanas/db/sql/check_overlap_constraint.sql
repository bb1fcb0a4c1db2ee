-- True when the constraint that keeps stays apart is in place and valid.
SELECT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = to_regclass('reservations') AND conname = 'no_overlap_reservations' AND contype = 'x' AND convalidated
)
