import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from cabanas_perf.cli.main import app
from cabanas_perf.slo.errors import SloError
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.objective import Indicator
from cabanas_perf.slo.openslo import is_expressible, render_openslo
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "data" / "schemas" / "openslo-v1-slo.json").read_text(encoding="utf-8")
)
OURS = load_objectives(find_slo_file(), workloads=OBJECTIVE_WORKLOADS).objectives
EXPRESSIBLE = [one for one in OURS if is_expressible(one)]


def read(text, tmp_path, name="slo.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_objectives(path, workloads=OBJECTIVE_WORKLOADS).objectives


def test_what_is_written_is_openslo():
    Draft202012Validator.check_schema(SCHEMA)
    documents = list(yaml.safe_load_all(render_openslo(OURS)))
    assert [one["metadata"]["name"] for one in documents] == [one.id for one in EXPRESSIBLE]
    for document in documents:
        Draft202012Validator(SCHEMA).validate(document)


def test_the_way_there_and_back_changes_nothing_but_the_spelling(tmp_path):
    again = read(render_openslo(OURS), tmp_path)
    for before, after in zip(EXPRESSIBLE, again, strict=True):
        assert (after.id, after.workload, after.indicator, after.outcome) == (
            before.id,
            before.workload,
            before.indicator,
            before.outcome,
        )
        assert (after.set_name, after.runs) == (before.set_name, before.runs)
        assert (after.assertion.operator, after.assertion.quantile, after.assertion.unit) == (
            before.assertion.operator,
            before.assertion.quantile,
            before.assertion.unit,
        )
        assert after.assertion.target == pytest.approx(before.assertion.target)


def test_means_counts_and_word_errors_have_no_form():
    left_out = {one.id for one in OURS} - {one.id for one in EXPRESSIBLE}
    assert {"nlu-mean", "transcription-wer", "strict-prereservation-queries", "strict-database-plans"} <= left_out
    assert not any(one.indicator in {Indicator.WER, Indicator.QUERIES} for one in EXPRESSIBLE)


DOCUMENT = yaml.safe_load(render_openslo([EXPRESSIBLE[0]]))


def changed(**changes):
    """The first document with parts of it changed, named by their way: spec__budgetingMethod="Timeslices"."""
    document = json.loads(json.dumps(DOCUMENT))
    for way, value in changes.items():
        *parents, last = way.split("__")
        part = document
        for name in parents:
            part = part[int(name) if name.isdigit() else name]
        part[last] = value
    return document


@pytest.mark.parametrize(
    ("document", "assertion"),
    [
        (changed(), "p95 < 3000ms"),
        (changed(spec__objectives__0__target=0.999), "p99.9 < 3000ms"),
        (changed(spec__objectives__0__op="lte", spec__objectives__0__value=0.5), "p95 <= 0.5ms"),
        (changed(spec__objectives=[{"op": "lt", "value": 10, "targetPercent": 99}]), "p99 < 10ms"),
    ],
)
def test_written_by_hand_as_json(document, assertion, tmp_path):
    (objective,) = read(json.dumps(document), tmp_path, "slo.json")
    assert objective.assertion.text == assertion


SOURCE = "spec__indicator__spec__thresholdMetric__metricSource"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, "no openslo/v1 document"),
        (changed(apiVersion="openslo/v2"), "no openslo/v1 document"),
        (changed(kind="Service"), "holds no SLO object"),
        (changed(spec__budgetingMethod="Timeslices"), "budgets by time"),
        (changed(**{f"{SOURCE}__type": "Prometheus"}), "comes from 'Prometheus'"),
        (changed(**{f"{SOURCE}__spec": {}}), "cannot be read"),
        (changed(**{f"{SOURCE}__spec": {"workload": "speech", "indicator": "latency_ms"}}), "unknown workload"),
        (changed(spec__objectives=[]), "cannot be read"),
        (changed(spec__objectives__0__op="gt"), "cannot be read"),
        (changed(spec__objectives__0__target="much"), "cannot be read"),
        (changed(spec__objectives__0__target=0.1), "not a statistic"),
        (changed(metadata={}), "not a name"),
    ],
)
def test_what_cannot_be_judged_is_told(document, words, tmp_path):
    with pytest.raises(SloError, match=words):
        read(json.dumps(document), tmp_path, "slo.json")


@pytest.mark.parametrize(("name", "text"), [("slo.json", "{"), ("slo.yaml", "a: [")])
def test_bad_syntax_is_told(name, text, tmp_path):
    with pytest.raises(SloError, match=r"not (JSON|YAML)"):
        read(text, tmp_path, name)


def test_the_command_writes_it_and_says_what_is_left_out(tmp_path):
    ran = CliRunner().invoke(app, ["slo", "--openslo"])
    assert ran.exit_code == 0
    assert "nlu-mean is left out" in ran.stderr
    assert len(read(ran.stdout, tmp_path)) == len([one for one in EXPRESSIBLE if one.set_name == "default"])


def test_the_command_shows_the_objectives():
    ran = CliRunner().invoke(app, ["slo", "--strict"])
    assert ran.exit_code == 0
    assert "strict-nlu-p95" in ran.stdout
    assert "  nlu-mean" not in ran.stdout
