"""From clock readings to summaries with intervals. Pure: no I/O, and nothing here knows the service."""
