"""Sending load: what a request costs the sender, and whether its percentiles are true."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from random import Random

from benchmarks.load_generator_speed import BAR_PER_CPU_S
from benchmarks.load_generator_speed import measure as measure_generator
from benchmarks.load_recorder import BAR_US, measure_us
from benchmarks.peers.external import find_node_package, find_program, read_node_version
from benchmarks.peers.rows import Absent, Bar, Compared, Effort, Precision, Section, compare, percentile_bar, single_bar

from cabanas_perf.load.arrivals import RateStage
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.tally import Phase, build_histogram
from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.runners.load_generator import Distribution, run_generator

SERVERS = Path(__file__).parents[2] / "tests" / "integration" / "load"
CLIENTS = 16
RATE_RPS = 100
FROZEN_RATIO, SERVICE_S = 0.2, 0.005
OURS = "ours"
ROUNDS = 5
"""Of the bars; as few as give an interval, from the least to the most."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a tool says that it did. Percentiles are in milliseconds; None where it does not tell them."""

    requests: int
    p95_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A load generator: how to run it flat out, and how to make it send at a rate, or as near as it can."""

    name: str
    flat_out: Callable[[str, float], Sent]
    at_a_rate: Callable[[str, float], Sent]


_ONE_REQUEST = "sends one request over and over: no users, no scenarios, no replies to judge"
_DIFFERENCES = {
    "FastHttpUser": "the same client; ours also keeps each request's intended start and exact histograms by the second",
    "HttpUser": "the client that Locust's users have who do not ask for the fast one",
    "wrk": f"C; {_ONE_REQUEST}",
    "hey": f"Go; {_ONE_REQUEST}",
    "autocannon": f"JavaScript; {_ONE_REQUEST}",
}


def run(effort: Effort) -> Section:
    tools, absent = find_tools()
    period_s = effort.stall_period_s
    precise = list(_precision_rows(tools, effort))
    return Section(
        title="Sending load",
        given=(
            f"Cost: {CLIENTS} connections for {effort.load_s:g} s against a bare server in another process, each tool "
            "in turn; processor time of the tool for each request, its start-up included. Precision: "
            f"{RATE_RPS} requests a second to a server that answers in {SERVICE_S * 1000:.0f} ms and freezes for "
            f"{FROZEN_RATIO * period_s:g} s in every {period_s:g} s, so that the true percentiles are known. "
            "Ours is its open model; Locust has ten paced users, hey and autocannon ten connections with their own "
            "pacing, and wrk ten connections as fast as answers come, because it knows no rate. The bars are on "
            f"ours alone, start-up left out: {ROUNDS} rounds of the recorder, and {ROUNDS} of the generator flat out."
        ),
        rows=(*_cost_rows(tools, effort), *_bars(precise[0], effort), *precise, *absent),
    )


def find_tools() -> tuple[list[Tool], list[Absent]]:
    """Ours first, then what is here, and what is not."""
    locust = f"Locust {version('locust')}"
    tools = [
        Tool(OURS, _run_ours_closed, _run_ours_open),
        Tool(f"{locust}, FastHttpUser", _locust("FastHttpUser"), _paced_locust("FastHttpUser")),
        Tool(f"{locust}, HttpUser", _locust("HttpUser"), _paced_locust("HttpUser")),
    ]
    absent = []
    for name in ("wrk", "hey"):
        if program := find_program(name):
            runner = {"wrk": _wrk, "hey": _hey}[name]
            tools.append(Tool(name, runner(program, paced=False), runner(program, paced=True)))
        else:
            absent.append(Absent(name, "install Debian's package"))
    if package := find_node_package("autocannon"):
        name = f"autocannon {read_node_version(package)}"
        tools.append(Tool(name, _autocannon(package, paced=False), _autocannon(package, paced=True)))
    else:
        absent.append(Absent("autocannon", "needs node, and the packages of benchmarks/peers/package.json"))
    return tools, absent


def _cost_rows(tools: list[Tool], effort: Effort) -> Iterator[Compared]:
    costs_us: dict[str, list[float]] = {tool.name: [] for tool in tools}
    rng = Random(0)
    with _server("bare_server.py") as host:
        for _ in range(effort.slow_pairs):
            for tool in rng.sample(tools, len(tools)):
                before_s = _children_cpu_s()
                sent = tool.flat_out(host, effort.load_s)
                costs_us[tool.name].append((_children_cpu_s() - before_s) * 1e6 / sent.requests)
    ours = costs_us.pop(OURS)
    for name, theirs in costs_us.items():
        ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
        note = _DIFFERENCES[next(key for key in _DIFFERENCES if key in name)]
        yield compare(name, "us of processor time a request", ours, theirs, ratios, note)


def _bars(ours: Precision, effort: Effort) -> Iterator[Bar]:
    costs_us = [measure_us(Random(0)) for _ in range(ROUNDS)]
    yield percentile_bar("recording a request of a load run", "us", BAR_US, costs_us, 0.5, cause="Python objects")
    with _server("bare_server.py") as host:
        rates = sorted(measure_generator(host, effort.load_s)[0] for _ in range(ROUNDS))
    what = "requests in a second of the generator's processor time"
    yield Bar(what, "requests", BAR_PER_CPU_S, rates[ROUNDS // 2], rates[0], rates[-1], "Python", at_least=True)
    for name, told_ms, true_ms in (
        ("P95", ours.p95_ms, ours.true_p95_ms),
        ("P99", ours.p99_ms, ours.true_p99_ms),
    ):
        assert told_ms is not None
        off = abs(told_ms / true_ms - 1) * 100
        # One run has one error; the tests repeat it with 10 and with 300 users.
        yield single_bar(f"{name} of a server that freezes, off the truth", "%", 3, off, cause="a starved generator")


def _precision_rows(tools: list[Tool], effort: Effort) -> Iterator[Precision]:
    """Two whole periods each, so that it does not matter when in one a tool begins."""
    period_s = effort.stall_period_s
    with _server("stall_server.py", str(period_s), str(FROZEN_RATIO * period_s)) as host:
        for tool in tools:
            sent = tool.at_a_rate(host, 2 * period_s)
            yield Precision(
                tool.name,
                sent.p95_ms,
                sent.p99_ms,
                true_percentile_ms(0.95, period_s),
                true_percentile_ms(0.99, period_s),
            )


def true_percentile_ms(q: float, period_s: float) -> float:
    """Of arrivals spread evenly over the period, the share (frozen - w) / period waits longer than w."""
    return (period_s * max(0.0, FROZEN_RATIO - (1 - q)) + SERVICE_S) * 1000


def _children_cpu_s() -> float:
    """Processor time of all children that have ended and been waited for, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _server(script: str, *arguments: str) -> Iterator[str]:
    command = [sys.executable, str(SERVERS / script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def _run_ours_closed(host: str, seconds: float) -> Sent:
    return _run_ours(host, _make_plan(seconds, model=Model.CLOSED, users=CLIENTS))


def _run_ours_open(host: str, seconds: float) -> Sent:
    stages = (RateStage(seconds, RATE_RPS, RATE_RPS),)
    return _run_ours(host, _make_plan(seconds, model=Model.OPEN, users=RATE_RPS, stages=stages))


def _make_plan(seconds: float, *, model: Model, users: int, stages: tuple[RateStage, ...] = ()) -> LoadPlan:
    return LoadPlan(
        marker="peers",
        scenario="peers",
        model=model,
        mix=(Stream("StallUser", 1),),
        user_files=(str(SERVERS / "stall_users.py"),),
        users=users,
        spawn_rate_per_s=users,
        warmup_s=0,
        steady_s=seconds,
        timeout_s=10,
        stages=stages,
    )


def _run_ours(host: str, plan: LoadPlan) -> Sent:
    collected = run_generator(plan, host=host, environment={}, distribution=Distribution()).collected
    (facts,) = collected.facts.values()
    response = build_histogram(collected.tally.select("health", Phase.STEADY).response)
    return Sent(facts.finished, percentile_ns(response, 0.95) / 1e6, percentile_ns(response, 0.99) / 1e6)


def _run_tool(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


_LOCUST_USER = """
from locust import {user_class}, {wait_name}, task

class Visitor({user_class}):
    wait_time = {wait}

    @task
    def visit(self):
        self.client.get("/")
"""


def _locust(user_class: str, wait: str = "constant(0)", users: int = CLIENTS) -> Callable[[str, float], Sent]:
    source = _LOCUST_USER.format(user_class=user_class, wait=wait, wait_name=wait.partition("(")[0])

    def run_once(host: str, seconds: float) -> Sent:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "visitor.py")
            file.write_text(source, encoding="utf-8")
            command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--json", "--host", host]
            command += ["-u", str(users), "-r", str(users), "-t", f"{round(seconds)}s", "--loglevel", "ERROR"]
            (entry,) = json.loads(_run_tool(command))
        times = _expand_locust(entry["response_times"])
        return Sent(entry["num_requests"], _percentile(times, 0.95), _percentile(times, 0.99))

    return run_once


def _paced_locust(user_class: str) -> Callable[[str, float], Sent]:
    """Ten users that are to send ten requests a second each: the pacing that Locust has."""
    return _locust(user_class, wait=f"constant_throughput({RATE_RPS // 10})", users=10)


def _expand_locust(counts: Mapping[str, int]) -> list[float]:
    return [float(ms) for ms, times in counts.items() for _ in range(times)]


def _percentile(values: list[float], q: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, -int(-q * len(values) // 1) - 1)]


def _wrk(program: str, *, paced: bool) -> Callable[[str, float], Sent]:
    """wrk knows no rate: paced, it has as many connections as the others and sends as fast as answers come."""

    def run_once(host: str, seconds: float) -> Sent:
        connections = 10 if paced else CLIENTS
        script = Path(__file__).with_name("wrk_percentiles.lua")
        command = [program, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script), host]
        told = dict(re.findall(r"^(requests|p95_us|p99_us)=(\d+)$", _run_tool(command), re.MULTILINE))
        return Sent(int(told["requests"]), int(told["p95_us"]) / 1000, int(told["p99_us"]) / 1000)

    return run_once


def _hey(program: str, *, paced: bool) -> Callable[[str, float], Sent]:
    def run_once(host: str, seconds: float) -> Sent:
        pace = ["-c", "10", "-q", str(RATE_RPS // 10)] if paced else ["-c", str(CLIENTS)]
        told = _run_tool([program, *pace, "-z", f"{seconds:g}s", host])
        requests = sum(int(count) for count in re.findall(r"\[\d+\]\s+(\d+) responses", told))
        percentiles = {q: float(s) * 1000 for q, s in re.findall(r"(95|99)%+ in ([\d.]+) secs", told)}
        return Sent(requests, percentiles.get("95"), percentiles.get("99"))

    return run_once


def _autocannon(package: Path, *, paced: bool) -> Callable[[str, float], Sent]:
    def run_once(host: str, seconds: float) -> Sent:
        pace = ["-c", "10", "-R", str(RATE_RPS)] if paced else ["-c", str(CLIENTS)]
        command = ["node", str(package / "autocannon.js"), *pace, "-d", str(max(1, round(seconds))), "--json", host]
        told = json.loads(_run_tool(command))
        # It tells P90 and P97.5, and no P95.
        return Sent(told["2xx"], None, told["latency"]["p99"])

    return run_once
