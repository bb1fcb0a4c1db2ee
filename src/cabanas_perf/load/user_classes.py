# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# Locust types some of its functions only.
"""The option ``--user-classes A:70,B:20`` for plain Locust, which has no such option of its own."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from locust import events
from locust.env import Environment

from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.mix import parse_mix


# Listeners register on import; a module is imported once, however many user files ask for it.
@events.init_command_line_parser.add_listener
def _add_option(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--user-classes",
        # Locust keeps the classes that it was given as arguments under the plain name.
        dest="user_class_weights",
        metavar="CLASS:WEIGHT,...",
        help="share of the users for each class; classes that are not named are left out",
    )


@events.init.add_listener
def _apply_option(environment: Environment, **_: object) -> None:
    text = environment.parsed_options.user_class_weights if environment.parsed_options else None
    if not text:
        return
    try:
        weights = {stream.name: stream.weight for stream in parse_mix(text)}
    except ScenarioError as error:
        sys.exit(f"--user-classes: {error}; {error.fix}")
    known = environment.user_classes_by_name
    if unknown := sorted(weights.keys() - known.keys()):
        sys.exit(f"--user-classes: unknown {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    for name, weight in weights.items():
        known[name].weight = weight
    environment.user_classes[:] = [known[name] for name in weights]
