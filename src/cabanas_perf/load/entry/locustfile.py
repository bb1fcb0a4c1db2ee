"""What the toolkit gives to ``locust -f``: the users of the plan, timed and paced. Locust finds them by their class."""

# ruff: noqa: INP001 - Locust puts this folder on the import path, so nothing else may lie in it
from __future__ import annotations

import os
from pathlib import Path

from locust import events

from cabanas_perf.load.generator import Generator
from cabanas_perf.load.plan import PLAN_VARIABLE, read_plan
from cabanas_perf.load.users import build_user_classes

_generator = Generator(read_plan(Path(os.environ[PLAN_VARIABLE])))
_generator.listen(events)
globals().update({built.__name__: built for built in build_user_classes(_generator.plan, _generator)})
