"""The asynchronous front: worker processes behind a bounded waiting line.

Processes, because a recording from a stranger goes through decoders written in C: one that crashes or hangs takes
its own worker down and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter_ns
from types import TracebackType
from typing import Any

import cabanas
from cabanas import stages
from cabanas.audio import wire
from cabanas.audio.availability import available_cores, require_audio
from cabanas.audio.blas import BLAS_SETTINGS
from cabanas.audio.errors import AudioError, TranscriberBusy, TranscriptionFailed, TranscriptionTimedOut
from cabanas.audio.limits import Limits, check_received
from cabanas.audio.transcript import Transcript
from cabanas.stages import StageSpan

_ATTEMPTS = 2
_STOP_S = 2.0
# `-P` and this line instead of `-m`: the working folder must not shadow modules, and the child must import the very
# package that the parent runs, installed or not.
_BOOT = "import sys; sys.path.append(sys.argv.pop(1)); from cabanas.audio.worker import main; sys.exit(main())"
_TUNING = {
    **BLAS_SETTINGS,
    # One arena instead of one a thread keeps ten minutes of speech 90 MB smaller. Huge pages and memory that is never
    # handed back made a warm worker 737 MB instead of 322, and nothing faster.
    "MALLOC_ARENA_MAX": "1",
}


# Workers decode what strangers send, so they are not given what only the service needs.
_SECRET_NAME = re.compile("SECRET|TOKEN|PASSW|(DATABASE|REDIS)_URL")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a worker may take before it counts as hung."""

    start_s: float = 60.0  # to load its models
    decode_s: float = 20.0  # to decode a recording
    recognise_s: float = 20.0  # to transcribe one, plus its own duration times `recognise_ratio`
    recognise_ratio: float = 1.0


@dataclass(slots=True)
class _Job:
    recording: bytes
    declared_length: int | None
    waiting_since_ns: int
    done: asyncio.Future[tuple[Transcript, list[StageSpan]]] = field(repr=False)


class Transcriber:
    """Transcribes voice notes in worker processes. An async context manager: entering loads the models.

    As many workers as cores by default, each taking one recording at a time. At most ``max_waiting`` recordings
    wait, of ``max_waiting_bytes`` in all. A recording whose worker dies is tried once more on a new one.

    Raises:
        AudioUnavailable: the extra ``audio`` is not installed (on construction).
        ModelUnavailable: no model was found or it cannot be loaded (on entering).
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        max_waiting: int = 64,
        max_waiting_bytes: int = 128 * 1024**2,
        models: Path | None = None,
        device: str = "auto",
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._limits = limits or Limits()
        if command is None:
            require_audio()
            settings = {
                "directory": str(models) if models else None,
                "device": device,
                "limits": asdict(self._limits),
            }
            root = str(Path(cabanas.__file__).resolve().parent.parent)
            command = (sys.executable, "-P", "-c", _BOOT, root, json.dumps(settings))
        self._workers = [_Worker(command, timeouts or Timeouts()) for _ in range(workers or available_cores())]
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue(max_waiting)
        self._waiting_bytes = 0
        self._max_waiting_bytes = max_waiting_bytes
        self._servers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Transcriber:
        try:
            async with asyncio.TaskGroup() as starting:
                for worker in self._workers:
                    starting.create_task(worker.start())
        except BaseExceptionGroup as group:
            await self._stop()
            raise group.exceptions[0] from None
        except asyncio.CancelledError:
            await self._stop()
            raise
        self._servers = [asyncio.create_task(self._serve(worker)) for worker in self._workers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers that are running."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    @property
    def start_up_spans(self) -> list[StageSpan]:
        """The ``model_load`` of every worker that was started, those of replaced ones included."""
        return [span for worker in self._workers for span in worker.start_up_spans]

    async def transcribe(self, data: bytes, *, declared_length: int | None = None) -> Transcript:
        """What is said in the recording; its stages join the recording of the caller, if one is open.

        ``declared_length`` is the Content-Length that came with the data. Cancelling gives up the answer; a worker
        that already has the recording finishes it for nobody.

        Raises:
            AudioRejected: the recording itself is the reason; see its kinds.
            TranscriberBusy: the waiting line is full.
            TranscriptionTimedOut: the worker hung on this recording and was replaced.
            TranscriptionFailed: two workers died of this recording, or the transcriber was stopped.
        """
        check_received(data, declared_length=declared_length, limits=self._limits)
        done: asyncio.Future[tuple[Transcript, list[StageSpan]]] = asyncio.get_running_loop().create_future()
        if self._waiting.full() or self._waiting_bytes + len(data) > self._max_waiting_bytes:
            raise TranscriberBusy("Too many recordings are waiting; try again in a minute.")
        self._waiting.put_nowait(_Job(data, declared_length, perf_counter_ns(), done))
        self._waiting_bytes += len(data)
        transcript, spans = await done
        stages.add_spans(spans)
        return transcript

    async def _serve(self, worker: _Worker) -> None:
        while True:
            job = await self._waiting.get()
            self._waiting_bytes -= len(job.recording)
            if job.done.done():  # given up while it waited
                continue
            waited = StageSpan("queue", job.waiting_since_ns, perf_counter_ns())
            try:
                transcript, spans = await _transcribe(worker, job)
            except AudioError as error:
                if not job.done.done():
                    job.done.set_exception(error)
            except BaseException:
                if not job.done.done():
                    job.done.set_exception(
                        TranscriptionFailed("The transcriber was stopped; send the recording again.")
                    )
                raise
            else:
                if not job.done.done():
                    job.done.set_result((transcript, [waited, *spans]))

    async def _stop(self) -> None:
        for server in self._servers:
            server.cancel()
        await asyncio.gather(*self._servers, return_exceptions=True)
        while not self._waiting.empty():
            job = self._waiting.get_nowait()
            if not job.done.done():
                job.done.set_exception(TranscriptionFailed("The transcriber was stopped; send the recording again."))
        await asyncio.gather(*(worker.stop() for worker in self._workers))


async def _transcribe(worker: _Worker, job: _Job) -> tuple[Transcript, list[StageSpan]]:
    """Have the job done, replacing the worker when it dies (and trying again) or hangs (and giving up)."""
    for _ in range(_ATTEMPTS):
        if worker.pid is None:
            await worker.start()
        try:
            return await worker.transcribe(job.recording, job.declared_length)
        except TimeoutError:
            await worker.kill()
            raise TranscriptionTimedOut("The recording took too long to transcribe; send a shorter one.") from None
        except (OSError, asyncio.IncompleteReadError):
            await worker.kill()
    raise TranscriptionFailed("The recording ended its transcription worker twice.")


class _Worker:
    """A worker process and the conversation with it."""

    def __init__(self, command: Sequence[str], timeouts: Timeouts) -> None:
        self._command = command
        self._timeouts = timeouts
        self._process: asyncio.subprocess.Process | None = None
        self.start_up_spans: list[StageSpan] = []

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process and wait until its models are loaded.

        Raises:
            ModelUnavailable: as the worker reports it.
            TranscriptionFailed: the worker died before it was ready, or did not become ready in time.
        """
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C in a terminal is for the parent to handle; workers end when their input does.
            start_new_session=True,
            env=_worker_environment(),
        )
        try:
            async with asyncio.timeout(self._timeouts.start_s):
                self.start_up_spans += wire.read_spans(await self._answer("ready"))
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await self.kill()
            raise TranscriptionFailed("A transcription worker could not start; see its messages above.") from None
        except BaseException:
            await self.kill()
            raise

    async def transcribe(self, recording: bytes, declared_length: int | None) -> tuple[Transcript, list[StageSpan]]:
        assert self._process is not None
        assert self._process.stdin is not None
        async with asyncio.timeout(self._timeouts.decode_s):
            self._process.stdin.write(wire.json_frame({"declared_length": declared_length}))
            self._process.stdin.write(wire.frame(recording))
            await self._process.stdin.drain()
            decoded = await self._answer("decoded")
        limit_s = self._timeouts.recognise_s + self._timeouts.recognise_ratio * decoded["duration_s"]
        async with asyncio.timeout(limit_s):
            done = await self._answer("done")
        return wire.read_transcript(done), wire.read_spans(done)

    async def _answer(self, event: str) -> dict[str, Any]:
        """The next message, which must be ``event``; a `failed` one is raised as the error it names."""
        assert self._process is not None
        assert self._process.stdout is not None
        (length,) = wire.HEADER.unpack(await self._process.stdout.readexactly(wire.HEADER.size))
        message: dict[str, Any] = json.loads(await self._process.stdout.readexactly(length))
        if message["event"] == "failed":
            raise wire.read_error(message)
        assert message["event"] == event
        return message

    async def stop(self) -> None:
        """Let the process end by itself, else end it."""
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def _worker_environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not _SECRET_NAME.search(name.upper())}
    return {**_TUNING, **ours}
