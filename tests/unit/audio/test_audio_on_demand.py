import asyncio

import pytest

from cabanas.audio import ModelUnavailable, TranscriberOnDemand, TranscriptionFailed


class FakeTranscriber:
    def __init__(self, log, error=None):
        self.log, self.error = log, error

    async def __aenter__(self):
        await asyncio.sleep(0)
        self.log.append("opened" if self.error is None else "failed")
        if self.error is not None:
            raise self.error
        return self

    async def __aexit__(self, *_):
        self.log.append("closed")

    async def transcribe(self, data, *, declared_length=None):
        return data, declared_length


def on_demand(log, *errors):
    left = iter(errors)
    return TranscriberOnDemand(lambda: FakeTranscriber(log, next(left, None)))


async def test_nothing_is_opened_or_closed_without_a_recording():
    log = []
    async with on_demand(log):
        pass
    assert log == []


async def test_recordings_at_once_open_it_once():
    log = []
    async with on_demand(log) as transcriber:
        heard = await asyncio.gather(*(transcriber.transcribe(b"x", declared_length=n) for n in range(3)))
        assert heard == [(b"x", 0), (b"x", 1), (b"x", 2)]
        assert log == ["opened"]
    assert log == ["opened", "closed"]


async def test_it_can_be_opened_beforehand():
    log = []
    async with on_demand(log) as transcriber:
        await transcriber.start()
        assert log == ["opened"]
        await transcriber.transcribe(b"x")
    assert log == ["opened", "closed"]


async def test_a_start_that_failed_is_tried_again():
    log = []
    async with on_demand(log, TranscriptionFailed("died")) as transcriber:
        with pytest.raises(TranscriptionFailed):
            await transcriber.transcribe(b"x")
        await transcriber.transcribe(b"x")
    assert log == ["failed", "opened", "closed"]


async def test_a_missing_model_is_not_looked_for_at_every_recording():
    log = []
    async with on_demand(log, ModelUnavailable("none")) as transcriber:
        for _ in range(3):
            with pytest.raises(ModelUnavailable):
                await transcriber.transcribe(b"x")
    assert log == ["failed"]
