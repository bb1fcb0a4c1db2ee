import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.measurement.stacks import Frame
from cabanas_perf.renderers.html.stack_profile import NoStacks, lay_out, prune_stacks, read_stacks
from cabanas_perf.renderers.speedscope import render_speedscope

FRAMES = [{"name": "main"}, {"name": "read", "file": "a.py", "line": 3}, {"name": "parse"}]
MAIN, READ, PARSE = Frame("main", "", 0), Frame("read", "a.py", 3), Frame("parse", "", 0)


def document(*profiles):
    return json.dumps({"shared": {"frames": FRAMES}, "profiles": profiles})


SAMPLED = {"type": "sampled", "samples": [[0, 1], [0], [0, 1, 2], [0, 1]], "weights": [1, 2, 4, 1]}
EVENTED = {
    "type": "evented",
    "startValue": 0,
    "events": [
        {"type": "O", "frame": 0, "at": 0},
        {"type": "O", "frame": 1, "at": 2},
        {"type": "O", "frame": 2, "at": 4},
        {"type": "C", "frame": 2, "at": 8},
        {"type": "C", "frame": 1, "at": 8},
        {"type": "C", "frame": 0, "at": 8},
    ],
}


@pytest.mark.parametrize("profile", [SAMPLED, EVENTED])
def test_both_kinds_of_profile_are_laid_out_alike(profile):
    boxes = lay_out(read_stacks(document(profile)), least_ratio=0.001)
    drawn = [(box.frame, box.depth, box.start_ratio, box.ratio) for box in boxes]
    assert drawn == [(MAIN, 0, 0, 1), (READ, 1, 0, 0.75), (PARSE, 2, 0, 0.5)]


def test_callees_stand_side_by_side_under_their_caller_the_heaviest_first():
    profile = {"type": "sampled", "samples": [[0, 1], [0, 2]], "weights": [1, 3]}
    boxes = list(lay_out(read_stacks(document(profile)), least_ratio=0))
    assert [(box.frame.name, box.start_ratio, box.ratio) for box in boxes[1:]] == [
        ("parse", 0, 0.75),
        ("read", 0.75, 0.25),
    ]


def test_narrow_calls_are_left_out_of_the_picture_and_leave_their_room():
    profile = {"type": "sampled", "samples": [[0], [1], [2]], "weights": [50, 1, 49]}
    boxes = list(lay_out(read_stacks(document(profile)), least_ratio=0.1))
    assert [(box.frame.name, box.start_ratio) for box in boxes] == [("main", 0), ("parse", 0.5)]


def test_light_calls_are_left_to_their_callers():
    pruned = prune_stacks(read_stacks(document(SAMPLED)), least_ratio=0.6)
    assert pruned == {(MAIN,): 2, (MAIN, READ): 6}


frames = st.builds(Frame, st.sampled_from("abcd"), st.just("a.py"), st.integers(0, 2))
stacks = st.dictionaries(st.lists(frames, min_size=1, max_size=6).map(tuple), st.integers(1, 50), min_size=1)


@given(stacks)
def test_what_is_written_for_speedscope_reads_as_the_same_stacks(made):
    assert read_stacks(render_speedscope(made, name="x")) == made


@given(stacks, st.floats(0, 0.5))
def test_pruning_loses_no_time_and_keeps_what_is_heavy(made, least):
    pruned = prune_stacks(made, least_ratio=least)
    assert sum(pruned.values()) <= sum(made.values())
    if least == 0:
        assert pruned == made
    assert all(box.ratio <= 1 and box.start_ratio + box.ratio <= 1 + 1e-9 for box in lay_out(made, least_ratio=least))


def test_a_stack_of_any_depth_is_read():
    made = read_stacks(document({"type": "sampled", "samples": [[0, 1] * 5_000], "weights": [1]}))
    assert sum(1 for _ in lay_out(made, least_ratio=0)) == 200
    assert prune_stacks(made, least_ratio=0) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        document({"type": "sampled", "samples": [[9]], "weights": [1]}),
        document({"type": "sampled", "samples": [[0]], "weights": []}),
        document({"type": "sampled", "samples": [], "weights": []}),
        document({"type": "other"}),
    ],
)
def test_anything_else_is_no_profile(text):
    with pytest.raises(NoStacks):
        read_stacks(text)
