import pytest

from cabanas_perf.slo.errors import SloError
from cabanas_perf.slo.objective import Indicator, Unit, parse_assertion


@pytest.mark.parametrize(
    ("text", "indicator", "statistic", "quantile", "operator", "target", "unit"),
    [
        ("p95 < 3s", Indicator.LATENCY, "p95", 0.95, "<", 3_000, Unit.MS),
        ("p99.9 <= 500ms", Indicator.LATENCY, "p99.9", 0.999, "<=", 500, Unit.MS),
        ("  mean<10ms ", Indicator.LATENCY, "mean", None, "<", 10, Unit.MS),
        ("mean < 200us", Indicator.ACK_LATENCY, "mean", None, "<", 0.2, Unit.MS),
        ("max < 2 s", Indicator.ACK_LATENCY, "max", None, "<", 2_000, Unit.MS),
        ("rate < 1%", Indicator.ERROR_RATE, "rate", None, "<", 0.01, Unit.RATIO),
        ("rate < 0.01", Indicator.ERROR_RATE, "rate", None, "<", 0.01, Unit.RATIO),
        ("rate >= 80%", Indicator.ACCEPTED_RATIO, "rate", None, ">=", 0.8, Unit.RATIO),
        ("rate <= 12.5%", Indicator.WER, "rate", None, "<=", 0.125, Unit.RATIO),
        ("count <= 5", Indicator.QUERIES, "count", None, "<=", 5, Unit.COUNT),
        ("count <= 0", Indicator.PLAN_ERRORS, "count", None, "<=", 0, Unit.COUNT),
    ],
)
def test_the_grammar(text, indicator, statistic, quantile, operator, target, unit):
    parsed = parse_assertion(text, indicator)
    assert (parsed.statistic, parsed.quantile, parsed.operator) == (statistic, quantile, operator)
    assert (parsed.target, parsed.unit) == (target, unit)


@pytest.mark.parametrize(
    ("text", "indicator", "problem", "fix"),
    [
        ("p95 < 3", Indicator.LATENCY, "needs a unit", "us, ms, s"),
        ("p95 < 3 min", Indicator.LATENCY, "'min' is not a unit", "us, ms, s"),
        ("avg < 3s", Indicator.LATENCY, "'avg' is not a statistic of latency_ms", "p50 to p99.99, mean, max"),
        ("p5 < 3s", Indicator.LATENCY, "'p5' is not a statistic", "p50"),
        ("p100 < 3s", Indicator.LATENCY, "'p100' is not a statistic", "max"),
        ("p95 > 3s", Indicator.LATENCY, "'>' is not an operator", "<, <="),
        ("p95 == 3s", Indicator.LATENCY, "'==' is not an operator", "<, <="),
        ("max < 0ms", Indicator.LATENCY, "below zero", "positive"),
        ("p95 3s", Indicator.LATENCY, "is not an assertion", "p95 < 3s"),
        ("p95 < -3s", Indicator.LATENCY, "is not an assertion", "p95 < 3s"),
        ("p95 < 1e3ms", Indicator.LATENCY, "'e3ms' is not a unit|is not an assertion", ""),
        ("", Indicator.ACCEPTED_RATIO, "is not an assertion", "rate >= 80%"),
        ("p95 < 1%", Indicator.ERROR_RATE, "'p95' is not a statistic", "rate"),
        ("rate > 1%", Indicator.ERROR_RATE, "'>' is not an operator", "<"),
        ("rate < 80%", Indicator.ACCEPTED_RATIO, "'<' is not an operator", ">"),
        ("rate <= 0%", Indicator.ERROR_RATE, "no number of samples", "between 0 and 1"),
        ("rate >= 100%", Indicator.ACCEPTED_RATIO, "no number of samples", "between 0 and 1"),
        ("rate < 1s", Indicator.WER, "'s' is not a unit", "%"),
        ("count < 0", Indicator.QUERIES, "below zero", "count <= 0"),
        ("count <= 5ms", Indicator.QUERIES, "'ms' is not a unit", "no unit"),
    ],
)
def test_what_is_outside_the_grammar_is_refused_with_a_way_out(text, indicator, problem, fix):
    with pytest.raises(SloError, match=problem) as caught:
        parse_assertion(text, indicator)
    assert fix in caught.value.fix


@pytest.mark.parametrize(
    ("text", "indicator", "good", "bad"),
    [
        ("p95 < 3s", Indicator.LATENCY, 2_999, 3_000),
        ("p95 <= 3s", Indicator.LATENCY, 3_000, 3_001),
        ("rate > 80%", Indicator.ACCEPTED_RATIO, 0.81, 0.8),
        ("rate >= 80%", Indicator.ACCEPTED_RATIO, 0.8, 0.79),
    ],
)
def test_the_bar_itself_is_on_the_side_that_the_operator_says(text, indicator, good, bad):
    assertion = parse_assertion(text, indicator)
    assert assertion.holds(good)
    assert not assertion.holds(bad)
