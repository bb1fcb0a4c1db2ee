"""Requests that the generator sends in one second of its CPU time: ``python benchmarks/load_generator_speed.py``.

The target is a bare server in another process; the bar is 4,000.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.runners.load_generator import Distribution, run_generator

TARGET = Path(__file__).parents[1] / "tests" / "integration" / "load"
SECONDS, USERS, ROUNDS = 8, 16, 3
BAR_PER_CPU_S = 4000


def measure(host: str, seconds: float = SECONDS) -> tuple[float, float]:
    """Requests in a CPU second and in a second, start-up left out."""
    plan = LoadPlan(
        marker="speed",
        scenario="speed",
        model=Model.CLOSED,
        mix=(Stream("StallUser", 1),),
        user_files=(str(TARGET / "stall_users.py"),),
        users=USERS,
        spawn_rate_per_s=USERS,
        warmup_s=0,
        steady_s=seconds,
        timeout_s=5,
    )
    run = run_generator(plan, host=host, environment={}, distribution=Distribution())
    (facts,) = run.collected.facts.values()
    return facts.finished / facts.cpu_s, facts.finished / seconds


if __name__ == "__main__":
    with subprocess.Popen(
        [sys.executable, str(TARGET / "bare_server.py")], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        host = f"http://127.0.0.1:{int(server.stdout.readline())}"
        for _ in range(ROUNDS):
            per_cpu_s, per_s = measure(host)
            sys.stdout.write(f"{per_cpu_s:.0f} requests per CPU second, {per_s:.0f} per second\n")
        server.kill()
