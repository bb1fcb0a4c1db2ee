"""Defects put into the running core on purpose: each is found, and named."""

import re
import sys
import time

from cabanas import nlu
from cabanas.services import hold_stay
from cabanas.services.hold_stay import HoldStay
from cabanas_perf.measurement.attribution import Kind, attribute
from cabanas_perf.measurement.clock import SystemClock
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.stages import summarise_stages
from cabanas_perf.report.accounting import CONNECTION_LEAK, N_PLUS_ONE, QUERY_BUDGET
from cabanas_perf.runners.accounting import account_for
from cabanas_perf.runners.measure import run_pass
from cabanas_perf.runners.memory import measure_memory
from cabanas_perf.runners.profilers.cprofile import CProfile
from cabanas_perf.runners.stop import Stop
from cabanas_perf.workloads.base import Via, WorkloadContext
from cabanas_perf.workloads.registry import load_workload

REQUESTS = 20


async def send(settings, name="prereservation", requests=REQUESTS, recorder=None, seed=3):
    spec = load_workload(name)
    context = WorkloadContext(via=Via.DIRECT, seed=seed, total_requests=requests, run_id="seeded", settings=settings)
    async with spec.open(context) as workload:
        return await run_pass(
            workload,
            workload.draw(requests),
            clock=SystemClock(),
            stop=Stop(),
            stage_name=name,
            recorder=recorder,
        )


def stage_times(done):
    return {stage.name: stage.p50_ms for stage in summarise_stages(done.traces).stages}


async def test_a_sound_core_has_no_findings_and_explains_its_time(settings):
    done = await send(settings, requests=60)
    accounts = account_for(done, query_budget=8)
    assert accounts.findings == []
    assert (accounts.queries_per_request, accounts.queries_max) == (2, 2)
    assert {use.name for use in accounts.statements} == {"load_accommodation", "hold_stay"}
    assert {span.kind for span in accounts.waterfall.spans} == {"stage", "database", "redis", "pool_wait"}
    assert attribute(done.traces).unexplained_ratio < 0.05
    assert summarise_stages(done.traces).unexplained_ratio < 0.05


async def test_a_slowed_stage_is_the_one_that_grew(settings, monkeypatch):
    before = stage_times(await send(settings))
    check = hold_stay.check_against_house

    def check_slowly(*args, **options):
        time.sleep(0.02)
        return check(*args, **options)

    monkeypatch.setattr(hold_stay, "check_against_house", check_slowly)
    done = await send(settings, seed=4)
    after = stage_times(done)
    assert max(after, key=lambda name: after[name] / before[name]) == "price"
    parts = {part.kind: part.ms_per_request for part in attribute(done.traces).parts}
    assert parts[Kind.CPU] > 20  # blocking, so on the code's own account


async def test_an_added_n_plus_one_is_named_with_its_statement_and_its_line(settings, monkeypatch):
    load = HoldStay._load
    line = sys._getframe().f_lineno + 4

    async def load_with_a_loop(self, connection, accommodation_id, key):
        for cabin in range(6):
            await connection.fetchrow("SELECT name FROM accommodations WHERE id = $1", cabin)
        return await load(self, connection, accommodation_id, key)

    monkeypatch.setattr(HoldStay, "_load", load_with_a_loop)
    accounts = account_for(await send(settings), query_budget=5)
    assert (accounts.queries_max, accounts.queries_per_request) == (8, 8)
    by_rule = {finding.rule: finding for finding in accounts.findings}
    assert set(by_rule) == {N_PLUS_ONE, QUERY_BUDGET}
    for finding in by_rule.values():
        assert "select name from accommodations where id = ?" in finding.message
        assert finding.node.endswith(f"test_seeded_defects.py:{line}")


async def test_a_leaked_connection_is_named_with_the_line_that_took_it(settings, monkeypatch):
    call, kept = HoldStay.__call__, []
    line = sys._getframe().f_lineno + 4

    async def leak(self, wish, **options):
        kept.append(self.database.connect())
        await kept[-1].__aenter__()
        return await call(self, wish, **options)

    monkeypatch.setattr(HoldStay, "__call__", leak)
    monkeypatch.setattr("cabanas.db.pool._CLOSE_TIMEOUT_S", 0.1)
    (finding,) = account_for(await send(settings, requests=4), query_budget=None).findings
    assert finding.rule == CONNECTION_LEAK
    assert finding.message.startswith("4 database connections")
    assert finding.node.endswith(f"test_seeded_defects.py:{line}")
    for one in kept:
        await one.__aexit__(None, None, None)


async def test_a_quadratic_pattern_is_the_top_of_the_profile(settings, monkeypatch, tmp_path):
    analyze = nlu.analyze

    def trim_slowly(text):
        return re.sub(r"\s+$", "", " " * 3000 + text)

    def analyze_trimmed(text, **options):
        return analyze(trim_slowly(text).strip(), **options)

    monkeypatch.setattr(nlu, "analyze", analyze_trimmed)
    file = tmp_path / "profile"
    done = await send(settings, "nlu", 20, CProfile().record_here(file))
    assert {sample.outcome for sample in done.samples} == {Outcome.OK}
    profiled = CProfile().read(file)
    assert profiled.top[0].name == "<method 'sub' of 're.Pattern' objects>"
    slow = [stack for stack, seconds in profiled.stacks.items() if stack[-1].name == profiled.top[0].name and seconds]
    assert any("trim_slowly" in [frame.name for frame in stack] for stack in slow)


async def test_what_every_request_keeps_is_growth_with_its_line(settings, monkeypatch):
    analyze, kept = nlu.analyze, []
    line = sys._getframe().f_lineno + 3

    def analyze_and_keep(text, **options):
        kept.append(bytearray(2048))
        return analyze(text, **options)

    async def watch():
        spec = load_workload("nlu")
        context = WorkloadContext(via=Via.DIRECT, seed=3, total_requests=200, run_id="seeded", settings=settings)
        async with spec.open(context) as workload:
            return (await measure_memory(workload, workload.draw(200), stop=Stop(), advance=lambda _: None))[0]

    sound = {growth.source: growth for growth in (await watch()).growth}
    assert not sound["traced"].grows
    monkeypatch.setattr(nlu, "analyze", analyze_and_keep)
    memory = await watch()
    grown = {growth.source: growth for growth in memory.growth}["traced"]
    assert grown.grows
    assert 2000 < grown.low <= grown.bytes_per_request <= grown.high < 2300
    assert (memory.top[0].file.rpartition("/")[2], memory.top[0].line) == ("test_seeded_defects.py", line)
    assert memory.peak_bytes_p50 > 2048
