"""Signs that a text is not what was said. Pure.

Whisper on a window shorter than its 30 s of training sometimes repeats a sentence, answers nothing, or stops early.
Each sign sends the same sound to the full window, so a false alarm costs time and never words.
"""

from __future__ import annotations

import re
import unicodedata

# Nobody speaks so fast: conversational Spanish runs at 2 to 4 words a second.
_FASTEST_WORDS_PER_S = 6.0
# Long enough that a listener would say something was said.
_AUDIBLE_SPEECH_S = 0.8
_REPEATED_PHRASE_WORDS = 3
_REPEATED_SYLLABLES = 4


def normalised_words(text: str) -> list[str]:
    """Words in lower case, without accents and punctuation.

    >>> normalised_words("¿Cuánto sale, che?")
    ['cuanto', 'sale', 'che']
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", bare)


def has_repetition(words: list[str]) -> bool:
    """Whether a phrase of three words or more stands twice in a row, or a shorter one five times or more."""
    for start in range(len(words)):
        for length in range(1, (len(words) - start) // 2 + 1):
            times_more = 1 if length >= _REPEATED_PHRASE_WORDS else _REPEATED_SYLLABLES
            phrase = words[start : start + length]
            rest = words[start + length : start + length * (1 + times_more)]
            if rest == phrase * times_more:
                return True
    return False


def suspicion(text: str, *, speech_s: float) -> str | None:
    """Why ``text`` cannot be trusted for ``speech_s`` seconds of speech, in one word, or None.

    >>> suspicion("", speech_s=2.0)
    'blank'
    """
    words = normalised_words(text)
    if not words:
        return "blank" if speech_s >= _AUDIBLE_SPEECH_S else None
    if has_repetition(words):
        return "repetition"
    if len(words) > 3 and len(words) / max(speech_s, 0.1) > _FASTEST_WORDS_PER_S:
        return "haste"
    return None


def lost_words(words_per_s: list[float]) -> list[int]:
    """Indexes of stretches far sparser than the clip's median stretch: the sign of text lost at their ends.

    >>> lost_words([2.5, 2.4, 0.9])
    [2]
    """
    median = sorted(words_per_s)[len(words_per_s) // 2] if words_per_s else 0.0
    return [index for index, pace in enumerate(words_per_s) if pace < 0.6 * median]
