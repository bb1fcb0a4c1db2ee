"""``serve``, ``view``, ``gate``, ``report`` and ``doctor``."""

import http.client
import json
import re
import shutil
import signal
import tempfile
import urllib.request
from pathlib import Path

import psutil
import pytest

from cabanas_perf.measurement.stacks import Frame
from cabanas_perf.renderers.speedscope import render_speedscope


def test_serve_tells_how_to_reach_it_and_stops_on_sigterm(start, family):
    process = start("serve", "--port", "0", "--workers", "2", "--reservations", "50", "--json")
    ready = json.loads(process.stdout.readline())
    assert {"url", "database_url", "redis_url", "api_token"} <= set(ready)
    with urllib.request.urlopen(f"{ready['url']}/api/v1/healthz") as answer:
        assert json.load(answer)["status"] == "ok"
    request = urllib.request.Request(
        f"{ready['url']}/api/v1/reservations?status=confirmed&limit=1",
        headers={"Authorization": f"Bearer {ready['api_token']}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["items"][0]["contact_phone"].startswith("+54")
    others = family(process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    _, alive = psutil.wait_procs(others, timeout=10)
    assert not alive


def test_serve_with_stubs_takes_webhooks(start):
    process = start("serve", "--port", "0", "--stubs", "--stub-latency-ms", "5-10", "--reservations", "0", "--json")
    ready = json.loads(process.stdout.readline())
    query = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={ready['whatsapp_verify_token']}"
    with urllib.request.urlopen(f"{ready['url']}/api/v1/webhooks/whatsapp?{query}") as answer:
        assert answer.read() == b"1158201444"
    with urllib.request.urlopen(f"{ready['stubs']}/_sent") as answer:
        assert json.load(answer) == []
    assert ready["whatsapp_app_secret"]
    assert ready["mercadopago_secret"]


@pytest.mark.parametrize("latency", ["fast", "800-400", "-5", "1-2-3"])
def test_a_bad_stub_latency_is_wrong_usage(command, latency):
    ran = command("serve", f"--stub-latency-ms={latency}")
    assert ran.code == 2
    assert "400-800" in ran.err


def test_two_serves_at_once_do_not_collide(start):
    first, second = (start("serve", "--port", "0", "--reservations", "0", "--json") for _ in range(2))
    addresses = [json.loads(process.stdout.readline()) for process in (first, second)]
    assert addresses[0]["url"] != addresses[1]["url"]
    assert addresses[0]["database_url"] != addresses[1]["database_url"]


def test_a_taken_port_is_told(command, start):
    process = start("serve", "--port", "0", "--reservations", "0", "--json")
    port = json.loads(process.stdout.readline())["url"].rpartition(":")[2]
    ran = command("serve", "--port", port, "--reservations", "0")
    assert ran.code == 2
    assert f"port {port}" in ran.err


@pytest.fixture
def open_folder():
    """A folder that the account of root's embedded PostgreSQL may pass through; pytest's own is closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="cabanas-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_kept_data_are_there_again(start, open_folder):
    folder = open_folder / "data"
    for _ in range(2):
        process = start("serve", "--port", "0", "--reservations", "40", "--keep-data", str(folder), "--json")
        url = json.loads(process.stdout.readline())["url"]
        with urllib.request.urlopen(f"{url}/api/v1/accommodations") as answer:
            assert len(json.load(answer)["items"]) == 24
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_view_serves_a_profile_in_snakeviz(command, start, tmp_path):
    assert command("profile", "nlu", "--requests", "200").code == 0
    (prof,) = (tmp_path / "profiles").glob("nlu_*.prof")
    process = start("view", "--server", str(prof), PYTHONUNBUFFERED="1")
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)(/snakeviz/\S+)", line):
            break
    connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
    connection.request("GET", found[2])
    page = connection.getresponse()
    assert page.status == 200
    assert b"analyze" in page.read()
    connection.close()


def test_view_writes_a_page_of_speedscope(command, tmp_path):
    profile = tmp_path / "nlu_20250102_030405.speedscope.json"
    stacks = {(Frame("analyze </script>", "cabanas/nlu/reading.py", 18),): 1.0}
    profile.write_text(render_speedscope(stacks, name="nlu"), encoding="utf-8")
    ran = command("view", profile.name, "--server")
    assert (ran.code, ran.out) == (0, "Page: nlu_20250102_030405.speedscope.html\n")
    page = (tmp_path / "nlu_20250102_030405.speedscope.html").read_text(encoding="utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data) == json.loads(profile.read_text(encoding="utf-8"))
    profile.write_text("{}", encoding="utf-8")
    refused = command("view", profile.name, "--server")
    assert refused.code == 2
    assert "is not a profile" in refused.err


@pytest.mark.parametrize("content", [None, b"not a profile"])
def test_view_refuses_what_is_no_profile(command, tmp_path, content):
    if content is not None:
        (tmp_path / "x.prof").write_bytes(content)
    ran = command("view", "x.prof", "--server")
    assert ran.code == 2
    assert "x.prof" in ran.err
    assert "Traceback" not in ran.err


def test_gate_judges_a_stored_report_by_any_objectives(command, tmp_path):
    assert command("profile", "nlu", "--requests", "200", "--profiler", "none").code == 0
    (path,) = (tmp_path / "profiles").glob("*.json")
    assert command("gate", str(path)).code == 0
    (tmp_path / "hard.toml").write_text(
        '[[objective]]\nid = "nlu-hard"\nworkload = "nlu"\nindicator = "latency_ms"\nassert = "p50 < 0.1us"\n',
        encoding="utf-8",
    )
    hard = command("gate", str(path), "--slo", "hard.toml")
    assert (hard.code, "nlu-hard" in hard.out) == (1, True)
    assert command("report", str(path)).code == 0

    partial = json.loads(path.read_text(encoding="utf-8"))
    partial["run"]["complete"] = False
    (tmp_path / "partial.json").write_text(json.dumps(partial), encoding="utf-8")
    assert command("gate", "partial.json").code == 3
    (tmp_path / "cut.json").write_text(path.read_text(encoding="utf-8")[:200], encoding="utf-8")
    cut = command("gate", "cut.json")
    assert (cut.code, "cut.json" in cut.err) == (2, True)


def test_doctor_says_what_there_is(command):
    ran = command("doctor", "--json")
    assert ran.code == 0
    body = json.loads(ran.out)
    assert body["well"] is True
    assert body["environment"]["noise"]["ratio_low"] <= body["environment"]["noise"]["ratio_high"]
    assert "PostgreSQL" in next(one["detail"] for one in body["findings"] if one["name"] == "embedded servers")


def test_every_verb_has_help_with_an_example(command):
    verbs = re.findall(r"^  (\w+) ", command("--help").out.split("Commands:")[1].split("\n\n")[0], re.MULTILINE)
    assert {"profile", "serve", "view", "gate", "report", "doctor", "explain"} <= set(verbs)
    for verb in verbs:
        ran = command(verb, "--help")
        assert ran.code == 0
        assert f"  cabanas-perf {verb}" in ran.out.partition("\n")[2]
