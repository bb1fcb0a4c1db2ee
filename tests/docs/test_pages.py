"""What the pages speak of is there: verbs, options, files, dependencies."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import typer
from tests.docs.console_blocks import ROOT, list_pages

from cabanas_perf.cli.main import app
from cabanas_perf.plans.parse import parse_explain
from cabanas_perf.plans.rules import order

VERBS = typer.main.get_command(app).commands
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in list_pages()}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

_FENCED = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_VERB = re.compile(r"\bcabanas-perf ([a-z][a-z-]+)\b([^|;&\n]*)")
_OPTION = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[\w-]+)?\)")
_DEPENDENCY = re.compile(r"^\| `([\w.-]+)`", re.MULTILINE)


def mentioned_commands(text):
    """Verb and the rest of each command that the page shows in a block or between backquotes."""
    code = [match[0].replace("\\\n", " ") for match in _FENCED.finditer(text)]
    code += _SPAN.findall(_FENCED.sub("", text))
    return [(match[1], match[2]) for piece in code for match in _VERB.finditer(piece)]


@pytest.mark.parametrize("page", PAGES)
def test_verbs_and_options_that_a_page_names_exist(page):
    for verb, rest in mentioned_commands(PAGES[page]):
        assert verb in VERBS, f"{page}: cabanas-perf {verb}"
        parameters = VERBS[verb].params
        known = {name for one in parameters for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
        unknown = set(_OPTION.findall(rest)) - known
        assert not unknown, f"{page}: cabanas-perf {verb}{rest}"


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_links_to_are_there(page):
    for target in _LINK.findall(_FENCED.sub("", PAGES[page])):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_every_page_is_in_the_index():
    linked = set(_LINK.findall(PAGES["docs/README.md"]))
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert not pages - linked


def test_every_verb_has_a_guide_in_the_index():
    guides = dict(re.findall(r"^\| \[(\w+)\]\((guides/[\w-]+\.md)\)", PAGES["docs/README.md"], re.MULTILINE))
    assert set(guides) == set(VERBS)


def names_of(requirements):
    return {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements}


def test_every_dependency_is_justified_and_nothing_else_is():
    declared = names_of([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["audio"]])
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    justified = _DEPENDENCY.findall(page)
    assert sorted(justified) == sorted(declared)


def test_the_example_of_a_lint_rule_works():
    page = (ROOT / "docs" / "lint-rules.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    names = {**vars(order), "COUNTED_ROWS": 1_000}
    exec(source, names)
    scan = {"Node Type": "Seq Scan", "Plan Rows": 5_000, "Total Cost": 1.0, "Actual Rows": 5_000, "Actual Loops": 1}
    count = {"Node Type": "Aggregate", "Plan Rows": 1, "Total Cost": 2.0, "Actual Rows": 1, "Actual Loops": 1}
    plan = parse_explain([{"Plan": {**count, "Plans": [scan]}}])
    (finding,) = names["find_counted_rows"](plan, {})
    assert finding.evidence == {"counted_rows": 5_000}


def test_every_lint_rule_is_in_its_table():
    page = (ROOT / "docs" / "lint-rules.md").read_text(encoding="utf-8")
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    documented = set(_SPAN.findall(rows))
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/cabanas_perf/plans/rules").glob("*.py"))
    assert documented >= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', sources))
    assert all(f'"{rule}"' in sources for rule in documented)


def test_every_nox_session_is_described():
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE))
    described = set(re.findall(r"^\| `nox -s (\w+)` \|", PAGES["CONTRIBUTING.md"], re.MULTILINE))
    assert described == sessions


@pytest.mark.parametrize("arguments", ["--help", "profile --help", "loadtest --help"])
def test_help_loads_typer_and_no_other_dependency(arguments):
    declared = names_of(PROJECT["dependencies"]) - {"typer"}
    command = [sys.executable, "-X", "importtime", "-m", "cabanas_perf", *arguments.split()]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    assert "typer" in loaded
    modules = {module for module, names in packages_distributions().items() if declared.intersection(names)}
    assert not loaded & modules
