"""The same words on other days."""

from datetime import date

import pytest

from cabanas.nlu import analyze

WEDNESDAY, FRIDAY, SATURDAY, SUNDAY = date(2025, 10, 15), date(2025, 10, 17), date(2025, 10, 18), date(2025, 10, 19)
NEW_YEARS_EVE = date(2025, 12, 31)


@pytest.mark.parametrize(
    ("text", "written_on", "check_in", "check_out"),
    [
        ("este finde", WEDNESDAY, date(2025, 10, 17), date(2025, 10, 19)),
        ("este finde", FRIDAY, date(2025, 10, 17), date(2025, 10, 19)),
        ("este finde", SATURDAY, date(2025, 10, 18), date(2025, 10, 19)),
        ("este finde", SUNDAY, date(2025, 10, 24), date(2025, 10, 26)),
        ("el proximo finde", FRIDAY, date(2025, 10, 24), date(2025, 10, 26)),
        ("el proximo finde", SATURDAY, date(2025, 10, 24), date(2025, 10, 26)),
        ("el otro finde", FRIDAY, date(2025, 10, 24), date(2025, 10, 26)),
        ("el viernes", FRIDAY, date(2025, 10, 24), None),
        ("hoy viernes", FRIDAY, date(2025, 10, 17), None),
        ("del viernes al domingo", SATURDAY, date(2025, 10, 24), date(2025, 10, 26)),
        ("la semana que viene", SUNDAY, date(2025, 10, 20), date(2025, 10, 26)),
        ("mañana", NEW_YEARS_EVE, date(2026, 1, 1), None),
        ("del 30 al 2", NEW_YEARS_EVE, date(2026, 1, 30), date(2026, 2, 2)),
        ("del 31 al 2", NEW_YEARS_EVE, date(2025, 12, 31), date(2026, 1, 2)),
        ("15/01", NEW_YEARS_EVE, date(2026, 1, 15), None),
        ("15/01", date(2026, 1, 16), date(2027, 1, 15), None),
        ("en enero del 5 al 10", NEW_YEARS_EVE, date(2026, 1, 5), date(2026, 1, 10)),
        ("29/2", date(2027, 12, 1), date(2028, 2, 29), None),
        ("el 31", date(2026, 2, 1), date(2026, 3, 31), None),
        ("en un mes", date(2026, 1, 31), date(2026, 2, 28), None),
        ("semana santa", date(2026, 4, 6), date(2027, 3, 25), date(2027, 3, 28)),
        ("carnaval", date(2026, 2, 18), date(2027, 2, 6), date(2027, 2, 9)),
        ("navidad", date(2025, 12, 26), date(2026, 12, 25), None),
        ("todo enero", date(2026, 1, 10), date(2026, 1, 10), date(2026, 1, 31)),
        ("el finde largo", date(2026, 6, 30), date(2026, 7, 9), date(2026, 7, 12)),
        ("finde largo", date(2026, 12, 1), date(2026, 12, 5), date(2026, 12, 8)),
    ],
)
def test_days_are_counted_from_the_day_of_writing(text, written_on, check_in, check_out):
    found = analyze(text, reference_date=written_on)
    assert (found.check_in, found.check_out) == (check_in, check_out)
