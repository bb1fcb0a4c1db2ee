"""The stream of guest messages that profiles and benchmarks read."""

from collections import Counter

import pytest

from cabanas.nlu import analyze
from cabanas_perf.workloads.messages import REPEATED_TEXTS, message_stream


def test_the_same_seed_gives_the_same_stream():
    assert list(message_stream(7, 200)) == list(message_stream(7, 200))


def test_another_seed_gives_another_stream():
    assert list(message_stream(7, 200)) != list(message_stream(8, 200))


def test_the_stream_of_a_seed_does_not_change_between_versions_unnoticed():
    assert [message.text for message in message_stream(1, 3)] == FIRST_OF_SEED_1


def test_a_longer_stream_begins_like_a_shorter_one():
    assert list(message_stream(3, 500))[:100] == list(message_stream(3, 100))


def test_distinct_means_that_no_text_comes_twice():
    texts = [message.text for message in message_stream(5, 3000, distinct=True)]
    assert len(set(texts)) == len(texts) == 3000


def test_repeats_are_marked():
    seen = set()
    for message in message_stream(5, 500):
        assert message.is_repeat == (message.text in seen)
        seen.add(message.text)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_the_share_of_repeats_is_as_asked(share):
    messages = list(message_stream(11, 4000, repeat_share=share))
    repeats = sum(message.is_repeat for message in messages) / len(messages)
    # The first time that a common text comes, it is no repeat.
    assert share - 0.05 <= repeats <= share + 0.03


def test_repeats_follow_zipf():
    counts = Counter(message.text for message in message_stream(2, 20_000, repeat_share=1.0)).most_common()
    assert len(counts) == REPEATED_TEXTS
    assert counts[0][1] / counts[1][1] == pytest.approx(2, rel=0.15)
    assert counts[0][1] / counts[9][1] == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize(("count", "share"), [(-1, 0.3), (10, -0.1), (10, 1.1)])
def test_impossible_streams_are_refused_at_once(count, share):
    with pytest.raises(ValueError, match="must"):
        message_stream(1, count, repeat_share=share)


def test_the_messages_are_what_the_service_is_for():
    """Most of the stream asks for something and names days; a stream of noise would flatter any reader."""
    readings = [
        analyze(message.text, reference_date=message.reference_date)
        for message in message_stream(9, 1000, distinct=True)
    ]
    asking = [reading for reading in readings if set(reading.intents) - {"desconocido", "saludo"}]
    assert len(asking) >= 950
    assert sum(reading.check_in is not None for reading in readings) >= 850
    assert sum(reading.guests is not None for reading in readings) >= 600


FIRST_OF_SEED_1 = [
    "Buenas tardes, me pasás precio del 28 de noviembre al 8 de diciembre para familia de 5",
    "a que hora es el check in?",
    "hola hay lugar del domingo 2 al domingo 9 de noviembre? somos 5",
]
