"""The message reading that the performance document starts from, and each of its three quick wins alone.

As the document describes it: patterns compiled at each use, every intent looked for, so that the last one found
stands, then dateparser without a language over the whole message. Switches turn on what the document proposes, one
at a time or together:

- O1 keeps the patterns compiled;
- O2 caches dateparser's answers and gives it the language, as the document's sketch does; naming the language is a
  switch of its own, because it is the greater change of the two;
- O3 stops at the first pattern that matches, so that the first intent stands.

It is kept to be measured against `cabanas.nlu`, not to be used: it reads few messages right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from cabanas.stages import stage

_INTENT_PATTERNS: dict[str, tuple[str, ...]] = {
    "disponibilidad": (r"disponib\w*", r"\blibre\w*", r"\bhay\s+lugar\b", r"\bten[eé]s\s+lugar\b", r"\blugar\b"),
    "precio": (r"\bprecio\w*", r"\bcu[aá]nto\b", r"\bcuesta\w*", r"\btarifa\w*", r"\bsale\b", r"\bvalor\b"),
    "reservar": (r"\breserv\w*", r"\balquil\w*", r"\bse[ñn]a\w*", r"\bconfirm\w*"),
    "servicios": (r"\bwi-?fi\b", r"\bpileta\b", r"\bmascota\w*", r"\bincluye\w*", r"\bservicio\w*", r"\bparrilla\b"),
    "cancelar": (r"\bcancel\w*", r"\banul\w*", r"\bdar\s+de\s+baja\b"),
    "saludo": (r"\bhola\b", r"\bbuen[oa]s?\b"),
}
_GUESTS = r"(?<!\d)(\d{1,2})\s*(?:personas?|pax|hu[eé]spedes|adultos)"
_NUMBER = r"\d{1,12}"
# As in the document's sketch.
_CACHED_TEXTS = 1000


@dataclass(frozen=True, slots=True)
class Switches:
    """Which of the document's optimisations are on."""

    compiled_patterns: bool = False
    named_language: bool = False
    cached_dates: bool = False
    early_exit: bool = False


BEFORE = Switches()
O1 = Switches(compiled_patterns=True)
O2 = Switches(named_language=True, cached_dates=True)
O3 = Switches(early_exit=True)
ALL = Switches(compiled_patterns=True, named_language=True, cached_dates=True, early_exit=True)


@dataclass(frozen=True, slots=True)
class BeforeAnalysis:
    """What the document's path returns: one intent, the first day found, the numbers of the text."""

    intent: str
    check_in: date | None
    guests: int | None
    numbers: tuple[int, ...]


class BeforeNlu:
    """The document's service with the given switches on; it owns its cache, so that runs do not share one."""

    def __init__(self, switches: Switches = BEFORE) -> None:
        self._switches = switches
        self._compiled = {
            intent: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
            for intent, patterns in _INTENT_PATTERNS.items()
        }
        self._find_date = _find_spanish_date if switches.named_language else _find_any_date
        if switches.cached_dates:
            self._find_date = lru_cache(maxsize=_CACHED_TEXTS)(self._find_date)

    def analyze(self, text: str, *, reference_date: date) -> BeforeAnalysis:
        """Read ``text`` as the document does, with ``reference_date`` for the day of writing."""
        normalised = text.lower().strip()
        with stage("classify"):
            intent = self.classify(normalised)
        with stage("find_dates"):
            check_in = self._find_date(normalised, reference_date)
        with stage("find_numbers"):
            numbers = tuple(int(match[0]) for match in self._finditer(_NUMBER, normalised))
            guests = next((int(match[1]) for match in self._finditer(_GUESTS, normalised)), None)
        return BeforeAnalysis(intent, check_in, guests, numbers)

    def classify(self, normalised: str) -> str:
        """The intent of a text in lower case."""
        found = "desconocido"
        for intent, patterns in self._patterns():
            for pattern in patterns:
                if pattern.search(normalised):
                    found = intent
                    break
            if self._switches.early_exit and found == intent:
                break
        return found

    def _patterns(self) -> Iterator[tuple[str, Iterator[re.Pattern[str]]]]:
        for intent, sources in _INTENT_PATTERNS.items():
            if self._switches.compiled_patterns:
                yield intent, iter(self._compiled[intent])
            else:
                yield intent, (_compile(source) for source in sources)

    def _finditer(self, source: str, text: str) -> Iterator[re.Match[str]]:
        return (_compiled_number(source) if self._switches.compiled_patterns else _compile(source)).finditer(text)


def _compile(source: str) -> re.Pattern[str]:
    """The document's `re.search(pattern, text)`: a look-up in the cache of `re`, not a compilation, after the first."""
    return re.compile(source, re.IGNORECASE)


@lru_cache(maxsize=8)
def _compiled_number(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE)


def _find_any_date(text: str, reference_date: date) -> date | None:
    return _find_date(text, reference_date, languages=None)


def _find_spanish_date(text: str, reference_date: date) -> date | None:
    return _find_date(text, reference_date, languages=["es"])


def _find_date(text: str, reference_date: date, *, languages: list[str] | None) -> date | None:
    from dateparser.search import search_dates  # noqa: PLC0415 - seconds of start-up that only this path pays

    settings: dict[str, Any] = {
        "RELATIVE_BASE": datetime.combine(reference_date, time()),
        "DATE_ORDER": "DMY",
    }
    found = search_dates(text, languages=languages, settings=settings)
    return found[0][1].date() if found else None
