"""SIGTERM under load: whoever was let in gets an answer."""

import asyncio
import signal
import time

import pytest

pytestmark = [pytest.mark.xdist_group("resilience"), pytest.mark.timeout(300)]

STOPPED_WITHIN_S = 10.0


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_stop_finishes_what_was_begun(house, guests_at, every_free_night, workers):
    with house.serve(workers=workers) as service:
        # Once nobody accepts any more, new connections lie in the queue of the socket, which is ours.
        async with guests_at(service.base_url, every_free_night, count=16, timeout_s=3.0) as guests:
            await guests.until_held(50)
            service.process.send_signal(signal.SIGTERM)
            asked_s = time.monotonic()
            await asyncio.to_thread(service.process.wait, 30)
            assert time.monotonic() - asked_s < STOPPED_WITHIN_S
        assert service.process.returncode == 0
    assert guests.statuses() <= {201, None}
    # Nobody's stay was held without telling them.
    assert await house.codes() == set(guests.held())
