"""A master and workers that were started apart, as on several machines."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cabanas_perf.load.arrivals import RateStage, Spacing, plan_arrivals
from cabanas_perf.load.guards import check_guards
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.runners.load_generator import Distribution, run_generator, run_worker

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial

RATE_RPS, SECONDS = 60, 5
_PATIENCE_S = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def make_plan(users: Path) -> LoadPlan:
    return LoadPlan(
        marker="distributed",
        scenario="distributed",
        model=Model.OPEN,
        mix=(Stream("StallUser", 1),),
        user_files=(str(users),),
        users=8,
        spawn_rate_per_s=8,
        warmup_s=1,
        steady_s=SECONDS - 1,
        timeout_s=3,
        stages=(RateStage(SECONDS, RATE_RPS, RATE_RPS),),
        spacing=Spacing.POISSON,
        seed=5,
    )


def run_apart(host, plan, workers_users):
    """A master, and workers with user files of their own."""
    port = free_port()
    workers = [
        threading.Thread(
            target=run_worker,
            # Workers know their users; rate, seed and the rest come from the master.
            args=(replace(plan, user_files=(str(users),), stages=(), seed=99, marker=""),),
            kwargs={"environment": {}, "master_host": "127.0.0.1", "master_port": port, "keep_on": lambda: True},
        )
        for users in workers_users
    ]
    for worker in workers:
        worker.start()
    run = run_generator(
        plan,
        host=host,
        environment={},
        distribution=Distribution(expect_workers=len(workers), bind_port=port, worker_wait_s=30),
    )
    for worker in workers:
        # Left alone, they would wait a minute for word from a master that is gone.
        worker.join(_PATIENCE_S)
        assert not worker.is_alive()
    return run


@pytest.fixture
def users() -> Path:
    return Path(__file__).parent / "stall_users.py"


def test_workers_elsewhere_send_the_masters_plan_between_them(start_script, users):
    host, _ = start_script("bare_server.py")
    plan = make_plan(users)
    run = run_apart(host, plan, [users, users])
    guards = check_guards(run.plan, run.collected, latencies=(), ended_early=run.ended_early)
    assert [guard for guard in guards if not guard.passed] == []
    planned = list(plan_arrivals(plan.stages, plan.mix, spacing=plan.spacing, seed=plan.seed))
    assert run.collected.tally.requests == len(planned)
    # Poisson arrivals land in the very seconds for which they were planned, whichever worker sent them.
    by_second = {}
    for (_, _, second), cell in run.collected.tally.cells.items():
        by_second[second] = by_second.get(second, 0) + cell.outcomes.total()
    assert by_second == {second: sum(int(arrival.at_s) == second for arrival in planned) for second in range(SECONDS)}


def test_a_worker_with_other_users_is_found_out(start_script, users, tmp_path):
    host, _ = start_script("bare_server.py")
    other = tmp_path / "stall_users.py"
    other.write_text(users.read_text() + "\n# changed\n")
    run = run_apart(host, make_plan(users), [users, other])
    guards = check_guards(run.plan, run.collected, latencies=(), ended_early=run.ended_early)
    assert {guard.name for guard in guards if not guard.passed} == {"alike"}
