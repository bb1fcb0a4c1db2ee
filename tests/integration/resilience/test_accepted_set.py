"""What is accepted is what a list of taken nights, kept by hand, says it must be."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trial
from hypothesis import strategies as st

from cabanas.bootstrap import open_service
from cabanas.domain.errors import HoldExpired, InvalidTransition, StayUnavailable
from cabanas.domain.reservation import StayWish
from cabanas.settings import BUSINESS_TIME_ZONE

pytestmark = pytest.mark.xdist_group("resilience")

FIRST = datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date() + timedelta(days=10)
CABINS = 3

wishes = st.builds(
    lambda cabin, start, nights: StayWish(
        accommodation_id=cabin,
        check_in=FIRST + timedelta(days=start),
        check_out=FIRST + timedelta(days=start + nights),
        guests=1,
        channel="web",
        contact_name="Ana",
        contact_phone="+5491155500123",
    ),
    st.integers(1, CABINS),
    st.integers(0, 20),
    st.integers(1, 8),
)
# What somebody does: ask for a stay, or something to one of the stays that were held before.
steps = st.lists(
    st.tuples(st.just("hold"), wishes) | st.tuples(st.sampled_from(["cancel", "end", "confirm"]), st.integers(0, 30)),
    max_size=25,
)


def nights_of(wish):
    days = (wish.check_out - wish.check_in).days
    return {(wish.accommodation_id, wish.check_in + timedelta(days=day)) for day in range(days)}


class Model:
    """The nights that each held stay blocks, by code; a hold that ended blocks none."""

    def __init__(self):
        self.blocking = {}
        self.confirmed = set()
        self.codes = []

    def accepts(self, wish):
        return not any(nights_of(wish) & nights for nights in self.blocking.values())


async def take_step(service, connection, model, kind, subject):
    if kind == "hold":
        expected = model.accepts(subject)
        try:
            code = (await service.hold_stay(subject)).code
        except StayUnavailable:
            assert not expected
        else:
            assert expected
            model.codes.append(code)
            model.blocking[code] = nights_of(subject)
        return
    if not model.codes:
        return
    code = model.codes[subject % len(model.codes)]
    if kind == "end":
        if code not in model.confirmed and code in model.blocking:
            await connection.execute("UPDATE reservations SET expires_at = now() WHERE code = $1", code)
            del model.blocking[code]
    elif kind == "confirm":
        try:
            await service.settle.confirm(code)
        except (HoldExpired, InvalidTransition):
            assert code not in model.blocking
        else:
            assert code in model.blocking
            model.confirmed.add(code)
    elif code in model.blocking:
        await service.settle.cancel(code)
        del model.blocking[code]


@pytest.fixture
def desk(settings):
    """Runs a coroutine function with a service and a connection, all on one event loop."""
    with asyncio.Runner() as runner:
        opening = open_service(settings)
        service = runner.run(opening.__aenter__())
        connection = runner.run(asyncpg.connect(settings.database_url))

        def run(play, *arguments):
            async def on_an_empty_house():
                await connection.execute("TRUNCATE reservations CASCADE")
                await play(service, connection, *arguments)

            runner.run(on_an_empty_house())

        yield run
        runner.run(connection.close())
        runner.run(opening.__aexit__(None, None, None))


@trial(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=steps)
def test_one_after_the_other_each_wish_is_granted_exactly_when_its_nights_are_free(desk, plan):
    async def play(service, connection, plan):
        model = Model()
        for kind, subject in plan:
            await take_step(service, connection, model, kind, subject)
        rows = await connection.fetch(
            "SELECT code FROM reservations WHERE reservation_status = 'confirmed'"
            " OR (reservation_status = 'pre_reserved' AND expires_at > now())"
        )
        assert {row["code"] for row in rows} == set(model.blocking)

    desk(play, plan)


@trial(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(wishes, max_size=16))
def test_all_at_once_no_two_share_a_night_and_nobody_was_refused_for_nothing(desk, wanted):
    async def play(service, _, wanted):
        results = await asyncio.gather(*(service.hold_stay(wish) for wish in wanted), return_exceptions=True)
        taken = set()
        for wish, result in zip(wanted, results, strict=True):
            if not isinstance(result, Exception):
                assert not nights_of(wish) & taken
                taken |= nights_of(wish)
        for wish, result in zip(wanted, results, strict=True):
            if isinstance(result, Exception):
                assert isinstance(result, StayUnavailable)
                assert nights_of(wish) & taken

    desk(play, wanted)
