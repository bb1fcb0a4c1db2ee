"""Redis: the pool and the per-cabin lock. No booking depends on what is stored here."""
