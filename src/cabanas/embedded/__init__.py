"""Bundled PostgreSQL and Valkey, started when no URL names servers of the user's own."""

from cabanas.embedded.errors import EmbeddedError
from cabanas.embedded.servers import EmbeddedServers, Origins, find_origins, provide_servers

__all__ = ["EmbeddedError", "EmbeddedServers", "Origins", "find_origins", "provide_servers"]
