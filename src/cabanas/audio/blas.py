"""NumPy without threads of its own.

Its only matrix product here, the spectrogram's, takes a millisecond; after it OpenBLAS's threads would spin for
another hundred, on cores that the recognition wants.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

BLAS_SETTINGS = {"OPENBLAS_NUM_THREADS": "1"}
"""Environment in which NumPy stays on the thread that calls it."""


def load_numpy() -> None:
    """Import NumPy so, unless it is imported already or the environment says otherwise; its settings are read once."""
    if "numpy" in sys.modules:
        return
    missing = BLAS_SETTINGS.keys() - os.environ.keys()
    os.environ.update({name: BLAS_SETTINGS[name] for name in missing})
    try:
        import_module("numpy")
    finally:
        for name in missing:  # other libraries and child processes have wishes of their own
            del os.environ[name]
