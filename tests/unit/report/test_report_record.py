import json
import math
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaError
from pydantic import ValidationError

import cabanas_perf.report
from cabanas_perf.measurement.samples import Outcome, Sample, Samples
from cabanas_perf.measurement.stages import Estimate, Trace, summarise_stages
from cabanas_perf.measurement.summary import summarise
from cabanas_perf.report.build import build_report, build_verdict, build_workload
from cabanas_perf.report.files import render_json
from cabanas_perf.report.observe import read_observations
from cabanas_perf.report.record import Overall, Report, build_schema
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.objective import Indicator, Objective, parse_assertion
from cabanas_perf.slo.verdict import Observation, RatioEstimate, Verdict, judge

SCHEMA = json.loads((Path(cabanas_perf.report.__file__).parent / "schema.json").read_text())


def test_the_published_schema_is_that_of_the_record():
    assert build_schema() == SCHEMA


def test_a_written_report_validates_against_the_published_schema(report):
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(render_json(report)))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("run", "complete", "maybe"), ("run", "surprise", 1), ("environment", "cores", -1), ("run", "id", None)],
)
def test_neither_the_schema_nor_the_record_takes_what_is_not_in_the_contract(report, section, key, value):
    document = json.loads(render_json(report))
    document[section][key] = value
    with pytest.raises(SchemaError):
        Draft202012Validator(SCHEMA).validate(document)
    with pytest.raises(ValidationError):
        Report.model_validate(document)


def test_a_report_survives_being_written_and_read(report):
    assert Report.model_validate_json(render_json(report)) == report


def test_a_report_cannot_be_changed(report):
    with pytest.raises(ValidationError):
        report.run.complete = False


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_and_infinity_never_enter_a_report(report, value):
    with pytest.raises(ValidationError):
        type(report.run).model_validate({**report.run.model_dump(), "duration_s": value})


def an_observation():
    samples = Samples([Sample(n, (n + 1) * 1_000_000, Outcome.OK) for n in range(120)])
    samples.append(Sample(0, 5_000_000, Outcome.REFUSED, "dates_taken"))
    samples.append(Sample(0, 5_000_000, Outcome.ERROR, "http_500"))
    return Observation(
        summarise("nlu", samples, cpu_s=1.0, ack_latencies_ns=[2_000_000] * 70),
        wer=RatioEstimate(0.1, 0.05, 0.2, 30),
        queries=5,
        plan_errors=0,
    )


def test_a_workload_record_keeps_the_full_numbers():
    observation = an_observation()
    stages = summarise_stages([Trace(0, 10_000_000, [("price", 0, 3_000_000)])], {"price": Estimate(50, 100)})
    workload = build_workload(observation, via="direct", stages=stages)
    assert (workload.requests, workload.ok, workload.refused, workload.errors) == (122, 120, 1, 1)
    assert workload.latency_ms.p95 == 114
    assert workload.latency_ms.stdev == observation.summary.latency.stdev_ms
    assert workload.outcomes == {"ok": 120, "error/http_500": 1, "refused/dates_taken": 1}
    (price,) = workload.stages
    assert (price.name, price.p50_ms, price.share_ratio) == ("price", 3, 0.3)
    assert (price.estimate_low_ms, price.estimate_high_ms, workload.unexplained_ratio) == (50, 100, 0.7)


def test_a_workload_that_was_not_measured_has_no_record():
    with pytest.raises(ValueError, match="not measured"):
        build_workload(Observation(), via="http")


def test_a_stored_report_is_judged_as_the_run_was(report):
    observation = an_observation()
    stored = report.model_copy(update={"workloads": (build_workload(observation, via="direct"),)})
    objectives = [
        Objective(f"o{index}", "nlu", indicator, parse_assertion(text, indicator))
        for index, (indicator, text) in enumerate(
            [
                (Indicator.LATENCY, "p95 < 200ms"),
                (Indicator.LATENCY, "mean < 20ms"),
                (Indicator.LATENCY, "p95 < 115.5ms"),
                (Indicator.ACK_LATENCY, "p95 < 3ms"),
                (Indicator.ERROR_RATE, "rate < 5%"),
                (Indicator.ACCEPTED_RATIO, "rate >= 80%"),
                (Indicator.WER, "rate < 25%"),
                (Indicator.QUERIES, "count <= 5"),
                (Indicator.PLAN_ERRORS, "count <= 0"),
            ]
        )
    ]
    scope = {objective.id for objective in objectives}
    live = judge(objectives, {"nlu": observation}, scope, any_failure_misses=True)
    again = judge(objectives, read_observations(stored), scope, any_failure_misses=True)
    assert [each.verdict for each in again] == [each.verdict for each in live]
    assert {each.verdict for each in live} == {Verdict.MET, Verdict.MISSED, Verdict.INCONCLUSIVE}
    assert [each.missing_samples for each in again] == [each.missing_samples for each in live]
    assert [each.observed for each in again] == pytest.approx([each.observed for each in live], rel=0.001)


def test_a_verdict_without_any_bound_has_no_interval():
    objective = Objective("it", "nlu", Indicator.LATENCY, parse_assertion("p95 < 3s", Indicator.LATENCY))
    record = build_verdict(judge([objective], {}, {"it"}, any_failure_misses=True)[0])
    assert record.interval is None
    assert (record.objective, record.target, record.missing_samples) == ("it", 3_000, 59)
    samples = Samples([Sample(0, 1_000_000, Outcome.OK)] * 20)
    observations = {"nlu": Observation(summarise("nlu", samples))}
    record = build_verdict(judge([objective], observations, {"it"}, any_failure_misses=True)[0])
    assert (record.interval.low, record.interval.high, record.interval.level) == (1, None, 0.9)


@pytest.mark.parametrize("code", list(ExitCode))
def test_every_exit_code_has_a_word(report, code):
    built = build_report(run=report.run, environment=report.environment, exit_code=code)
    assert built.exit_code is code
    assert (built.verdict is Overall.MET) == (code == 0)
