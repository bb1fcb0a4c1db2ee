"""``cabanas-perf profile`` from the command line to the exit code."""

import asyncio
import json
import os
import pstats
import signal
import socket
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
from jsonschema import Draft202012Validator
from tests.objectives import write_patient_objectives

import cabanas_perf.report
from cabanas.db.migrate import migrate
from cabanas.db.seed import seed

SCHEMA = json.loads((Path(cabanas_perf.report.__file__).parent / "schema.json").read_text(encoding="utf-8"))


def workload_of(report, name):
    return next(one for one in report["workloads"] if one["name"] == name)


def test_nlu_is_measured_judged_and_profiled(command, tmp_path):
    ran = command("profile", "nlu", "--requests", "1000", "--json")
    assert ran.code == 0, ran.err
    Draft202012Validator(SCHEMA).validate(ran.report)
    nlu = workload_of(ran.report, "nlu")
    assert (nlu["requests"], nlu["ok"], nlu["latency_ms"]["count"]) == (1000, 1000, 1000)
    assert nlu["profile"]["slowdown_ratio"] > 0
    (prof,) = (tmp_path / "profiles").glob("nlu_????????_??????.prof")
    assert any(name == "analyze" for _, _, name in pstats.Stats(str(prof)).stats)
    (written,) = (tmp_path / "profiles").glob("profiling_report_*.json")
    assert json.loads(written.read_text(encoding="utf-8")) == ran.report


@pytest.mark.parametrize("via", ["direct", "http"])
def test_every_pre_reservation_counted_is_a_row(command, tmp_path, via):
    ran = command("profile", "prereservation", "--requests", "100", "--via", via, "--json")
    assert ran.code == 0, ran.err
    report = ran.report
    held = workload_of(report, "prereservation")
    assert held["ok"] + held["refused"] == held["requests"] == 100
    assert [stage["name"] for stage in held["stages"]][:8] == [
        "validate",
        "pool_acquire",
        "load_accommodation",
        "price",
        "lock_acquire",
        "overlap_insert",
        "lock_release",
        "pool_release",
    ]
    assert (held["queries_per_request"], held["queries_max"], held["findings"]) == (2, 2, [])
    assert [one["name"] for one in held["statements"]] == ["load_accommodation", "hold_stay"]
    assert all(one["code_lines"][0].startswith("cabanas/services/hold_stay.py:") for one in held["statements"])
    assert report["audit"]["passed"] is True
    rows = next(check for check in report["audit"]["checks"] if check["name"] == "no row without an acknowledgement")
    # Warm-up and profiled pass hold stays as well.
    assert rows["found"] == rows["expected"] >= held["ok"]
    (prof,) = (tmp_path / "profiles").glob("prereservation_*.prof")
    functions = {name for _, _, name in pstats.Stats(str(prof)).stats}
    assert "_hold" in functions


def test_the_words_of_the_document_work_with_audio_or_without(command, without_audio, patient_objectives):
    # With audio and the second pass it takes minutes; audio has tests of its own.
    ran = command("profile", "--all", "--requests", "100", "--profiler", "none", **without_audio)
    assert ran.code == 0, ran.err + ran.out
    for left in ("transcription", "webhook-audio"):
        assert f"{left} is left out: Voice notes need the extra 'audio'" in ran.err
    for objective in ("prereservation-p95", "health-p95", "nlu-mean"):
        assert f"{objective}" in ran.out
    assert "Audit (database) passed" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    again = command("profile", "--endpoint", "health", "--requests", "100", "--json")
    assert again.code == 0
    assert [one["name"] for one in again.report["workloads"]] == ["health"]


@pytest.fixture
def patient_objectives(tmp_path):
    write_patient_objectives(tmp_path)


SEEDED_LOOP = """
from cabanas.services.hold_stay import HoldStay

load = HoldStay._load

async def load_with_a_loop(self, connection, accommodation_id, key):
    for cabin in range(6):
        await connection.fetchrow("SELECT name FROM accommodations WHERE id = $1", cabin)
    return await load(self, connection, accommodation_id, key)

HoldStay._load = load_with_a_loop
"""


@pytest.mark.parametrize("via", ["direct", "http"])
def test_a_seeded_n_plus_one_breaks_the_query_budget_and_is_named(command, tmp_path, via):
    seeded = tmp_path / "seeded"
    seeded.mkdir()
    # Every interpreter of the run imports it, the service's own included.
    (seeded / "sitecustomize.py").write_text(SEEDED_LOOP, encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(seeded), os.environ.get("PYTHONPATH"))))
    arguments = ("--requests", "60", "--profiler", "none", "--query-budget", "7", "--via", via)
    ran = command("profile", "prereservation", *arguments, "--json", PYTHONPATH=path)
    assert ran.code == 1, ran.err
    held = workload_of(ran.report, "prereservation")
    assert (held["queries_max"], held["queries_per_request"]) == (8, 8)
    verdict = next(one for one in ran.report["verdicts"] if one["objective"] == "prereservation-query-budget")
    assert (verdict["verdict"], verdict["observed"]) == ("missed", 8)
    repeated = next(one for one in held["findings"] if one["rule"] == "n-plus-one")
    assert repeated["node"] == "sitecustomize.py:8"
    if via == "direct":  # over HTTP a statement that is none of the service's own has no text
        assert "select name from accommodations where id = ?" in repeated["message"]


def test_every_profiler_that_is_here_leaves_a_profile(command, tmp_path):
    ran = command("profile", "health", "--requests", "60", "--profiler", "all", "--memory")
    assert ran.code == 0, ran.err
    assert "Where the time of health went" in ran.out
    assert "Memory of health" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    (path,) = (tmp_path / "profiles").glob("profiling_report_*.json")
    health = workload_of(json.loads(path.read_text(encoding="utf-8")), "health")
    profiles = {one["profiler"]: one for one in health["profiles"]}
    assert set(profiles) | {"py-spy"} == {"cprofile", "pyinstrument", "py-spy"}
    assert "py-spy" in profiles or any("no profile by py-spy" in note for note in health["notes"])
    assert health["profile"] == health["profiles"][0]
    for one in profiles.values():
        document = json.loads((tmp_path / one["speedscope_file"]).read_text(encoding="utf-8"))
        assert document["profiles"][0]["weights"]
        assert (one["slowdown_ratio"] > 0, one["slowdown_clock"]) == (True, "cpu")
    kept = command("profile", "health", "--requests", "60", "--profiler", "none", "--keep", "1")
    assert kept.code == 0
    assert len(list((tmp_path / "profiles").glob("*.speedscope.json"))) == len(profiles)


def test_three_requests_prove_nothing(command):
    ran = command("profile", "health", "--requests", "3", "--profiler", "none", "--json")
    assert ran.code == 3
    verdict = next(one for one in ran.report["verdicts"] if one["objective"] == "health-p95")
    assert (verdict["verdict"], verdict["missing_samples"]) == ("inconclusive", 56)


def test_a_dead_target_is_not_reached(command):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    ran = command("profile", "health", "--host", f"http://127.0.0.1:{port}")
    assert ran.code == 4
    assert f"nothing answers at http://127.0.0.1:{port}" in ran.err
    assert "Traceback" not in ran.err


def test_a_dead_database_is_not_reached(command):
    ran = command("profile", "health", DATABASE_URL="postgresql://me:secret@127.0.0.1:1/none")
    assert ran.code == 4
    assert "DATABASE_URL does not answer" in ran.err
    assert "secret" not in ran.err


def test_a_wrong_path_misses(command, start):
    server = start("serve", "--port", "0", "--reservations", "0", "--json")
    url = json.loads(server.stdout.readline())["url"]
    right = command("profile", "health", "--host", url, "--requests", "60", "--json")
    assert right.code == 0, right.err
    wrong = command("profile", "health", "--host", f"{url}/elsewhere", "--requests", "60", "--json")
    assert wrong.code == 1
    assert workload_of(wrong.report, "health")["outcomes"] == {"error/http_404": 60}
    audited = command("profile", "prereservation", "--host", url, "--requests", "100", "--json")
    assert (audited.code, audited.report["audit"]["source"], audited.report["audit"]["passed"]) == (0, "http", True)


def test_another_machine_is_not_loaded_by_accident(command):
    ran = command("profile", "health", "--host", "http://192.0.2.1:8000")
    assert ran.code == 2
    assert "--yes-load 192.0.2.1" in ran.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[objective]]\nid = "x"\nworkload = "nlu"\nindicator = "latency_ms"\nassert = "p95 < 3"\n', "slo.toml:5"),
        ('[[objective]]\nid = "x"\nworkload = "nlu"\nindicator = "latncy"\nassert = "p95 < 3s"\n', "slo.toml:4"),
        ("[[objective]\n", "slo.toml:1"),
    ],
)
def test_a_broken_slo_file_names_the_line(command, tmp_path, text, message):
    (tmp_path / "slo.toml").write_text(text, encoding="utf-8")
    ran = command("profile", "nlu", "--slo", "slo.toml")
    assert ran.code == 2
    assert message in ran.err
    assert not (tmp_path / "profiles").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile",),
        ("profile", "nosuch"),
        ("profile", "nlu", "--endpoint", "health"),
        ("profile", "nlu", "--requests", "x"),
    ],
)
def test_wrong_usage_is_told_without_a_trace(command, arguments):
    ran = command(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err


def test_an_uncaught_exception_is_an_internal_error(command, tmp_path):
    # A broken library on the path stands for any defect.
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "uvloop.py").write_text("raise RuntimeError('broken on purpose')\n", encoding="utf-8")
    ran = command("profile", "nlu", PYTHONPATH=str(broken))
    assert ran.code == 5
    assert "internal error: RuntimeError" in ran.err
    assert "Traceback" not in ran.err


async def _count_everything(url):
    connection = await asyncpg.connect(url)
    try:
        return [
            await connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("accommodations", "reservations", "outbox", "idempotency_keys")
        ]
    finally:
        await connection.close()


def test_somebodys_database_is_left_untouched(command, own_servers):
    urls = {"DATABASE_URL": own_servers.database_url, "REDIS_URL": own_servers.redis_url}
    asyncio.run(migrate(own_servers.database_url))
    asyncio.run(seed(own_servers.database_url, cabins=60, reservations=100))
    before = asyncio.run(_count_everything(own_servers.database_url))
    refused = command("profile", "prereservation", "--requests", "100", **urls)
    assert refused.code == 2
    assert "--allow-writes cabanas" in refused.err
    reading = command("profile", "health", "--requests", "60", "--json", **urls)
    assert reading.code == 0
    assert asyncio.run(_count_everything(own_servers.database_url)) == before
    allowed = command("profile", "prereservation", "--requests", "60", "--allow-writes", "cabanas", "--json", **urls)
    assert allowed.code == 0, allowed.err
    assert asyncio.run(_count_everything(own_servers.database_url)) == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_reports_what_it_has_and_leaves_nothing(start, family, tmp_path, number, code):
    process = start("profile", "prereservation", "--requests", "100000", "--json")
    for line in process.stderr:
        if line.startswith("measuring"):
            break
    time.sleep(1)
    others = family(process.pid)
    assert len(others) >= 2
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    report = json.loads(out)
    assert (report["run"]["complete"], report["verdict"]) == (False, "interrupted")
    assert 0 < workload_of(report, "prereservation")["requests"] < 100000
    _, alive = psutil.wait_procs(others, timeout=10)
    assert not alive


def test_a_killed_run_leaves_nothing_behind(start, family):
    process = start("profile", "prereservation", "--requests", "100000", "--via", "http")
    for line in process.stderr:
        if line.startswith("measuring"):
            break
    others = family(process.pid)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(others, timeout=15)
    assert not alive
