import pytest

from cabanas_perf.runners.check_parts import Parts, choose_check_scope, choose_parts, part_names
from cabanas_perf.runners.errors import RunError
from cabanas_perf.slo.file import find_slo_file, load_objectives
from cabanas_perf.slo.objective import RunKind
from cabanas_perf.workloads.registry import OBJECTIVE_WORKLOADS

ALL = ("plans", "nlu", "prereservation", "webhooks", "health", "database", "audio", "load")
ENDPOINTS = ("prereservation", "health", "webhook-text", "webhook-payment")
SLO = load_objectives(find_slo_file(), workloads=OBJECTIVE_WORKLOADS | {"search"})


def scope(*chosen, slo_set="default", endpoints=ENDPOINTS, **more):
    parts = Parts(chosen, tuple(name for name in ALL if name not in chosen))
    return choose_check_scope(SLO, slo_set, parts, endpoints=endpoints, **more).in_scope


def test_every_objective_is_in_scope_of_a_whole_check():
    for slo_set in ("default", "strict"):
        ids = {one.id for one in SLO.objectives if one.set_name == slo_set}
        assert ids <= scope(*ALL, slo_set=slo_set)


@pytest.mark.parametrize("left_out", ALL)
def test_leaving_a_part_out_takes_its_objectives_out_and_no_others(left_out):
    parts = {
        "plans": {"strict-database-plans"},
        "nlu": {"nlu-mean", "strict-nlu-p95", "strict-nlu-mean"},
        "audio": {
            "webhook-audio-p95",
            "transcription-wer",
            "strict-webhook-audio-ack-p95",
            "strict-transcription-wer",
        },
        "health": {"health-p95", "strict-health-p95"},
        "database": {"database-p95", "strict-database-p95"},
    }
    chosen = [name for name in ALL if name != left_out]
    whole = scope(*ALL) | scope(*ALL, slo_set="strict")
    gone = whole - (scope(*chosen) | scope(*chosen, slo_set="strict"))
    if left_out == "load":
        assert {name for name in gone if not name.endswith("@load")} == {
            one.id for one in SLO.objectives if one.runs == {RunKind.LOAD}
        }
    elif left_out in parts:
        assert gone == parts[left_out]
    else:
        assert gone
        assert not any(name.endswith("@load") for name in gone)


def test_the_load_judges_what_it_sends():
    assert "health-p95@load" in scope(*ALL)
    assert "health-p95@load" not in scope(*ALL, endpoints=("prereservation",))
    assert "nlu-mean@load" not in scope(*ALL)


def test_an_objective_of_loads_alone_that_nothing_is_sent_to_stays_in_scope():
    assert "load-error-rate" in scope(*ALL, endpoints=())


def test_a_scenario_may_say_what_it_is_not_meant_to_meet():
    assert "strict-prereservation-refused-p95" not in scope(
        *ALL, slo_set="strict", not_meant=["strict-prereservation-refused-p95"]
    )


def test_workloads_of_other_packages_are_parts(tmp_path):
    path = tmp_path / "slo.toml"
    path.write_text(
        '[[objective]]\nid = "search-p95"\nworkload = "search"\nindicator = "latency_ms"\nassert = "p95 < 1s"\n',
        encoding="utf-8",
    )
    slo = load_objectives(path, workloads={"search"})
    known = part_names(slo.objectives)
    assert known == (*ALL[:-1], "search", "load")
    parts = choose_parts(known, only=["search"])
    assert parts.workloads() == ("search",)
    assert choose_check_scope(slo, "default", parts, endpoints=()).in_scope == {"search-p95"}


@pytest.mark.parametrize(
    ("only", "skip", "chosen"),
    [
        ((), (), ALL),
        ((), ("audio", "load"), ALL[:6]),
        (("load", "nlu"), (), ("nlu", "load")),
        (("nlu", "load"), ("load",), ("nlu",)),
    ],
)
def test_parts_are_chosen_in_their_order(only, skip, chosen):
    parts = choose_parts(ALL, only=only, skip=skip)
    assert parts.chosen == chosen
    assert set(parts.skipped) == set(ALL) - set(chosen)


@pytest.mark.parametrize(("only", "skip"), [(["sound"], []), ([], ["sound"]), (["nlu"], ["nlu"]), ([], ALL)])
def test_no_such_part_and_no_part_at_all_are_wrong_usage(only, skip):
    with pytest.raises(RunError):
        choose_parts(ALL, only=only, skip=skip)
