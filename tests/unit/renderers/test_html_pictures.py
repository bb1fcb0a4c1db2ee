"""Where the marks of the pictures stand."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.renderers.full_report import build_full_report, build_verdict

from cabanas_perf.measurement.distribution import percentile_ns
from cabanas_perf.measurement.histogram import LatencyHistogram
from cabanas_perf.renderers.html.comparison import build_comparisons
from cabanas_perf.renderers.html.heatmap import count_cells
from cabanas_perf.renderers.html.latency import draw_spectrum, read_spectrum
from cabanas_perf.renderers.html.ledger import build_ledger
from cabanas_perf.renderers.html.load import build_load
from cabanas_perf.renderers.html.scales import Scale
from cabanas_perf.renderers.html.stages import build_stages
from cabanas_perf.renderers.html.svg import Axis, Plot, draw_axis, draw_chart, label_ms
from cabanas_perf.renderers.html.verdicts import build_verdicts
from cabanas_perf.report.record import TimelinePoint, VerdictInterval
from cabanas_perf.slo.objective import Indicator, Unit
from cabanas_perf.slo.verdict import Verdict

MS = 1_000_000


@pytest.fixture(scope="module")
def full_report():
    return build_full_report()


def marks(html, class_):
    """Left end and width of the marks of a class, in percent; None for what a mark has not."""
    found = []
    for tag in re.findall(r"<(?:rect|line|circle)[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if class_ in attributes.get("class", "").split():
            left = attributes.get("x") or attributes.get("x1") or attributes.get("cx")
            width = attributes.get("width")
            end = attributes.get("x2")
            values = [None if each is None else float(each.rstrip("%")) for each in (left, width, end)]
            found.append(tuple(values))
    return found


def test_the_spectrum_steps_up_at_each_value_to_the_share_that_took_no_longer():
    histogram = LatencyHistogram.of([MS] * 50 + [2 * MS] * 40 + [4 * MS] * 10)
    points = [(place, round(ms, 2)) for place, ms in read_spectrum(histogram)]
    assert points == [(1, 1), (2, 1), (10, 2), (200, 4)]


@given(st.lists(st.integers(1_000, 10**10), min_size=1, max_size=300), st.floats(0.01, 0.99))
def test_the_spectrum_answers_as_the_percentiles_do(values, q):
    histogram = LatencyHistogram.of(values)
    points = read_spectrum(histogram)
    assert points == sorted(points)
    if len(points) < 160:
        reached = next((ms for place, ms in points[1:] if place >= 1 / (1 - q) * (1 - 1e-9)), points[-1][1])
        assert reached == pytest.approx(percentile_ns(histogram, q) / MS)


def test_a_long_spectrum_is_thinned_and_keeps_its_ends():
    points = read_spectrum(LatencyHistogram.of(range(MS, 4 * MS, 300)))
    assert len(points) < 400
    assert (points[0][0], round(points[0][1], 2), round(points[-1][1], 2)) == (1, 1, 4)


def test_limits_and_intervals_stand_on_the_spectrum(full_report):
    workload = full_report.workloads[0]
    verdict = build_verdict("x", Verdict.MET)
    drawn = draw_spectrum("x", workload.name, workload.latency_ms, (verdict,))
    assert "limit p95 &lt; 3s" in drawn
    ((left, _, right),) = marks(drawn, "bound")
    x = Scale(1, 2 * workload.latency_ms.count, logarithmic=True)
    assert left == right == pytest.approx(100 * x.at(20), abs=0.01)
    assert "bound" not in draw_spectrum("x", workload.name, workload.latency_ms)


def test_requests_are_counted_by_time_and_latency():
    def point(second, *values_ms):
        encoded = LatencyHistogram.of(round(value * MS) for value in values_ms).encode()
        return TimelinePoint(
            at_s=second, phase="steady", users=1, requests=len(values_ms), errors=0, histograms={"a": encoded}
        )

    timeline = [point(0, 1.05, 1.1, 10.5), point(1, 1.05), point(2, 105)]
    assert count_cells("a", timeline, 2.0) == {(0, 0): 3, (0, 8): 1, (1, 16): 1}
    assert count_cells("b", timeline, 2.0) == {}


GAUGES = [
    # A limit from above: what is allowed lies left of it, on a scale of a quarter more than the largest value.
    ({"observed": 8.0, "target": 10.0, "interval": VerdictInterval(low=6, high=9)}, (0, 80), 64, (48, 24)),
    # A share that may not fall below: what is allowed lies right of it.
    (
        {"observed": 0.9, "target": 0.8, "operator": ">=", "unit": Unit.RATIO, "indicator": Indicator.ACCEPTED_RATIO,
         "interval": VerdictInterval(low=0.85, high=0.95)},
        (80, 20), 90, (85, 10),
    ),
    # Bounds that the samples do not give reach to the edge.
    ({"observed": 8.0, "target": 10.0, "interval": VerdictInterval(low=6, high=None)}, (0, 80), 64, (48, 52)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "allowed", "observed", "band"), GAUGES)
def test_a_gauge_shows_the_interval_against_the_limit(full_report, changes, allowed, observed, band):
    verdict = build_verdict("x", Verdict.MET, **changes)
    drawn = build_verdicts(full_report.model_copy(update={"verdicts": (verdict,)})).body
    assert marks(drawn, "allowed")[0][:2] == pytest.approx(allowed)
    assert marks(drawn, "observed")[0][0] == pytest.approx(observed)
    assert marks(drawn, "band")[0][:2] == pytest.approx(band)


def test_what_went_wrong_comes_first(full_report):
    body = build_verdicts(full_report).body
    order = [body.index(f"<h3>{name}") for name in ("nlu-mean", "load-error-rate", "prereservation-p95")]
    assert order == sorted(order)
    assert "no data</p>" in body


def test_a_ratio_of_one_stands_in_the_middle_and_the_margin_around_it(full_report):
    drawn = build_comparisons(full_report).body
    assert {left for left, *_ in marks(drawn, "zero")} == {50}
    left, width, _ = marks(drawn, "margin")[0]
    assert left < 50 < left + width
    slower, faster, same = (left for left, *_ in marks(drawn, "accent"))
    assert faster < 50 < slower
    assert same == 50


def test_stages_reach_from_the_median_to_p95_beside_their_estimates(full_report):
    drawn = build_stages(full_report).body
    stage = full_report.workloads[0].stages[0]
    bars, dots = (marks(drawn, "accent")[nth::2] for nth in (0, 1))
    left, width, _ = bars[0]
    assert dots[0][0] == left
    # One logarithmic axis for all stages: ten times as long is as far everywhere.
    decade = (bars[3][0] - left) / math.log10(full_report.workloads[0].stages[3].p50_ms / stage.p50_ms)
    assert width == pytest.approx(decade * math.log10(stage.p95_ms / stage.p50_ms), abs=0.01)
    assert len(marks(drawn, "estimate")) == 3
    assert marks(drawn, "estimate")[0][0] == pytest.approx(left + decade * math.log10(10 / stage.p50_ms), abs=0.01)


def test_spans_of_a_request_stand_at_their_time(full_report):
    drawn = build_stages(full_report).body
    table = drawn[drawn.index("One request of") :]
    assert marks(table, "kind-redis")[0][:2] == pytest.approx((100 * 0.3 / 8, 100 * 0.9 / 8), abs=0.01)
    assert marks(table, "kind-database")[0][:2] == pytest.approx((100 * 2.6 / 8, 100 * 4.8 / 8), abs=0.01)


def test_kinds_of_time_add_up_to_the_whole(full_report):
    drawn = build_stages(full_report).body
    parts = [
        marks(drawn[: drawn.index("One request of")], f"kind-{kind}")[0] for kind in ("database", "redis", "pool_wait")
    ]
    assert [part[:2] for part in parts] == [(0, 60), (60, 12), (72, 12)]


def test_savings_stand_beside_their_claims(full_report):
    drawn = build_ledger(full_report).body
    scale = Scale(-0.3, 1)
    (claim, *_) = marks(drawn, "claimed")
    assert claim[:2] == pytest.approx((100 * scale.at(0.5), 100 * (scale.at(0.7) - scale.at(0.5))), abs=0.01)
    (dot, *_) = marks(drawn, "accent")
    assert dot[0] == pytest.approx(100 * scale.at(0.41), abs=0.01)
    (whisker, *_) = marks(drawn, "whisker")
    assert (whisker[0], whisker[2]) == pytest.approx((100 * scale.at(0.38), 100 * scale.at(0.43)), abs=0.01)


def test_the_ends_of_a_load_run_are_shaded(full_report):
    drawn = build_load(full_report).body
    warmup, drain = marks(drawn, "outside")[:2]
    assert warmup[:2] == pytest.approx((0, 100 * 3 / 31), abs=0.01)
    assert drain[:2] == pytest.approx((100 * 28 / 31, 100 * 3 / 31), abs=0.01)


def test_long_load_runs_keep_their_peaks(full_report):
    timeline = tuple(
        point.model_copy(update={"at_s": float(second), "histograms": {}, "requests": 999 if second == 1234 else 5})
        for second in range(2000)
        for point in full_report.load.timeline[:1]
    )
    load = full_report.load.model_copy(update={"timeline": timeline})
    drawn = build_load(full_report.model_copy(update={"load": load})).body
    assert "all from 5 to 999" in drawn
    assert max(path.count("L") for path in re.findall(r' d="(M[^"]*)"', drawn)) < 240


def test_a_chart_puts_values_where_its_scales_say():
    plot = Plot(Scale(0, 10), Scale(1, 100, logarithmic=True), 200)
    line = plot.draw_line([(0, 1), (5, 10), (10, 100)], "line")
    assert 'd="M0 200L500 100L1000 0"' in line
    steps = plot.draw_steps([(0, 1), (5, 10)], "line")
    assert 'd="M0 200V100H500"' in steps
    axis = Axis(lambda value: f"{value:g}!")
    chart = draw_chart(plot, line, id_="c", title="t", description="d", x=axis, y=axis)
    assert re.findall(r">([\d.]+)!<", chart)[:3] == ["1", "2", "5"]
    assert plot.draw_limit(100, "x").count('y="13"') == 1


@pytest.mark.parametrize(
    ("middle", "texts"), [(0, ["-30", "0", "100"]), (-0.25, ["-30", "100"]), (None, ["-30", "100"])]
)
def test_an_axis_names_its_ends_and_what_lies_clear_between(middle, texts):
    drawn = draw_axis(Scale(-0.3, 1), lambda ratio: f"{ratio * 100:.0f}", middle=middle)
    assert re.findall(r">(-?\d+)<", drawn) == texts


@pytest.mark.parametrize(("value", "text"), [(0.05, "50 us"), (1, "1 ms"), (20, "20 ms"), (3000, "3 s"), (0, "0 ms")])
def test_ticks_have_no_needless_zeros(value, text):
    assert label_ms(value) == text
