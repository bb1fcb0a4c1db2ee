# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Locust types some of its functions only.
"""The life of the generator inside Locust: it starts with the test, reports while it runs, and ends it.

It stands on Locust's documented hooks: `wait_time`, `context` and `on_start` of users, the `request` event with its
context, custom messages, and the report events between workers and master. Locust's own statistics are not used:
they round percentiles, count from the moment of sending, and mix failures in.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from cabanas_perf.load.arrivals import plan_arrivals
from cabanas_perf.load.client_settings import MARKER_VARIABLE
from cabanas_perf.load.clocks import ClockWatch
from cabanas_perf.load.delta import Delta, Facts
from cabanas_perf.load.plan import LoadPlan, Model, fingerprint_generator
from cabanas_perf.load.recorder import Recorder
from cabanas_perf.load.schedule import Schedule
from cabanas_perf.measurement.units import NS_PER_S, ns_to_s

_PLAN_MESSAGE = "cabanas_perf_plan"
_REPORT_FIELD = "cabanas_perf"
_LEAD_IN_S = 1.0
"""From the start of an open load to its first arrival, so that all users are there to send it."""
_GRACE_S = 1.0
"""Beyond the client's timeout, for the last answers."""
_REPORT_S = 1.0
_CONTROL_S = 0.1
_LAST_REPORTS_S = 10.0
_LEAVE_S = 0.5
"""From a worker's last report to its end, so that the report is on its way."""
_TICK_S = 0.02
_BLOCKED_S = 0.03
"""A tick that comes this late was kept back by something other than the server."""
_PARENT_CHECK_S = 0.5


class Generator:
    """The state of one of Locust's processes."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.recorder = Recorder(plan)
        self.schedule = Schedule((), started_ns=perf_counter_ns())
        self._fingerprint = fingerprint_generator(plan.user_files)
        self._environment: Environment | None = None
        self._process = "local"
        self._latest: dict[str, Facts] = {}
        self._blocked_s = 0.0
        self._started_at_s = self._cpu_start_s = 0.0
        self._clock_step_s = 0.0
        self._user_errors = 0
        self._started = self._final = self._leaving = False

    def issue(self, due_ns: int | None) -> dict[str, int]:
        return self.recorder.issue(due_ns)

    def left_s(self) -> float:
        return self.plan.duration_s - ns_to_s(perf_counter_ns() - self.recorder.started_ns)

    def listen(self, events: Events) -> None:
        """Register for everything that Locust tells."""
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)
        events.test_stop.add_listener(self.on_test_stop)
        events.request.add_listener(self.on_request)
        events.user_error.add_listener(self.on_user_error)
        events.report_to_master.add_listener(self.on_report_to_master)
        events.worker_report.add_listener(self.on_worker_report)
        events.quitting.add_listener(self.on_quitting)

    def on_init(self, environment: Environment, **_: object) -> None:
        self._environment = environment
        environment.stop_timeout = self.plan.timeout_s + _GRACE_S
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            self._process = runner.client_id
            runner.register_message(_PLAN_MESSAGE, self.on_plan)
        # A forked worker's parent is the master; master and single process end with the command that started them.
        gevent.spawn(_end_with_parent, os.getppid())

    def on_plan(self, msg: Any, **_: object) -> None:
        """Take over the master's plan; the users stay those of this process's own files."""
        self.plan = LoadPlan.from_json({**msg.data, "user_files": self.plan.user_files})

    def on_test_start(self, environment: Environment, **_: object) -> None:
        runner, plan = environment.runner, self.plan
        is_open = plan.model is Model.OPEN
        index = runner.worker_index if isinstance(runner, WorkerRunner) else 0
        os.environ[MARKER_VARIABLE] = plan.marker
        random.seed(f"{plan.seed} {index}")
        self.recorder.plan = plan
        self.recorder.started_ns = perf_counter_ns() + (round(_LEAD_IN_S * NS_PER_S) if is_open else 0)
        self._started_at_s = time.time() + ns_to_s(self.recorder.started_ns - perf_counter_ns())
        self._cpu_start_s = time.process_time()
        self._started = True
        if isinstance(runner, MasterRunner):
            runner.send_message(_PLAN_MESSAGE, plan.to_json())
        elif is_open:
            arrivals = plan_arrivals(
                plan.stages, plan.mix, spacing=plan.spacing, seed=plan.seed, index=index, of=plan.workers
            )
            self.schedule = Schedule(arrivals, started_ns=self.recorder.started_ns)
        gevent.spawn(self._watch_clocks)
        if not isinstance(runner, WorkerRunner):
            gevent.spawn(self._control)

    def on_test_stop(self, **_: object) -> None:
        self._final = True

    def on_request(self, **fields: Any) -> None:
        self.recorder.on_request(**fields)

    def on_user_error(self, **_: object) -> None:
        self._user_errors += 1

    def on_report_to_master(self, data: dict[str, Any], **_: object) -> None:
        if not self._started:
            return
        data[_REPORT_FIELD] = self._take().to_line()
        if self._final and not self._leaving:
            # The master forgets workers that have stopped and tells them nothing more; they would miss it for a minute.
            self._leaving = True
            gevent.spawn_later(_LEAVE_S, self._leave)

    def _leave(self) -> None:
        assert self._environment is not None
        assert self._environment.runner is not None
        self._environment.runner.quit()

    def on_worker_report(self, data: dict[str, Any], **_: object) -> None:
        if line := data.get(_REPORT_FIELD):
            delta = Delta.from_line(line)
            self._latest[delta.process] = delta.facts
            self._write(line)

    def on_quitting(self, environment: Environment, **_: object) -> None:
        if self._started and not isinstance(environment.runner, MasterRunner | WorkerRunner):
            self._write(self._take().to_line())

    def _take(self) -> Delta:
        tally, codes = self.recorder.take()
        return Delta(self._process, self._facts(), tally, codes, self.schedule.take_lateness())

    def _facts(self) -> Facts:
        recorder, schedule = self.recorder, self.schedule
        at_s = ns_to_s(perf_counter_ns() - recorder.started_ns)
        in_flight = recorder.issued - recorder.finished
        assert self._environment is not None
        assert self._environment.runner is not None
        return Facts(
            at_s=at_s,
            started_at_s=self._started_at_s,
            users=self._environment.runner.user_count,
            issued=recorder.issued,
            finished=recorder.finished,
            planned=schedule.due(),
            begun=schedule.begun,
            queued=schedule.queued,
            blocked_s=self._blocked_s,
            cpu_s=time.process_time() - self._cpu_start_s,
            clock_step_s=self._clock_step_s,
            user_errors=self._user_errors,
            fingerprint=self._fingerprint,
            done=at_s >= self.plan.duration_s and schedule.done and not in_flight,
            final=self._final,
        )

    def _write(self, line: str) -> None:
        with Path(self.plan.results).open("a", encoding="utf-8") as results:
            results.write(line + "\n")

    def _watch_clocks(self) -> None:
        """Notice what makes times wrong: this process kept from running, and a wall clock that jumps."""
        # Looked up at each reading: user code may replace it.
        watch = ClockWatch(wall_s=lambda: time.time())  # noqa: PLW0108
        while not self._final:
            before_s = time.perf_counter()
            gevent.sleep(_TICK_S)
            late_s = time.perf_counter() - before_s - _TICK_S
            if late_s > _BLOCKED_S and self.recorder.started_ns < perf_counter_ns():
                self._blocked_s += late_s
            watch.look()
            self._clock_step_s = watch.step_s

    def _control(self) -> None:
        """Report while the test runs, and end it when everything is sent and answered, or too late."""
        assert self._environment is not None
        runner = self._environment.runner
        assert runner is not None
        is_master = isinstance(runner, MasterRunner)
        give_up_s = self.plan.duration_s + self.plan.timeout_s + _GRACE_S
        reported_s = time.perf_counter()
        while True:
            gevent.sleep(_CONTROL_S)
            facts = self._facts()
            if not is_master and time.perf_counter() - reported_s >= _REPORT_S:
                reported_s = time.perf_counter()
                self._write(self._take().to_line())
            all_done = self._all_workers(lambda each: each.done) if is_master else facts.done
            if all_done or facts.at_s > give_up_s:
                break
        runner.stop()
        if is_master:
            last_s = time.perf_counter() + _LAST_REPORTS_S
            while not self._all_workers(lambda each: each.final) and time.perf_counter() < last_s:
                gevent.sleep(_CONTROL_S)
        runner.quit()
        if self._environment.web_ui is not None:
            self._environment.web_ui.stop()

    def _all_workers(self, condition: Callable[[Facts], bool]) -> bool:
        return len(self._latest) >= self.plan.workers and all(map(condition, self._latest.values()))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        gevent.sleep(_PARENT_CHECK_S)
    os.kill(os.getpid(), signal.SIGTERM)
