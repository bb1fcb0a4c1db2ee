"""Before and after answer alike, save where another answer is the point."""

from itertools import islice

import pytest

from cabanas_perf.workloads.before.nlu import BEFORE, BeforeNlu, Switches
from cabanas_perf.workloads.messages import REFERENCE_DATE, message_stream

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TEXTS = [message.text for message in islice(message_stream(7, 600, distinct=True), 600)]


def intents(switches, texts=TEXTS):
    nlu = BeforeNlu(switches)
    return [nlu.classify(text.lower()) for text in texts]


def test_compiled_patterns_find_the_same_intents():
    assert intents(BEFORE) == intents(Switches(compiled_patterns=True))


def test_an_early_exit_finds_others_for_messages_with_several_intents_and_for_no_others():
    before, after = intents(BEFORE), intents(Switches(early_exit=True))
    assert 0 < sum(a != b for a, b in zip(before, after, strict=True)) < len(TEXTS)
    alone = [text for text, a, b in zip(TEXTS, before, after, strict=True) if a == b]
    assert intents(BEFORE, alone) == intents(Switches(early_exit=True), alone)
    assert [one == "desconocido" for one in before] == [one == "desconocido" for one in after]


def test_a_cache_gives_the_answers_that_it_was_given():
    plain, cached = (
        BeforeNlu(Switches(named_language=True)),
        BeforeNlu(Switches(named_language=True, cached_dates=True)),
    )
    texts = TEXTS[:30]
    for text in (*texts, *texts):
        found = cached.analyze(text, reference_date=REFERENCE_DATE)
        assert found == plain.analyze(text, reference_date=REFERENCE_DATE)
