import json

import pytest

from cabanas_perf.renderers.html.call_tree import NoCallTree, rank_functions, read_call_tree, walk, write_speedscope

FRAMES = [{"name": "main"}, {"name": "read", "file": "a.py", "line": 3}, {"name": "parse"}]


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
def test_both_kinds_of_profile_become_the_same_tree(profile):
    root = read_call_tree(document(profile))
    drawn = [(call.frame.name, depth, start, ratio) for call, depth, start, ratio in walk(root, least_ratio=0)]
    assert drawn == [("main", 0, 0, 1), ("read", 1, 0, 0.75), ("parse", 2, 0, 0.5)]


def test_functions_are_ranked_by_their_own_time():
    ranked = rank_functions(read_call_tree(document(SAMPLED)), 2)
    assert [(heat.frame.name, heat.own_ratio, heat.total_ratio) for heat in ranked] == [
        ("parse", 0.5, 0.5),
        ("main", 0.25, 1.0),
    ]


def test_a_function_that_calls_itself_counts_once():
    (heat,) = rank_functions(read_call_tree(document({"type": "sampled", "samples": [[0, 0, 0]], "weights": [5]})), 9)
    assert (heat.own_ratio, heat.total_ratio) == (1, 1)


def test_a_written_profile_reads_as_the_same_tree():
    root = read_call_tree(document(SAMPLED))
    again = read_call_tree(write_speedscope(root, "x", "none", least_ratio=0))
    assert list(map(str, walk(again, least_ratio=0))) == list(map(str, walk(root, least_ratio=0)))


def test_light_calls_are_left_to_their_callers_and_no_time_is_lost():
    root = read_call_tree(document(SAMPLED))
    again = read_call_tree(write_speedscope(root, "x", "none", least_ratio=0.6))
    assert again.total == root.total
    assert [call.frame.name for call, *_ in walk(again, least_ratio=0)] == ["main", "read"]


def test_a_stack_of_any_depth_is_read():
    root = read_call_tree(document({"type": "sampled", "samples": [[0, 1] * 5_000], "weights": [1]}))
    assert root.total == 1
    assert rank_functions(root, 5)


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
    with pytest.raises(NoCallTree):
        read_call_tree(text)
