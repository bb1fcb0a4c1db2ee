"""Stored reports side by side, baselines and trends, as users run them."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

STORED = Path(__file__).parents[1] / "data" / "reports" / "profile.json"


@pytest.fixture
def stored(tmp_path):
    """Copies of a stored report, changed as told, in the folder that the command runs in."""

    def write(name, *, change=lambda report: None):
        report = json.loads(STORED.read_text())
        change(report)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report))
        return str(path.relative_to(tmp_path))

    return write


def other_cores(report):
    report["environment"]["cores"] = 99


def statements(count):
    def change(report):
        report["workloads"][0]["queries_max"] = count

    return change


def test_two_reports_of_one_kind_are_shown_side_by_side(stored, command):
    ran = command("compare", stored("one.json"), stored("two.json"))
    assert ran.code == 0, ran.err
    assert "base ms" in ran.out
    assert "indicative" in ran.out


def test_more_statements_fail_and_fewer_do_not(stored, command):
    few, many = stored("few.json", change=statements(4)), stored("many.json", change=statements(27))
    worse = command("compare", few, many)
    assert worse.code == 1
    assert "statements in one request 4, now 27 (worse)" in worse.out
    assert command("compare", many, few).code == 0


def test_unlike_reports_are_refused_unless_forced(stored, command):
    one, other = stored("one.json"), stored("other.json", change=other_cores)
    refused = command("compare", one, other)
    assert refused.code == 2
    assert "cores: " in refused.err
    assert "--force" in refused.err
    forced = command("compare", one, other, "--force", "--json")
    assert forced.code == 0
    assert len(forced.report["unlike"]) == 1
    assert forced.report["schema"] == "cabanas-perf/comparison/1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "one", "two"), "there is no baseline 'one'"),
        (("compare", "one.json", "broken.json"), "broken.json: not JSON"),
        (("report", "--trend", "empty"), "no report in empty"),
        (("report", "--trend", "missing"), "missing is no folder"),
        (("report",), "name one report, or a folder with --trend"),
        (("profile", "nlu", "--baseline", "nothing"), "make one with --save-baseline nothing"),
    ],
)
def test_mistakes_say_what_to_do_next(stored, command, tmp_path, arguments, message):
    stored("one.json")
    (tmp_path / "broken.json").write_text("{,")
    (tmp_path / "empty").mkdir()
    ran = command(*arguments)
    assert ran.code == 2
    assert message in ran.err
    assert not ran.out


def test_a_profile_is_kept_as_a_baseline_and_the_next_one_compared_with_it(command, tmp_path):
    quick = ("profile", "nlu", "--requests", "150", "--profiler", "none")
    first = command(*quick, "--save-baseline", "main", "--quiet")
    assert first.code == 0, first.err
    kept = tmp_path / "profiles" / "baselines" / "main.json"
    assert kept.is_file()
    second = command(*quick, "--baseline", "main")
    assert second.code == 0, second.err
    assert "nlu P50" in second.out
    # From another machine only what is counted remains; more statements than the baseline's turn the verdict.
    report = json.loads(kept.read_text())
    other_cores(report)
    report["workloads"][0]["queries_max"] = 1
    kept.write_text(json.dumps(report))
    ours = max((tmp_path / "profiles").glob("profiling_report_*.json"))
    changed = json.loads(ours.read_text())
    changed["workloads"][0]["queries_max"] = 2
    ours.write_text(json.dumps(changed))
    gated = command("gate", str(ours), "--baseline", "main")
    assert gated.code == 1
    assert "unlike: cores" in gated.out
    assert "statements in one request 1, now 2 (worse)" in gated.out
    assert "base ms" not in gated.out


def test_a_trend_marks_the_run_that_changed_the_level(stored, command):
    def dated(day, factor):
        def change(report):
            started = datetime.fromisoformat(report["run"]["started_at"]) + timedelta(days=day)
            report["run"] |= {"id": f"run-{day}", "started_at": started.isoformat()}
            for workload in report["workloads"]:
                if workload["latency_ms"] is not None:
                    workload["latency_ms"]["p50"] *= factor

        return change

    for day in range(12):
        stored(f"runs/profiling_report_{day:02}.json", change=dated(day, 1 if day < 6 else 3))
    shown = command("report", "--trend", "runs")
    assert shown.code == 0, shown.err
    assert "|" in shown.out
    assert "slower since" in shown.out
    assert "run run-6" in shown.out
    as_json = command("report", "--trend", "runs", "--json").report
    assert as_json["schema"] == "cabanas-perf/trends/1"
    assert [change["index"] for change in as_json["series"][0]["changes"]] == [6]
