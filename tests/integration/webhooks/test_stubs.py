"""The stand-ins answer as the providers do, over real HTTP."""

import hashlib
import json
import subprocess
import sys

import httpx
import pytest

from cabanas_perf.stubs import Behaviour, StubState, run_stubs, start_stubs

TOKEN = {"Authorization": "Bearer token"}
TEXT = {"messaging_product": "whatsapp", "to": "5491155500101", "type": "text", "text": {"body": "hola"}}


@pytest.fixture
async def http(stubs, stub_address):
    async with httpx.AsyncClient(base_url=stub_address.url, headers=TOKEN, trust_env=False) as client:
        yield client


async def test_what_was_sent_is_told_as_a_json_list(http):
    answer = await http.post("/graph/v23.0/1/messages", json=TEXT)
    assert answer.status_code == 200
    assert answer.json()["contacts"] == [{"input": "5491155500101", "wa_id": "5491155500101"}]
    (sent,) = (await http.get("/_sent")).json()
    assert (sent["to"], sent["text"], sent["id"]) == ("5491155500101", "hola", answer.json()["messages"][0]["id"])
    assert (await http.delete("/_sent")).json() == []


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"Authorization": ""}, TEXT, 401, 190),
        ({"Authorization": "Basic x"}, TEXT, 401, 190),
        ({}, {}, 400, 100),
        ({}, {**TEXT, "to": ""}, 400, 100),
        ({}, {**TEXT, "messaging_product": "other"}, 400, 100),
    ],
)
async def test_bad_requests_are_refused_as_graph_does(http, stubs, headers, body, status, code):
    answer = await http.post("/graph/v23.0/1/messages", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert stubs.sent == []


async def test_media_come_in_two_steps(http):
    data = b"OggS" * 100
    assert (await http.put("/_media/9", content=data, headers={"content-type": "audio/ogg"})).status_code == 204
    where = (await http.get("/graph/v23.0/9", params={"phone_number_id": "1"})).json()
    assert where["sha256"] == hashlib.sha256(data).hexdigest()
    assert (where["file_size"], where["mime_type"], where["id"]) == ("400", "audio/ogg", "9")
    assert (await http.get(where["url"])).content == data
    assert (await http.get(where["url"], headers={"Authorization": ""})).status_code == 401
    assert (await http.get("/graph/v23.0/10")).status_code == 404


async def test_payments_are_what_they_were_set_to(http):
    assert (await http.get("/mercadopago/v1/payments/7")).status_code == 404
    await http.put("/_payments/7", json={"status": "approved"})
    assert (await http.get("/mercadopago/v1/payments/7")).json() == {"id": 7, "status": "approved"}
    assert (await http.put("/_payments/7", content=b"[]")).status_code == 422


async def test_behaviour_can_be_changed_while_it_runs(http):
    changed = await http.put("/_behaviour", json={"fail_ratio": 1, "fail_status": 503, "latency_min_ms": 0})
    assert changed.json()["fail_status"] == 503
    assert (await http.post("/graph/v23.0/1/messages", json=TEXT)).status_code == 503
    await http.put("/_behaviour", json={"refuse_ratio": 1, "latency_min_ms": 0})
    assert (await http.post("/graph/v23.0/1/messages", json=TEXT)).status_code == 400
    assert (await http.put("/_behaviour", json={"speed": 1})).status_code == 422
    assert (await http.put("/_behaviour", content=b"x")).status_code == 422
    assert (await http.get("/_behaviour")).json()["refuse_ratio"] == 1


async def test_they_run_side_by_side():
    async with run_stubs(StubState()) as one, run_stubs(StubState()) as other:
        assert one.url != other.url


def test_they_run_as_a_process_that_ends_with_its_block():
    with start_stubs(Behaviour.taking(0)) as address:
        assert httpx.get(f"{address.url}/_behaviour", trust_env=False).json() == Behaviour.taking(0).to_json()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address.url}/_sent", trust_env=False)


def test_they_run_by_hand():
    process = subprocess.Popen(
        [sys.executable, "-m", "cabanas_perf.stubs", "--port=0", "--latency-ms", "5"],
        stdout=subprocess.PIPE,
        text=True,
    )
    url = json.loads(process.stdout.readline())["url"]
    shown = httpx.get(f"{url}/_behaviour", trust_env=False).json()
    assert (shown["latency_min_ms"], shown["latency_max_ms"]) == (5, 5)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_wrong_usage_is_told():
    ended = subprocess.run(
        [sys.executable, "-m", "cabanas_perf.stubs", "--latency-ms=-1"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "latencies must be" in ended.stderr
