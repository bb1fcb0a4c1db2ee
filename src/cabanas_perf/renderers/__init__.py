"""Reports as text: each renderer takes a report and returns what to write."""
