"""Sending requests to the service as a client would, and reading how they ended."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import httpx
import orjson

from cabanas.stages import StageSpan
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.workloads.base import Reply, WorkloadContext

_TIMING_ENTRY = re.compile(r"\s*([\w-]+);dur=([\d.]+)")
_WHOLE_REQUEST = "total"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, or the failure that came instead."""

    status: int
    """0 when there was no answer."""
    body: bytes
    failure: Reply | None
    spans: tuple[StageSpan, ...] | None

    def to_reply(self, *, ok: int, refused: int | None = None, reference: str | None = None) -> Reply:
        """A reply: OK with status ``ok``, REFUSED with status ``refused``, and an error with any other."""
        if self.failure is not None:
            return self.failure
        if self.status == ok:
            return Reply(Outcome.OK, reference=reference, spans=self.spans)
        kind = f"http_{self.status}"
        return Reply(Outcome.REFUSED if self.status == refused else Outcome.ERROR, kind, spans=self.spans)

    def json(self) -> Any:
        return orjson.loads(self.body)


class HttpSender:
    """A client with its connections kept open."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str) -> Answer:
        return await self._request(self._client.build_request("GET", path))

    async def post(self, path: str, body: Mapping[str, object]) -> Answer:
        headers = {"Content-Type": "application/json"}
        return await self._request(
            self._client.build_request("POST", path, content=orjson.dumps(body), headers=headers)
        )

    async def upload(self, path: str, file_name: str, data: bytes) -> Answer:
        """Post a form with one file, in the field ``file``."""
        return await self._request(self._client.build_request("POST", path, files={"file": (file_name, data)}))

    async def _request(self, request: httpx.Request) -> Answer:
        started_ns = perf_counter_ns()
        try:
            response = await self._client.send(request)
        except httpx.TimeoutException as error:
            return Answer(0, b"", Reply(Outcome.TIMEOUT, type(error).__name__), None)
        except httpx.HTTPError as error:
            return Answer(0, b"", Reply(Outcome.ERROR, type(error).__name__), None)
        spans = parse_server_timing(response.headers.get("server-timing", ""), started_ns, perf_counter_ns())
        return Answer(response.status_code, response.content, None, spans)


def parse_server_timing(header: str, started_ns: int, ended_ns: int) -> tuple[StageSpan, ...] | None:
    """The stages of a ``Server-Timing`` header (W3C), laid end to end in the middle of the client's wait.

    The header tells durations only. What the server's stages leave of the request, `ended_ns` - `started_ns`, is
    the network's and the frameworks'. None without stages.
    """
    durations = [(name, round(float(ms) * 1e6)) for name, ms in _TIMING_ENTRY.findall(header) if name != _WHOLE_REQUEST]
    if not durations:
        return None
    at_ns = started_ns + max(0, ended_ns - started_ns - sum(ns for _, ns in durations)) // 2
    spans = []
    for name, duration_ns in durations:
        spans.append(StageSpan(name, at_ns, at_ns + duration_ns))
        at_ns += duration_ns
    return tuple(spans)


@asynccontextmanager
async def open_http_sender(context: WorkloadContext) -> AsyncIterator[HttpSender]:
    """A sender to the context's service for the block."""
    assert context.base_url is not None
    async with httpx.AsyncClient(
        base_url=context.base_url,
        timeout=context.timeout_s,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        trust_env=False,
    ) as client:
        yield HttpSender(client)
