"""The ledger as people read it: forest plot, tables, tickets."""

import re

import pytest
from tests.unit.optimizations.make_ledger import a_point, a_row

from cabanas_perf.renderers.forest import draw_forest
from cabanas_perf.renderers.terminal import render
from cabanas_perf.renderers.tickets import render_tickets
from cabanas_perf.report.record import Bottleneck, CumulativeStep, Ledger
from cabanas_perf.slo.exit_codes import ExitCode

UNMEASURED = a_row(
    "O7", saved_ms=None, low=None, saving=None, high=None, verdict="not measurable here", reason="one model only"
)


def test_a_forest_without_losses_begins_at_nothing():
    rows = [a_row("O4", low=0.5, saving=0.6, high=0.7), UNMEASURED]
    assert list(draw_forest(rows, width=44)) == [
        "    0%       25%       50%      75%     100%",
        "O4              =====   |--o---|",
        "O7              =====",
    ]


def test_a_forest_with_losses_marks_nothing_and_what_is_off_the_scale():
    rows = [a_row("O9", low=-1.5, saving=-0.9, high=-0.2), a_row("O6", low=0.2, saving=0.35, high=0.5)]
    assert list(draw_forest(rows, width=44)) == [
        "    -100%   -50%       0%       50%     100%",
        "O9  <-o-------------|   :    ===",
        "O6                      :  |--o--|",
    ]


def test_a_forest_without_rows_is_empty():
    assert list(draw_forest([], width=80)) == []


@pytest.mark.parametrize("low", [0.0, -0.3, -0.7, -5.0])
@pytest.mark.parametrize("width", [44, 80, 120])
def test_no_line_of_a_forest_is_wider_than_asked_for(low, width):
    assert max(map(len, draw_forest([a_row(low=low), UNMEASURED], width=width))) <= width


@pytest.fixture
def ledger_report(report):
    points = (a_point("2 nights", low=-0.05, high=0.01), a_point("60 nights", low=0.9, high=0.92, outputs_equal=False))
    step = CumulativeStep(
        endpoint="nlu", step="O1-O3", samples=80, claimed_p50_ms=45, claimed_p95_ms=65, claimed_p99_ms=90, p50_ms=0.64,
        p95_ms=5.2, p99_ms=6.8, claimed_saving_ratio=0.5, saving_ratio=0.987, saving_low_ratio=0.98,
        saving_high_ratio=0.99,
    )  # fmt: skip
    left_out = CumulativeStep(endpoint="webhook-audio", step="before", claimed_p50_ms=8500, reason="no second model")
    bottleneck = Bottleneck(
        endpoint="nlu", stage="find_dates", p50_ms=30.9, share_ratio=0.998, document_rank=1, document_low_ms=30,
        document_high_ms=80, document_share_ratio=0.5,
    )  # fmt: skip
    return report.model_copy(
        update={
            "workloads": (),
            "verdicts": (),
            "audit": None,
            "exit_code": ExitCode.MET,
            "optimizations": (a_row(points=points), UNMEASURED),
            "ledger": Ledger(cumulative=(step, left_out), bottlenecks=(bottleneck,)),
        }
    )


def test_the_terminal_shows_claim_beside_interval_and_everything_behind_it(ledger_report):
    text = render(ledger_report)
    assert max(map(len, text.splitlines())) <= 80
    words = re.sub(r"\s+", " ", text)
    for shown in (
        "30 to 40 % 45.0 % (40.0 to 50.0) above claim",
        "judged at: 7 nights (20 pairs); one time is of one stay priced",
        "2 nights 2.00 1.10 -2.0 % (-5.0 to 1.0)",
        "60 nights (other answers)",
        "claim (Conclusions): the loop is inefficient",
        "the document against itself: One figure for every length of stay.",
        "note: prices agree to the cent",
        "not measurable here: one model only",
        "nlu O1-O3 0.640 5.20 6.80 45/65/90 98.7 % 50 %",
        "of 80 requests at each step",
        "webhook-audio: no second model",
        "nlu: find_dates 30.9 99.8 % no. 1 30-80 50 %",
        "O4 Price a stay in closed form: 0.500 ms of a stay priced, for each of 2 h",
        "Verdict: 1 above claim, 1 not measurable here",
        "Exit code 0: a ledger informs, whatever it finds.",
    ):
        assert shown in words


def test_reports_without_a_ledger_do_not_speak_of_one(report):
    assert "ledger" not in render(report)
    assert "optimisation" not in render(report)


def test_there_is_a_ticket_for_each_the_one_worth_most_first(ledger_report):
    tickets = dict(render_tickets(ledger_report))
    assert list(tickets) == ["01-O4", "02-O7"]
    lines = tickets["01-O4"].splitlines()
    assert lines[0] == "# O4: Price a stay in closed form"
    for line in (
        "- Priority: 1 of 2, by what an hour saves: 0.500 ms of a stay priced, for each of 2 h",
        "- Effort: 2 h (short term)",
        "- Claimed: 30 to 40 % (30 to 40 % less)",
        "- Measured: 45.0 % (40.0 to 50.0), at 7 nights, 20 pairs",
        "- Verdict: above claim: more is saved than claimed",
        "| 60 nights | 2.00 | 1.10 | 91.0 % (90.0 to 92.0) | no |",
        "- Conclusions: the loop is inefficient",
        "Prices agree to the cent.",
    ):
        assert line in lines
    assert "Measure first" in tickets["02-O7"]
    assert "| condition |" not in tickets["02-O7"]
