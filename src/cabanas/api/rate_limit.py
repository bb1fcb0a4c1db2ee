"""A limit on how many requests one client may send (draft-ietf-httpapi-ratelimit-headers-11)."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cabanas.api.problems import problem_response
from cabanas.bootstrap import Service
from cabanas.redis.pool import REDIS_FAILURES

# Counts a request in the client's window; answers with the count and the milliseconds left. One script, so that a
# window can never be left without an end.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {count, redis.call('PTTL', KEYS[1])}
"""

# The senders of webhooks share addresses and prove who they are; health is asked for by orchestrators.
_EXEMPT = (
    "/api/v1/webhooks/",
    "/api/v1/healthz",
    "/api/v1/readyz",
    "/api/v1/livez",
    "/api/v1/metrics",
    "/metrics",
)


@dataclass(frozen=True, slots=True)
class Usage:
    count: int
    resets_in_s: int


class LimitRate:
    """Pure ASGI middleware with a fixed window for each client address. Without Redis everybody may pass."""

    def __init__(self, app: ASGIApp, *, requests: int, window_s: int, trusted_proxies: int) -> None:
        self._app = app
        self._requests = requests
        self._window_s = window_s
        self._trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_EXEMPT):
            await self._app(scope, receive, send)
            return
        service: Service = scope["state"]["service"]
        key = f"{service.settings.redis_prefix}rate:{client_address(scope, self._trusted_proxies)}"
        usage = await self._count(service.redis, key)
        if usage is None:
            await self._app(scope, receive, send)
            return
        left = max(0, self._requests - usage.count)
        fields = {
            "RateLimit-Policy": f'"default";q={self._requests};w={self._window_s}',
            "RateLimit": f'"default";r={left};t={usage.resets_in_s}',
        }
        if usage.count > self._requests:
            fields["Retry-After"] = str(usage.resets_in_s)
            title = f"More than {self._requests} requests in {self._window_s} s"
            await problem_response(429, "quota-exceeded", title, headers=fields)(scope, receive, send)
            return

        async def send_with_fields(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(fields)
            await send(message)

        await self._app(scope, receive, send_with_fields)

    async def _count(self, redis: Redis, key: str) -> Usage | None:
        try:
            count, left_ms = await redis.register_script(_COUNT)(keys=[key], args=[self._window_s * 1000])
        except REDIS_FAILURES:
            return None
        return Usage(count, max(1, -(-left_ms // 1000)))


def client_address(scope: Scope, trusted_proxies: int) -> str:
    """The client's address: the socket's, or the one that the outermost of our own proxies saw.

    Each proxy appends to ``X-Forwarded-For``, so only the last ``trusted_proxies`` entries are to be believed.
    """
    if trusted_proxies:
        chain = Headers(scope=scope).get("x-forwarded-for", "").split(",")
        if len(chain) >= trusted_proxies and (address := chain[-trusted_proxies].strip()):
            return address
    client = scope.get("client")
    return client[0] if client else "unknown"
