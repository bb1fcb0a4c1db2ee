"""A transcriber that costs nothing until somebody sends a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

from cabanas.audio.errors import AudioError, ModelUnavailable
from cabanas.audio.transcriber import Transcriber
from cabanas.audio.transcript import Transcript


class TranscriberOnDemand:
    """Opens a `Transcriber` for the first recording, or when told to, and closes it at the end of the block.

    Opening that failed is tried again with the next recording, unless it failed for want of a model, which lasts
    until the service is started anew.
    """

    def __init__(self, build: Callable[[], Transcriber]) -> None:
        self._build = build
        self._opened: Transcriber | None = None
        self._opening = asyncio.Lock()
        self._never: AudioError | None = None

    async def __aenter__(self) -> TranscriberOnDemand:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            await self._opened.__aexit__(kind, error, trace)

    async def start(self) -> Transcriber:
        """The transcriber, with its models loaded.

        Raises:
            ModelUnavailable, TranscriptionFailed: as entering a `Transcriber` does.
        """
        async with self._opening:
            if self._never is not None:
                raise self._never
            if self._opened is None:
                transcriber = self._build()
                try:
                    self._opened = await transcriber.__aenter__()
                except ModelUnavailable as error:
                    self._never = error
                    raise
            return self._opened

    async def transcribe(self, data: bytes, *, declared_length: int | None = None) -> Transcript:
        """As `Transcriber.transcribe`, and whatever `start` raises."""
        transcriber = self._opened or await self.start()
        return await transcriber.transcribe(data, declared_length=declared_length)
