"""The waiting line and the care for worker processes, with a stand-in worker that needs no model."""

import asyncio
import os
import signal
import sys
import textwrap
from time import perf_counter_ns

import pytest

from cabanas.audio import (
    AudioCutShort,
    AudioEmpty,
    ModelUnavailable,
    NotAudio,
    Timeouts,
    Transcriber,
    TranscriberBusy,
    TranscriptionFailed,
    TranscriptionTimedOut,
)
from cabanas.stages import Recording

# Does what the recording says, a word or two in plain text.
WORKER = textwrap.dedent(
    """
    import json, os, pathlib, struct, sys, time

    def read():
        header = sys.stdin.buffer.read(4)
        if len(header) < 4:
            sys.exit(0)
        return sys.stdin.buffer.read(struct.unpack(">I", header)[0])

    def send(message):
        payload = json.dumps(message).encode()
        sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
        sys.stdout.buffer.flush()

    start = sys.argv[1]
    if start == "no-model":
        send({"event": "failed", "kind": "ModelUnavailable", "message": "no model here"})
        sys.exit(1)
    if start == "dies":
        sys.exit(3)
    if start == "sleeps":
        time.sleep(60)
    send({"event": "ready"})
    while True:
        request, words = json.loads(read()), read().decode().split()
        if words[0] == "crash":
            os._exit(9)
        if words[0] == "crash-once" and not pathlib.Path(words[1]).exists():
            pathlib.Path(words[1]).touch()
            os._exit(9)
        if words[0] == "hang":
            time.sleep(60)
        if words[0] == "reject":
            send({"event": "failed", "kind": "NotAudio", "message": "no audio"})
            continue
        send({"event": "decoded", "duration_s": 0.1})
        if words[0] == "hang-later":
            time.sleep(60)
        if words[0] == "wait-for":
            while not pathlib.Path(words[1]).exists():
                time.sleep(0.01)
        now = time.perf_counter_ns()
        send({"event": "done", "spans": [["decode", now - 10, now]], "transcript": {
            "text": " ".join(words), "confidence": 0.5, "language": "es", "duration_s": 1.0, "speech_s": 1.0,
            "model": "base", "model_wanted": "tiny", "window_retries": 0, "segments": [{"start_s": 0.0, "end_s": 1.0,
            "text": " ".join(words), "mean_log_probability": -0.1, "tokens": 3}]}})
    """
)
QUICK = Timeouts(start_s=20, decode_s=0.5, recognise_s=0.5)


def pool(start="well", *, workers=1, **options) -> Transcriber:
    return Transcriber(workers=workers, command=(sys.executable, "-c", WORKER, start), **options)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_recording_is_answered_with_its_stages():
    async with pool() as transcriber:
        started_ns = perf_counter_ns()
        with Recording() as recording:
            transcript = await transcriber.transcribe(b"hola mundo")
    assert transcript.text == "hola mundo"
    assert transcript.segments[0].text == "hola mundo"
    assert [span.name for span in recording.spans] == ["queue", "decode"]
    assert all(started_ns <= span.started_ns <= span.ended_ns for span in recording.spans)


async def test_more_recordings_than_workers_wait_their_turn():
    async with pool(workers=2) as transcriber:
        transcripts = await asyncio.gather(*(transcriber.transcribe(b"nota %d" % i) for i in range(12)))
    assert [transcript.text for transcript in transcripts] == [f"nota {i}" for i in range(12)]


@pytest.mark.parametrize("limit", [{"max_waiting": 2}, {"max_waiting_bytes": 500}])
async def test_a_full_waiting_line_refuses_at_once(tmp_path, limit):
    go = tmp_path / "go"
    note = b"espera " + b"x" * 200
    async with pool(**limit) as transcriber:
        first = asyncio.create_task(transcriber.transcribe(f"wait-for {go}".encode()))
        await asyncio.sleep(0.05)  # the worker takes it off the line
        waiting = [asyncio.create_task(transcriber.transcribe(note)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TranscriberBusy):
            await transcriber.transcribe(note)
        go.touch()
        assert [task.text for task in await asyncio.gather(first, *waiting)][1:] == [note.decode()] * 2
        assert (await transcriber.transcribe(note)).text == note.decode()


async def test_a_worker_that_dies_is_replaced_and_its_recording_tried_again(tmp_path):
    async with pool() as transcriber:
        before = transcriber.worker_pids
        transcript = await transcriber.transcribe(f"crash-once {tmp_path / 'crashed'}".encode())
        assert transcript.text.startswith("crash-once")
        assert transcriber.worker_pids != before


async def test_a_recording_that_kills_two_workers_fails_and_the_next_one_works():
    async with pool() as transcriber:
        with pytest.raises(TranscriptionFailed, match="twice"):
            await transcriber.transcribe(b"crash")
        assert (await transcriber.transcribe(b"hola")).text == "hola"


@pytest.mark.parametrize("phase", [b"hang", b"hang-later"])
async def test_a_hung_worker_is_replaced_and_its_recording_times_out(phase):
    async with pool(timeouts=QUICK) as transcriber:
        (before,) = transcriber.worker_pids
        with pytest.raises(TranscriptionTimedOut):
            await transcriber.transcribe(phase)
        assert not is_running(before)
        assert (await transcriber.transcribe(b"hola")).text == "hola"


async def test_a_killed_worker_loses_no_waiting_recording(tmp_path):
    go = tmp_path / "go"
    async with pool() as transcriber:
        notes = [f"wait-for {go}".encode(), b"segunda nota", b"tercera nota"]
        tasks = [asyncio.create_task(transcriber.transcribe(note)) for note in notes]
        await asyncio.sleep(0.05)
        os.kill(transcriber.worker_pids[0], signal.SIGKILL)
        go.touch()
        assert [transcript.text for transcript in await asyncio.gather(*tasks)][1:] == ["segunda nota", "tercera nota"]


async def test_a_rejected_recording_keeps_its_worker():
    async with pool() as transcriber:
        before = transcriber.worker_pids
        with pytest.raises(NotAudio, match="no audio"):
            await transcriber.transcribe(b"reject")
        assert transcriber.worker_pids == before


@pytest.mark.parametrize(("data", "declared_length", "error"), [(b"", None, AudioEmpty), (b"x", 9, AudioCutShort)])
async def test_plain_refusals_need_no_worker(data, declared_length, error):
    async with pool() as transcriber:
        with pytest.raises(error):
            await transcriber.transcribe(data, declared_length=declared_length)


async def test_a_caller_that_gives_up_leaves_the_worker_to_the_next(tmp_path):
    go = tmp_path / "go"
    async with pool() as transcriber:
        # The second still waits when it is given up, so it must never reach the worker that it would kill.
        notes = [f"wait-for {go}".encode(), b"crash"]
        given_up = [asyncio.create_task(transcriber.transcribe(note)) for note in notes]
        await asyncio.sleep(0.05)
        for task in given_up:
            task.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)
        before = transcriber.worker_pids
        go.touch()
        assert (await transcriber.transcribe(b"hola")).text == "hola"
        assert transcriber.worker_pids == before


async def test_the_event_loop_runs_on_while_workers_work(tmp_path):
    go = tmp_path / "go"
    async with pool() as transcriber:
        task = asyncio.create_task(transcriber.transcribe(f"wait-for {go}".encode()))
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert not task.done()
        go.touch()
        await task


@pytest.mark.parametrize(
    ("start", "error"), [("no-model", ModelUnavailable), ("dies", TranscriptionFailed), ("sleeps", TranscriptionFailed)]
)
async def test_workers_that_cannot_start_say_so(start, error):
    with pytest.raises(error):
        async with pool(start, workers=2, timeouts=Timeouts(start_s=0.5 if start == "sleeps" else 20)):
            pytest.fail("entered")


async def test_leaving_ends_the_workers_and_fails_what_still_waits(tmp_path):
    async with pool() as transcriber:
        pids = transcriber.worker_pids
        tasks = [asyncio.create_task(transcriber.transcribe(f"wait-for {tmp_path / 'never'}".encode())) for _ in "12"]
        await asyncio.sleep(0.05)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TranscriptionFailed, TranscriptionFailed]
    assert not any(is_running(pid) for pid in pids)
