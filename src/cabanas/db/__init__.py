"""PostgreSQL: the pool, the schema's migrations, and every statement that the service runs, by name."""
