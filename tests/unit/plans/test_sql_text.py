import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas_perf.plans.counting import SentStatement, summarise_statements
from cabanas_perf.plans.masking import mask_plan
from cabanas_perf.plans.sql_text import (
    UnfinishedSql,
    fingerprint,
    literals,
    mask_values,
    normalise,
    parameter_count,
    read_tokens,
    split_statements,
)

PIECES = st.sampled_from(
    ["SELECT", " ", "\n", "'it''s'", "E'a\\'b'", '"Odd ""name"""', "$1", "$$ ; $$", "$tag$ ' $tag$", "1.5e3", ".5", "7",
     "-- note\n", "/* a /* b */ ; */", "(", ")", ",", "::text", "=", "<>", ";", "t.a", "ñandú", "U&'x'", "$2"]
)  # fmt: skip


@given(st.lists(PIECES).map(" ".join))
def test_tokens_joined_are_the_text(sql):
    assert "".join(token.text for token in read_tokens(sql)) == sql


@given(st.lists(PIECES).map(" ".join))
def test_no_statement_is_split_inside_quotes_or_comments(sql):
    assert all(";" not in normalise(statement) for statement in split_statements(sql))


@given(st.text(alphabet=st.characters(exclude_characters="'\\", codec="utf-8"), min_size=1))
def test_a_string_never_survives_masking(value):
    secret = f"<{value}>"
    assert secret not in mask_values(f"SELECT * FROM t WHERE a = '{secret}'")


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(UnfinishedSql):
        assert "".join(token.text for token in read_tokens(text)) == text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT 1", "select   2 -- two"),
        ("SELECT * FROM t WHERE a IN (1, 2)", "SELECT * FROM t WHERE a IN ($1, $2, $3)"),
        ("SELECT 'it''s'", "SELECT E'it\\'s'"),
        ("SELECT $$x$$", "SELECT 'x'"),
        ("SELECT 1;", "SELECT 1"),
    ],
)
def test_values_space_and_comments_do_not_tell_statements_apart(first, second):
    assert fingerprint(first) == fingerprint(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("SELECT a FROM t", "SELECT b FROM t"), ('SELECT "A"', 'SELECT "a"'), ("SELECT a1", "SELECT a2")],
)
def test_names_do(first, second):
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.parametrize("sql", ["SELECT 'x", 'SELECT "x', "SELECT /* x", "SELECT $a$ x", "SELECT E'x\\'"])
def test_what_has_no_end_is_refused(sql):
    with pytest.raises(UnfinishedSql):
        tuple(read_tokens(sql))


def test_a_script_is_split_at_its_semicolons():
    script = "-- first\nSELECT ';';\n\nSELECT $$;$$ ; /* ; */ ;"
    assert split_statements(script) == ("-- first\nSELECT ';'", "SELECT $$;$$")


def test_parameters_are_counted_by_their_highest_number():
    assert parameter_count("SELECT $2, '$9', $1") == 2
    assert parameter_count("SELECT 1") == 0


def test_values_in_a_plan_are_masked_save_for_those_of_the_statement():
    sql = "SELECT * FROM t WHERE status = 'confirmed' AND phone = $1"
    condition = "((status = 'confirmed'::text) AND (phone = '+54 9'::text) AND (id < 12))"
    child = {"Filter": condition, "Sort Key": ["a", "(b + 3)"]}
    plan = [{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t1", "Plan Rows": 7, "Plans": [child]}}]
    masked = mask_plan(plan, literals(sql))
    (child,) = masked[0]["Plan"]["Plans"]
    assert child["Filter"] == "((status = 'confirmed'::text) AND (phone = '?'::text) AND (id < ?))"
    assert child["Sort Key"] == ["a", "(b + ?)"]
    assert masked[0]["Plan"]["Plan Rows"] == 7
    assert masked[0]["Plan"]["Relation Name"] == "t1"


def sent(*texts, code_line="cabanas/services/browse.py:7"):
    return [SentStatement(sql, 0.5, code_line) for sql in texts]


def test_one_statement_for_each_row_of_another_is_n_plus_one():
    plain = sent("SELECT * FROM cabins", "COMMIT")
    loop = sent("SELECT * FROM cabins", *[f"SELECT * FROM stays WHERE cabin = {n}" for n in range(5)], "COMMIT")
    uses = {one.normalised: one for one in summarise_statements([plain, loop, plain])}
    stays = uses["select * from stays where cabin = ?"]
    assert stays.is_repeated
    assert (stays.calls_max, stays.parent) == (5, "select * from cabins")
    assert stays.calls_per_request == pytest.approx(5 / 3)
    assert stays.code_lines == ("cabanas/services/browse.py:7",)
    assert not uses["commit"].is_repeated
    assert not any(one.is_repeated for one in summarise_statements([loop[:-2]]))


def test_statements_are_counted_most_frequent_first():
    counted = summarise_statements([sent("SELECT 1", "SELECT a", "SELECT 2"), sent("SELECT 'unfinished")])
    assert [(one.normalised, one.calls_per_request, one.calls_max) for one in counted] == [
        ("select ?", 1.0, 2),
        ("select a", 0.5, 1),
        ("?", 0.5, 1),
    ]
