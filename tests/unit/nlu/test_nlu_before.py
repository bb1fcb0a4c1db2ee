"""The document's own path stays what it was described as, so that comparisons with it mean something."""

from datetime import date, timedelta

import pytest

from cabanas_perf.workloads.before import nlu as before
from cabanas_perf.workloads.before.nlu import ALL, BEFORE, O1, O2, O3, BeforeNlu

DAY = date(2025, 10, 14)
VARIANTS = {"before": BEFORE, "O1": O1, "O2": O2, "O3": O3, "all": ALL}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize("switches", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize(
    ("text", "intent", "guests"),
    [
        ("tenés disponibilidad para 4 personas?", "disponibilidad", 4),
        ("Cuánto cuesta?", "precio", None),
        ("hola", "saludo", None),
        ("asdf", "desconocido", None),
        ("quiero cancelar", "cancelar", None),
    ],
)
def test_every_variant_classifies_alike(switches, text, intent, guests):
    found = BeforeNlu(switches).analyze(text, reference_date=DAY)
    assert (found.intent, found.guests) == (intent, guests)


def test_each_switch_changes_one_thing():
    assert [(v.compiled_patterns, v.named_language, v.cached_dates, v.early_exit) for v in (O1, O2, O3)] == [
        (True, False, False, False),
        (False, True, True, False),
        (False, False, False, True),
    ]


@pytest.mark.parametrize(
    ("text", "last", "first"),
    [
        ("hola, hay lugar?", "saludo", "disponibilidad"),
        ("cuánto sale y tienen pileta?", "servicios", "precio"),
        ("quiero cancelar", "cancelar", "cancelar"),
    ],
)
def test_leaving_early_changes_which_of_several_intents_stands(text, last, first):
    assert BeforeNlu(BEFORE).analyze(text, reference_date=DAY).intent == last
    assert BeforeNlu(O3).analyze(text, reference_date=DAY).intent == first


def test_only_the_cached_variant_remembers_and_it_knows_the_day(monkeypatch):
    calls = []
    monkeypatch.setattr(before, "_find_date", lambda text, day, *, languages: calls.append((day, languages)))
    plain, cached = BeforeNlu(BEFORE), BeforeNlu(O2)
    for _ in range(3):
        plain.analyze("15 de enero", reference_date=DAY)
    assert calls == [(DAY, None)] * 3
    calls.clear()
    for day in (DAY, DAY, DAY + timedelta(days=1)):
        cached.analyze("15 de enero", reference_date=day)
    assert calls == [(DAY, ["es"]), (DAY + timedelta(days=1), ["es"])]


def test_long_digits_are_no_reason_to_fail():
    assert BeforeNlu(ALL).analyze("1" * 400, reference_date=DAY).numbers
