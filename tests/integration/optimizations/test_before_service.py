"""The document's service gives the answers of the service as it is, whichever optimisations are in."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import date, timedelta

import asyncpg
import pytest

from cabanas.domain.errors import StayUnavailable
from cabanas.domain.reservation import StayWish
from cabanas.redis.lock import LockOutcome
from cabanas_perf.runners.optimizations.cabins import open_scratch
from cabanas_perf.runners.optimizations.endpoints import STEPS, Guests
from cabanas_perf.runners.optimizations.holds import find_free_stays
from cabanas_perf.stubs import Behaviour
from cabanas_perf.stubs.server import run_stubs
from cabanas_perf.stubs.state import StubState
from cabanas_perf.workloads.before.cabins import list_eagerly, list_one_by_one
from cabanas_perf.workloads.before.service import PingingDatabase, open_document_service, settings_with
from cabanas_perf.workloads.webhook_sender import with_stubs

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
STUB_S = 0.15


def a_wish(nights=9, phone="+5491155500001"):
    check_in = date.today() + timedelta(days=40)
    return StayWish(1, check_in, check_in + timedelta(days=nights), 2, "web", "Ana", phone)


@asynccontextmanager
async def a_document_service(settings, applied=(), behaviour=None):
    state = StubState(behaviour or Behaviour.taking(0))
    async with (
        run_stubs(state) as stubs,
        open_document_service(with_stubs(settings, stubs), applied) as service,
    ):
        yield service, state


async def test_a_hold_costs_the_same_by_loop_and_in_closed_form(settings):
    prices = []
    for applied in ((), ("O4",)):
        async with a_document_service(settings, applied) as (service, _):
            held = await service.hold(a_wish())
            prices.append((held.total_price, held.deposit_amount))
            async with service.service.database.connect() as connection:
                await connection.execute("DELETE FROM reservations")
    assert prices[0] == prices[1]


async def test_before_o5_a_hold_waits_for_whatsapp_and_after_it_the_message_waits(settings):
    async with a_document_service(settings, (), Behaviour.taking(STUB_S * 1000)) as (service, state):
        started = time.monotonic()
        held = await service.hold(a_wish())
        assert time.monotonic() - started >= STUB_S
        assert held.code in state.sent[0]["text"]
        assert await pending(service) == 0
    async with a_document_service(settings, ("O5",), Behaviour.taking(STUB_S * 1000)) as (service, state):
        async with service.service.database.connect() as connection:
            await connection.execute("DELETE FROM reservations")
        await service.hold(a_wish())
        assert state.sent == []
        assert await pending(service) == 1


async def pending(service):
    async with service.service.database.connect() as connection:
        return await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")


async def test_a_refused_hold_sends_nothing(settings):
    async with a_document_service(settings) as (service, state):
        await service.hold(a_wish())
        with pytest.raises(StayUnavailable):
            await service.hold(a_wish(phone="+5491155500002"))
        assert len(state.sent) == 1


async def test_a_message_is_answered_alike_at_every_step_but_for_the_intent(settings):
    answers = {}
    for step, applied in STEPS.items():
        async with a_document_service(settings, applied) as (service, state):
            secret = service.service.settings.whatsapp_app_secret.get_secret_value()
            delivery = Guests(secret, "run", "Ana").write("hay lugar el 3 de enero?")
            answers[step] = await service.answer(delivery)
            assert [one["text"] for one in state.sent] == [answers[step]]
    assert len(set(answers.values())) == 1
    assert answers["before"].startswith("Estas son nuestras cabañas")


async def test_pools_have_the_documents_sizes(settings):
    before, after = settings_with(settings, ()), settings_with(settings, {"O8", "O9"})
    sizes = [(one.database_pool_size, one.database_max_overflow, one.redis_max_connections) for one in (before, after)]
    assert sizes == [(10, 5, 10), (20, 10, 50)]
    async with a_document_service(settings, {"O8", "O9"}) as (service, _):
        assert service.service.database.max_size == 30
        assert isinstance(service.service.hold_stay.database, PingingDatabase)
    async with a_document_service(settings) as (service, _):
        assert service.service.database.max_size == 15
        assert not isinstance(service.service.hold_stay.database, PingingDatabase)


async def test_a_small_redis_pool_keeps_locks_waiting_and_refuses_none(settings):
    async with a_document_service(settings) as (service, _):

        async def lock(cabin_id):
            async with service.service.locks.around(cabin_id) as taken:
                return taken.outcome

        assert set(await asyncio.gather(*map(lock, range(1, 40)))) == {LockOutcome.ACQUIRED}


async def test_both_lists_of_cabins_are_one_list(database_url):
    async with open_scratch(database_url, "a-run") as connection:
        for limit in (1, 10, None):
            one_by_one, eagerly = await list_one_by_one(connection, limit), await list_eagerly(connection, limit)
            assert one_by_one == eagerly
            assert len(eagerly) == (limit or 1000)
        assert {len(cabin.stays) for cabin in eagerly} == {10}
    connection = await asyncpg.connect(database_url)
    try:
        assert not await connection.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ledger%'")
    finally:
        await connection.close()


async def test_stays_that_were_held_are_free_again(service):
    free_stays = await find_free_stays(service, count=30, marker="cabanas-perf a-run", seed=1)
    wishes = free_stays.take(20)
    assert len({(wish.accommodation_id, wish.check_in) for wish in wishes}) == 20
    for _ in range(2):
        await asyncio.gather(*map(service.hold_stay, wishes))
        await free_stays.free()


async def test_a_database_without_free_nights_says_so(service):
    with pytest.raises(ValueError, match="stays are free"):
        await find_free_stays(service, count=100_000, marker="cabanas-perf a-run", seed=1)
