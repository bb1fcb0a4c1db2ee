"""Which hosts may be sent requests without being asked for twice."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from cabanas_perf.runners.errors import RunError, UnsafeTarget


def check_host(url: str, *, yes_load: str | None) -> None:
    """Accept a loopback address, or the host that ``yes_load`` repeats.

    Raises:
        RunError: when it is no HTTP URL.
        UnsafeTarget: for any other host.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RunError(f"--host {url!r} is not an HTTP URL", fix="write it as http://127.0.0.1:8000")
    if not is_loopback(parts.hostname) and yes_load != parts.hostname:
        message = f"{parts.hostname} is not this machine, and a run sends it many requests"
        raise UnsafeTarget(message, fix=f"if it is yours to load, type --yes-load {parts.hostname}")


def is_loopback(hostname: str) -> bool:
    """True for localhost and for addresses that no network card has; names are not looked up."""
    if hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False
