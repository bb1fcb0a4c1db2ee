"""What user files hold, found without running them: they import Locust, which patches the process that does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.mix import Stream


def find_user_classes(paths: Iterable[Path]) -> dict[str, tuple[str, ...]]:
    """The endpoints of each class with tasks: what its tasks are tagged with, in the order of the files.

    Tasks are inherited from classes further up in the files.

    Raises:
        ScenarioError: when a file cannot be read as Python.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in paths:
        try:
            module = ast.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{path} cannot be read as a user file ({error})", fix="correct the file") from error
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                inherited = [tag for base in node.bases if isinstance(base, ast.Name) for tag in found.get(base.id, ())]
                if tags := tuple(dict.fromkeys([*inherited, *_tags(node)])):
                    found[node.name] = tags
    return found


def _tags(node: ast.ClassDef) -> list[str]:
    return [
        argument.value
        for task in node.body
        if isinstance(task, ast.FunctionDef)
        for decorator in task.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "tag"
        for argument in decorator.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def list_endpoints(mix: Iterable[Stream], classes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The endpoints that a mix sends requests to.

    Raises:
        ScenarioError: when a user class or an endpoint of the mix does not exist.
    """
    endpoints: dict[str, None] = {}
    for stream in mix:
        tags = classes.get(stream.user_class)
        if tags is None:
            raise ScenarioError(
                f"unknown user class {stream.user_class!r}", fix=f"known: {', '.join(sorted(classes)) or 'none'}"
            )
        if stream.endpoint is not None and stream.endpoint not in tags:
            raise ScenarioError(
                f"{stream.user_class} has no task tagged {stream.endpoint!r}", fix=f"its tags: {', '.join(tags)}"
            )
        endpoints.update(dict.fromkeys(tags if stream.endpoint is None else (stream.endpoint,)))
    return tuple(endpoints)
