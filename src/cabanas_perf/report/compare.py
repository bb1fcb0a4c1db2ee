"""Two stored reports beside each other.

Their times are indicative: they come from different moments, at which the machine had other things to do, and only
pairs can tell that from a change (`cabanas_perf.measurement.paired`). What was counted is exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.intervals import percentile_interval
from cabanas_perf.measurement.paired import Difference, Rule
from cabanas_perf.measurement.units import ns_to_ms
from cabanas_perf.plans.changes import PlanChange, compare_plan
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.report.record import Environment, Latency, Query, Report, Workload
from cabanas_perf.report.record.stored import (
    CountChange,
    PlanDifference,
    StatisticChange,
    StoredComparison,
    VerdictChange,
)
from cabanas_perf.slo.exit_codes import ExitCode

_PERCENTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def compare_reports(base: Report, head: Report, rule: Rule | None = None) -> StoredComparison:
    """Everything that both reports hold, side by side; what only one of them has is noted, not compared.

    Raises ValueError when a histogram is damaged.
    """
    rule = rule or Rule()
    counts = [*_count_workloads(base, head), *_count_findings(base, head)]
    changes, plans_compared = compare_query_plans(head.queries, base.queries)
    return StoredComparison(
        base_id=base.run.id,
        head_id=head.run.id,
        complete=base.run.complete and head.run.complete,
        margin_ratio=rule.margin_ratio,
        unlike=tuple(find_unlike(base, head)),
        latencies=tuple(_compare_latencies(base, head, rule)),
        counts=tuple(change for change in counts if change.base != change.head),
        counts_compared=len(counts),
        plans=tuple(
            PlanDifference(statement=one.statement, gone=one.gone, new=one.new, cost_ratio=one.cost_ratio)
            for one in changes
        ),
        plans_compared=plans_compared,
        verdicts=tuple(_compare_verdicts(base, head)),
        notes=tuple(_notes(base, head)),
    )


def judge_stored(comparison: StoredComparison, *, across_runs: bool) -> ExitCode:
    """A miss where something counted is worse or a plan is another one; where times look slower only when
    ``across_runs`` says so. Inconclusive where nothing could be compared.
    """
    slower = any(change.difference is Difference.SLOWER for change in comparison.latencies)
    if any(change.worse for change in comparison.counts) or comparison.plans or (across_runs and slower):
        return ExitCode.MISSED
    compared = comparison.latencies or comparison.counts_compared or comparison.plans_compared
    return ExitCode.MET if compared and comparison.complete else ExitCode.INCONCLUSIVE


def find_unlike(base: Report, head: Report) -> Iterator[str]:
    """How the machines and the inputs of two reports differ, in words."""
    for what, one, other in (*compare_machines(base.environment, head.environment), *_inputs(base, head)):
        if one != other:
            yield f"{what}: {one} in the base, {other} in the head"


def compare_machines(base: Environment, head: Environment) -> Iterator[tuple[str, object, object]]:
    """What of two machines differs and moves every time. Releases of parts do not count: they may be the change."""
    before, after = _describe_machine(base), _describe_machine(head)
    for what in before:
        # A run without a database says nothing about which one there is.
        if before[what] != after[what] and None not in {before[what], after[what]}:
            yield what, before[what], after[what]


def _describe_machine(environment: Environment) -> dict[str, object]:
    postgresql = environment.postgresql
    return {
        "processor": environment.cpu,
        "cores": environment.cores,
        "system": environment.platform.partition("-")[0],
        "Python": environment.python.rpartition(".")[0],
        "PostgreSQL": None if postgresql is None else postgresql.version.partition(".")[0],
    }


def _inputs(base: Report, head: Report) -> Iterator[tuple[str, object, object]]:
    yield "seed", base.run.seed, head.run.seed
    for before, after in _both(base.workloads, head.workloads):
        for field in ("via", "concurrency", "calls_per_sample"):
            yield f"{field} of {before.name}", getattr(before, field), getattr(after, field)
    if base.load is not None and head.load is not None:
        for field in ("scenario", "model", "users", "rate_rps", "duration_s"):
            yield f"{field} of the load", getattr(base.load, field), getattr(head.load, field)
    sizes = {query.name: query.table_rows for query in base.queries}
    for query in head.queries:
        if query.name in sizes and not any(
            (one.name, one.table_rows) == (query.name, query.table_rows) for one in base.queries
        ):
            yield f"rows under {query.name}", sizes[query.name], query.table_rows


def _both(base: Sequence[Workload], head: Sequence[Workload]) -> Iterator[tuple[Workload, Workload]]:
    before = {workload.name: workload for workload in base}
    for workload in head:
        if workload.name in before:
            yield before[workload.name], workload


def _compare_latencies(base: Report, head: Report, rule: Rule) -> Iterator[StatisticChange]:
    after = dict(latencies_of(head))
    for subject, latency in latencies_of(base):
        if subject in after:
            yield from _compare_latency(subject, latency, after[subject], rule)


def latencies_of(report: Report) -> Iterator[tuple[str, Latency]]:
    """Every latency of a report, by what it is of: a workload, an endpoint (`load/...`), a statement (`query/...`)."""
    for workload in report.workloads:
        if workload.latency_ms is not None:
            yield workload.name, workload.latency_ms
    if report.load is not None:
        for endpoint in report.load.endpoints:
            if endpoint.latency_ms is not None:
                yield f"load/{endpoint.name}", endpoint.latency_ms
    for query in report.queries:
        if query.latency_ms is not None:
            rows = "" if query.table_rows is None else f" at {query.table_rows} rows"
            yield f"query/{query.name}{rows}", query.latency_ms


def _compare_latency(subject: str, base: Latency, head: Latency, rule: Rule) -> Iterator[StatisticChange]:
    before, after = LatencyHistogram.decode(base.histogram), LatencyHistogram.decode(head.histogram)
    if not before.count or not after.count:
        return
    for statistic, q in _PERCENTILES.items():
        base_ns, head_ns = percentile_ns(before, q), percentile_ns(after, q)
        around_base, around_head = percentile_interval(before, q), percentile_interval(after, q)
        low = _divide(around_head.low, around_base.high)
        high = _divide(around_head.high, around_base.low)
        yield StatisticChange(
            subject=subject,
            statistic=statistic,  # type: ignore[arg-type]
            base_ms=ns_to_ms(base_ns),
            head_ms=ns_to_ms(head_ns),
            ratio=_divide(head_ns, base_ns),
            ratio_low=low,
            ratio_high=high,
            difference=rule.classify(low, high),
        )


def _divide(head: float | None, base: float | None) -> float | None:
    return None if head is None or not base else head / base


def _count_workloads(base: Report, head: Report) -> Iterator[CountChange]:
    for before, after in _both(base.workloads, head.workloads):
        if before.queries_max is not None and after.queries_max is not None:
            yield _count(after.name, "statements in one request", before.queries_max, after.queries_max)
        calls = {use.fingerprint: use for use in before.statements}
        for use in after.statements:
            if use.fingerprint in calls:
                name = use.name or use.fingerprint
                yield _count(
                    after.name, f"calls of {name} in one request", calls[use.fingerprint].calls_max, use.calls_max
                )
        if before.wer is not None and after.wer is not None and before.wer.samples == after.wer.samples:
            yield _count(after.name, "word error rate", before.wer.ratio, after.wer.ratio)


def _count_findings(base: Report, head: Report) -> Iterator[CountChange]:
    """Findings of each rule, in the plans of statements that both explain at the same size."""
    before = {(query.name, query.table_rows): query for query in base.queries if query.explained}
    for query in head.queries:
        other = before.get((query.name, query.table_rows))
        if other is None or not query.explained:
            continue
        found, known = (Counter(finding.rule for finding in one.findings) for one in (query, other))
        for rule in sorted(found.keys() | known.keys()):
            yield _count(f"query/{query.name}", f"findings of {rule}", known[rule], found[rule])


def _count(subject: str, counted: str, base: float, head: float) -> CountChange:
    return CountChange(subject=subject, counted=counted, base=base, head=head, worse=head > base)


def compare_query_plans(queries: Sequence[Query], baseline: Sequence[Query]) -> tuple[tuple[PlanChange, ...], int]:
    """Plans that changed against those of the same statement at the same size, and how many were compared."""
    before: Mapping[tuple[str, int | None], Query] = {(one.name, one.table_rows): one for one in baseline}
    changes, compared = [], 0
    for query in queries:
        base = before.get((query.name, query.table_rows))
        if base is None or base.plan is None or query.plan is None:
            continue
        compared += 1
        if (change := compare_plan(query.name, parse_explain(base.plan), parse_explain(query.plan))) is not None:
            changes.append(change)
    return tuple(changes), compared


def _compare_verdicts(base: Report, head: Report) -> Iterator[VerdictChange]:
    before = {verdict.objective: verdict.verdict.value for verdict in base.verdicts}
    for verdict in head.verdicts:
        was = before.get(verdict.objective)
        if was is not None and was != verdict.verdict.value:
            yield VerdictChange(objective=verdict.objective, base=was, head=verdict.verdict.value)


def _notes(base: Report, head: Report) -> Iterator[str]:
    for name, report in (("base", base), ("head", head)):
        if not report.run.complete:
            yield f"the {name} is partial: its run was cut short"
    before, after = ({subject for subject, _ in latencies_of(report)} for report in (base, head))
    for name, only in (("base", before - after), ("head", after - before)):
        if only:
            yield f"only in the {name}: {', '.join(sorted(only))}"
    versions = base.environment.versions, head.environment.versions
    changed = [part for part in versions[0].keys() & versions[1].keys() if versions[0][part] != versions[1][part]]
    if changed:
        shown = ", ".join(f"{part} {versions[0][part]} and {versions[1][part]}" for part in sorted(changed))
        yield f"other versions: {shown}"
