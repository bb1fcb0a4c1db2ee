from __future__ import annotations

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.renderers.load_text import render_load
from cabanas_perf.report.record import (
    Capacity,
    CapacityStep,
    Guard,
    Latency,
    Load,
    ScalabilityFit,
    StatementTime,
    TimelinePoint,
    Workload,
)


def make_latency(p95):
    histogram = LatencyHistogram.of([round(p95 * 1e6)]).encode()
    return Latency(
        count=1, mean=p95, p50=p95, p90=p95, p95=p95, p99=p95, min=p95, max=p95, stdev=None, histogram=histogram
    )


def make_endpoint(name, requests, p95):
    return Workload(
        name=name, via="http", requests=requests, ok=requests, refused=0, errors=0, outcomes={"ok": requests},
        latency_ms=make_latency(p95), elapsed_s=50, throughput_rps=1,
    )  # fmt: skip


def make_load(**fields):
    return Load(
        **{
            "scenario": "spike", "model": "open", "users": 50, "rate_rps": 50, "duration_s": 60, "warmup_s": 10,
            "endpoints": (make_endpoint("health", 500, 1905.0),), "service_ms": {"health": make_latency(12.0)},
            "lateness_ms": make_latency(3.1), "requests_outside": {"warmup": 7, "drain": 0},
            "mix": {"health": 0.25, "prereservation": 0.75}, "mix_by_users": {"ReservationUser": 1.0},
            "guards": (Guard(name="cpu", passed=True, detail=""),), **fields,
        }
    )  # fmt: skip


def test_a_load_run_in_words():
    point = TimelinePoint(at_s=20, phase="steady", users=50, requests=9, errors=0, connections=51, pool_in_use=3)
    warming = TimelinePoint(at_s=2, phase="warmup", users=50, requests=9, errors=0, connections=900)
    assert list(render_load(make_load(timeline=(warming, point)))) == [
        "Load spike: open model, 50 users, 60 s with 10 s of warm-up, 10.0 requests/s of 50.0 planned",
        "  mix by arrivals: ReservationUser 100.0 %",
        "  mix by requests: prereservation 75.0 %, health 25.0 %",
        "  health: P95 1905 ms from when due, 12.0 ms from when sent",
        "  generator: P99 3.10 ms late",
        "  server: at most 51 connections, at most 3 pooled connections in use",
        "  not judged: 7 in the warmup",
        "  guards: all 1 passed",
    ]


def make_points(duration_s):
    """Memory climbs to 90 MiB and stays there; connections are seen now and then; nobody sees PostgreSQL."""
    return tuple(
        TimelinePoint(
            at_s=at_s, phase="steady", users=50, requests=9, errors=0,
            server_memory_bytes=min(90, at_s) << 20, connections=None if at_s % 2 else 12, postgres_dead_rows=at_s,
        )
        for at_s in range(duration_s)
    )  # fmt: skip


def test_a_long_run_says_what_grew_once_it_had_settled():
    (line,) = [line for line in render_load(make_load(timeline=make_points(300))) if "middle third" in line]
    grown = "memory 90.0 MiB to 90.0 MiB, connections 12 to 12, dead rows 149.5 to 249.5"
    assert line == f"  from the middle third to the last: {grown}"


def test_a_short_run_says_nothing_of_growth():
    assert not [line for line in render_load(make_load(timeline=make_points(200))) if "middle third" in line]


def test_a_guard_that_failed_is_said_with_its_reason():
    lines = list(render_load(make_load(guards=(Guard(name="workers", passed=False, detail="1 of 2 reported"),))))
    assert "  guard workers failed: 1 of 2 reported" in lines


def test_a_top_up_follows_its_run():
    lines = list(render_load(make_load(top_up=make_load(scenario="spike (top-up)"))))
    assert [line for line in lines if line.startswith("Load")][1].startswith("Load spike (top-up): open model")


def test_what_was_left_out_is_said_with_its_reason():
    lines = list(render_load(make_load(left_out={"webhook-audio": "nobody hears it"})))
    assert "  left out: webhook-audio; nobody hears it" in lines


def test_statements_are_shown_by_name_or_in_one_line():
    statements = tuple(
        StatementTime(statement=text, name=name, calls=4, execution_ms=6.0, share_ratio=0.5, rows=4)
        for text, name in (
            ("SELECT 1", "hold_stay"),
            ("-- Guests of a cabin\nSELECT *\nFROM guests\nWHERE name = $1 AND " + "x" * 80, None),
            *[("SELECT 2", "late")] * 4,
        )
    )
    lines = list(render_load(make_load(statements=statements)))
    start = lines.index("  statements that took the database's time:")
    assert lines[start + 1 : start + 3] == [
        "     50.0 %  4 calls of 1.50 ms: hold_stay",
        "     50.0 %  4 calls of 1.50 ms: select * from guests where name = ? and ...",
    ]
    assert lines[start + 6] == "    and 1 more in the report"


def test_statements_that_could_not_be_seen_are_excused_in_words():
    lines = list(render_load(make_load(statements_missing="pg_stat_statements is not loaded")))
    assert "  statements: not to be seen; pg_stat_statements is not loaded" in lines


def test_the_capacity_is_drawn_with_its_knee():
    def step(rate, p95, *failed):
        return CapacityStep(
            workers=1, rate_rps=rate, answered_rps=rate, p50_ms=p95, p95_ms=p95, p99_ms=p95, generator_cpu_ratio=0.1,
            held=not failed, failed=failed,
        )  # fmt: skip

    capacity = Capacity(
        steps=(step(200, 1000.0, "health-p95"), step(50, 1.0), step(100, 10.0)),
        held_rps=100,
        confirmed_rps=90,
        knee_rps=100,
        rate_rps_by_workers={"1": 100.0, "2": 180.0, "3": 240.0},
        scalability=ScalabilityFit(single_rps=100, contention=0.05, coherency=0.01, best_workers=9.7),
    )
    lines = list(render_load(make_load(capacity=capacity)))
    assert lines[lines.index("Capacity: P95 by arrival rate") :] == [
        "Capacity: P95 by arrival rate",
        "  1 worker process",
        "       50.0/s |#                               |    1.00 ms held",
        "      100.0/s |###########                     |    10.0 ms held <- knee",
        "      200.0/s |################################|    1000 ms failed health-p95",
        "  highest rate that held in a short step: 100 requests/s; held in a longer run: 90.0 requests/s",
        (
            "  scalability law over 3 worker counts: one worker 100 requests/s, contention 0.050, coherency 0.0100, "
            "best at 9.70 workers"
        ),
    ]
