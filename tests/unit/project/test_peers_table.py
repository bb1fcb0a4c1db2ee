"""The tables of comparisons show losses as plainly as wins, bars missed as missed, and what is absent as absent."""

import pytest
from benchmarks.peers.rows import (
    Absent,
    Bar,
    Growth,
    Precision,
    Section,
    compare,
    percentile_bar,
    render,
    single_bar,
    speedup_bar,
)


def lines(*rows):
    return render([Section("Title", "What both are given.", rows)]).splitlines()


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize(
    ("ours", "theirs", "standing"),
    [
        ([1, 1, 1, 1, 1], [50, 50, 51, 49, 50], "**50 times cheaper**"),
        ([30, 30, 31, 29, 30], [10, 10, 10, 10, 10], "**3 times dearer**: it does more"),
        ([9, 11, 10, 10, 12], [10, 10, 10, 10, 10], "not proven different"),
        ([1, 1, 1, 1], [50, 50, 50, 50], "not known: too few pairs"),
    ],
)
def test_a_ratio_counts_only_with_its_whole_interval(ours, theirs, standing):
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    row = compare("peer 1.0", "us", ours, theirs, ratios, "it does more" if "dearer" in standing else "")
    (line,) = [line for line in lines(row) if "peer 1.0" in line]
    assert cells(line)[-1] == standing
    assert f"{len(ours)})" in line


def test_a_row_says_whose_cost_is_divided_by_whose():
    row = compare("no profiler", "us", [1.0] * 5, [2.0] * 5, [0.5] * 5, side="cProfile")
    (line,) = [line for line in lines(row) if "no profiler" in line]
    assert cells(line)[:6] == ["Title", "cProfile", "no profiler", "us", "1", "2"]


@pytest.mark.parametrize(
    ("low", "high", "at_least", "standing"),
    [
        (8, 10, False, "held"),
        (8, 11, False, "not settled"),
        (8, None, False, "not settled"),
        (11, 12, False, "missed"),
        (None, 9, False, "held"),
        (10, 12, True, "held"),
        (9, 12, True, "not settled"),
        (None, 12, True, "not settled"),
        (8, 9, True, "missed"),
        (None, None, True, "not settled"),
    ],
)
def test_a_bar_is_judged_by_its_whole_interval(low, high, at_least, standing):
    assert Bar("what", "ms", 10, 9, low, high, "why", at_least=at_least).standing == standing


def test_a_missed_bar_says_why_and_a_held_one_does_not():
    missed = single_bar("slow", "ms", 10, 12, cause="it is too much")
    held = single_bar("fast", "ms", 10, 8, cause="nobody knows")
    shown = "\n".join(lines(missed, held))
    assert "| slow | ≤ 10 ms | 12 | **missed**: it is too much |" in shown
    assert "| fast | ≤ 10 ms | 8 | held |" in shown


def test_an_interval_alone_is_no_distance_to_explain():
    shown = "\n".join(lines(Bar("what", "ms", 10, 9, 8, 11, "why"), Bar("more", "ms", 10, 10.5, 8, 11, "because")))
    assert "| what | ≤ 10 ms | 9 (8 to 11) | **not settled** |" in shown
    assert "**not settled**: because |" in shown


def test_a_bar_that_a_busy_machine_missed_says_so():
    bars = [
        Section("Title", "", (single_bar("slow", "ms", 10, 12, cause="why"), single_bar("fast", "ms", 10, 8, cause="")))
    ]
    shown = render(bars, busy=True)
    assert "**missed**, on a busy machine: why" in shown
    assert shown.count("busy") == 1


def test_a_percentile_has_the_interval_of_its_ranks():
    bar = percentile_bar("what", "us", 4, [3, 1, 2, 5, 4], 0.5, cause="why")
    assert (bar.measured, bar.low, bar.high) == (3, 1, 5)
    tail = percentile_bar("what", "us", 4, [1.0] * 20, 0.95, cause="why")
    assert tail.high is None
    assert tail.standing == "not settled"


def test_a_speedup_is_the_ratio_turned_over():
    ratio = compare("peer", "us", [1] * 5, [4] * 5, [0.2, 0.25, 0.25, 0.25, 0.5]).ratio
    bar = speedup_bar("what", 3, ratio, cause="why")
    assert (bar.measured, bar.low, bar.high) == (4, 2, 5)
    assert bar.standing == "not settled"


def test_a_tool_is_set_beside_the_truth():
    shown = "\n".join(lines(Precision("tool", 110.0, None, 100.0, 200.0)))
    assert "| the truth | 100 ms | | 200 ms | |" in shown
    assert "| tool | 110 ms | +10.0% | not told |  |" in shown


def test_a_missing_peer_is_listed_with_its_reason():
    shown = lines(Absent("peer", "it needs a thing"))
    assert shown[shown.index("Not here to be compared with:") + 2] == "- peer: it needs a thing"


def test_growth_shows_every_size_and_its_exponent():
    shown = "\n".join(lines(Growth("path", "rows", "us", ((10.0, 1.0), (1000.0, 100.0)), 1.0)))
    assert "| path | rows | 10: 1 us, 1,000: 100 us | 1.00 |" in shown
