"""``cabanas-perf optimizations`` as users run it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import cabanas_perf.report

SCHEMA = json.loads((Path(cabanas_perf.report.__file__).parent / "schema.json").read_text(encoding="utf-8"))


def test_the_ledger_of_one_optimisation_is_a_report_with_a_ticket(command, tmp_path):
    ran = command("optimizations", "o4", "--pairs", "6", "--tickets", "--json", "--output", "out")
    assert (ran.code, ran.err) == (0, "")
    Draft202012Validator(SCHEMA).validate(ran.report)
    (row,) = ran.report["optimizations"]
    assert (row["id"], row["pairs"], row["outputs_equal"]) == ("O4", 6, True)
    (ticket,) = (tmp_path / "out").glob("*_01-O4.md")
    assert ticket.read_text(encoding="utf-8").startswith("# O4: Price a stay in closed form\n")
    shown = command("report", *map(str, (tmp_path / "out").glob("*.json")))
    assert shown.code == 0
    assert "Saving of the time before, claimed and measured" in shown.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("O10",), "they are O1 to O9"),
        (("O4", "--pairs", "5"), "--pairs"),
        (("O5", "--stub-latency-ms", "fast"), "400-800"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(command, arguments, words):
    ran = command("optimizations", *arguments)
    assert ran.code == 2
    assert words in ran.err


def test_a_database_that_does_not_answer_ends_with_4(command):
    ran = command("optimizations", "O9", "--database-url", "postgresql://nobody@127.0.0.1:1/none")
    assert ran.code == 4
    assert "does not answer" in ran.err
