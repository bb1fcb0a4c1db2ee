"""The webhook workloads measure what they say, directly and over HTTP, and leave nothing behind."""

import asyncio
import os
import socket
import sys
from contextlib import suppress

import httpx
import pytest

from cabanas.audio import has_audio
from cabanas.settings import Settings
from cabanas_perf.measurement.samples import Outcome
from cabanas_perf.stubs import Behaviour
from cabanas_perf.workloads import webhook_audio, webhook_payment, webhook_text
from cabanas_perf.workloads.base import CannotRun, Via, WorkloadContext
from cabanas_perf.workloads.webhook_replies import RepliesOutOfSight

AUDIO = pytest.param(
    webhook_audio.SPEC, marks=pytest.mark.skipif(not has_audio(), reason="the extra audio is not installed")
)
SPECS = [webhook_text.SPEC, AUDIO, webhook_payment.SPEC]
COUNT = 6
REQUEST_STAGES = {"verify_signature", "parse_payload", "store"}
STAGES = {
    "webhook-text": REQUEST_STAGES | {"nlu", "context_query", "send", "record_sent"},
    "webhook-audio": REQUEST_STAGES
    | {"download", "queue", "decode", "vad", "transcribe", "process_segments", "nlu", "context_query", "send"},
    "webhook-payment": REQUEST_STAGES | {"fetch_payment", "settle_payment", "format_response", "send", "record_sent"},
}
LEFT = """
SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM outbox), (SELECT count(*) FROM conversations),
       (SELECT count(*) FROM payments), (SELECT count(*) FROM accommodations WHERE NOT active)
"""


def context(settings, **changes):
    given = {"via": Via.DIRECT, "seed": 1, "total_requests": COUNT, "run_id": "run-1", "settings": settings}
    return WorkloadContext(**given | changes)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_a_direct_run_waits_for_each_reply_and_tells_its_stages(settings, query, spec):
    async with spec.open(context(settings)) as workload:
        replies = await asyncio.gather(*(workload.send(request) for request in workload.draw(COUNT)))
    assert [reply.outcome for reply in replies] == [Outcome.OK] * COUNT
    for reply in replies:
        # The stub takes 400 ms at the least; the acknowledgement does not wait for it.
        assert reply.acknowledged_ns < reply.latency_ns
        assert reply.latency_ns > 400_000_000
        assert STAGES[spec.name] <= {span.name for span in reply.trace.spans}
        send = next(span for span in reply.trace.spans if span.name == "send")
        assert send.ended_ns - send.started_ns > 400_000_000
    await query("DELETE FROM reservations")
    assert await query(LEFT) == [(0, 0, 0, 0, 0)]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_over_http_the_reply_is_timed_by_the_services_database(webhook_settings, stubs, query, spec):
    stubs.behaviour = Behaviour.taking(50)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "DATABASE_URL": webhook_settings.database_url,
        "REDIS_URL": webhook_settings.redis_url,
        "CABANAS_SERVER_TIMING": "1",
        "CABANAS_WHATSAPP_APP_SECRET": "app-secret",
        "CABANAS_WHATSAPP_VERIFY_TOKEN": "verify-me",
        "CABANAS_WHATSAPP_ACCESS_TOKEN": "graph-token",
        "CABANAS_WHATSAPP_PHONE_NUMBER_ID": "1",
        "CABANAS_GRAPH_BASE_URL": webhook_settings.graph_base_url,
        "CABANAS_MERCADOPAGO_SECRET": "payment-secret",
        "CABANAS_MERCADOPAGO_ACCESS_TOKEN": "payment-token",
        "CABANAS_MERCADOPAGO_BASE_URL": webhook_settings.mercadopago_base_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cabanas", "api", f"--port={port}", env={**os.environ, **environment}
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(30):
            while True:
                assert process.returncode is None
                with suppress(httpx.TransportError):
                    await client.get(f"{url}/api/v1/livez")
                    break
                await asyncio.sleep(0.05)
        async with spec.open(context(webhook_settings, via=Via.HTTP, base_url=url)) as workload:
            replies = [await workload.send(request) for request in workload.draw(COUNT)]
        # Signed with another secret, each is refused and counted as that.
        other = Settings.model_validate(
            webhook_settings.model_dump() | {"whatsapp_app_secret": "x", "mercadopago_secret": "x"}
        )
        async with spec.open(context(other, via=Via.HTTP, base_url=url, seed=2)) as workload:
            refused = [await workload.send(request) for request in workload.draw(COUNT)]
    finally:
        process.terminate()
        await process.wait()
    assert [reply.outcome for reply in replies] == [Outcome.OK] * COUNT
    for reply in replies:
        assert reply.acknowledged_ns < reply.latency_ns
        assert {span.name for span in reply.trace.spans} == REQUEST_STAGES
    assert {(reply.outcome, reply.kind) for reply in refused} == {(Outcome.ERROR, "http_403")}
    await query("DELETE FROM reservations")
    assert await query(LEFT) == [(0, 0, 0, 0, 0)]


async def test_voice_notes_are_given_to_no_real_provider(webhook_settings):
    real = webhook_settings.model_copy(update={"graph_base_url": "https://graph.facebook.com/v23.0"})
    with pytest.raises(CannotRun, match="serve --stubs"):
        async with webhook_audio.SPEC.open(context(real, via=Via.HTTP, base_url="http://127.0.0.1:9")):
            pass


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("database_url", [None, "postgresql://nobody@127.0.0.1:9/nothing"])
async def test_without_the_services_database_there_is_no_reply_to_time(settings, spec, database_url):
    blind = settings.model_copy(update={"database_url": database_url})
    with pytest.raises(RepliesOutOfSight):
        async with spec.open(context(blind, via=Via.HTTP, base_url="http://127.0.0.1:9")):
            pass
