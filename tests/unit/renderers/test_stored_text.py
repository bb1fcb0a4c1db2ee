from io import StringIO

from rich.console import Console

from cabanas_perf.measurement.paired import Difference
from cabanas_perf.renderers.stored import render_stored
from cabanas_perf.report.record.stored import (
    CountChange,
    PlanDifference,
    StatisticChange,
    StoredComparison,
    VerdictChange,
)


def show(**fields):
    comparison = StoredComparison(base_id="before", head_id="after", complete=True, margin_ratio=0.05, **fields)
    console = Console(file=StringIO(), width=90, color_system=None)
    for part in render_stored(comparison):
        console.print(part, markup=False, highlight=False)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_times_stand_side_by_side_and_are_called_indicative():
    change = StatisticChange(
        subject="nlu", statistic="p50", base_ms=5, head_ms=6.5, ratio=1.3, ratio_low=1.2, ratio_high=1.4,
        difference=Difference.SLOWER,
    )  # fmt: skip
    unsure = change.model_copy(update={"statistic": "p99", "ratio_high": None, "difference": Difference.UNPROVEN})
    assert show(latencies=(change, unsure)) == [
        "Times of after by those of before",
        "        base ms head ms ratio     interval",
        "nlu P50    5.00    6.50  1.30 1.20 to 1.40 looks slower",
        "    P99    5.00    6.50  1.30    1.20 to ? cannot tell",
        "Times of different runs are indicative: `cabanas-perf ab` measures both in one.",
        "0 counts compared, 0 worse; 0 plans compared, 0 changed",
    ]


def test_counts_plans_verdicts_and_what_is_unlike_are_told():
    assert show(
        unlike=("cores: 2 in the base, 8 in the head",),
        counts=(
            CountChange(subject="prereservation", counted="statements in one request", base=4, head=27, worse=True),
            CountChange(subject="health", counted="statements in one request", base=4, head=3, worse=False),
        ),
        counts_compared=5,
        plans=(PlanDifference(statement="check_overlap", gone=("Index Scan",), new=("Seq Scan",), cost_ratio=12.5),),
        plans_compared=7,
        verdicts=(VerdictChange(objective="nlu-mean", base="met", head="missed"),),
        notes=("only in the head: health",),
    ) == [
        "unlike: cores: 2 in the base, 8 in the head",
        "prereservation: statements in one request 4, now 27 (worse)",
        "health: statements in one request 4, now 3 (better)",
        "query/check_overlap: another plan, estimated cost 12.5 times the old",
        "  - Index Scan",
        "  + Seq Scan",
        "nlu-mean: met, now missed",
        "note: only in the head: health",
        "5 counts compared, 1 worse; 7 plans compared, 1 changed",
    ]
