"""A made-up report with something in every part, for what shows reports. Its texts try to break out of the page."""

import json
import random
from datetime import UTC, datetime

from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.measurement.paired import Difference
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.measurement.summary import LatencySummary
from cabanas_perf.report import record
from cabanas_perf.report.build import build_latency
from cabanas_perf.slo.exit_codes import ExitCode
from cabanas_perf.slo.objective import Indicator, Unit
from cabanas_perf.slo.verdict import Verdict

HOSTILE = "</script><script>boom()</script><img src=x onerror=boom()> & \"quoted\" 'twice' <!-- {{data}}"


def build_latencies(seed: int, count: int = 400, centre_ms: float = 8.0) -> record.Latency:
    draw = random.Random(seed)
    values = [round(draw.lognormvariate(0, 0.5) * centre_ms * 1_000_000) for _ in range(count)]
    latency = build_latency(LatencySummary.of(LatencyHistogram.of(values)))
    assert latency is not None
    return latency


def build_verdict(objective: str, verdict: Verdict, **changes: object) -> record.VerdictRecord:
    given = {
        "objective": objective,
        "workload": "prereservation",
        "indicator": Indicator.LATENCY,
        "outcome": Outcome.OK,
        "assertion": "p95 < 3s",
        "statistic": "p95",
        "operator": "<",
        "target": 3000.0,
        "unit": Unit.MS,
        "observed": 21.5,
        "interval": record.VerdictInterval(low=19.2, high=25.4),
        "samples": 400,
        "missing_samples": None,
        "verdict": verdict,
        "reason": "the whole interval is within the target",
    }
    return record.VerdictRecord(**(given | changes))


def build_verdicts() -> tuple[record.VerdictRecord, ...]:
    return (
        build_verdict("prereservation-p95", Verdict.MET),
        build_verdict(
            "nlu-mean",
            Verdict.MISSED,
            workload="nlu",
            assertion="mean < 10ms",
            statistic="mean",
            target=10.0,
            observed=12.9,
            interval=record.VerdictInterval(low=12.1, high=13.8),
            reason="the whole interval is beyond the target",
        ),
        build_verdict(
            "load-error-rate",
            Verdict.INCONCLUSIVE,
            workload="all",
            indicator=Indicator.ERROR_RATE,
            assertion="rate < 1%",
            statistic="rate",
            target=0.01,
            unit=Unit.RATIO,
            observed=0.0,
            interval=record.VerdictInterval(low=0.0, high=0.019),
            samples=156,
            missing_samples=143,
            reason="too few samples",
        ),
        build_verdict(
            "webhook-audio-p95",
            Verdict.INCONCLUSIVE,
            workload="webhook-audio",
            observed=None,
            interval=None,
            samples=0,
            missing_samples=59,
            reason=f"no data: {HOSTILE}",
        ),
        build_verdict(
            "health-p95", Verdict.NOT_IN_SCOPE, observed=None, interval=None, samples=0, reason="not measured"
        ),
    )


def build_stages() -> tuple[record.Stage, ...]:
    rows = (
        ("validate", 0.01, 10, 20),
        ("lock_acquire", 0.4, 50, 200),
        ("overlap_insert", 6.1, 200, 350),
        ("price", 0.2, None, None),
    )
    return tuple(
        record.Stage(
            name=name,
            count=400,
            p50_ms=p50,
            p95_ms=p50 * 3,
            share_ratio=p50 / 8,
            estimate_low_ms=low,
            estimate_high_ms=high,
        )
        for name, p50, low, high in rows
    )


def build_workloads() -> tuple[record.Workload, ...]:
    profile = record.Profile(
        profiler="pyinstrument",
        file="nlu.prof",
        speedscope_file="nlu.speedscope.json",
        slowdown_ratio=1.8,
        top=(
            record.ProfiledFunction(
                name=HOSTILE, file="cabanas/nlu/reading.py", line=7, self_ratio=0.4, total_ratio=0.9
            ),
        ),
    )
    spans = (
        ("validate", "stage", 0.0, 0.2, 0),
        ("lock_acquire", "stage", 0.2, 1.4, 0),
        ("SET", "redis", 0.3, 1.2, 1),
        ("overlap_insert", "stage", 1.5, 7.9, 0),
        ("wait for a connection", "pool_wait", 1.5, 2.5, 1),
        (f"INSERT {HOSTILE}", "database", 2.6, 7.4, 1),
    )
    shares = (("database", 0.6), ("redis", 0.12), ("pool_wait", 0.12), ("cpu", 0.1), ("unexplained", 0.06))
    prereservation = record.Workload(
        name="prereservation",
        via="http",
        requests=412,
        ok=400,
        refused=10,
        errors=2,
        outcomes={"ok": 400, "refused/dates_taken": 10, f"error/{HOSTILE}": 2},
        latency_ms=build_latencies(1),
        refused_latency_ms=build_latencies(2, 10),
        elapsed_s=3.2,
        throughput_rps=125.0,
        stages=build_stages(),
        unexplained_ratio=0.06,
        waterfall=record.Waterfall(
            latency_ms=8.0,
            spans=tuple(
                record.WaterfallSpan(
                    name=name,
                    kind=kind,
                    start_ms=start,
                    end_ms=end,
                    depth=depth,
                    code_line="cabanas/services/hold_stay.py:107",
                )
                for name, kind, start, end, depth in spans
            ),
        ),
        attribution=record.Attribution(
            requests=400,
            ms_per_request=8.4,
            parts=tuple(
                record.AttributionPart(kind=kind, ms_per_request=8.4 * share, share_ratio=share)
                for kind, share in shares
            ),
        ),
        statements=(
            record.StatementUse(
                fingerprint="0123456789ab",
                statement="SELECT ?",
                calls_per_request=3.0,
                calls_max=4,
                ms_per_call=1.4,
                code_lines=("cabanas/services/hold_stay.py:107",),
            ),
        ),
        findings=(
            record.Finding(
                rule="n-plus-one", severity="warning", message=f"sent once a cabin {HOSTILE}", fix="one query"
            ),
        ),
    )
    nlu = record.Workload(
        name=f"nlu {HOSTILE}",
        via="direct",
        requests=400,
        ok=400,
        refused=0,
        errors=0,
        outcomes={"ok": 400},
        latency_ms=build_latencies(3, centre_ms=0.4),
        elapsed_s=0.2,
        throughput_rps=2000.0,
        inputs=record.Inputs(distinct=37, first_latency_ms=build_latencies(4, 37, 0.9)),
        profile=profile,
        profiles=(profile,),
        memory=record.Memory(
            requests=400,
            peak_bytes_p50=20_000,
            peak_bytes_max=900_000,
            growth=(
                record.MemoryGrowth(source="traced", bytes_per_request=120.0, low=100, high=140, grows=True),
                record.MemoryGrowth(source="resident", bytes_per_request=-3.0, grows=False),
            ),
            top=(record.Allocation(file=HOSTILE, line=7, bytes_per_request=118.0),),
        ),
        disagreements=(
            record.Disagreement(
                name=HOSTILE, file="a.py", self_ratios={"cprofile": 0.6, "pyinstrument": 0.2}, gap_ratio=0.4
            ),
        ),
        notes=(HOSTILE,),
    )
    dead = record.Workload(
        name="health",
        via="http",
        requests=5,
        ok=0,
        refused=0,
        errors=5,
        outcomes={"error/ConnectError": 5},
        latency_ms=None,
        elapsed_s=0.1,
        throughput_rps=None,
    )
    return prereservation, nlu, dead


def build_queries() -> tuple[record.Query, ...]:
    plan = [
        {
            "Plan": {
                "Node Type": "Limit",
                "Startup Cost": 0.0,
                "Total Cost": 420.0,
                "Plan Rows": 20,
                "Plan Width": 40,
                "Actual Startup Time": 1.1,
                "Actual Total Time": 9.8,
                "Actual Rows": 20,
                "Actual Loops": 1,
                "Shared Hit Blocks": 2201,
                "Plans": [
                    {
                        "Node Type": "Seq Scan",
                        "Parent Relationship": "Outer",
                        "Relation Name": "reservations",
                        "Alias": "r",
                        "Startup Cost": 0.0,
                        "Total Cost": 400.0,
                        "Plan Rows": 20,
                        "Plan Width": 40,
                        "Actual Startup Time": 1.0,
                        "Actual Total Time": 9.7,
                        "Actual Rows": 20,
                        "Actual Loops": 1,
                        "Filter": f"((status)::text = ? -- {HOSTILE})",
                        "Rows Removed by Filter": 19980,
                        "Shared Hit Blocks": 2201,
                    }
                ],
            },
            "Planning Time": 0.3,
            "Execution Time": 9.9,
        }
    ]
    finding = record.Finding(
        rule="seq-scan",
        severity="error",
        message="reads 20,000 rows for 20",
        fix="an index on status",
        node="Seq Scan on r",
        path=(0,),
    )
    points = tuple(
        record.GrowthPoint(table_rows=rows, blocks=rows // 9, result_rows=20, p50_ms=rows / 2000)
        for rows in (1_000, 20_000)
    )
    growth = record.QueryGrowth(
        points=points, blocks_exponent=1.0, result_exponent=0.0, latency_exponent=1.0, outgrows_result=True
    )
    advice = record.IndexAdvice(
        index="(status, created_at)",
        pairs=31,
        latency_ratio=0.04,
        latency_low_ratio=0.03,
        latency_high_ratio=0.05,
        write_ratio=1.1,
        write_low_ratio=1.0,
        write_high_ratio=1.2,
        size_bytes=2_000_000,
        verdict="helps",
    )
    listed = record.Query(
        name="list_reservations",
        statement=f"SELECT 1 -- {HOSTILE}",
        table_rows=20_000,
        rows=20,
        latency_ms=build_latencies(5, 100),
        planning_ms=0.3,
        execution_ms=9.9,
        blocks=2201,
        plan=plan,
        findings=(finding,),
        growth=growth,
        advice=(advice,),
    )
    quiet = listed.model_copy(update={"name": "read_one", "findings": (), "growth": None, "advice": (), "plan": None})
    unexplained = record.Query(name="listen", statement="LISTEN x", explained=False, notes=("EXPLAIN knows no LISTEN",))
    return listed, quiet, unexplained


def build_load() -> record.Load:
    draw = random.Random(7)

    def point(second: int) -> record.TimelinePoint:
        phase = "warmup" if second < 3 else "steady" if second < 28 else "drain"
        values = [round(draw.lognormvariate(0, 0.6) * 9_000_000) for _ in range(12)]
        return record.TimelinePoint(
            at_s=second,
            phase=phase,
            users=min(10, 3 * second),
            requests=14,
            refused=1,
            errors=second == 20,
            p50_ms=9 + draw.random(),
            p95_ms=20 + 8 * draw.random(),
            in_flight=draw.randrange(5),
            histograms={"prereservation": LatencyHistogram.of(values).encode()},
            generator_cpu_ratio=0.2,
            server_cpu_ratio=0.4 + draw.random() / 2,
            connections=10,
            postgres_connections=6,
            pool_in_use=draw.randrange(4),
            server_memory_bytes=90_000_000 + 100_000 * second,
        )

    steps = tuple(
        record.CapacityStep(
            workers=1,
            rate_rps=rate,
            answered_rps=rate * 0.99,
            p50_ms=5 + rate / 40,
            p95_ms=9 + rate**2 / 900,
            p99_ms=None,
            generator_cpu_ratio=0.3,
            held=rate < 300,
            failed=() if rate < 300 else ("prereservation-p95",),
        )
        for rate in (50, 100, 200, 400)
    )
    endpoint, *_ = build_workloads()
    return record.Load(
        scenario="quick",
        model="open",
        users=10,
        rate_rps=20.0,
        duration_s=31,
        warmup_s=3,
        timeline=tuple(map(point, range(31))),
        connections_max=10,
        endpoints=(endpoint,),
        service_ms={"prereservation": build_latencies(8)},
        lateness_ms=build_latencies(9, centre_ms=0.2),
        mix={"prereservation": 1.0},
        mix_by_users={"guests": 1.0},
        guards=(
            record.Guard(name="generator-cpu", passed=True, detail="at most 20 % of a core"),
            record.Guard(name="clock", passed=False, detail=HOSTILE),
        ),
        capacity=record.Capacity(steps=steps, held_rps=200.0, confirmed_rps=180.0, knee_rps=200.0),
        statements=(
            record.StatementTime(statement="INSERT ?", calls=400, execution_ms=900, share_ratio=0.6, rows=400),
        ),
    )


def build_optimizations() -> tuple[record.Optimization, ...]:
    def point(nights: int) -> record.SavingPoint:
        return record.SavingPoint(
            condition=f"{nights} nights",
            at=nights,
            clock="cpu",
            pairs=21,
            before_ms=nights / 100,
            after_ms=0.02,
            saving_ratio=1 - 2 / nights,
            saving_low_ratio=1 - 2.2 / nights,
            saving_high_ratio=1 - 1.8 / nights,
            outputs_equal=True,
        )

    return (
        record.Optimization(
            id="O1",
            title="dateparser cache",
            claim="50-70 %",
            claimed_low_ratio=0.5,
            claimed_high_ratio=0.7,
            saving_ratio=0.41,
            saving_low_ratio=0.38,
            saving_high_ratio=0.43,
            pairs=21,
            verdict="below claim",
            reason=HOSTILE,
            points=(point(7), point(90)),
            claims=(record.Claim(section="6.1", statement=HOSTILE, low_ratio=0.5, high_ratio=0.7),),
        ),
        record.Optimization(
            id="O2",
            title="weekend price in closed form",
            claim="90 %",
            claimed_low_ratio=0.9,
            claimed_high_ratio=0.9,
            saving_ratio=0.93,
            saving_low_ratio=0.9,
            saving_high_ratio=0.96,
            pairs=21,
            verdict="confirmed",
        ),
        record.Optimization(
            id="O3",
            title="notify in the background",
            claim="faster",
            saving_ratio=-0.2,
            saving_low_ratio=-0.3,
            saving_high_ratio=-0.1,
            pairs=21,
            verdict="changes the answer",
        ),
        record.Optimization(
            id="O4",
            title="a smaller model",
            claim="faster",
            verdict="not measurable here",
            reason="no model",
        ),
    )


def build_comparisons() -> tuple[record.Comparison, ...]:
    def compare(workload: str, ratio: float | None, difference: Difference) -> record.Comparison:
        spread = None if ratio is None else (ratio * 0.97, ratio * 1.03)
        return record.Comparison(
            workload=workload,
            base=record.ComparedSide(name="main", commit="0123456789abcdef", p50_ms=10.0),
            head=record.ComparedSide(name="working tree", dirty=True, p50_ms=10.0 * (ratio or 1)),
            clock="wall",
            pairs=40,
            batch=5,
            ratio=ratio,
            ratio_low=spread and spread[0],
            ratio_high=spread and spread[1],
            margin_ratio=0.05,
            difference=difference,
            rounds=(record.ComparedRound(hash_seed=1, base_ns=(1, 2), head_ns=(2, 3)),),
            pairs_needed=None if ratio else 90,
            outputs_compared=200,
            outputs_different=3,
            notes=(HOSTILE,),
        )

    return (
        compare("prereservation", 1.4, Difference.SLOWER),
        compare("nlu", 0.8, Difference.FASTER),
        compare("health", 1.0, Difference.NONE),
        compare("webhook-text", None, Difference.UNPROVEN),
    )


def build_full_report() -> record.Report:
    return record.Report(
        run=record.Run(
            id="20250102T030405-1a2b",
            command=f"cabanas-perf check --note '{HOSTILE}'",
            tool_version="0.1.0",
            started_at=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
            duration_s=42.0,
            git_commit="0123456789abcdef0123",
            git_dirty=True,
            seed=0,
            slo_file="profiles/slo.toml",
            slo_set="default",
            skipped=("audio",),
            complete=False,
        ),
        environment=record.Environment(
            platform="Linux",
            cpu=HOSTILE,
            cores=2,
            memory_bytes=8 << 30,
            python="3.11.2",
            versions={"sqlalchemy": "2.0"},
            postgresql=record.Server(version="18.0", embedded=True, settings={"jit": "off"}),
            redis=record.Server(version="9.0", embedded=False),
            load_average=(0.5, 0.4, 0.3),
            noise=record.Noise(pairs=30, clock="wall", ratio_low=0.93, ratio_high=1.08),
        ),
        workloads=build_workloads(),
        queries=build_queries(),
        load=build_load(),
        comparisons=build_comparisons(),
        optimizations=build_optimizations(),
        ledger=record.Ledger(
            cumulative=(
                record.CumulativeStep(endpoint="prereserve", step="O1-O3", claimed_p95_ms=900, p95_ms=20, samples=80),
            ),
            bottlenecks=(
                record.Bottleneck(
                    endpoint="prereserve", stage="overlap_insert", p50_ms=6, share_ratio=0.7, document_rank=1
                ),
            ),
        ),
        audit=record.Audit(
            source="database",
            passed=False,
            checks=(
                record.AuditCheck(name="no two overlap", passed=True, expected=0, found=0),
                record.AuditCheck(
                    name="acknowledged reservations are rows", passed=False, expected=9, found=8, detail=HOSTILE
                ),
            ),
        ),
        verdicts=build_verdicts(),
        verdict=record.Overall.MISSED,
        exit_code=ExitCode.MISSED,
    )


def build_speedscope() -> str:
    """Stacks of a made-up profile, as speedscope reads them."""
    frames = [
        {"name": name, "file": "cabanas/nlu/reading.py", "line": nth}
        for nth, name in enumerate(("analyze", "read_stay", HOSTILE, "match"))
    ]
    profile = {
        "type": "sampled",
        "name": "nlu",
        "unit": "seconds",
        "startValue": 0,
        "endValue": 10,
        "samples": [[0, 1, 2], [0, 1], [0, 3], [0, 1, 2, 3]],
        "weights": [4, 2, 3, 1],
    }
    schema = "https://www.speedscope.app/file-format-schema.json"
    return json.dumps({"$schema": schema, "shared": {"frames": frames}, "profiles": [profile]})
