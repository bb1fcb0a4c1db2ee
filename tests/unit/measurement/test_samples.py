from collections import Counter

import pytest

from cabanas_perf.measurement.samples import Outcome, Sample, Samples, clean_kind


def test_samples_come_back_as_they_were_added():
    added = [
        Sample(0.0, 5, Outcome.OK),
        Sample(0.5, 7, Outcome.REFUSED, "dates_taken"),
        Sample(1.0, 9, Outcome.ERROR, "http_500"),
        Sample(1.5, 11, Outcome.TIMEOUT),
    ]
    assert list(Samples(added)) == added


def test_latencies_are_told_apart_by_outcome():
    samples = Samples([Sample(0, 5, Outcome.OK), Sample(0, 6, Outcome.ERROR, "x"), Sample(0, 4, Outcome.OK)])
    assert list(samples.latencies_ns(Outcome.OK)) == [5, 4]
    assert list(samples.latencies_ns(Outcome.ERROR)) == [6]
    assert list(samples.latencies_ns(Outcome.TIMEOUT)) == []


def test_counts_tell_outcomes_and_kinds_apart():
    samples = Samples(
        [
            Sample(0, 1, Outcome.OK),
            *[Sample(0, 1, Outcome.ERROR, "a")] * 2,
            Sample(0, 1, Outcome.ERROR, "b"),
            Sample(0, 1, Outcome.TIMEOUT, "a"),
        ]
    )
    assert samples.counts() == Counter(
        {(Outcome.ERROR, "a"): 2, (Outcome.OK, ""): 1, (Outcome.ERROR, "b"): 1, (Outcome.TIMEOUT, "a"): 1}
    )


def test_the_span_ends_with_the_last_answer_not_the_last_start():
    samples = Samples([Sample(1.0, 5_000_000_000, Outcome.OK), Sample(2.0, 1_000_000_000, Outcome.OK)])
    assert samples.span_s() == pytest.approx(5.0)
    assert Samples().span_s() == 0


def test_a_negative_latency_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Samples([Sample(0, -1, Outcome.OK)])


@pytest.mark.parametrize(
    ("kind", "cleaned"),
    [
        ("ConnectError", "ConnectError"),
        ("http_500", "http_500"),
        ("no reply to +5492944123456", "no_reply_to_#"),
        ("mail ana@example.com", "mail_ana_example.com"),
        ("x" * 200, "x" * 60),
        ("", ""),
    ],
)
def test_a_kind_is_one_word_without_a_phone_number(kind, cleaned):
    assert clean_kind(kind) == cleaned
    assert next(iter(Samples([Sample(0, 1, Outcome.ERROR, kind)]))).kind == cleaned


def test_kinds_that_clean_to_the_same_word_are_counted_together():
    samples = Samples([Sample(0, 1, Outcome.ERROR, f"call 29441234{n}") for n in range(3)])
    assert samples.counts() == Counter({(Outcome.ERROR, "call_#"): 3})
