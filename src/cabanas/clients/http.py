"""What both providers' clients share: one connection pool each, kept open, and answers turned into errors."""

from __future__ import annotations

import asyncio

import httpx

from cabanas.clients.errors import ProviderRefused, ProviderUnavailable

_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
# A token that ended is put right by people; until then every request waits rather than being given up.
_RETRIED = frozenset({401, 403, _REQUEST_TIMEOUT, 425, _TOO_MANY_REQUESTS})


def open_provider(base_url: str, token: str, *, timeout_s: float, max_connections: int) -> httpx.AsyncClient:
    """A client whose requests go to ``base_url`` with the token as bearer. Close it at the end."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout_s,
        limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        # Addresses and tokens of ours never go through somebody's proxy by accident of the environment.
        trust_env=False,
        follow_redirects=False,
    )


async def ask(client: httpx.AsyncClient, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
    """The answer, of whatever status; with ``stream`` its body is still to be read.

    Raises:
        ProviderUnavailable: when there was none within the client's timeout, which is for the whole of it here.
    """
    try:
        async with asyncio.timeout(client.timeout.read):
            return await client.send(request, stream=stream)
    except TimeoutError as error:
        raise ProviderUnavailable("no answer in time") from error
    except httpx.RequestError as error:
        # The kind only: messages can carry addresses with identifiers of guests.
        raise ProviderUnavailable(type(error).__name__) from error


def check_answer(response: httpx.Response) -> None:
    """Pass an answer that says yes.

    Raises:
        ProviderUnavailable: for one that may be another later.
        ProviderRefused: for any other.
    """
    if response.is_success:
        return
    status = response.status_code
    if status in _RETRIED or status >= 500:
        raise ProviderUnavailable(f"HTTP {status}", retry_after_s=_read_retry_after(response))
    raise ProviderRefused(f"HTTP {status}")


def _read_retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None
