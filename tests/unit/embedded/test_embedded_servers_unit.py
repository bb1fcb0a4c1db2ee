import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cabanas.embedded.instance import Instance
from cabanas.embedded.logs import read_tail
from cabanas.embedded.postgres import database_url, is_ready, server_settings
from cabanas.embedded.processes import command_line, end_process, is_alive, read_pid
from cabanas.embedded.valkey import command_line as redis_command_line
from cabanas.embedded.valkey import redis_url

INSTANCE = Instance(root=Path("/var/cache/cabanas-perf/instances/0123abcd"), token="0123abcd", kept=False)


def test_addresses_are_those_that_the_drivers_take():
    assert database_url(INSTANCE) == "postgresql://postgres@/cabanas?host=/tmp/cabanas-0123abcd"
    assert redis_url(INSTANCE) == "unix:///tmp/cabanas-0123abcd/redis.sock?db=0"


def test_socket_paths_fit_into_a_socket_address():
    # 104 bytes with the final zero on macOS, 108 on Linux.
    assert len(str(INSTANCE.sockets / ".s.PGSQL.5432.lock")) < 104


def test_a_kept_root_is_not_disposable_and_a_thrown_away_one_goes_last():
    assert INSTANCE.disposable == [INSTANCE.sockets, INSTANCE.root]
    kept = Instance(root=Path("/data"), token="0123abcd", kept=True)
    assert kept.disposable == [kept.sockets]


@pytest.mark.parametrize(
    ("durable", "extensions", "overrides", "expected"),
    [
        (True, {"pg_stat_statements"}, {}, {"shared_preload_libraries": "pg_stat_statements", "jit": "off"}),
        (True, set(), {}, {"listen_addresses": "", "shared_preload_libraries": None, "fsync": None}),
        (False, set(), {}, {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        (False, set(), {"fsync": "on", "work_mem": "8MB"}, {"fsync": "on", "work_mem": "8MB"}),
    ],
)
def test_server_settings(durable, extensions, overrides, expected):
    settings = server_settings(
        sockets=Path("/tmp/s"), durable=durable, extensions=frozenset(extensions), overrides=overrides
    )
    assert {name: settings.get(name) for name in expected} == expected


def test_redis_listens_on_its_socket_alone_and_writes_nothing_down():
    arguments = redis_command_line(Path("/bin/valkey-server"), INSTANCE)
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--save"] == ""
    assert options["--appendonly"] == "no"
    assert options["--unixsocketperm"] == "700"


READY = ["77", "/data", "1", "5432", "/tmp/s", "", "12 34", "ready   "]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (READY, True),
        ([*READY[:-1], "starting"], False),
        (READY[:-1], False),
        (["78", *READY[1:]], False),
        (None, False),
    ],
)
def test_postgres_is_ready_when_its_own_pid_file_says_so(tmp_path, lines, expected):
    if lines is not None:
        (tmp_path / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert is_ready(tmp_path, 77) is expected


@pytest.mark.parametrize(
    ("text", "pid"), [("4321\n/data\n", 4321), ("4321", 4321), ("", None), ("x\n", None), ("-1\n", None), ("1\n", None)]
)
def test_pid_files_that_name_no_server_are_no_pids(tmp_path, text, pid):
    (tmp_path / "pid").write_text(text)
    assert read_pid(tmp_path / "pid") == pid


def test_a_pid_file_that_is_not_there_is_no_pid(tmp_path):
    assert read_pid(tmp_path / "pid") is None


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "61.25"])
    # The kernel shows the command line a moment after Popen returns.
    while not command_line(process.pid):
        time.sleep(0.001)
    yield process
    process.kill()
    process.wait()


def test_only_the_process_with_the_mark_is_ended(sleeper):
    assert "sleep 61.25" in command_line(sleeper.pid)
    end_process(sleeper.pid, "-D /somewhere ", [(signal.SIGTERM, 1.0)])
    assert sleeper.poll() is None
    end_process(sleeper.pid, "sleep 61.25", [(signal.SIGTERM, 5.0)])
    assert sleeper.wait(5) == -signal.SIGTERM


def test_a_process_that_ignores_the_ladder_is_killed():
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo trapped; while :; do sleep 0.1; done; : stubborn-mark"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with stubborn:
        assert stubborn.stdout.readline() == b"trapped\n"
        end_process(stubborn.pid, "stubborn-mark", [(signal.SIGTERM, 0.2)])
        assert stubborn.wait(5) == -signal.SIGKILL


def test_an_ended_process_is_not_alive_and_has_no_command_line():
    process = subprocess.Popen(["true"])
    process.wait()
    assert not is_alive(process.pid)
    assert command_line(process.pid) == ""
    assert is_alive(os.getpid())


def test_the_tail_of_a_log_is_its_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(5000)))
    tail = read_tail(log).splitlines()
    assert tail[-1] == "  line 4999"
    assert len(tail) == 15
    assert "No such file" in read_tail(tmp_path / "missing")
