"""Everything that does I/O for a command: servers, requests, profilers, audits."""
