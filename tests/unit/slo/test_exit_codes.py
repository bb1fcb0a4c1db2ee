import pytest

from cabanas_perf.slo.exit_codes import ExitCode, exit_code_for
from cabanas_perf.slo.objective import Indicator, Objective, parse_assertion
from cabanas_perf.slo.verdict import Judgement, Verdict


def judgements(*names):
    wanted = Objective("it", "nlu", Indicator.LATENCY, parse_assertion("p95 < 3s", Indicator.LATENCY))
    return [Judgement(wanted, Verdict(name), "") for name in names]


@pytest.mark.parametrize(
    ("names", "flags", "code"),
    [
        (["met"], {}, 0),
        (["met", "met", "not_in_scope"], {}, 0),
        (["met", "missed", "inconclusive"], {}, 1),
        (["met", "inconclusive"], {}, 3),
        ([], {}, 3),
        (["not_in_scope"], {}, 3),
        (["met"], {"complete": False}, 3),
        (["missed"], {"complete": False}, 1),
        (["inconclusive"], {"target_reached": False}, 4),
        (["missed"], {"target_reached": False}, 4),
        (["missed"], {"target_reached": False, "internal_error": True}, 5),
        (["missed"], {"target_reached": False, "internal_error": True, "usage_error": True}, 2),
        (["met"], {"interrupted_by": ExitCode.INTERRUPTED, "complete": False}, 130),
        (["missed"], {"interrupted_by": ExitCode.TERMINATED, "complete": False}, 143),
    ],
)
def test_the_exit_code_tells_the_gravest_thing(names, flags, code):
    assert exit_code_for(judgements(*names), **flags) == code


def test_every_exit_code_has_a_meaning():
    assert all(code.meaning for code in ExitCode)
