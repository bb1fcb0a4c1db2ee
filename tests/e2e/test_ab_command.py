"""``cabanas-perf ab`` on clones of this repository whose core was changed on purpose."""

import signal
import subprocess
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICK = ("--pairs", "10", "--rounds", "2")

TWICE = """

_once = analyze


def analyze(text, **rest):
    _once(text, **rest)
    return _once(text, **rest)
"""
MORE_GUESTS = """

from dataclasses import replace as _replace

_counted = analyze


def analyze(text, **rest):
    return _replace(_counted(text, **rest), guests=99)
"""
DIES = """

import os as _os

_calls = iter(range(200))
_living = analyze


def analyze(text, **rest):
    next(_calls, None) is not None or _os._exit(7)
    return _living(text, **rest)
"""


def git(folder, *arguments):
    identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def clone(tmp_path):
    """This repository at its last commit, in the folder that the command runs in."""
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, tmp_path], check=True, timeout=60)
    return tmp_path


def append(folder, path, text):
    file = folder / "src" / path
    file.write_text(file.read_text() + text)


def replace(folder, path, old, new):
    file = folder / "src" / path
    before = file.read_text()
    assert old in before
    file.write_text(before.replace(old, new))


def commit(folder):
    git(folder, "commit", "-qam", "a change")


def test_identical_code_is_not_slower(clone, command):
    ran = command("ab", "HEAD", "HEAD", "--margin", "60", *QUICK)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("nlu: no difference larger than ")
    assert "note: base and head are the same commit" in ran.out
    assert "nlu-not-slower" in ran.out
    assert "comparing NLU analysis: 10 pairs" in ran.err
    assert git(clone, "status", "--porcelain") == ""
    assert len(git(clone, "worktree", "list").splitlines()) == 1


def test_a_slower_working_tree_is_proven_slower_and_other_answers_are_told(clone, command):
    append(clone, "cabanas/nlu/reading.py", TWICE + MORE_GUESTS)
    ran = command("ab", "HEAD", "--json", "--margin", "20", *QUICK)
    assert ran.code == 1, ran.err
    (comparison,) = ran.report["comparisons"]
    assert comparison["difference"] == "slower"
    assert 1.6 < comparison["ratio"] < 2.5
    assert comparison["pairs"] == 10
    assert [len(one["base_ns"]) for one in comparison["rounds"]] == [10, 10]
    assert comparison["clock"] == "cpu"
    assert comparison["head"]["dirty"] is True
    assert comparison["outputs_different"] == comparison["outputs_compared"] > 0
    assert "answers differ, by field: guests" in " ".join(comparison["notes"])
    (verdict,) = ran.report["verdicts"]
    assert (verdict["objective"], verdict["verdict"]) == ("nlu-not-slower", "missed")


def test_a_faster_head_is_faster(clone, command):
    append(clone, "cabanas/nlu/reading.py", TWICE)
    commit(clone)
    ran = command("ab", "HEAD", "HEAD~1", "--margin", "20", *QUICK)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("nlu: faster, 0.")
    assert "THE ANSWERS DIFFER" not in ran.out


def test_waiting_work_is_compared_on_the_wall_clock_with_a_database_for_each_side(clone, command):
    replace(
        clone,
        "cabanas/services/hold_stay.py",
        '            with stage("validate"):\n',
        '            import asyncio\n\n            await asyncio.sleep(0.05)\n            with stage("validate"):\n',
    )
    ran = command("ab", "HEAD", "-w", "prereservation", "--pairs", "6", "--rounds", "1", "--json")
    assert ran.code == 1, ran.err
    (comparison,) = ran.report["comparisons"]
    assert (comparison["clock"], comparison["difference"]) == ("wall", "slower")
    assert comparison["head"]["p50_ms"] > 50 > comparison["base"]["p50_ms"]
    # Had they shared a database, the second to ask would be refused.
    assert comparison["outputs_different"] == 0
    assert ran.report["environment"]["postgresql"]["embedded"] is True


def test_a_core_of_another_day_is_driven_by_its_own_workload(clone, command):
    for path in ("cabanas/nlu/__init__.py", "cabanas/nlu/reading.py", "cabanas_perf/workloads/nlu.py"):
        replace(clone, path, "warm_up", "prepare")
    commit(clone)
    ran = command("ab", "HEAD", "HEAD~1", "--margin", "60", *QUICK)
    assert ran.code == 0, ran.err
    assert "HEAD was driven by its own version of the workload" in ran.out


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda folder: append(folder, "cabanas/nlu/__init__.py", "\nraise RuntimeError('broken on purpose')\n"),
         "the workload does not run on the core of HEAD: RuntimeError: broken on purpose"),
        (lambda folder: append(folder, "cabanas/nlu/reading.py", DIES),
         "the workload does not run on the core of HEAD: its process ended"),
    ],
    ids=["does not start", "dies in the middle"],
)  # fmt: skip
def test_a_core_that_does_not_run_is_never_reached(clone, command, break_it, message):
    break_it(clone)
    commit(clone)
    ran = command("ab", "HEAD~1", "HEAD", *QUICK)
    assert ran.code == 4
    assert f"error: {message}" in ran.err
    assert "  try: " in ran.err
    assert not list(clone.glob("profiles/*.json"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("HEAD", "--workload", "nothing"), "there is no workload 'nothing'"),
        (("HEAD", "--pairs", "4"), "--pairs"),
        (("nowhere",), "git knows no commit 'nowhere'"),
    ],
)
def test_mistakes_are_named_before_anything_starts(clone, command, arguments, message):
    ran = command("ab", *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_an_interrupted_comparison_keeps_its_pairs_and_its_processes_go(clone, start, family):
    process = start("ab", "HEAD", "HEAD", "--pairs", "5000", "--rounds", "2", "--json")
    for line in process.stderr:
        if "comparing" in line:
            break
    workers = family(process.pid)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert '"complete": false' in out
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
