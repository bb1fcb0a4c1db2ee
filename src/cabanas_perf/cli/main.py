"""The ``cabanas-perf`` command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from cabanas_perf.cli.ab import ab
from cabanas_perf.cli.check import check
from cabanas_perf.cli.compare import compare
from cabanas_perf.cli.doctor import doctor
from cabanas_perf.cli.explain import explain
from cabanas_perf.cli.gate import gate
from cabanas_perf.cli.import_ import import_
from cabanas_perf.cli.loadtest import loadtest
from cabanas_perf.cli.optimizations import optimizations
from cabanas_perf.cli.profile import profile
from cabanas_perf.cli.report import report
from cabanas_perf.cli.serve import serve
from cabanas_perf.cli.slo import slo
from cabanas_perf.cli.view import view

_EXIT_CODES = """
Exit codes: 0 all objectives in scope met; 1 an objective missed; 2 wrong usage; 3 inconclusive;
4 target never reached; 5 internal error; 130 or 143 interrupted.
"""


class _FlagsAreOff(TyperGroup):
    """Its flags are off unless they are given. Typer leaves its own ones, help and completion, without a default, and
    then loads pydantic to learn what nothing means: that took as long as all the rest of a verb's help.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        parameters = super().get_params(ctx)
        for parameter in parameters:
            if parameter.default is None:
                parameter.default = False
        return parameters


app = typer.Typer(
    name="cabanas-perf",
    cls=_FlagsAreOff,
    help="Profile the cabin-reservation service, judge it against its objectives, and tell the truth about it.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(version("cabanas-perf"))
        raise typer.Exit


@app.callback()
def _options(
    _: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    pass


_VERBS: dict[Callable[..., None], str] = {
    check: "Check everything: the gate for CI.",
    profile: "Measure the cores, judge them, profile them.",
    explain: "EXPLAIN ANALYZE the service's statements, and lint their plans.",
    loadtest: "Load the service, judge it, audit it.",
    ab: "Did a change help: two versions, measured in pairs.",
    optimizations: "The document's nine optimisations: claimed, and measured.",
    compare: "Two stored reports side by side.",
    gate: "Judge a stored report again.",
    import_: "Read what other tools measured.",
    report: "Show a stored report.",
    slo: "Show the objectives; as OpenSLO.",
    view: "Look at a profile in snakeviz.",
    serve: "Run the service on embedded servers.",
    doctor: "What this machine has, and how noisy it is.",
}
for verb, summary in _VERBS.items():
    # One of them is a word that Python keeps for itself.
    app.command(verb.__name__.rstrip("_"), short_help=summary)(verb)


def main() -> None:
    """Run the command line of this process."""
    app()
