"""Word error rate, and whether two transcribers differ in it. Pure."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = (
    *("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"),
    *("trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno"),
    *("veintidos", "veintitres", "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho"),
    "veintinueve",
)
_TENS = ("", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa")
_HUNDREDS = (
    *("", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos"),
    *("ochocientos", "novecientos"),
)


# Eight that all happen to be heard well, or badly, say something about the next one; three do not.
_CLIPS_AT_LEAST = 8


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Substituted, deleted and inserted words of one text, and the number of words that were right to say."""

    errors: int
    reference_words: int

    @property
    def ratio(self) -> float | None:
        """Errors relative to the reference; above 1 where words were invented, None without reference words."""
        return self.errors / self.reference_words if self.reference_words else None


@dataclass(frozen=True, slots=True)
class WerDifference:
    """Word error rate of B minus that of A in percentage points, with its two-sided bootstrap interval."""

    points: float
    low: float
    high: float
    clips: int


def spanish_number(number: int) -> str:
    """The number in Spanish words without accents, 0 to 999,999.

    >>> spanish_number(1945)
    'mil novecientos cuarenta y cinco'

    Raises:
        ValueError: the number is out of range.

    """
    if not 0 <= number < 1_000_000:
        raise ValueError(f"{number} is not between 0 and 999,999")
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        # "un mil" is not said, and "uno" loses its ending before "mil".
        head = "mil" if thousands == 1 else f"{re.sub(r'uno$', 'un', spanish_number(thousands))} mil"
        return head if rest == 0 else f"{head} {spanish_number(rest)}"
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        if number == 100:
            return "cien"
        return _HUNDREDS[hundreds] if rest == 0 else f"{_HUNDREDS[hundreds]} {spanish_number(rest)}"
    if number < len(_UNITS):
        return _UNITS[number]
    tens, rest = divmod(number, 10)
    return _TENS[tens] if rest == 0 else f"{_TENS[tens]} y {_UNITS[rest]}"


def normalised_words(text: str) -> list[str]:
    """Words in lower case, without accents and punctuation, digits as Spanish words.

    Digits of more than six places are read one by one, as telephone numbers are.

    >>> normalised_words("¡Marque 21, señor!")
    ['marque', 'veintiuno', 'senor']
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    words: list[str] = []
    for token in re.findall(r"[0-9]+|[^\W\d_]+", bare):
        if not token.isdigit():
            words.append(token)
        elif len(token) <= 6:
            words += spanish_number(int(token)).split()
        else:
            words += [_UNITS[int(digit)] for digit in token]
    return words


def word_errors(reference: str, hypothesis: str) -> WordErrors:
    """Levenshtein distance in words after normalisation: fewest substitutions, deletions and insertions."""
    wanted, got = normalised_words(reference), normalised_words(hypothesis)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, start=1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(got, start=1):
            substitution = diagonal + (word != other)
            diagonal, row[j] = row[j], min(substitution, row[j] + 1, row[j - 1] + 1)
    return WordErrors(errors=row[-1], reference_words=len(wanted))


def word_error_rate(reference: str, hypothesis: str) -> float | None:
    """Word errors relative to the reference's words (0 is perfect, may exceed 1); None for an empty reference.

    >>> word_error_rate("dos noches", "Dos, noche.")
    0.5
    """
    return word_errors(reference, hypothesis).ratio


def pooled_rate(clips: Sequence[WordErrors]) -> float | None:
    """Word error rate of all clips together: every word weighs the same, not every clip."""
    return WordErrors(sum(c.errors for c in clips), sum(c.reference_words for c in clips)).ratio


def pooled_interval(
    clips: Sequence[WordErrors], *, confidence: float = 0.90, resamples: int = 5000, seed: int = 0
) -> tuple[float, float] | None:
    """Two-sided interval of `pooled_rate`, by percentile bootstrap over clips; None for so few that they cannot tell.

    Clips, not words, are resampled, because errors come in clusters (Bisani and Ney, 2004). Give each clip once: what
    was heard of one clip again and again is one clip's word errors, added up.
    """
    if len(clips) < _CLIPS_AT_LEAST or not sum(clip.reference_words for clip in clips):
        return None
    source = random.Random(seed)  # noqa: S311 - resampling, not secrecy
    drawn = (source.choices(clips, k=len(clips)) for _ in range(resamples))
    rates = sorted(rate for rate in map(pooled_rate, drawn) if rate is not None)
    tail = (1 - confidence) / 2
    return rates[int(tail * len(rates))], rates[min(len(rates) - 1, int((1 - tail) * len(rates)))]


def paired_difference(
    a: Sequence[WordErrors],
    b: Sequence[WordErrors],
    *,
    confidence: float = 0.95,
    resamples: int = 5000,
    seed: int = 0,
) -> WerDifference:
    """How much higher B's word error rate is than A's on the same clips, by percentile bootstrap over clips.

    The clips are resampled in pairs (Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance
    evaluation", 2004), so what makes a clip hard for both cancels out.

    Raises:
        ValueError: no clips, no reference words, or the two sides are not about the same clips.

    """
    if len(a) != len(b) or any(x.reference_words != y.reference_words for x, y in zip(a, b, strict=False)):
        raise ValueError("both sides must hold the same clips in the same order")
    differences = [y.errors - x.errors for x, y in zip(a, b, strict=True)]
    words = [x.reference_words for x in a]
    if not sum(words):
        raise ValueError("a word error rate needs reference words")
    source = random.Random(seed)  # noqa: S311 - resampling, not secrecy
    indexes = range(len(words))
    drawn_points: list[float] = []
    while len(drawn_points) < resamples:
        drawn = source.choices(indexes, k=len(words))
        drawn_words = sum(words[i] for i in drawn)
        if drawn_words:
            drawn_points.append(100 * sum(differences[i] for i in drawn) / drawn_words)
    drawn_points.sort()
    tail = (1 - confidence) / 2
    return WerDifference(
        points=100 * sum(differences) / sum(words),
        low=drawn_points[int(tail * resamples)],
        high=drawn_points[min(resamples - 1, int((1 - tail) * resamples))],
        clips=len(words),
    )
