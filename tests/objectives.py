"""Objectives for tests of what the command does, on machines that have other work beside."""

import re
from pathlib import Path

_TIME = re.compile(r"< ?[\d.]+(?:us|ms|s)\b")


def write_patient_objectives(folder: Path) -> None:
    """The objectives of this repository in ``profiles/slo.toml`` below the folder, where the command looks first.

    Every limit on a time is one that a machine under any load keeps; all others stay as they are.
    """
    text = (Path(__file__).parents[1] / "profiles" / "slo.toml").read_text(encoding="utf-8")
    patient, times = _TIME.subn("< 100s", text)
    assert times > 5
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "slo.toml").write_text(patient, encoding="utf-8")
