# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Locust types some of its functions only.
"""Turns plain Locust users into users that are timed, and that arrive when the plan says."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, ClassVar, Protocol

from geventhttpclient.client import HTTPClientPool
from locust import User, task
from locust.env import Environment
from locust.user.task import TaskSet, filter_tasks_by_tags

from cabanas_perf.load.mix import Stream
from cabanas_perf.load.plan import LoadPlan, Model
from cabanas_perf.load.schedule import Schedule, Slot

_FOREVER_S = 1e9


class Pacer(Protocol):
    """What users need of the generator."""

    schedule: Schedule

    def left_s(self) -> float:
        """Seconds until no further request is to be sent."""

    def issue(self, due_ns: int | None) -> dict[str, int]: ...


class TimedUser(User):
    """Gives every request a context with the time when it was due."""

    abstract = True
    pacer: ClassVar[Pacer]
    due_ns: int | None = None
    """Set before the first request of an arrival, and used up by it."""

    def wait_time(self) -> float:
        """As the user's own class says, but nobody wakes up after the end.

        Locust stops waiting users by killing them; one that wakes up just then is killed with its request on the way,
        which nobody would ever hear of.
        """
        wait_s: float = super().wait_time()
        return wait_s if wait_s < self.pacer.left_s() else _FOREVER_S

    def context(self) -> dict[str, Any]:
        due_ns, self.due_ns = self.due_ns, None
        return {**super().context(), **self.pacer.issue(due_ns)}


class ArrivalUser(User):
    """Sends whatever arrives next, as a user of the arrival's stream: one pool for all streams.

    A user per stream would not do: over several workers, Locust may leave a worker without users of one class.
    """

    abstract = True
    pacer: ClassVar[Pacer]
    streams: ClassVar[tuple[type[TimedUser], ...]]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._slot: Slot | None = None
        self._members: dict[int, TimedUser] = {}

    def on_start(self) -> None:
        self.wait()

    def wait_time(self) -> float:
        self._slot = self.pacer.schedule.reserve()
        return _FOREVER_S if self._slot is None else self.pacer.schedule.wait_s(self._slot)

    @task
    def serve(self) -> None:
        slot = self._slot
        assert slot is not None
        self._slot = None
        self.pacer.schedule.begin(slot)
        member = self._members.get(slot.stream) or self._join(slot.stream)
        member.due_ns = slot.due_ns
        # As Locust picks them: a task is in the list as often as its weight says.
        chosen: Callable[[TimedUser], None] = random.choice(member.tasks)  # type: ignore[assignment]  # noqa: S311
        chosen(member)

    def _join(self, stream: int) -> TimedUser:
        user_class = self.streams[stream]
        # Locust gives its host to the classes that it runs itself.
        user_class.host = self.environment.host
        member = self._members[stream] = user_class(self.environment)
        member.on_start()
        return member


def load_user_classes(paths: Iterable[str]) -> dict[str, type[User]]:
    """Concrete user classes of the files, by name."""
    found: dict[str, type[User]] = {}
    for path in map(Path, paths):
        # So that user files may share modules that lie beside them, as they can with plain Locust.
        sys.path.insert(0, str(path.parent))
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[path.stem] = module_from_spec(spec)
        spec.loader.exec_module(module)
        found.update(
            (name, value)
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, User) and not value.abstract
        )
    return found


def build_user_classes(plan: LoadPlan, pacer: Pacer) -> list[type[User]]:
    """The classes that Locust is to run for the plan."""
    originals = load_user_classes(plan.user_files)
    if plan.model is Model.CLOSED:
        return [_build_timed(stream, originals[stream.user_class], pacer, plan, {}) for stream in plan.mix]
    # One pool, last used first: with a connection for each user, most would idle until the server closes them, some
    # just as a request is on its way.
    pool = HTTPClientPool(
        concurrency=plan.users, connection_timeout=plan.timeout_s, network_timeout=plan.timeout_s, insecure=True
    )
    shared = {"client_pool": pool}
    timed = [_build_timed(stream, originals[stream.user_class], pacer, plan, shared) for stream in plan.mix]
    for user_class in timed:
        if any(isinstance(one, type) and issubclass(one, TaskSet) for one in user_class.tasks):
            message = f"{user_class.__name__} has a TaskSet; the open model runs plain tasks only"
            raise TypeError(message)
    arrival = type("ArrivalUser", (ArrivalUser,), {"abstract": False, "pacer": pacer, "streams": tuple(timed)})
    return [arrival]


def _build_timed(
    stream: Stream, original: type[User], pacer: Pacer, plan: LoadPlan, attributes: Mapping[str, Any]
) -> type[TimedUser]:
    members: dict[str, Any] = {
        **attributes,
        "abstract": False,
        "pacer": pacer,
        "weight": stream.weight,
        "connection_timeout": plan.timeout_s,
        "network_timeout": plan.timeout_s,
        "tasks": list(original.tasks),
    }
    built: type[TimedUser] = type(stream.name.replace(".", "_").replace("-", "_"), (TimedUser, original), members)
    if stream.endpoint is not None:
        filter_tasks_by_tags(built, {stream.endpoint}, None)
    return built
