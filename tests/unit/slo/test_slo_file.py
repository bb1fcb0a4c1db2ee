from pathlib import Path

import pytest

from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.slo.errors import SloError
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.objective import RunKind

WORKLOADS = frozenset(
    ["nlu", "prereservation", "webhook-text", "webhook-audio", "webhook-payment", "transcription", "health", "database"]
)
SHIPPED = Path(__file__).parents[3] / "profiles" / "slo.toml"

GOOD = """\
# objectives
[[objective]]
id = "first"
workload = "health"
indicator = "latency_ms"
assert = "p95 < 500ms"

[[objective]]
id = "second"
workload = "nlu"
indicator = "latency_ms"
outcome = "refused"
assert = "mean < 10ms"
set = "strict"
runs = ["load"]
"""


def load(folder, text):
    path = folder / "slo.toml"
    path.write_text(text, encoding="utf-8")
    return load_objectives(path, workloads=WORKLOADS)


def test_objectives_are_read_in_order_with_their_defaults(tmp_path):
    first, second = load(tmp_path, GOOD).objectives
    assert (first.id, first.workload, first.outcome, first.set_name) == ("first", "health", Outcome.OK, "default")
    assert first.runs == {RunKind.PROFILE, RunKind.LOAD}
    assert (second.outcome, second.set_name, second.runs) == (Outcome.REFUSED, "strict", {RunKind.LOAD})


def test_a_run_judges_one_set_and_what_applies_to_its_kind(tmp_path):
    slo = load(tmp_path, GOOD)
    assert [objective.id for objective in slo.select(run=RunKind.PROFILE)] == ["first"]
    assert [objective.id for objective in slo.select(run=RunKind.LOAD, set_name="strict")] == ["second"]
    assert slo.select(run=RunKind.PROFILE, set_name="strict") == ()
    with pytest.raises(SloError, match=r"no set 'strickt'; known sets: default, strict"):
        slo.select(run=RunKind.LOAD, set_name="strickt")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('"p95 < 500ms"', '"p95 < 500"', 6, ["'first'", "assert", "needs a unit", "us, ms, s"]),
        ('"p95 < 500ms"', "3", 6, ["'first'", "assert", "3 is not text", "quotes"]),
        ('"nlu"', '"nlp"', 10, ["'second'", "workload", "'nlp'", "known: database, health"]),
        ('"nlu"', '"all"', 10, ["'second'", "workload", "all workloads together", "name one"]),
        ('indicator = "latency_ms"\nassert', 'indicator = "latency"\nassert', 5, ["indicator", "'latency'", "wer"]),
        ('"refused"', '"error"', 12, ["'second'", "outcome", "'error'", "ok, refused"]),
        ('["load"]', '["soak"]', 15, ["'second'", "runs", "'soak'", "profile, load"]),
        ('["load"]', "[]", 15, ["runs", "not a list of runs"]),
        ('["load"]', '"load"', 15, ["runs", "not a list of runs"]),
        ('"strict"', '"Strict set"', 14, ["set", "'Strict set' is not a name"]),
        ("outcome =", "outcomes =", 12, ["unknown field 'outcomes'", "allowed: id, workload"]),
        ('workload = "health"\n', "", 2, ["'first'", "workload", "is missing"]),
        ('id = "second"\n', "", 8, ["id", "is missing"]),
        ('"second"', '"first"', 9, ["'first' is there twice"]),
        ('"second"', "7", 9, ["id: 7 is not text"]),
        ("[[objective]]\nid", "[[objective]\nid", 2, ["not TOML"]),
        ("# objectives", "version = 2", None, ["unknown key 'version'", "[[objective]]"]),
        (GOOD, "", None, ["holds no objective"]),
        (GOOD, "objective = 1", None, ["holds no objective"]),
        (GOOD, "objective = [1]", None, ["more than tables"]),
        (GOOD, 'objective = [{id = "x"}]', None, ["'x'", "workload", "is missing"]),
    ],
)
def test_a_broken_file_is_refused_naming_line_objective_field_value_and_fix(tmp_path, old, new, line, words):
    assert old in GOOD
    with pytest.raises(SloError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    where = tmp_path / "slo.toml"
    assert str(caught.value).startswith(f"{where}:{line}: " if line else f"{where}: ")
    for word in words:
        assert word in str(caught.value)


def test_an_outcome_belongs_to_latencies_only(tmp_path):
    with pytest.raises(SloError, match="error_rate is not judged by outcome"):
        load(
            tmp_path,
            GOOD.replace("latency_ms", "error_rate")
            .replace("p95 < 500ms", "rate < 1%")
            .replace("mean < 10ms", "rate < 1%"),
        )


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "slo.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SloError, match="cannot be read"):
        load_objectives(path, workloads=WORKLOADS)


def test_the_explicit_file_wins_then_the_folders_then_the_shipped_one(tmp_path):
    explicit = tmp_path / "mine.toml"
    explicit.write_text(GOOD)
    assert find_slo_file(explicit, folder=tmp_path) == explicit
    assert find_slo_file(folder=tmp_path).samefile(SHIPPED)
    local = tmp_path / "profiles" / "slo.toml"
    local.parent.mkdir()
    local.write_text(GOOD)
    assert find_slo_file(folder=tmp_path) == local
    with pytest.raises(SloError, match="no such file"):
        find_slo_file(tmp_path / "missing.toml", folder=tmp_path)


def test_the_shipped_file_holds_the_services_objectives():
    slo = load_objectives(SHIPPED, workloads=WORKLOADS)
    promised = {
        objective.id: (objective.workload, objective.assertion.text) for objective in slo.select(run=RunKind.PROFILE)
    }
    assert promised == {
        "prereservation-p95": ("prereservation", "p95 < 3s"),
        "webhook-text-p95": ("webhook-text", "p95 < 3s"),
        "webhook-audio-p95": ("webhook-audio", "p95 < 15s"),
        "health-p95": ("health", "p95 < 500ms"),
        "nlu-mean": ("nlu", "mean < 10ms"),
        "database-p95": ("database", "p95 < 100ms"),
        "webhook-payment-p95": ("webhook-payment", "p95 < 3s"),
        "prereservation-accepted": ("prereservation", "rate >= 80%"),
        "transcription-wer": ("transcription", "rate < 25%"),
    }
    under_load = {objective.id for objective in slo.select(run=RunKind.LOAD)}
    assert under_load == {*promised, "load-error-rate"} - {"transcription-wer"}
    assert slo.select(run=RunKind.PROFILE, set_name="strict")
