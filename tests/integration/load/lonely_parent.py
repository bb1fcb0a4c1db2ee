"""Runs the generator, with two workers, against the address given, for longer than anybody waits."""

from __future__ import annotations

import sys
from pathlib import Path

from cabanas_perf.load.arrivals import RateStage
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.runners.load_generator import Distribution, run_generator

PLAN = LoadPlan(
    marker="lonely",
    scenario="lonely",
    model=Model.OPEN,
    mix=(Stream("StallUser", 1),),
    user_files=(str(Path(__file__).parent / "stall_users.py"),),
    users=4,
    spawn_rate_per_s=4,
    warmup_s=0,
    steady_s=600,
    timeout_s=2,
    stages=(RateStage(600, 10, 10),),
)

if __name__ == "__main__":
    run_generator(PLAN, host=sys.argv[1], environment={}, distribution=Distribution(processes=2))
