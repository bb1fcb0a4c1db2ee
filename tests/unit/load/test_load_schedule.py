from __future__ import annotations

from cabanas_perf.load.arrivals import Arrival
from cabanas_perf.load.mix import Stream
from cabanas_perf.load.outcomes import classify
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.recorder import Recorder
from cabanas_perf.load.schedule import Schedule
from cabanas_perf.load.tally import Phase, bucket_of
from cabanas_perf.measurement.clock import ManualClock
from cabanas_perf.measurement.samples import Outcome

S = 10**9


def make_schedule(clock, *times_s):
    return Schedule([Arrival(at_s, 0) for at_s in times_s], started_ns=clock.now_ns(), now_ns=clock.now_ns)


def test_an_arrival_is_waited_for_until_it_is_due():
    clock = ManualClock()
    schedule = make_schedule(clock, 1.0, 2.0)
    slot = schedule.reserve()
    assert (schedule.wait_s(slot), slot.queued) == (1.0, False)


def test_an_arrival_whose_time_is_past_is_sent_at_once_and_never_dropped():
    clock = ManualClock()
    schedule = make_schedule(clock, 1.0, 2.0, 3.0)
    clock.wait(10 * S)
    slots = [schedule.reserve() for _ in range(3)]
    assert [(slot.due_ns, schedule.wait_s(slot)) for slot in slots] == [(S, 0.0), (2 * S, 0.0), (3 * S, 0.0)]
    assert schedule.queued == 3
    assert schedule.reserve() is None


def test_lateness_is_of_free_users_only():
    clock = ManualClock()
    schedule = make_schedule(clock, 1.0, 2.0)
    waited = schedule.reserve()
    clock.wait(S + 5_000_000)
    schedule.begin(waited)
    clock.wait(5 * S)
    schedule.begin(schedule.reserve())
    assert schedule.take_lateness() == {bucket_of(5_000_000): 1}
    assert schedule.take_lateness() == {}


def test_done_means_that_everything_was_begun():
    clock = ManualClock()
    schedule = make_schedule(clock, 1.0)
    assert not schedule.done
    slot = schedule.reserve()
    assert not schedule.done
    schedule.begin(slot)
    assert schedule.done
    assert (schedule.due(), schedule.begun) == (0, 1)
    clock.wait(S)
    assert schedule.due() == 1


def make_recorder(clock):
    plan = LoadPlan("m", "s", Model.OPEN, (Stream("A", 1),), (), 1, 1, warmup_s=1, steady_s=2, timeout_s=1)
    return Recorder(plan, now_ns=clock.now_ns)


class Answer:
    def __init__(self, status):
        self.status_code = status


def test_what_was_sent_and_has_not_ended_is_in_flight():
    clock = ManualClock()
    recorder = make_recorder(clock)
    contexts = [recorder.issue(None) for _ in range(3)]
    recorder.on_request(name="e", response_time=1.0, context=contexts[0], response=Answer(200))
    assert (recorder.issued, recorder.finished) == (3, 1)
    tally, _ = recorder.take()
    assert tally.requests == 1


def test_a_late_request_is_counted_in_the_phase_and_second_when_it_was_due():
    clock = ManualClock()
    recorder = make_recorder(clock)
    clock.wait(int(2.5 * S))
    recorder.on_request(name="e", response_time=10.0, context=recorder.issue(int(0.5 * S)), response=Answer(200))
    tally, _ = recorder.take()
    ((key, cell),) = tally.cells.items()
    assert key == ("e", Phase.WARMUP, 0)
    assert cell.response == {bucket_of(2 * S + 10_000_000): 1}
    assert cell.service == {bucket_of(10_000_000): 1}


def test_codes_of_accepted_requests_are_kept_for_the_audit():
    recorder = make_recorder(ManualClock())
    recorder.on_request(
        name="e", response_time=1.0, context={**recorder.issue(None), "code": "R1"}, response=Answer(201)
    )
    broken = {**recorder.issue(None), "code": "R2"}
    recorder.on_request(name="e", response_time=1.0, context=broken, response=Answer(201), exception=ValueError())
    assert recorder.take()[1] == ("R1",)


def test_a_client_without_context_is_counted_too():
    recorder = make_recorder(ManualClock())
    recorder.on_request(name="e", response_time=1.0, context={})
    assert (recorder.issued, recorder.finished) == (1, 1)


class ConnectionTimeout(Exception):
    pass


def test_outcomes():
    wrapped = ConnectionError()
    wrapped.__cause__ = TimeoutError()
    assert classify(None, 200) == (Outcome.OK, "")
    assert classify(None, 409) == (Outcome.REFUSED, "http_409")
    assert classify(RuntimeError(), 409) == (Outcome.ERROR, "http_409")
    assert classify(RuntimeError(), 200) == (Outcome.ERROR, "wrong_answer")
    assert classify(ConnectionRefusedError(), 0) == (Outcome.ERROR, "ConnectionRefusedError")
    assert classify(TimeoutError(), 0)[0] is Outcome.TIMEOUT
    assert classify(ConnectionTimeout(), 0)[0] is Outcome.TIMEOUT
    assert classify(wrapped, 0) == (Outcome.TIMEOUT, "TimeoutError")
    retries = RuntimeError()
    retries.original = ConnectionRefusedError()
    assert classify(retries, 0) == (Outcome.ERROR, "ConnectionRefusedError")
