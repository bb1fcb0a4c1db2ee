import subprocess
from pathlib import Path

import pytest

from cabanas_perf.runners.ab.checkouts import WORKING_TREE, open_checkouts
from cabanas_perf.runners.errors import RunError
from cabanas_perf.slo.exit_codes import ExitCode


def git(folder, *arguments):
    identity = ("-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(folder, version, dependencies="[]"):
    core = folder / "src" / "cabanas"
    core.mkdir(parents=True, exist_ok=True)
    (core / "__init__.py").write_text(f"VERSION = {version}\n")
    (folder / "pyproject.toml").write_text(f"[project]\ndependencies = {dependencies}\n")


@pytest.fixture
def repository(tmp_path):
    """Two commits of a core, the first one tagged, and nothing uncommitted."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    write(folder, 1)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "one")
    write(folder, 2, '["asyncpg>=1"]')
    git(folder, "commit", "-qam", "two")
    return folder


def version_of(checkout):
    return (checkout.source / "cabanas" / "__init__.py").read_text().strip()


def test_two_revisions_lie_side_by_side(repository):
    with open_checkouts("one", "main", folder=repository) as (base, head):
        assert (version_of(base), version_of(head)) == ("VERSION = 1", "VERSION = 2")
        assert (base.name, head.name) == ("one", "main")
        assert base.commit == git(repository, "rev-parse", "one")
        assert head.commit == git(repository, "rev-parse", "main")
        assert not base.dirty
        assert (base.dependencies, head.dependencies) == (frozenset(), {"asyncpg>=1"})


def test_without_a_head_the_working_tree_is_taken_as_it_lies(repository):
    write(repository, 3)
    with open_checkouts("main", None, folder=repository / "src") as (base, head):
        assert (version_of(base), version_of(head)) == ("VERSION = 2", "VERSION = 3")
        assert (head.name, head.commit, head.dirty) == (WORKING_TREE, base.commit, True)
        assert head.root == repository


@pytest.mark.parametrize(("path", "dirty"), [("src/cabanas/new.py", True), ("notes.txt", False)])
def test_only_changes_of_the_core_make_the_working_tree_dirty(repository, path, dirty):
    (repository / path).write_text("")
    with open_checkouts("main", None, folder=repository) as (_, head):
        assert head.dirty is dirty


def test_nothing_is_left_behind_here_or_in_the_repository(repository):
    before = sorted(path for path in (repository / ".git").rglob("*") if path.name != "index")
    with open_checkouts("one", "main", folder=repository) as (base, head):
        assert base.root.exists()
        assert head.root.exists()
    assert not base.root.exists()
    assert not head.root.exists()
    assert sorted(path for path in (repository / ".git").rglob("*") if path.name != "index") == before


def open_and_fail(base, head, folder):
    with pytest.raises(RunError) as caught, open_checkouts(base, head, folder=folder):
        pass
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


@pytest.mark.parametrize(("base", "head"), [("nowhere", None), ("one", "nowhere"), ("--help", None), ("one:src", None)])
def test_a_revision_that_is_none_is_named(repository, base, head):
    error = open_and_fail(base, head, repository)
    assert repr(head or base) in str(error)
    assert "git log" in error.fix


def test_in_a_shallow_clone_the_advice_is_to_fetch_the_rest(repository, tmp_path):
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    assert "fetch-depth: 0" in open_and_fail("HEAD~1", None, shallow).fix


def test_outside_a_repository(tmp_path, monkeypatch):
    # The folder for temporary files may itself lie inside a checkout.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "in no git repository" in str(open_and_fail("main", None, tmp_path))


@pytest.mark.parametrize(("base", "head"), [("bare", "main"), ("main", "bare")])
def test_a_revision_without_the_core_is_named(repository, base, head):
    git(repository, "switch", "-q", "--orphan", "bare")
    git(repository, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert str(open_and_fail(base, head, repository)) == "bare holds no src/cabanas"


def test_a_broken_project_file_asks_for_nothing(repository):
    (repository / "pyproject.toml").write_text("[project")
    with open_checkouts("main", None, folder=Path(repository)) as (_, head):
        assert head.dependencies == frozenset()
