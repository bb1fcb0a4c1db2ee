"""The document's claims as the ledger has them."""

import pytest

from cabanas_perf.workloads.before.claims import load_claims


@pytest.mark.parametrize(
    ("id_", "low", "high", "effort_h", "horizon"),
    [
        ("O1", 0.3, 0.5, 2, "immediate"),
        ("O2", 0.5, 0.7, 1, "immediate"),
        ("O3", 0.2, 0.3, 1, "immediate"),
        ("O4", 0.3, 0.4, 3, "short term"),
        ("O5", 0.6, 0.7, 6, "short term"),
        ("O6", 0.8, 0.9, 4, "short term"),
        ("O7", 0.4, 0.6, 8, "medium term"),
        ("O8", 0.2, 0.3, 4, "medium term"),
        ("O9", 0.1, 0.2, 2, "medium term"),
    ],
)
def test_each_optimisation_is_claimed_as_the_document_proposes_it(id_, low, high, effort_h, horizon):
    claimed = load_claims().optimization(id_)
    assert (claimed.headline.low_ratio, claimed.headline.high_ratio) == (low, high)
    assert (claimed.effort_h, claimed.horizon) == (effort_h, horizon)
    assert claimed.headline.section == f"Proposed optimisations, {id_}"


def test_there_are_nine_each_with_several_claims_and_where_they_disagree():
    claims = load_claims()
    assert claims.ids == tuple(f"O{number}" for number in range(1, 10))
    for one in claims.optimizations:
        assert len(one.claims) >= 2, one.id
        assert len({claim.section for claim in one.claims}) == len(one.claims)
        assert one.contradiction.endswith(".")


def test_the_quick_wins_take_the_four_hours_of_the_conclusions():
    assert sum(load_claims().optimization(one).effort_h for one in ("O1", "O2", "O3")) == 4


def test_every_claimed_range_has_its_ends_in_order():
    for one in load_claims().optimizations:
        for claim in one.claims:
            assert (claim.low_ratio is None) == (claim.high_ratio is None)
            assert claim.low_ratio is None or claim.low_ratio <= claim.high_ratio <= 1


@pytest.mark.parametrize(
    ("endpoint", "step", "times_ms", "saving"),
    [
        ("prereservation", "before", (850, 2400, 3800), None),
        ("prereservation", "O1-O6", (500, 1200, 1800), 0.5),
        ("webhook-text", "O1-O3", (750, 1700, 2400), 0.2),
        ("nlu", "O1-O3", (45, 65, 90), 0.5),
        ("webhook-audio", "O1-O9", (5500, 8200, 12100), 0.33),
    ],
)
def test_the_tables_of_expected_improvements_are_there(endpoint, step, times_ms, saving):
    claimed = load_claims().step(endpoint, step)
    assert (claimed.p50_ms, claimed.p95_ms, claimed.p99_ms) == times_ms
    assert claimed.saving_ratio == saving


def test_a_step_that_no_table_has_is_none():
    assert load_claims().step("nlu", "O1-O9") is None
    with pytest.raises(KeyError):
        load_claims().optimization("O10")


def test_the_five_principal_bottlenecks_are_in_the_documents_order():
    assert [(one.rank, one.stage) for one in load_claims().bottlenecks] == [
        (1, "find_dates"),
        (2, "transcribe"),
        (3, "send"),
        (4, "lock_acquire"),
        (5, "price"),
    ]
