"""What other tools wrote is read as a report that claims no more than they said."""

import json
import shutil
from pathlib import Path

import pytest

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.report.files import ReportError, read_report, render_json
from cabanas_perf.report.record import Report
from cabanas_perf.runners.gate import judge_again
from cabanas_perf.slo.file import load_objectives
from cabanas_perf.slo.verdict import Verdict

DATA = Path(__file__).parents[2] / "data" / "imports"
KNOWN = {"nlu", "health", "missing", "prereservation", "webhook-text", "test_nlu", "test_fast", "all of k6"}


def judge(path, *objectives, tmp_path):
    """Verdicts and the exit code of the file by objectives like ("nlu", "latency_ms", "mean < 10ms")."""
    tables = (
        f'[[objective]]\nid = "o-{n}"\nworkload = "{workload}"\nindicator = "{indicator}"\nassert = "{assertion}"\n'
        for n, (workload, indicator, assertion) in enumerate(objectives)
    )
    slo = tmp_path / "slo.toml"
    slo.write_text("\n".join(tables), encoding="utf-8")
    judged = judge_again(read_report(path), load_objectives(slo, workloads=KNOWN), "default")
    return [one.verdict for one in judged.verdicts], int(judged.exit_code)


@pytest.mark.parametrize(
    ("name", "tool", "workloads"),
    [
        ("pytest_benchmark.json", "pytest-benchmark", {"test_fast": 120, "test_nlu": 80}),
        ("pyperf.json", "pyperf", {"nlu": 20}),
        ("locust.json", "locust", {"health": 743, "missing": 219}),
        ("locust_stats.csv", "locust", {"health": 648, "missing": 178}),
        ("k6_summary_export.json", "k6", {"prereservation": 400, "other requests of k6": 600}),
        ("k6_handle_summary.json", "k6", {"all of k6": 400}),
    ],
)
def test_each_source_is_known_by_its_content(name, tool, workloads, tmp_path):
    # Not by its name, which anybody may change.
    path = Path(shutil.copyfile(DATA / name, tmp_path / "results"))
    report = read_report(path)
    assert report.imported.tool == tool
    assert {one.name: one.requests for one in report.workloads} == workloads
    assert Report.model_validate_json(render_json(report)) == report


def test_samples_are_kept_one_by_one():
    source = json.loads((DATA / "pytest_benchmark.json").read_text(encoding="utf-8"))["benchmarks"][1]
    latency = next(
        one for one in read_report(DATA / "pytest_benchmark.json").workloads if one.name == "test_nlu"
    ).latency_ms
    assert latency.count == 80
    assert latency.mean == pytest.approx(sum(source["stats"]["data"]) / 80 * 1000, rel=1e-6)


def test_without_samples_nothing_is_judged_by_latency(tmp_path):
    document = json.loads((DATA / "pytest_benchmark.json").read_text(encoding="utf-8"))
    for benchmark in document["benchmarks"]:
        del benchmark["stats"]["data"]
    path = tmp_path / "bare.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    report = read_report(path)
    assert all(one.latency_ms is None for one in report.workloads)
    assert "--benchmark-save-data" in report.workloads[0].notes[0]
    assert judge(path, ("test_nlu", "latency_ms", "mean < 10s"), tmp_path=tmp_path) == ([Verdict.INCONCLUSIVE], 3)


@pytest.mark.parametrize(
    ("name", "objective", "verdict"),
    [
        ("pytest_benchmark.json", ("test_nlu", "latency_ms", "p95 < 1s"), Verdict.MET),
        ("pytest_benchmark.json", ("test_nlu", "latency_ms", "p95 < 1us"), Verdict.MISSED),
        # Samples that are means of several calls prove means alone.
        ("pytest_benchmark.json", ("test_fast", "latency_ms", "p95 < 1s"), Verdict.INCONCLUSIVE),
        ("pytest_benchmark.json", ("test_fast", "latency_ms", "mean < 1s"), Verdict.MET),
        ("pyperf.json", ("nlu", "latency_ms", "p95 < 1s"), Verdict.INCONCLUSIVE),
        ("pyperf.json", ("nlu", "latency_ms", "mean < 1s"), Verdict.INCONCLUSIVE),
        ("locust.json", ("health", "latency_ms", "p95 < 500ms"), Verdict.MET),
        ("locust.json", ("health", "error_rate", "rate < 1%"), Verdict.MET),
        ("locust.json", ("missing", "latency_ms", "p95 < 500ms"), Verdict.INCONCLUSIVE),
        ("locust.json", ("all", "error_rate", "rate < 1%"), Verdict.MISSED),
        ("locust_stats.csv", ("health", "latency_ms", "p95 < 500ms"), Verdict.INCONCLUSIVE),
        ("locust_stats.csv", ("health", "error_rate", "rate < 1%"), Verdict.MET),
        ("k6_summary_export.json", ("prereservation", "error_rate", "rate < 5%"), Verdict.MET),
        ("k6_summary_export.json", ("prereservation", "latency_ms", "p95 < 3s"), Verdict.INCONCLUSIVE),
        # Nobody told refusals from reservations.
        ("k6_summary_export.json", ("prereservation", "accepted_ratio", "rate >= 80%"), Verdict.NOT_IN_SCOPE),
        ("k6_handle_summary.json", ("all", "error_rate", "rate < 1%"), Verdict.MET),
        ("locust.json", ("nlu", "latency_ms", "mean < 10ms"), Verdict.NOT_IN_SCOPE),
    ],
)
def test_what_each_source_can_prove(name, objective, verdict, tmp_path):
    assert judge(DATA / name, objective, tmp_path=tmp_path)[0] == [verdict]


def test_nothing_in_scope_is_not_green(tmp_path):
    assert judge(DATA / "locust.json", ("nlu", "latency_ms", "mean < 10ms"), tmp_path=tmp_path)[1] == 3


def locust_entry(**changes):
    entry = {
        "name": "prereservation",
        "method": "POST",
        "start_time": 100.0,
        "last_request_timestamp": 160.0,
        "num_requests": 100,
        "num_failures": 0,
        "response_times": {"1000": 100},
    }
    return entry | changes


def read_locust(tmp_path, *entries):
    path = tmp_path / "locust.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return {one.name: one for one in read_report(path).workloads}


@pytest.mark.parametrize(
    ("said_ms", "at_most_ms"), [("7", 7.5), ("99", 99.5), ("100", 105), ("990", 995), ("3000", 3050), ("15000", 15500)]
)
def test_a_rounded_latency_is_taken_for_the_longest_it_may_have_been(said_ms, at_most_ms, tmp_path):
    workload = read_locust(tmp_path, locust_entry(response_times={said_ms: 100}))["prereservation"]
    assert workload.latency_ms.p50 == pytest.approx(at_most_ms, rel=1e-3)


def test_quick_failures_do_not_flatter(tmp_path):
    entry = locust_entry(num_failures=60, response_times={"2": 60, "4000": 40})
    workload = read_locust(tmp_path, entry)["prereservation"]
    histogram = LatencyHistogram.decode(workload.latency_ms.histogram)
    assert (histogram.count, workload.ok, workload.errors) == (40, 40, 60)
    assert workload.latency_ms.min > 3000


def test_one_path_with_two_methods_is_two_workloads(tmp_path):
    assert set(read_locust(tmp_path, locust_entry(method="GET"), locust_entry())) == {
        "GET prereservation",
        "POST prereservation",
    }


def test_an_acknowledged_webhook_is_not_a_reply(tmp_path):
    workload = read_locust(tmp_path, locust_entry(name="webhook-text"))["webhook-text"]
    assert workload.latency_ms is None
    assert workload.ack_latency_ms.count == 100
    path = tmp_path / "locust.json"
    assert judge(path, ("webhook-text", "latency_ms", "p95 < 3s"), tmp_path=tmp_path) == ([Verdict.INCONCLUSIVE], 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"machine_info": {}, "benchmarks": []}, "looks like pytest-benchmark"),
        ([{"num_requests": 1, "response_times": {}}], "looks like Locust"),
        ({"metrics": {"http_req_duration": {}}}, "looks like k6"),
        ({"benchmarks": [{"runs": []}]}, "looks like pyperf"),
        ({"benchmarks": [{"runs": [{"metadata": {"unit": "byte"}, "values": [1]}]}]}, "its unit is byte"),
        ({"anything": "else"}, "its schema is None"),
    ],
)
def test_what_cannot_be_read_is_told(content, words, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReportError, match=words):
        read_report(path)


def test_a_csv_without_its_columns_is_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Type,Name,Request Count,Failure Count\nGET,/,1,0\n", encoding="utf-8")
    with pytest.raises(ReportError, match="looks like Locust's CSV"):
        read_report(path)
