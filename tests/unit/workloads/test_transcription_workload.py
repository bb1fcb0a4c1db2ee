"""What the transcription workload sends, and what it makes of the answers."""

from pathlib import Path

import pytest

import cabanas_perf
from cabanas.audio import availability
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.runners.profile import ProfileOptions
from cabanas_perf.workloads import nlu, transcription, webhook_audio
from cabanas_perf.workloads.base import AccountingWorkload, Reply
from cabanas_perf.workloads.clips import Clip, load_clips
from cabanas_perf.workloads.transcription import Note, Transcription, describe_speed, estimate_wer


def note(name, reference, text, *, duration_s=5.0, latency_ns=500_000_000):
    return Note(Clip(name, b"", duration_s, reference), text, latency_ns)


def test_the_clips_ship_with_the_package_and_name_their_licence():
    clips = load_clips()
    assert len(clips) == transcription.SPEC.default_requests
    assert all(clip.data.startswith(b"OggS") and clip.reference for clip in clips)
    assert {bound for clip in clips for bound in (10, 30, 60) if clip.duration_s < bound} == {10, 30, 60}
    assert "CC BY-SA 3.0" in (Path(cabanas_perf.__file__).parent / "_clips" / "README.md").read_text(encoding="utf-8")


async def test_every_round_has_each_clip_once_and_only_what_is_asked_about_counts():
    async def listen(clip):
        return clip.reference, Reply(Outcome.OK)

    workload = Transcription(listen, seed=4, start_up=lambda: ())
    assert isinstance(workload, AccountingWorkload)
    workload.draw(3)
    rounds = [workload.draw(len(load_clips())) for _ in range(2)]
    names = [[one.clip.name for one in drawn] for drawn in rounds]
    assert sorted(names[0]) == sorted(names[1]) == [clip.name for clip in load_clips()]
    assert names[0] != names[1]
    assert workload.account(rounds[0]).wer is None
    for one in rounds[1]:
        await workload.send(one)
    account = workload.account(rounds[1])
    assert (account.wer.observed, account.wer.samples) == (0, len(load_clips()))
    assert len(account.notes) == 3


def test_a_clip_heard_twice_counts_once_with_all_its_errors():
    once = [note(f"c{number}", "uno dos tres", "uno dos tres") for number in range(7)]
    twice = [note("x", "uno dos tres", "uno dos"), note("x", "uno dos tres", "uno dos tres")]
    wer = estimate_wer([*once, *twice])
    assert wer.observed == pytest.approx(1 / 27)
    assert wer.samples == 8
    assert wer.low <= wer.observed <= wer.high


def test_few_clips_have_a_rate_without_an_interval():
    wer = estimate_wer([note("x", "uno dos", "")])
    assert (wer.observed, wer.low, wer.high) == (1, None, None)
    assert estimate_wer([]) is None


def test_speed_is_told_by_class_of_duration():
    heard = [
        note("a", "x", "x", duration_s=5, latency_ns=500_000_000),
        note("b", "x", "x", duration_s=9.9, latency_ns=300_000_000),
        note("c", "x", "x", duration_s=30, latency_ns=1_500_000_000),
    ]
    assert list(describe_speed(heard)) == [
        "notes of under 10 s: 2, median 400 ms, real-time factor 0.054",
        "notes of 30 s and more: 1, median 1500 ms, real-time factor 0.050",
    ]


def test_without_the_extra_the_targets_say_what_to_install(monkeypatch):
    monkeypatch.setattr(availability, "_NEEDED", ("no_such_library",))
    for spec in (transcription.SPEC, webhook_audio.SPEC):
        assert "pip install 'cabanas-perf[audio]'" in spec.why_unavailable()
    assert nlu.SPEC.why_unavailable() is None


@pytest.mark.parametrize(
    ("targets", "given", "expected"),
    [
        ([transcription.SPEC], None, 13),
        ([transcription.SPEC], 100, 100),
        ([transcription.SPEC, nlu.SPEC], 100, 13),
        ([transcription.SPEC, nlu.SPEC], 5, 5),
        ([transcription.SPEC, nlu.SPEC], None, 13),
    ],
)
def test_a_count_for_many_targets_is_not_meant_for_a_costly_one(targets, given, expected):
    options = ProfileOptions(
        targets=targets, command="", slo=None, slo_set="", output=Path(), requests=given, concurrency=None
    )
    assert options.requests_for(transcription.SPEC) == expected
    assert options.requests_for(nlu.SPEC) == (given or nlu.SPEC.default_requests)
    assert options.concurrency_for(webhook_audio.SPEC) == webhook_audio.SPEC.default_concurrency
