"""Sending requests to the service as a client would, and reading how they ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from time import perf_counter_ns
from typing import Any

import httpx
import orjson

from cabanas.db.statements import load_statement, statement_id, statement_names
from cabanas.stages import CallKind, StageSpan
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import CallSpan, Trace
from cabanas_perf.measurement.units import NS_PER_MS
from cabanas_perf.workloads.base import Reply, WorkloadContext

_WHOLE_REQUEST = "total"
_LEFT_OUT = "-left-out"
_CALL_KINDS = frozenset(CallKind)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, or the failure that came instead."""

    status: int
    """0 when there was no answer."""
    body: bytes
    failure: Reply | None
    trace: Trace | None

    def to_reply(self, *, ok: int, refused: int | None = None, reference: str | None = None) -> Reply:
        """A reply: OK with status ``ok``, REFUSED with status ``refused``, and an error with any other."""
        if self.failure is not None:
            return self.failure
        if self.status == ok:
            return Reply(Outcome.OK, reference=reference, trace=self.trace)
        kind = f"http_{self.status}"
        return Reply(Outcome.REFUSED if self.status == refused else Outcome.ERROR, kind, trace=self.trace)

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
        trace = parse_server_timing(response.headers.get("server-timing", ""), started_ns, perf_counter_ns())
        return Answer(response.status_code, response.content, None, trace)


def parse_server_timing(header: str, started_ns: int, ended_ns: int) -> Trace | None:
    """The request as the service's ``Server-Timing`` header (W3C, with a ``start`` of the service's own) tells it.

    The server's time lies in the middle of the client's wait, `ended_ns` - `started_ns`: what is left before and after
    it is the network's and the client's. Calls that the header only counts lie at its end, without duration. None
    where the header tells nothing.
    """
    total_ns = 0
    stages: list[StageSpan] = []
    calls: list[CallSpan] = []
    entries = [_read_entry(entry) for entry in header.split(", ") if entry]
    for name, parameters in entries:
        if name == _WHOLE_REQUEST:
            total_ns = _read_ms(parameters, "dur")
    origin_ns = started_ns + max(0, ended_ns - started_ns - total_ns) // 2
    for name, parameters in entries:
        kind, left_out, _ = name.partition(_LEFT_OUT)
        what, _, code_line = parameters.get("desc", "").partition(" ")
        begun_ns = origin_ns + _read_ms(parameters, "start")
        if left_out:
            end_ns = origin_ns + total_ns
            calls += [(kind, "", end_ns, end_ns, "", False)] * int(what)
        elif name in _CALL_KINDS:
            known = _statements_by_id().get(what, what) if name == CallKind.DATABASE else what
            call_ended_ns = begun_ns + _read_ms(parameters, "dur")
            calls.append((name, known, begun_ns, call_ended_ns, code_line, "failed" in parameters))
        elif name != _WHOLE_REQUEST:
            stages.append(StageSpan(name, begun_ns, begun_ns + _read_ms(parameters, "dur")))
    return Trace(started_ns, ended_ns, stages, calls) if stages or calls else None


def _read_entry(entry: str) -> tuple[str, dict[str, str]]:
    name, *parameters = entry.split(";")
    return name, {key: value.strip('"') for key, _, value in (one.partition("=") for one in parameters)}


def _read_ms(parameters: Mapping[str, str], name: str) -> int:
    """Nanoseconds; 0 where the entry does not say."""
    return round(float(parameters.get(name, 0)) * NS_PER_MS)


@cache
def _statements_by_id() -> dict[str, str]:
    texts = map(load_statement, statement_names())
    return {statement_id(text): text for text in texts}


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
