import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cabanas_perf.report.files import ReportError, prune, read_report, render_json, reserve_path, write_report
from cabanas_perf.report.redaction import redact_command


def test_a_report_is_named_after_the_second_it_began(tmp_path, report):
    path = write_report(report, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "profiling_report_20250102_030405.json"
    assert read_report(path) == report
    assert list(path.parent.iterdir()) == [path]


def test_a_second_report_of_the_same_second_overwrites_nothing(tmp_path, report):
    other = report.model_copy(update={"run": report.run.model_copy(update={"id": "other"})})
    first, second, third = write_report(report, tmp_path), write_report(other, tmp_path), write_report(other, tmp_path)
    stem = "profiling_report_20250102_030405"
    assert [first.name, second.name, third.name] == [f"{stem}.json", f"{stem}_2.json", f"{stem}_3.json"]
    assert (read_report(first).run.id, read_report(second).run.id) == (report.run.id, "other")


def test_reports_written_at_once_all_survive(tmp_path, report):
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: write_report(report, tmp_path), range(16)))
    assert len(set(paths)) == 16
    assert all(read_report(path) == report for path in paths)


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, report, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_report(report, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "", "the file is empty"),
        (lambda text: text[: text.index('"cores"') - 1], "cut short"),
        (lambda text: text[: text.index('"cores"') + 3], "cut short"),
        (lambda text: "no " + text, "not JSON at line 1"),
        (lambda text: "[1]", "its schema is None"),
        (lambda text: text.replace("report/1", "report/9"), "its schema is 'cabanas-perf/report/9'"),
        (lambda text: text.replace('"complete": true', '"complete": "secret words"'), "run.complete"),
        (lambda text: text.replace('"cores": 2', '"colours": 2'), "environment.colours"),
    ],
)
def test_a_damaged_report_says_what_is_wrong_with_it(tmp_path, report, damage, words):
    path = tmp_path / "report.json"
    path.write_text(damage(render_json(report)))
    with pytest.raises(ReportError) as caught:
        read_report(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "secret words" not in str(caught.value)


def test_many_faults_are_counted_not_listed(tmp_path, report):
    document = json.loads(render_json(report))
    document["run"] = {"schema": 1}
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ReportError, match=r"and \d more"):
        read_report(path)


def test_what_is_no_file_or_no_text_says_so(tmp_path):
    with pytest.raises(ReportError, match="no such file"):
        read_report(tmp_path / "missing.json")
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path / "binary.json")


def test_pruning_keeps_the_newest_of_each_name_and_touches_nothing_else(tmp_path):
    old = ["profiling_report_20250101_000000.json", "nlu_20250101_000000.prof", "nlu_20250101_000000_2.prof"]
    new = ["profiling_report_20250102_000000.json", "nlu_20250101_000000_10.prof", "health_20240101_000000.prof"]
    others = ["slo.toml", "notes.json", "report_2025.json"]
    for name in old + new + others:
        (tmp_path / name).touch()
    (tmp_path / "nlu_20200101_000000.prof").mkdir()
    removed = prune(tmp_path, keep=1)
    assert sorted(path.name for path in removed) == sorted(old)
    assert {path.name for path in tmp_path.iterdir()} == {*new, *others, "nlu_20200101_000000.prof"}


def test_pruning_everything_is_refused(tmp_path):
    with pytest.raises(ValueError):
        prune(tmp_path, keep=0)


def test_a_reserved_name_is_taken(tmp_path):
    first = reserve_path(tmp_path, "nlu", "20250102_030405", ".prof")
    assert first.exists()
    assert reserve_path(tmp_path, "nlu", "20250102_030405", ".prof").name == "nlu_20250102_030405_2.prof"


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["profile", "nlu", "--requests", "100"], "profile nlu --requests 100"),
        (["--audit-dsn", "postgresql://me:hunter2@db/x"], "--audit-dsn 'postgresql://***@db/x'"),
        (["--audit-dsn=postgresql+asyncpg://me:hunter2@db/x"], "'--audit-dsn=postgresql+asyncpg://***@db/x'"),
        (["--audit-dsn", "host=db password=hunter2 user=me"], "--audit-dsn 'host=db password=*** user=me'"),
        (["--host", "http://h/?token=hunter2&x=1"], "--host 'http://h/?token=***&x=1'"),
        (["--api-token", "hunter2", "--json"], "--api-token '***' --json"),
        (["--api-token=hunter2"], "'--api-token=***'"),
    ],
)
def test_a_stored_command_holds_no_secrets(arguments, shown):
    assert redact_command(arguments) == shown
