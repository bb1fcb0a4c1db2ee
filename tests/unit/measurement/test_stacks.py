import pytest

from cabanas_perf.measurement.stacks import (
    Frame,
    Function,
    Shares,
    find_disagreements,
    rank_functions,
    self_ratios,
)

MAIN, LOOP, REGEX = (Frame(name, "cabanas/nlu/x.py", line) for line, name in enumerate(("main", "loop", "regex"), 1))
STACKS = {(MAIN, LOOP): 1.0, (MAIN, REGEX): 2.0, (MAIN, LOOP, LOOP): 1.0}


def test_own_time_goes_to_the_innermost_and_recursion_counts_once():
    ranked = {one.frame.name: (one.self_ratio, one.total_ratio) for one in rank_functions(STACKS, 5)}
    assert ranked == {"loop": (0.5, 0.5), "regex": (0.5, 0.5)} | {"main": (0.0, 1.0)} or ranked == {
        "loop": (0.5, 0.5),
        "regex": (0.5, 0.5),
    }
    assert rank_functions({}, 5) == ()


def test_classes_in_names_do_not_tell_functions_apart():
    method = Frame("Anchored.find", "cabanas/nlu/grammar.py", 3)
    assert method.function == Frame("find", "cabanas/nlu/grammar.py", 0).function
    assert self_ratios({(method,): 2.0}) == {Function("find", "cabanas/nlu/grammar.py"): 1.0}


TINY, BIG = Function("tiny", "a.py"), Function("big", "a.py")


@pytest.mark.parametrize(
    ("cprofile", "py_spy", "looks", "names"),
    [
        (0.77, 0.486, 1151, {"tiny", "big"}),  # what profilers really made of the same program
        (0.77, 0.70, 1151, set()),  # less than ten points
        (0.77, 0.60, 20, set()),  # twenty looks say 0.60 as easily as 0.77
        (0.77, 0.77, 1151, set()),
    ],
)
def test_profilers_disagree_where_neither_ten_points_nor_chance_explains_it(cprofile, py_spy, looks, names):
    found = find_disagreements(
        {
            "cprofile": Shares({TINY: cprofile, BIG: 1 - cprofile}, None),
            "py-spy": Shares({TINY: py_spy, BIG: 1 - py_spy}, looks),
        }
    )
    assert {one.function.name for one in found} == names
    assert all(one.gap_ratio == pytest.approx(cprofile - py_spy) for one in found)


def test_one_profiler_agrees_with_itself():
    assert find_disagreements({"cprofile": Shares({TINY: 1.0}, None)}) == ()
