"""dateparser as a fallback for one span, and as a second opinion on absolute dates."""

from datetime import date, timedelta

import pytest

from cabanas.nlu import analyze
from cabanas.nlu.fallback import resolve_span

DAY = date(2025, 10, 14)


@pytest.mark.parametrize(
    ("text", "check_in"),
    [
        ("hay lugar en un mes y 10 dias?", date(2025, 11, 24)),
        ("tenes algo dentro de 1 mes y 2 semanas?", date(2025, 11, 28)),
    ],
)
def test_a_span_without_a_rule_goes_to_dateparser(text, check_in):
    resolve_span.cache_clear()
    assert analyze(text, reference_date=DAY).check_in == check_in
    assert resolve_span.cache_info().misses == 1


def test_the_cache_knows_the_reference_day():
    span = "en un mes y 10 dias"
    assert resolve_span(span, DAY) == date(2025, 11, 24)
    assert resolve_span(span, DAY + timedelta(days=1)) == date(2025, 11, 25)


def test_the_same_span_on_the_same_day_is_resolved_once():
    resolve_span.cache_clear()
    for _ in range(3):
        analyze("hay lugar en un mes y 10 dias?", reference_date=DAY)
    assert (resolve_span.cache_info().misses, resolve_span.cache_info().hits) == (1, 2)


def test_what_the_grammar_can_resolve_never_reaches_dateparser():
    resolve_span.cache_clear()
    for text in ("del 15 al 18 de diciembre", "en 15 dias", "este finde", "hola", "mi tel es 1145678901"):
        analyze(text, reference_date=DAY)
    assert resolve_span.cache_info().misses == 0


MONTHS = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


@pytest.mark.parametrize("month", range(1, 13))
def test_absolute_dates_agree_with_dateparser(month):
    for day in range(1, 29, 3):
        expected = resolve_span(f"{day} de {MONTHS[month - 1]} de 2027", DAY)
        for text in (f"el {day} de {MONTHS[month - 1]} de 2027", f"{day}/{month}/2027", f"{day}-{month:02}-27"):
            assert analyze(text, reference_date=DAY).check_in == expected == date(2027, month, day)
