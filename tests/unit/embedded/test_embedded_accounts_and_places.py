import os
from pathlib import Path

import pytest

from cabanas.embedded.accounts import Account, closed_parent, may_pass, missing_capabilities, server_environment
from cabanas.embedded.places import cache_candidates, make_directory

ALL_BUT = "CapInh:\t0000000000000000\nCapEff:\t{:016x}\nCapBnd:\t000001ffffffffff\n"
FULL = (1 << 41) - 1


@pytest.mark.parametrize(
    ("effective", "missing"),
    [
        (FULL, []),
        (FULL & ~(1 << 7), ["CAP_SETUID"]),
        (FULL & ~(1 << 0) & ~(1 << 6), ["CAP_CHOWN", "CAP_SETGID"]),
        (0, ["CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"]),
    ],
)
def test_capabilities_that_root_lacks_are_named(effective, missing):
    assert missing_capabilities(ALL_BUT.format(effective)) == missing


def test_a_status_without_capabilities_is_taken_as_unlimited():
    assert missing_capabilities("Name:\tpython\n") == []


def test_servers_see_nothing_of_locale_zone_libpq_or_secrets():
    inherited = {
        "PATH": "/bin",
        "LANG": "de_CH.UTF-8",
        "LC_TIME": "xx",
        "LC_ALL": "xx",
        "TZ": "Europe/Zurich",
        "PGDATA": "/data",
        "PGOPTIONS": "-c jit=on",
        "API_TOKEN": "secret",
    }
    assert server_environment(inherited) == {"PATH": "/bin", "LC_ALL": "C", "TZ": "UTC"}


OWNER, GROUP, OTHER = Account("owner", 10, 99), Account("member", 99, 20), Account("other", 99, 99)


@pytest.mark.parametrize(
    ("mode", "account", "expected"),
    [
        (0o755, OTHER, True),
        (0o750, OTHER, False),
        (0o711, OTHER, True),
        (0o700, OWNER, True),
        (0o677, OWNER, False),
        (0o710, GROUP, True),
        (0o707, GROUP, False),
        (0o707, OTHER, True),
    ],
)
def test_who_may_pass_a_directory(mode, account, expected):
    directory = os.stat_result((mode, 0, 0, 1, 10, 20, 0, 0, 0, 0))
    assert may_pass(directory, account) is expected


def test_the_first_closed_directory_on_the_way_is_found(tmp_path):
    tmp_path.chmod(0o700)
    closed = closed_parent(tmp_path / "a/b", Account("other", -2, -2))
    # Directories above may be closed, too.
    assert closed in (tmp_path, *tmp_path.parents)
    assert closed.stat().st_mode & 0o001 == 0
    assert closed_parent(Path("/not-there/at/all"), OTHER) is None


HOME = Path("/home/ana")


@pytest.mark.parametrize(
    ("environ", "is_root", "platform", "expected"),
    [
        ({}, False, "linux", ["/home/ana/.cache/cabanas-perf"]),
        ({}, False, "darwin", ["/home/ana/Library/Caches/cabanas-perf"]),
        ({"XDG_CACHE_HOME": "/fast"}, False, "linux", ["/fast/cabanas-perf"]),
        ({"XDG_CACHE_HOME": "relative"}, False, "linux", ["/home/ana/.cache/cabanas-perf"]),
        ({"XDG_CACHE_HOME": ""}, False, "linux", ["/home/ana/.cache/cabanas-perf"]),
        ({"XDG_CACHE_HOME": "/root/.cache"}, True, "linux", ["/var/cache/cabanas-perf", "/var/tmp/cabanas-perf-0"]),
        ({"CABANAS_CACHE_DIR": "/mine", "XDG_CACHE_HOME": "/fast"}, False, "linux", ["/mine"]),
        ({"CABANAS_CACHE_DIR": "/mine"}, True, "linux", ["/mine"]),
        ({"CABANAS_CACHE_DIR": ""}, False, "linux", ["/home/ana/.cache/cabanas-perf"]),
    ],
)
def test_where_the_cache_goes(environ, is_root, platform, expected):
    candidates = cache_candidates(environ, is_root=is_root, platform=platform, home=HOME)
    assert [str(path) for path in candidates] == expected


def test_a_directory_gets_its_mode_whatever_the_umask_and_keeps_it(tmp_path):
    made = tmp_path / "a/b"
    make_directory(made, 0o751)
    assert made.stat().st_mode & 0o777 == 0o751
    make_directory(made, 0o700)
    assert made.stat().st_mode & 0o777 == 0o751
