import pytest

from cabanas_perf.measurement.distribution import RawDistribution
from cabanas_perf.measurement.paired import Difference, Rule
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.report.build import build_latency
from cabanas_perf.report.compare import compare_reports, judge_stored
from cabanas_perf.report.record import Finding, Load, Query, StatementUse, Wer, Workload
from cabanas_perf.slo.exit_codes import ExitCode

MS = 1_000_000


def latency(centre_ms, count=1000):
    """Latencies spread evenly over 10 % around the centre."""
    values = (int(centre_ms * MS * (0.95 + 0.1 * number / count)) for number in range(count))
    return build_latency(LatencySummary.of(RawDistribution(values)))


def workload(name="nlu", centre_ms=5.0, **changes):
    fields = {
        "name": name, "via": "direct", "requests": 1000, "ok": 1000, "refused": 0, "errors": 0,
        "outcomes": {"ok": 1000}, "latency_ms": latency(centre_ms), "elapsed_s": 1.0, "throughput_rps": 1000.0,
    }  # fmt: skip
    return Workload(**(fields | changes))


def scan(node_type, **rest):
    node = {
        "Node Type": node_type, "Relation Name": "reservations", "Alias": "reservations", "Startup Cost": 0.0,
        "Total Cost": 100.0, "Plan Rows": 1, "Plan Width": 8, "Actual Startup Time": 0.0, "Actual Total Time": 1.0,
        "Actual Rows": 1, "Actual Loops": 1,
    }  # fmt: skip
    return [{"Plan": node | rest, "Planning Time": 0.1, "Execution Time": 1.0}]


def query(node_type="Seq Scan", rows=1000, rules=(), **rest):
    findings = tuple(Finding(rule=rule, severity="error", message="it is so") for rule in rules)
    return Query(
        name="check_overlap", statement="SELECT", table_rows=rows, plan=scan(node_type, **rest), findings=findings
    )


def use(calls):
    return StatementUse(
        fingerprint="f1", statement="SELECT ?", name="load_accommodation", calls_per_request=calls, calls_max=calls
    )


@pytest.fixture
def with_parts(report):
    """The stored report of these tests with other workloads, queries, load or machine."""

    def build(*workloads, environment=None, run=None, **parts):
        return report.model_copy(
            update={
                "workloads": workloads,
                "queries": parts.get("queries", ()),
                "load": parts.get("load"),
                "verdicts": parts.get("verdicts", report.verdicts),
                "environment": report.environment.model_copy(update=environment or {}),
                "run": report.run.model_copy(update=run or {}),
            }
        )

    return build


@pytest.mark.parametrize(
    ("centre_ms", "difference"),
    [(5.0, Difference.NONE), (5.9, Difference.SLOWER), (4.2, Difference.FASTER), (5.25, Difference.UNPROVEN)],
)
def test_percentiles_are_compared_by_both_intervals(with_parts, centre_ms, difference):
    comparison = compare_reports(with_parts(workload()), with_parts(workload(centre_ms=centre_ms)))
    assert [change.statistic for change in comparison.latencies] == ["p50", "p95", "p99"]
    median = comparison.latencies[0]
    assert (median.base_ms, median.head_ms) == pytest.approx((5.0, centre_ms), rel=0.01)
    assert median.ratio == pytest.approx(centre_ms / 5, rel=0.01)
    assert median.ratio_low < median.ratio < median.ratio_high
    assert median.difference is difference


def test_few_samples_have_no_upper_bound_and_tell_nothing(with_parts):
    few = with_parts(workload(latency_ms=latency(5.0, count=10)))
    median, p95, _ = compare_reports(few, with_parts(workload(latency_ms=latency(50.0, count=10)))).latencies
    assert median.difference is Difference.SLOWER
    assert p95.ratio_high is None
    assert p95.difference is Difference.UNPROVEN


def test_the_margin_is_the_callers(with_parts):
    base, head = with_parts(workload()), with_parts(workload(centre_ms=5.9))
    assert compare_reports(base, head, Rule(0.5)).latencies[0].difference is Difference.NONE


def test_times_alone_never_fail_unless_asked_to(with_parts):
    comparison = compare_reports(with_parts(workload()), with_parts(workload(centre_ms=50)))
    assert judge_stored(comparison, across_runs=False) is ExitCode.MET
    assert judge_stored(comparison, across_runs=True) is ExitCode.MISSED


@pytest.mark.parametrize(
    ("base", "head", "counted", "worse"),
    [
        ({"queries_max": 4}, {"queries_max": 5}, "statements in one request", True),
        ({"queries_max": 5}, {"queries_max": 4}, "statements in one request", False),
        ({"statements": (use(1),)}, {"statements": (use(24),)}, "calls of load_accommodation in one request", True),
        ({"wer": Wer(ratio=0.1, low=0, high=1, samples=20)}, {"wer": Wer(ratio=0.2, low=0, high=1, samples=20)},
         "word error rate", True),
    ],
)  # fmt: skip
def test_what_is_counted_fails_when_it_is_worse(with_parts, base, head, counted, worse):
    comparison = compare_reports(with_parts(workload(**base)), with_parts(workload(**head)))
    (change,) = comparison.counts
    assert (change.subject, change.counted, change.worse) == ("nlu", counted, worse)
    assert judge_stored(comparison, across_runs=False) is (ExitCode.MISSED if worse else ExitCode.MET)


def test_word_error_rates_of_other_clips_are_not_compared(with_parts):
    base = with_parts(workload(wer=Wer(ratio=0.1, low=0, high=1, samples=20)))
    head = with_parts(workload(wer=Wer(ratio=0.9, low=0, high=1, samples=3)))
    assert compare_reports(base, head).counts_compared == 0


def test_a_changed_plan_fails(with_parts):
    base = with_parts(queries=(query("Index Scan", **{"Index Name": "by_period"}),))
    comparison = compare_reports(base, with_parts(queries=(query("Seq Scan"),)))
    (plan,) = comparison.plans
    assert plan.statement == "check_overlap"
    assert "Seq Scan" in " ".join(plan.new)
    assert "Index Scan" in " ".join(plan.gone)
    assert comparison.counts == ()
    assert judge_stored(comparison, across_runs=False) is ExitCode.MISSED


def test_a_new_finding_fails_in_the_same_plan(with_parts):
    comparison = compare_reports(
        with_parts(queries=(query(),)), with_parts(queries=(query(rules=("seq_scan", "seq_scan")),))
    )
    (change,) = comparison.counts
    assert (change.counted, change.base, change.head) == ("findings of seq_scan", 0, 2)
    assert (comparison.plans, comparison.plans_compared) == ((), 1)
    assert judge_stored(comparison, across_runs=False) is ExitCode.MISSED


def test_the_same_plan_passes_and_one_at_another_size_is_unlike_and_not_compared(with_parts):
    base = with_parts(queries=(query(),))
    assert judge_stored(compare_reports(base, base), across_runs=False) is ExitCode.MET
    other = compare_reports(base, with_parts(queries=(query("Index Scan", rows=50),)))
    assert (other.plans, other.plans_compared) == ((), 0)
    assert other.unlike == ("rows under check_overlap: 1000 in the base, 50 in the head",)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"environment": {"cpu": "another"}}, "processor"),
        ({"environment": {"cores": 64}}, "cores"),
        ({"environment": {"platform": "macOS-15"}}, "system"),
        ({"environment": {"python": "CPython 3.13.1"}}, "Python"),
        ({"run": {"seed": 99}}, "seed"),
    ],
)
def test_other_machines_and_inputs_are_unlike(with_parts, changes, what):
    base = with_parts(workload())
    assert compare_reports(base, base).unlike == ()
    (unlike,) = compare_reports(base, with_parts(workload(), **changes)).unlike
    assert unlike.startswith(f"{what}: ")


def test_another_way_to_ask_is_unlike(with_parts):
    base, head = with_parts(workload()), with_parts(workload(via="http", concurrency=8))
    assert [one.partition(":")[0] for one in compare_reports(base, head).unlike] == ["via of nlu", "concurrency of nlu"]


def test_load_runs_are_compared_by_endpoint_when_their_load_is_alike(with_parts):
    def loaded(centre_ms, users):
        endpoint = workload("health", centre_ms)
        return with_parts(
            load=Load(scenario="quick", model="closed", users=users, duration_s=60, endpoints=(endpoint,))
        )

    comparison = compare_reports(loaded(5.0, 10), loaded(9.0, 20))
    assert comparison.latencies[0].subject == "load/health"
    assert comparison.latencies[0].difference is Difference.SLOWER
    assert comparison.unlike == ("users of the load: 10 in the base, 20 in the head",)


def test_what_only_one_report_has_is_noted(with_parts):
    comparison = compare_reports(with_parts(workload("health")), with_parts(workload("nlu")))
    assert comparison.notes == ("only in the base: health", "only in the head: nlu")
    assert judge_stored(comparison, across_runs=True) is ExitCode.INCONCLUSIVE


def test_a_partial_report_proves_nothing(with_parts):
    comparison = compare_reports(with_parts(workload()), with_parts(workload(), run={"complete": False}))
    assert "the head is partial" in comparison.notes[0]
    assert judge_stored(comparison, across_runs=False) is ExitCode.INCONCLUSIVE


def test_verdicts_that_turned_are_told(with_parts, report):
    assert report.verdicts
    first = report.verdicts[0]
    turned = first.model_copy(update={"verdict": type(first.verdict).INCONCLUSIVE})
    (change,) = compare_reports(with_parts(workload()), with_parts(workload(), verdicts=(turned,))).verdicts
    assert (change.objective, change.base, change.head) == (first.objective, first.verdict.value, "inconclusive")
