"""dateparser, for the one span that the grammar recognises as a date and has no rule to resolve.

Lazily imported: it costs a third of a second the first time, so a service calls `cabanas.nlu.warm_up` at start.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache

_SETTINGS = {
    "PREFER_DATES_FROM": "future",
    "DATE_ORDER": "DMY",
    "PARSERS": ["relative-time", "absolute-time"],
    "RETURN_AS_TIMEZONE_AWARE": False,
}


@lru_cache(maxsize=1024)
def resolve_span(span: str, reference_date: date) -> date | None:
    """The day that ``span`` (folded Spanish, such as "en un mes y 10 dias") means, never before the reference day."""
    import dateparser  # noqa: PLC0415 - the request path must not pay for it

    settings = {**_SETTINGS, "RELATIVE_BASE": datetime.combine(reference_date, time())}
    found = dateparser.parse(span, languages=["es"], settings=settings)
    return None if found is None or found.date() < reference_date else found.date()
