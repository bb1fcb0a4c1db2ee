"""The reading of one message, each round a text that no round had before (no memoisation to flatter it).

pytest benchmarks/test_nlu.py
"""

from itertools import cycle

import pytest

from cabanas.nlu import analyze, warm_up
from cabanas_perf.workloads.before.nlu import ALL, O1, O2, O3, BeforeNlu
from cabanas_perf.workloads.messages import message_stream

MESSAGES = list(message_stream(2025, 4000, distinct=True))
LONGEST = 4096


@pytest.fixture(scope="module", autouse=True)
def warm():
    warm_up()


def test_analyze(benchmark):
    messages = cycle(MESSAGES)

    def next_message():
        message = next(messages)
        return (message.text,), {"reference_date": message.reference_date}

    benchmark.pedantic(analyze, setup=next_message, rounds=4000)


@pytest.mark.parametrize("unit", ["1/1 ", "del 1 al ", "somos 4 ", "y 1 nene ", "hola queria saber ", "😀é"])
def test_analyze_the_longest_message(benchmark, unit):
    text = (unit * LONGEST)[:LONGEST]
    benchmark.pedantic(analyze, args=(text,), kwargs={"reference_date": MESSAGES[0].reference_date}, rounds=50)


@pytest.mark.parametrize("switches", [O1, O2, O3, ALL], ids=["O1", "O2", "O3", "all"])
def test_the_documents_path(benchmark, switches):
    service = BeforeNlu(switches)
    messages = cycle(MESSAGES)

    def next_message():
        message = next(messages)
        return (message.text,), {"reference_date": message.reference_date}

    benchmark.pedantic(service.analyze, setup=next_message, rounds=30, warmup_rounds=2)
