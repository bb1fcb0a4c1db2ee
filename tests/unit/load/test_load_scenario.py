from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cabanas.domain.contact import normalise_phone
from cabanas_perf.load.demand import HORIZON_DAYS, Cabin, make_message, make_phone, make_wish
from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.scenario import (
    Overrides,
    find_scenario,
    list_scenarios,
    load_scenario,
    make_plan,
    override,
    pool_size,
)
from cabanas_perf.load.user_files import find_user_classes, list_endpoints

SHIPPED = ("capacity", "check", "contention", "full", "health", "quick", "soak", "spike", "stress")
GOOD = """
model = "closed"
users = 4
spawn_rate_per_s = 2
duration_s = 10
user_files = ["users.py"]

[mix]
A = 1
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return path

    return write


def test_the_scenarios_that_are_shipped():
    assert list_scenarios() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_scenario_is_sound_and_its_users_exist(name, tmp_path):
    scenario = load_scenario(find_scenario(name))
    assert list_endpoints(scenario.mix, find_user_classes(scenario.user_files))
    plan = make_plan(scenario, marker="m", seed=1, workers=2, results=tmp_path)
    assert LoadPlan.from_json(plan.to_json()) == plan


def test_the_documents_tests_are_as_it_says():
    quick, full = (load_scenario(find_scenario(name)) for name in ("quick", "full"))
    shapes = [(one.model, one.users, one.spawn_rate_per_s, one.duration_s) for one in (quick, full)]
    assert shapes == [(Model.CLOSED, 10, 2, 60), (Model.CLOSED, 100, 10, 300)]
    assert {stream.name: stream.weight for stream in full.mix} == {
        "ReservationUser": 70,
        "WhatsAppWebhookUser": 20,
        "MercadoPagoWebhookUser": 10,
    }
    assert quick.warmup_s == 5


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("users = 4", "user = 4", "'user'"),
        ('"closed"', '"clsoed"', "'clsoed'"),
        ('"closed"', '"open"', "no request arrives"),
        ("duration_s = 10", "", "duration_s is missing"),
        ("duration_s = 10", "duration_s = 2", "leaves nothing"),
        ("duration_s = 10", "duration_s = 10\nwarmup_s = 1", "longer than the warm-up"),
        ("duration_s = 10", "duration_s = -1", "-1"),
        ("duration_s = 10", "duration_s = true", "True"),
        ("users = 4", "users = 0", "no user"),
        ('user_files = ["users.py"]', "", "nobody sends"),
        ("A = 1", "", "nobody sends"),
        ("A = 1", "A = 0", "no weight"),
        ("A = 1", 'A = "1"', "weight of A"),
        ("[mix]", "[data]\ncabin = 3\n[mix]", "'cabin'"),
        ("[mix]", "[top_up]\nrate_rps = 3\n[mix]", "requests is missing"),
        ("[mix]", "[top_up]\nrate_rps = 0\nrequests = 9\n[mix]", "never ends"),
        ("[mix]", "[top_up]\nrate_rps = 3\nrequests = 9\na = { rate_rps = 0, requests = 9 }\n[mix]", "never ends"),
        ("[mix]", "[top_up]\nrate_rps = 3\nrequests = 9\na = { rate_rps = 1 }\n[mix]", "requests is missing"),
        ("[mix]", "[top_up]\nrate_rps = 3\nrequests = 9\na = 3\n[mix]", "'a'"),
        ("A = 1", "A = 1\n[[stage]]\nduration_s = 1\nrate_rps = 1", "closed"),
        ("users = 4", "users = = 4", "mine.toml"),
    ],
)
def test_a_mistake_in_a_scenario_is_named(write, old, new, complaint):
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(GOOD.replace(old, new)))
    assert complaint in str(caught.value)
    assert caught.value.fix


def test_a_scenario_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(ScenarioError, match="quikc") as caught:
        find_scenario("quikc")
    assert "quick" in caught.value.fix


def test_the_command_line_has_the_last_word(write):
    scenario = load_scenario(write(GOOD))
    changed = override(scenario, Overrides(users=20, spawn_rate_per_s=10, duration_s=30, mix="B:3", timeout_s=1))
    assert (changed.users, changed.duration_s, changed.warmup_s, changed.timeout_s) == (20, 30, 2, 1)
    assert changed.mix[0].user_class == "B"


def test_a_rate_makes_it_open(write):
    changed = override(load_scenario(write(GOOD)), Overrides(rate_rps=50))
    assert (changed.model, changed.stages[0].start_rps, changed.duration_s) == (Model.OPEN, 50, 10)


def test_a_duration_stretches_the_stages():
    spike = load_scenario(find_scenario("spike"))
    twice = override(spike, Overrides(duration_s=2 * spike.duration_s))
    assert [stage.duration_s for stage in twice.stages] == [2 * stage.duration_s for stage in spike.stages]


def test_users_that_take_longer_to_start_than_the_run_are_refused(write):
    with pytest.raises(ScenarioError):
        override(load_scenario(write(GOOD)), Overrides(users=100))


def test_the_pool_of_an_open_load_follows_its_rate():
    scenario = load_scenario(find_scenario("stress"))
    assert pool_size(scenario.stages) == 200


def test_user_classes_inherit_their_tasks(tmp_path):
    path = tmp_path / "users.py"
    path.write_text(
        "class A:\n    @tag('one')\n    @task\n    def f(self): ...\n"
        "class B(A):\n    @tag('two')\n    @task\n    def g(self): ...\n"
        "class NoTasks: ...\n"
    )
    assert find_user_classes([path]) == {"A": ("one",), "B": ("one", "two")}


def simulate_refusals(cabins, wishes, seed=0):
    """Share of wishes that find a night taken, when every free one is granted."""
    today, rng = date(2025, 3, 1), random.Random(seed)
    known = [Cabin(number, 4) for number in range(cabins)]
    taken: dict[int, set[date]] = {cabin.id: set() for cabin in known}
    refused = 0
    for _ in range(wishes):
        wish = make_wish(known, today, rng)
        nights = {wish.check_in + timedelta(days=n) for n in range((wish.check_out - wish.check_in).days)}
        if nights & taken[wish.accommodation_id]:
            refused += 1
        else:
            taken[wish.accommodation_id] |= nights
    return refused / wishes


@pytest.mark.parametrize(
    ("name", "wishes"), [("quick", 250), ("full", 2100), ("soak", 1600), ("stress", 1400), ("spike", 400)]
)
def test_fewer_than_one_wish_in_five_is_refused(name, wishes):
    assert simulate_refusals(load_scenario(find_scenario(name)).cabins, wishes) < 0.20


def test_wishes_are_ones_that_the_service_accepts_and_spread_as_in_life():
    today, rng = date(2025, 3, 1), random.Random(1)
    cabins = [Cabin(number, 2) for number in range(10)]
    wishes = [make_wish(cabins, today, rng) for _ in range(5000)]
    assert all(today < wish.check_in <= today + timedelta(days=HORIZON_DAYS) for wish in wishes)
    assert all(2 <= (wish.check_out - wish.check_in).days <= 5 and 1 <= wish.guests <= 2 for wish in wishes)
    in_january = sum(wish.check_in.month == 1 for wish in wishes)
    in_may = sum(wish.check_in.month == 5 for wish in wishes)
    assert in_january > 2 * in_may * 31 / 62
    hot = sum(wish.accommodation_id == 5 for wish in wishes)
    assert hot > 1.5 * sum(wish.accommodation_id == 4 for wish in wishes)


def test_guests_are_many_and_their_numbers_are_ones_that_the_service_takes():
    rng = random.Random(3)
    phones = {make_phone(rng) for _ in range(5000)}
    assert len(phones) > 2000
    assert all(normalise_phone(phone) == phone for phone in phones)


def test_messages_vary():
    rng = random.Random(2)
    assert len({make_message(date(2025, 3, 1), rng) for _ in range(300)}) > 150


def test_a_scenario_without_users_to_override_keeps_its_own(write):
    scenario = load_scenario(write(GOOD))
    assert override(scenario, Overrides()) == replace(scenario)
