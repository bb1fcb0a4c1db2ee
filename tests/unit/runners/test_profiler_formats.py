"""Three profilers look at the same program, and their files are read back."""

import cProfile
import json
import pstats
import re
import sys
from pathlib import Path

import pytest

from cabanas_perf.measurement.stacks import Frame
from cabanas_perf.renderers.speedscope import SCHEMA, render_speedscope
from cabanas_perf.runners.profilers.base import ProfilerName, ProfilerRefused, make_frame, working
from cabanas_perf.runners.profilers.choice import choose_profilers
from cabanas_perf.runners.profilers.cprofile import CProfile, build_stacks
from cabanas_perf.runners.profilers.py_spy import PySpy, read_folded
from cabanas_perf.runners.profilers.pyinstrument_ import PyinstrumentProfiler


def tiny(n):
    return n + 1


def small_calls():
    for n in range(60_000):
        tiny(n)


def big_pattern():
    re.search(r"(a|aa)+b", "a" * 24)


def program():
    small_calls()
    big_pattern()


@pytest.mark.parametrize(
    ("profiler", "function"),
    [(CProfile(), "tiny"), (PyinstrumentProfiler(), "small_calls")],
    ids=["cprofile", "pyinstrument"],
)
def test_a_profile_names_the_functions_that_took_the_time(tmp_path, profiler, function):
    file = tmp_path / "profile"
    recorder = profiler.record_here(file)
    recorder.begin()
    program()
    recorder.end()
    profiled = profiler.read(file)
    shares = {one.name: ratio for one, ratio in profiled.shares.self_ratios.items()}
    assert sum(profiled.shares.self_ratios.values()) == pytest.approx(1)
    # The pattern's time is its caller's wherever C is not seen; its caller is in the library.
    assert shares["search"] > 0.05
    assert function in shares
    assert profiled.top
    assert all(Path(__file__).parent.as_posix() not in frame.file for stack in profiled.stacks for frame in stack)


def test_stacks_made_of_pairs_keep_every_functions_own_time():
    recorder = cProfile.Profile()
    recorder.runcall(program)
    entries = pstats.Stats(recorder).stats
    stacks = build_stacks(entries)
    own = {}
    for stack, seconds in stacks.items():
        own[stack[-1].name] = own.get(stack[-1].name, 0.0) + seconds
    for (_, _, name), (_, _, own_s, _, _) in entries.items():
        if own_s > 0.001:
            assert own[name] == pytest.approx(own_s, rel=0.05, abs=0.0005)
    assert any([frame.name for frame in stack][-3:] == ["program", "small_calls", "tiny"] for stack in stacks)


def test_folded_stacks_are_read_with_spaces_and_brackets_in_names():
    text = (
        "<module> (/home/me/src/x/a.py:1);K.meth (/home/me/src/x/a.py:7) 3\nodd (name) (/usr/lib/re/__init__.py:5) 1\n"
    )
    assert read_folded(text) == {
        (Frame("<module>", "x/a.py", 1), Frame("K.meth", "x/a.py", 7)): 3,
        (Frame("odd (name)", "re/__init__.py", 5),): 1,
    }


def test_waiting_is_no_work_and_c_is_its_callers():
    f, c = Frame("f", "x/a.py", 1), Frame("sub", "<built-in>", 0)
    wait = Frame("[await]", "", 0)
    loop = make_frame("run", "/usr/lib/python3.11/asyncio/runners.py", 86)
    assert working({(f, c): 2.0, (f,): 1.0, (f, wait): 9.0, (loop,): 9.0}) == {(f,): 3.0}


def test_speedscope_text_holds_the_stacks():
    f, g = Frame("f", "x/a.py", 1), Frame("g", "x/a.py", 9)
    document = json.loads(render_speedscope({(f, g): 0.5, (f,): 0.25}, name="nlu"))
    assert document["$schema"] == SCHEMA
    (profile,) = document["profiles"]
    assert (profile["type"], profile["unit"], profile["endValue"]) == ("sampled", "seconds", 0.75)
    names = [frame["name"] for frame in document["shared"]["frames"]]
    assert [[names[index] for index in sample] for sample in profile["samples"]] == [["f", "g"], ["f"]]


def test_a_missing_py_spy_is_refused_in_words(monkeypatch, tmp_path):
    monkeypatch.setattr("cabanas_perf.runners.profilers.py_spy._find_program", lambda: None)
    with pytest.raises(ProfilerRefused, match="pip install py-spy"):
        PySpy().record_here(tmp_path / "profile")


def test_a_py_spy_that_may_not_look_is_refused_in_words(monkeypatch, tmp_path):
    program = tmp_path / "py-spy"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('Error: Permission denied.')\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr("cabanas_perf.runners.profilers.py_spy._find_program", lambda: str(program))
    with pytest.raises(ProfilerRefused, match=r"may not look at the process \(Permission denied\)"):
        PySpy().record_here(tmp_path / "profile")


def test_profilers_are_chosen_by_name():
    assert [one.name for one in choose_profilers("all")] == list(ProfilerName)
    assert choose_profilers("none") == ()
    assert [one.name for one in choose_profilers("py-spy")] == [ProfilerName.PY_SPY]
