import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from cabanas_perf.renderers.json_text import render_json
from cabanas_perf.renderers.terminal import print_report, render
from cabanas_perf.report.record import Audit, AuditCheck, Overall, Workload
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.verdict import Verdict

REPORT_PATH = Path("profiles/profiling_report_20250102_030405.json")
SCREEN = Path(__file__).parents[2] / "data" / "reports" / "profile.txt"


def test_the_screen_at_80_columns(report):
    assert render(report, report_path=REPORT_PATH) == SCREEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(report, width):
    lines = render(report, report_path=REPORT_PATH, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_long_names_fold_rather_than_vanish(report):
    name = "strict-prereservation-refused-p95"
    verdicts = tuple(each.model_copy(update={"objective": name}) for each in report.verdicts)
    lines = render(report.model_copy(update={"verdicts": verdicts})).splitlines()
    assert max(map(len, lines)) <= 80
    assert name[:24] in "\n".join(lines)
    assert name[24:] in "\n".join(lines)


def test_colour_adds_nothing_but_colour(report):
    coloured = render(report, color=True)
    assert "\x1b[" in coloured
    assert "\x1b[" not in render(report)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == render(report).splitlines()


def test_names_are_shown_as_they_are(report):
    workload = report.workloads[0].model_copy(update={"name": "[red]x[/]", "notes": (":smile: [bold]",)})
    text = render(report.model_copy(update={"workloads": (workload,)}))
    assert "[red]x[/]" in text
    assert ":smile: [bold]" in text


@pytest.mark.parametrize(("encoding", "symbols"), [("utf-8", "✓✗"), ("ascii", "+x"), ("latin-1", "+x")])
def test_a_console_without_unicode_gets_ascii(report, encoding, symbols):
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding=encoding), width=80)
    print_report(report, console)
    console.file.flush()
    text = raw.getvalue().decode(encoding)
    assert f"{symbols[0]} met" in text
    assert f"{symbols[1]} missed" in text


def with_verdicts(report, verdict, **changes):
    return report.model_copy(
        update={
            "verdicts": tuple(each.model_copy(update={"verdict": verdict, **changes}) for each in report.verdicts[:1]),
            "workloads": (),
            "audit": None,
        }
    )


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (39, "too few; needs at least 39 more samples"),
        (1, "too few; needs at least 1 more sample\n"),
        (None, "too few\n"),
    ],
)
def test_an_inconclusive_verdict_says_what_it_needs(report, missing, words):
    text = render(with_verdicts(report, Verdict.INCONCLUSIVE, missing_samples=missing, reason="too few"))
    assert f"? prereservation-p95: {words}" in text


def test_without_objectives_the_verdict_line_says_so(report):
    empty = report.model_copy(
        update={
            "verdicts": (),
            "workloads": (),
            "audit": None,
            "verdict": Overall.INCONCLUSIVE,
            "exit_code": ExitCode.INCONCLUSIVE,
        }
    )
    text = render(empty)
    assert "Verdict: inconclusive (no objective judged)" in text
    assert "Exit code 3: not enough evidence to judge." in text


def test_a_partial_report_says_so(report):
    partial = report.model_copy(update={"run": report.run.model_copy(update={"complete": False})})
    assert "this report is partial and never passes" in render(partial)


@pytest.mark.parametrize(
    ("audit", "words"),
    [
        (Audit(source="none", passed=None, detail="--no-audit was given"), ["(none) could not be made: --no-audit"]),
        (
            Audit(
                source="database",
                passed=False,
                checks=(
                    AuditCheck(name="every accepted reservation exists", passed=False, expected=9, found=8),
                    AuditCheck(name="no two overlap", passed=None, detail="the view is missing"),
                    AuditCheck(name="counts agree", passed=True),
                ),
            ),
            [
                "(database) FAILED",
                "every accepted reservation exists failed, expected 9, found 8",
                "no two overlap not checked: the view is missing",
            ],
        ),
    ],
)
def test_an_audit_that_did_not_pass_shows_why(report, audit, words):
    text = render(report.model_copy(update={"audit": audit}))
    assert all(word in text for word in words)
    assert "counts agree" not in text


def test_a_workload_without_answers_shows_dashes_not_zeros(report):
    dead = Workload(
        name="health",
        via="http",
        requests=5,
        ok=0,
        refused=0,
        errors=5,
        outcomes={"error/ConnectError": 5},
        latency_ms=None,
        elapsed_s=0.0,
        throughput_rps=None,
    )
    text = render(report.model_copy(update={"workloads": (dead,)}))
    row = next(line for line in text.splitlines() if line.startswith("health  "))
    assert row.split() == ["health", "5", "0", "0", "5", "-", "-", "-", "-"]
    assert "health failures: error/ConnectError 5" in text


def test_json_is_the_whole_report(report):
    assert type(report).model_validate(json.loads(render_json(report))) == report
