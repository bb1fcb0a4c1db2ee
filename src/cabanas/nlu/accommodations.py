"""Which of the given cabins a message names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cabanas.nlu.folding import fold, tokenise

_GENERIC = frozenset(
    [
        "cabana",
        "cabanas",
        "casa",
        "casita",
        "depto",
        "departamento",
        "bungalow",
        "domo",
        "la",
        "las",
        "el",
        "los",
        "lo",
        "de",
        "del",
        "y",
        "n",
        "nro",
        "numero",
    ]
)
# Kinds of lodging that name a cabin by themselves where only one of the names has the word: "el loft".
_KINDS = frozenset(["loft", "domo", "monoambiente", "duplex", "chalet", "suite", "bungalow"])
_GAP = "[^a-z0-9]+"
_SMALL = frozenset(["la", "las", "el", "los", "lo", "de", "del", "y"])
# Names that are also common words: they name a cabin only after "cabaña" or an article that belongs to it.
_COMMON = frozenset(
    [
        "lago",
        "bosque",
        "rio",
        "montana",
        "sol",
        "luna",
        "mar",
        "playa",
        "sierra",
        "sierras",
        "arroyo",
        "jardin",
        "familiar",
        "grande",
        "chica",
        "cerro",
        "valle",
        "campo",
        "centro",
        "pileta",
        "parque",
        "premium",
        "suite",
        "superior",
        "standard",
        "doble",
        "triple",
        "cuadruple",
        "roca",
        "piedra",
        "cielo",
        "viento",
        "nieve",
        "norte",
        "sur",
        "este",
        "oeste",
        "mirador",
        "costa",
        "laguna",
        "puente",
        "pino",
        "pinos",
        "hogar",
        "refugio",
        "quincho",
        "deluxe",
        "vista",
        "estandar",
        "azul",
        "verde",
        "roja",
        "rojo",
        "blanca",
        "blanco",
        "amarilla",
    ]
)


@dataclass(frozen=True, slots=True)
class _Matcher:
    names: tuple[str, ...]
    pattern: re.Pattern[str] | None

    def find(self, folded: str) -> str | None:
        match = self.pattern.search(folded) if self.pattern is not None else None
        return None if match is None or match.lastgroup is None else self.names[int(match.lastgroup[1:])]


def find_accommodation(folded: str, names: tuple[str, ...]) -> str | None:
    """The name, as given, of the first cabin that the folded message mentions; the longest name wins at one place."""
    return _matcher_for(names).find(folded)


@lru_cache(maxsize=64)
def _matcher_for(names: tuple[str, ...]) -> _Matcher:
    forms: list[tuple[int, str]] = []
    cores = [[token for token in tokenise(fold(name)) if token not in _GENERIC and token.isalnum()] for name in names]
    for index, (name, core) in enumerate(zip(names, cores, strict=True)):
        words = [re.escape(token) for token in tokenise(fold(name)) if token.isalnum()]
        if not words:
            continue
        forms.append((index, _GAP.join(words)))
        if core:
            small = rf"(?:(?:{'|'.join(sorted(_SMALL))}|nro|numero){_GAP}){{0,3}}"
            needs_article = len(core) == 1 and (core[0] in _COMMON or core[0].isdigit())
            before = f"(?:cabana|casa|depto|domo|bungalow){_GAP}{small}" if needs_article else ""
            forms.append((index, before + f"{_GAP}{small}".join(map(re.escape, core))))
    for kind in _KINDS:
        having = [index for index, name in enumerate(names) if kind in tokenise(fold(name))]
        if len(having) == 1:
            forms.append((having[0], f"(?:el|la|del|al){_GAP}{kind}"))
    if not forms:
        return _Matcher(names, None)
    forms.sort(key=lambda form: -len(form[1]))
    # Two forms of one cabin need two groups: a group's name may stand once in a pattern.
    by_cabin: dict[int, list[str]] = {}
    for index, form in forms:
        by_cabin.setdefault(index, []).append(form)
    alternatives = "|".join(f"(?P<n{index}>{'|'.join(found)})" for index, found in by_cabin.items())
    return _Matcher(names, re.compile(rf"(?<![a-z0-9])(?:{alternatives})(?![a-z0-9])"))
