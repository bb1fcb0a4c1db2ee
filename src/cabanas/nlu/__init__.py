"""Reads what Argentine guests write: when they want to come, how many they are, and what they want.

`analyze` folds a message (`folding`), splits it once and gives each word its class (`vocabulary`, `lexicon`); the
classes, one character each, are the tape on which every grammar (`grammar`) works. `mentions` finds days on it,
`points`, `resolution` and `surroundings` say what they mean, `stays` which of them is the stay; `guests`, `intents` and
`accommodations` read the rest. How ambiguous words are read stands in `stays`, `guests` and `intents`.

Pure, and standard library only but for `fallback`, which loads dateparser for the rare span that has no rule.
"""

from cabanas.nlu.analysis import Analysis
from cabanas.nlu.reading import analyze, warm_up

__all__ = ["Analysis", "analyze", "warm_up"]
