"""The command's edges: other people's statements, what it refuses, how it ends and what it never prints."""

import asyncio

import asyncpg
import pytest
import typer
from typer.testing import CliRunner

from cabanas_perf.cli.explain import explain, parse_sizes

SECRET = "555-31337"

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(explain)


async def fetch(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.fixture
def lint(laboratory_url, tmp_path):
    """Lint SQL text on the laboratory; gives the command's result."""

    def run(sql: str, *arguments: str, dsn: str = laboratory_url):
        path = tmp_path / "statements.sql"
        path.write_text(sql, encoding="utf-8")
        return CliRunner().invoke(
            app,
            ["--sql", str(path), "--dsn", dsn, "-n", "2", "-o", str(tmp_path / "out"), *arguments],
            env={"COLUMNS": "80", "DATABASE_URL": ""},
        )

    return run


def test_another_services_statement_is_linted(lint):
    result = lint("SELECT * FROM visits WHERE guest_phone = $1", "--param", SECRET)
    assert result.exit_code == 1, result.output
    assert "seq-scan-filter" in result.stdout
    assert "CREATE INDEX ON visits (guest_phone)" in result.stdout
    assert max(map(len, result.stdout.splitlines()), default=0) <= 80 + len("Next: cabanas-perf report ") + 200


@pytest.mark.parametrize("extra", [(), ("--json",), ("--verbose",)])
def test_values_are_never_printed_nor_kept(lint, tmp_path, extra):
    sql = f"SELECT * FROM visits WHERE guest_phone = $1 AND email <> '{SECRET}'"
    result = lint(sql, "--param", SECRET, *extra)
    assert SECRET not in result.output
    reports = list((tmp_path / "out").glob("*.json"))
    assert reports
    assert not any(SECRET in path.read_text() for path in reports)


def test_a_value_of_the_wrong_type_is_not_quoted(lint):
    result = lint("SELECT * FROM visits WHERE id = $1", "--param", SECRET)
    assert result.exit_code == 2
    assert SECRET not in result.output
    assert "values of the right types" in result.output


def test_several_statements_are_told_apart(lint):
    result = lint("SELECT 1; -- nothing\nSELECT id FROM visits WHERE id = 4;", "--tree")
    assert result.exit_code == 0, result.output
    assert "statements:1" in result.stdout
    assert "statements:2" in result.stdout


def test_without_values_the_generic_plan_is_read_and_nothing_run(lint):
    result = lint("SELECT * FROM visits WHERE guest_phone = $1")
    assert result.exit_code == 1, result.output
    assert "by estimate, not run" in result.stdout


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM visits WHERE id = 1", "UPDATE visits SET amount = 1", "SELECT * FROM visits WHERE id = 1 FOR UPDATE"],
)
def test_what_writes_is_refused(lint, laboratory_url, sql):
    result = lint(sql)
    assert result.exit_code == 2
    assert "--allow-writes" in result.output
    assert asyncio.run(fetch(laboratory_url, "SELECT count(*) FROM visits")) == 60000


def test_a_function_that_writes_is_stopped_by_the_server(lint, laboratory_url):
    asyncio.run(fetch(laboratory_url, "CREATE SEQUENCE IF NOT EXISTS counted"))
    result = lint("SELECT nextval('counted')")
    assert result.exit_code == 2
    assert "--allow-writes" in result.output


def test_an_allowed_write_is_rolled_back(lint, laboratory_url):
    sums = "SELECT sum(amount) + count(*) FROM visits"
    before = asyncio.run(fetch(laboratory_url, sums))
    result = lint("DELETE FROM visits WHERE id = 7; UPDATE visits SET amount = -1 WHERE id = 8",
                  "--allow-writes", "laboratory")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert asyncio.run(fetch(laboratory_url, sums)) == before


def test_only_the_named_database_may_be_written_to(lint):
    result = lint("DELETE FROM visits WHERE id = 7", "--allow-writes", "production")
    assert result.exit_code == 2
    assert "laboratory" in result.output


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT * FROM no_such_table", "no_such_table"),
        ("SELECT no_such_column FROM visits", "no_such_column"),
        ("SELECT 'open", "never closed"),
        ("   -- nothing\n ; ", "no statement"),
        ("DROP TABLE visits", "syntax error"),
        ("COMMIT", "syntax error"),
    ],
)
def test_a_statement_that_is_none_ends_with_usage(lint, laboratory_url, sql, says):
    result = lint(sql)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert "try:" in result.output
    assert asyncio.run(fetch(laboratory_url, "SELECT count(*) FROM visits")) == 60000


def test_a_statement_that_runs_too_long_is_inconclusive(lint):
    result = lint("SELECT pg_sleep(60)", "--timeout", "0.2")
    assert result.exit_code == 3, result.output
    assert "longer than 0.2 s" in result.output
    assert "--timeout" in result.output


@pytest.mark.parametrize(
    ("dsn", "exit_code"),
    [
        ("mysql://root:hunter2@localhost/shop", 2),
        ("not a url", 2),
        ("postgresql://guest:hunter2@127.0.0.1:1/shop", 4),
        ("postgresql://guest:hunter2@127.0.0.1:notaport/shop", 2),
    ],
)
def test_a_bad_dsn_ends_with_a_clear_message(lint, dsn, exit_code):
    result = lint("SELECT 1", dsn=dsn)
    assert result.exit_code == exit_code, result.output
    assert "try:" in result.output
    assert "hunter2" not in result.output


def test_a_database_that_is_not_there_was_not_reached(lint, laboratory_url):
    result = lint("SELECT 1", dsn=laboratory_url.replace("/laboratory?", "/elsewhere?"))
    assert result.exit_code == 4, result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sql", "x.sql"], "--dsn"),
        (["--rows", "many"], "--rows"),
        (["--rows", "0"], "--rows"),
        (["--param", "1"], "--sql"),
        (["no_such_statement"], "no_such_statement"),
        (["check_overlap", "--baseline", "nowhere"], "--save-baseline"),
        (["check_overlap", "--baseline", "../nowhere"], "check the path"),
    ],
)
def test_a_wrong_command_line_is_usage(tmp_path, arguments, says):
    result = CliRunner().invoke(app, [*arguments, "-o", str(tmp_path)], env={"DATABASE_URL": ""})
    assert result.exit_code == 2, result.output
    assert says in result.output


def test_a_baseline_is_saved_and_compared_with(lint, tmp_path):
    sql = "SELECT * FROM visits WHERE id = 5"
    assert lint(sql, "--save-baseline", "plans").exit_code == 0
    assert (tmp_path / "out/baselines/plans.json").is_file()
    assert lint(sql, "--baseline", "plans").exit_code == 0
    changed = lint("SELECT * FROM visits WHERE amount >= 0", "--baseline", "plans")
    assert changed.exit_code == 1
    assert "plan changed: statements" in changed.stdout


def test_sizes_are_read_with_their_units():
    assert parse_sizes("1k, 100k,1M,5") == (1_000, 100_000, 1_000_000, 5)
