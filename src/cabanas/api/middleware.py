"""What surrounds every request: its id, its stages, one error boundary, the log line and the counters.

Plain ASGI: each request passes once, its body is never touched, and its handler is never called twice.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections import Counter
from time import perf_counter_ns

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cabanas.api.problems import internal_error_response
from cabanas.db.statements import statement_id
from cabanas.metrics import observe_request
from cabanas.stages import CallKind, Recording

logger = logging.getLogger("cabanas.requests")

_CALLS_TOLD = 200
"""Clients take headers of 64 KiB as a rule."""
_GOOD_REQUEST_ID = re.compile(r"[\w.:-]{1,100}", re.ASCII)


class ObserveRequests:
    """Pure ASGI middleware; the outermost."""

    def __init__(self, app: ASGIApp, *, server_timing: bool) -> None:
        self._app = app
        self._server_timing = server_timing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given_id = Headers(scope=scope).get("x-request-id", "")
        request_id = given_id if _GOOD_REQUEST_ID.fullmatch(given_id) else secrets.token_hex(8)
        status = 0
        recording = Recording(calls=[] if self._server_timing else None)
        started_ns = perf_counter_ns()

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if self._server_timing:
                    headers["Server-Timing"] = _render_server_timing(recording, started_ns)
            await send(message)

        with recording:
            try:
                await self._app(scope, receive, send_observed)
            except Exception:
                logger.exception("request_failed", extra={"request_id": request_id, "route": _route(scope)})
                if status:  # too late to answer otherwise; the server will cut the connection
                    raise
                await internal_error_response()(scope, receive, send_observed)
        duration_ns = perf_counter_ns() - started_ns
        service = scope.get("state", {}).get("service")
        observe_request(
            scope["method"],
            _route(scope),
            status,
            duration_ns / 1e9,
            recording,
            service.database if service else None,
        )
        logger.info(
            "request",
            extra={
                "request_id": request_id,
                "method": scope["method"],
                "route": _route(scope),
                "status": status,
                "duration_ms": round(duration_ns / 1e6, 3),
            },
        )


def _route(scope: Scope) -> str:
    """The route's template, never the raw path: it could carry anything, and would make endless series."""
    route = scope.get("route")
    return route.path if route is not None else "unmatched"


def _render_server_timing(recording: Recording, started_ns: int) -> str:
    """Stages, then calls, then the total, in milliseconds. ``start`` is ours: since the request began.

    A call's ``desc`` tells what was called, for statements their `statement_id`, and the line of code. Calls above a
    limit are only counted.
    """
    entries = [_entry(span.name, span.started_ns, span.ended_ns, started_ns) for span in recording.spans]
    calls = recording.calls or []
    for each in calls[:_CALLS_TOLD]:
        what = statement_id(each.what) if each.kind is CallKind.DATABASE else each.what
        entry = _entry(each.kind, each.started_ns, each.ended_ns, started_ns)
        entries.append(f'{entry};desc="{what} {each.code_line}"{";failed" if each.failed else ""}')
    left_out = Counter(each.kind for each in calls[_CALLS_TOLD:])
    entries += [f'{kind}-left-out;desc="{count}"' for kind, count in left_out.items()]
    return ", ".join([*entries, f"total;dur={(perf_counter_ns() - started_ns) / 1e6:.4f}"])


def _entry(name: str, started_ns: int, ended_ns: int, origin_ns: int) -> str:
    return f"{name};dur={(ended_ns - started_ns) / 1e6:.4f};start={(started_ns - origin_ns) / 1e6:.4f}"
