import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.attribution import Kind, attribute
from cabanas_perf.measurement.stages import Trace, summarise_stages
from cabanas_perf.measurement.waterfall import lay_out, pick_median

MS = 1_000_000


def a_call(kind, started_ms, ended_ms, what="x"):
    return (kind, what, started_ms * MS, ended_ms * MS, "cabanas/services/hold_stay.py:7", False)


def a_trace():
    """20 ms: a wait for the pool, a stage that asks the database, one that runs, waits and asks Redis, a gap."""
    return Trace(
        0,
        20 * MS,
        [("load", 2 * MS, 8 * MS), ("lock", 8 * MS, 16 * MS)],
        [
            a_call("pool_wait", 0, 2, "pool_acquire"),
            a_call("database", 3, 7),
            a_call("redis", 12, 16),
            a_call("pool_wait", 13, 14),
        ],
        [(0, 3 * MS), (7 * MS, 10 * MS), (9 * MS, 10 * MS), (19 * MS, 20 * MS)],
    )


def test_each_moment_belongs_to_the_innermost_call_else_to_the_code_else_to_nobody():
    found = attribute([a_trace()])
    assert {part.kind: part.ms_per_request for part in found.parts} == {
        Kind.DATABASE: 4,
        Kind.REDIS: 3,  # less the wait for its pool
        Kind.POOL_WAIT: 3,
        Kind.CPU: 4,
        Kind.WAITING: 2,
        Kind.UNEXPLAINED: 4,  # running or not: no stage says what for
    }
    calls = {part.kind: part.calls_per_request for part in found.parts}
    assert (calls[Kind.POOL_WAIT], calls[Kind.DATABASE], calls[Kind.CPU]) == (2, 1, None)
    assert found.unexplained_ratio == pytest.approx(0.2)


def test_a_request_that_nobody_watched_is_not_attributed():
    assert attribute([Trace(0, MS, [("price", 0, MS)])]) is None
    assert attribute([Trace(0, MS, [], [], None)]) is None


INTERVALS = st.lists(st.tuples(st.integers(-50, 1_050), st.integers(-50, 1_050)).map(sorted).map(tuple), max_size=8)


@given(INTERVALS, INTERVALS, INTERVALS)
def test_the_parts_add_up_to_the_request_and_agree_with_the_stages(stages, asked, running):
    spans = [("stage", start, end) for start, end in stages]
    calls = [("database", "x", start, end, "", False) for start, end in asked]
    trace = Trace(0, 1_000, spans, calls, running)
    found = attribute([trace])
    assert sum(part.share_ratio for part in found.parts) == pytest.approx(1)
    every = [("leaf", start, end) for start, end in [*stages, *asked]]
    by_stage = summarise_stages([Trace(0, 1_000, every)])
    assert found.unexplained_ratio == pytest.approx(by_stage.unexplained_ratio)


def test_calls_outside_of_stages_are_rows_of_their_own():
    rows = {row.name: row for row in summarise_stages([a_trace()]).stages}
    assert list(rows) == ["pool_acquire", "load", "lock"]
    assert rows["pool_acquire"].p50_ms == 2
    assert summarise_stages([a_trace()]).unexplained_ratio == pytest.approx(0.2)


def test_a_waterfall_nests_calls_in_their_stages():
    spans = lay_out(a_trace())
    assert [(span.kind, span.depth, span.start_ns // MS) for span in spans] == [
        ("pool_wait", 0, 0),
        ("stage", 0, 2),
        ("database", 1, 3),
        ("stage", 0, 8),
        ("redis", 1, 12),
        ("pool_wait", 2, 13),
    ]
    assert spans[2].code_line == "cabanas/services/hold_stay.py:7"


def test_what_lies_outside_the_request_is_drawn_at_its_edge():
    (span,) = lay_out(Trace(10, 20, [("late", 15, 30)]))
    assert (span.start_ns, span.end_ns) == (5, 10)


def test_the_median_request_is_one_that_was():
    traces = [Trace(0, duration, []) for duration in (5, 1, 9, 3)]
    assert pick_median(traces).ended_ns == 3
    assert pick_median([]) is None
