from __future__ import annotations

import pytest

from cabanas_perf.load.clocks import ClockWatch


class Clocks:
    """Time that passes when it is told to, and in between two readings as well."""

    def __init__(self):
        self.passed_s = self.set_by_s = self.kept_back_s = 0.0

    def monotonic_s(self):
        return self.passed_s

    def wall_s(self):
        self.passed_s += self.kept_back_s
        return 1e9 + self.passed_s + self.set_by_s


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def watch(clocks):
    return ClockWatch(wall_s=clocks.wall_s, monotonic_s=clocks.monotonic_s)


def test_time_that_passes_is_no_step(clocks, watch):
    for _ in range(3):
        clocks.passed_s += 20
        watch.look()
    assert watch.step_s == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("set_by_s", [3600, -0.5])
def test_a_clock_that_is_set_is_seen_and_stays_seen(clocks, watch, set_by_s):
    clocks.set_by_s = set_by_s
    watch.look()
    watch.look()
    assert watch.step_s == pytest.approx(abs(set_by_s), abs=1e-6)


def test_being_kept_from_running_between_two_readings_is_no_step(clocks, watch):
    clocks.kept_back_s = 0.4
    watch.look()
    clocks.kept_back_s = 0
    watch.look()
    assert watch.step_s <= 1e-6


def test_a_step_is_seen_beyond_what_a_delay_explains(clocks, watch):
    clocks.kept_back_s, clocks.set_by_s = 0.4, 5
    watch.look()
    assert 4.5 < watch.step_s <= 5
