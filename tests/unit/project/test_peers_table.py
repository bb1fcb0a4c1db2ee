"""The table of comparisons shows losses as plainly as wins, and what is missing as missing."""

import pytest
from benchmarks.peers.rows import Absent, Growth, Precision, Section, compare, render


def lines(*rows, **more):
    return render([Section("Title", "What both are given.", rows, **more)]).splitlines()


@pytest.mark.parametrize(
    ("ours", "theirs", "standing"),
    [
        ([1, 1, 1, 1, 1], [50, 50, 51, 49, 50], "**50 times cheaper**"),
        ([30, 30, 31, 29, 30], [10, 10, 10, 10, 10], "**3 times dearer**"),
        ([9, 11, 10, 10, 12], [10, 10, 10, 10, 10], "not proven different"),
        ([1, 1, 1, 1], [50, 50, 50, 50], "not proven different"),
    ],
)
def test_a_ratio_counts_only_with_its_whole_interval(ours, theirs, standing):
    row = compare("peer 1.0", "us", ours, theirs, [mine / other for mine, other in zip(ours, theirs, strict=True)])
    (line,) = [line for line in lines(row) if line.startswith("| peer 1.0")]
    assert line.split("|")[-2].strip() == standing
    assert f"{len(ours)})" in line


def test_the_columns_say_whose_cost_is_divided_by_whose():
    row = compare("peer", "us", [1.0] * 5, [2.0] * 5, [0.5] * 5)
    assert "| looked at | bare | looked at by bare " in "\n".join(lines(row, sides=("looked at", "bare")))


def test_a_tool_is_set_beside_the_truth():
    shown = "\n".join(lines(Precision("tool", 110.0, None, 100.0, 200.0)))
    assert "| the truth | 100 ms | | 200 ms | |" in shown
    assert "| tool | 110 ms | +10.0% | not told |  |" in shown


def test_a_missing_peer_is_listed_with_its_reason():
    shown = lines(Absent("peer", "it needs a thing"))
    assert shown[shown.index("Not installed here:") + 2] == "- peer: it needs a thing"


def test_growth_shows_every_size_and_its_exponent():
    shown = "\n".join(lines(Growth("path", "rows", "us", ((10.0, 1.0), (1000.0, 100.0)), 1.0)))
    assert "| path | rows | 10: 1 us, 1,000: 100 us | 1.00 |" in shown
