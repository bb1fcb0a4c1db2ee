"""Users that harm the generator which they run in."""

from __future__ import annotations

import time
from time import perf_counter

import gevent
from locust import FastHttpUser, constant, tag, task


class HealthUser(FastHttpUser):
    wait_time = constant(0.2)

    @tag("health")
    @task
    def check(self) -> None:
        self.client.get("/api/v1/healthz", name="health")


class HoggingUser(HealthUser):
    """The first one keeps the generator's only thread busy for a third of the time."""

    hogs = False

    def on_start(self) -> None:
        if not HoggingUser.hogs:
            HoggingUser.hogs = True
            gevent.spawn(self._hog)

    def _hog(self) -> None:
        while True:
            until = perf_counter() + 0.1
            while perf_counter() < until:
                pass
            gevent.sleep(0.2)


class ClockUser(HealthUser):
    """Sets the wall clock an hour back, three seconds into the run, as far as this process can see."""

    def on_start(self) -> None:
        gevent.spawn_later(3, self._step)

    def _step(self) -> None:
        real = time.time
        time.time = lambda: real() - 3600


class SleepingUser(HealthUser):
    """Sends one request, while the run is still warming up, and never another."""

    wait_time = constant(1000)


class RaisingUser(HealthUser):
    @tag("health")
    @task
    def fail(self) -> None:
        raise LookupError("a mistake in user code")
