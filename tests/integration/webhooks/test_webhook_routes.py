"""What providers are answered, and what is stored by then."""

import time

import httpx
import orjson
import pytest

from cabanas.api.app import create_app
from cabanas_perf.load.signing import sign_as_mercadopago, sign_as_meta
from cabanas_perf.workloads.webhook_input import (
    make_message,
    make_payment_notification,
    make_text_message,
    make_whatsapp_batch,
    sign_whatsapp_batch,
)

WHATSAPP = "/api/v1/webhooks/whatsapp"
SECRET = "app-secret"
CHALLENGE = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "1158201444"}
NOW_S = int(time.time())


def batch(*texts):
    return make_whatsapp_batch(
        [make_text_message(f"54911555001{n:02}", f"wamid.{n}", text, NOW_S) for n, text in enumerate(texts)]
    )


async def post(client, delivery):
    return await client.post(delivery.path, content=delivery.body, headers=dict(delivery.headers))


async def test_the_challenge_comes_back_as_plain_text(client):
    answer = await client.get(WHATSAPP, params=CHALLENGE)
    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "change", [{"hub.verify_token": "verify-you"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}]
)
async def test_a_wrong_verify_token_is_refused(client, change):
    answer = await client.get(WHATSAPP, params=CHALLENGE | change)
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:cabanas:problem:signature-refused"
    assert "1158201444" not in answer.text


async def test_a_challenge_without_parameters_is_refused(client):
    assert (await client.get(WHATSAPP)).status_code == 403


async def test_a_whole_batch_is_stored_when_it_is_acknowledged(client, query):
    delivery = sign_whatsapp_batch(
        make_whatsapp_batch(
            batch("hola", "chau")["entry"][0]["changes"][0]["value"]["messages"],
            statuses=[{"id": "wamid.out", "status": "delivered", "timestamp": str(NOW_S)}],
        ),
        SECRET,
    )
    answer = await post(client, delivery)
    assert (answer.status_code, answer.content) == (200, b"")
    rows = await query("SELECT kind, provider_id, lane FROM inbox ORDER BY id")
    assert rows == [
        ("message", "wamid.0", "+5491155500100"),
        ("message", "wamid.1", "+5491155500101"),
        ("status", "wamid.out:delivered", "status:wamid.out"),
    ]


async def test_the_acknowledgement_does_not_wait_for_the_reply(client, stubs, query):
    stubs.behaviour = type(stubs.behaviour).taking(60_000)
    assert (await post(client, sign_whatsapp_batch(batch("hola"), SECRET))).status_code == 200
    assert not stubs.sent


async def test_changed_bodies_and_signatures_are_refused_and_leave_nothing(client, query):
    good = sign_whatsapp_batch(batch("hola"), SECRET)
    signature = good.headers["x-hub-signature-256"]
    refused = [
        (good.body + b" ", signature),
        (good.body.replace(b"hola", b"hole"), signature),
        (good.body, signature.upper()),
        (good.body, signature[:-1]),
        (good.body, sign_as_meta("another", good.body)),
        (good.body, ""),
        (b"", sign_as_meta("another", b"")),
    ]
    for body, given in refused:
        answer = await client.post(WHATSAPP, content=body, headers={"x-hub-signature-256": given})
        assert answer.status_code == 403, given
    assert (await client.post(WHATSAPP, content=good.body)).status_code == 403
    assert await query("SELECT * FROM inbox") == []


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"object": "whatsapp_business_account"}'])
async def test_a_signed_body_that_is_no_envelope_is_malformed(client, body):
    answer = await client.post(WHATSAPP, content=body, headers={"x-hub-signature-256": sign_as_meta(SECRET, body)})
    assert answer.status_code == 400


async def test_a_body_over_the_providers_limit_is_refused_unread(client):
    assert (await client.post(WHATSAPP, content=b"x" * (3 * 1024 * 1024 + 1))).status_code == 413


async def test_other_objects_and_fields_are_acknowledged_and_not_kept(client, query):
    for change in ({"object": "page"}, {"entry": []}):
        body = orjson.dumps(batch("hola") | change)
        answer = await client.post(WHATSAPP, content=body, headers={"x-hub-signature-256": sign_as_meta(SECRET, body)})
        assert answer.status_code == 200
    assert await query("SELECT * FROM inbox") == []


@pytest.mark.parametrize(
    "text", ["\x00", "ñandú 🦤", "' OR 1=1 --", "x" * 4096, "\ud83d".encode("utf-8", "replace").decode()]
)
async def test_any_text_is_stored(client, query, text):
    assert (await post(client, sign_whatsapp_batch(batch(text), SECRET))).status_code == 200
    ((payload,),) = await query("SELECT payload FROM inbox")
    assert orjson.loads(payload)["message"]["text"]["body"] == text


async def test_an_unconfigured_webhook_says_so(settings):
    app = create_app(settings)
    async with app.router.lifespan_context(app) as state:

        async def with_state(scope, receive, send):
            await app({**scope, "state": dict(state)}, receive, send)

        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=with_state), base_url="http://service"
        ) as client:
            notification = make_payment_notification("1", "s", request_id="r", timestamp_ms=1)
            for answer in (
                await client.get(WHATSAPP, params=CHALLENGE),
                await post(client, sign_whatsapp_batch(batch("hola"), SECRET)),
                await post(client, notification),
            ):
                assert answer.status_code == 503
                assert answer.json()["type"] == "urn:cabanas:problem:webhook-not-configured"


async def test_a_payment_notification_is_stored_once_under_what_is_signed(client, query):
    delivery = make_payment_notification("123", "payment-secret", request_id="r", timestamp_ms=1)
    for _ in range(3):
        assert (await post(client, delivery)).status_code == 200
    assert await query("SELECT kind, lane, provider_id FROM inbox") == [
        ("payment", "payment:123", delivery.provider_id)
    ]


async def test_a_notification_of_another_topic_is_kept_and_not_acted_on(client, query):
    signature = sign_as_mercadopago("payment-secret", data_id="9", request_id="r", timestamp_ms=1)
    answer = await client.post(
        "/api/v1/webhooks/mercadopago?data.id=9&type=order",
        content=b'{"type": "order", "data": {"id": "9"}}',
        headers={"x-signature": signature, "x-request-id": "r"},
    )
    assert answer.status_code == 200
    assert await query("SELECT kind FROM inbox") == [("other",)]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"query": "data.id=124&type=payment"}, 403),
        ({"query": "type=payment"}, 403),
        ({"query": ""}, 403),
        ({"x-request-id": "s"}, 403),
        ({"x-request-id": ""}, 403),
        ({"x-signature": ""}, 403),
        ({"body": b'{"data": {"id": "124"}}'}, 400),
        ({"body": b"no json"}, 400),
        ({"body": b"x" * 70_000}, 413),
    ],
)
async def test_a_changed_payment_notification_is_refused(client, query, change, status):
    delivery = make_payment_notification("123", "payment-secret", request_id="r", timestamp_ms=1)
    headers = dict(delivery.headers) | {name: value for name, value in change.items() if name.startswith("x-")}
    target = "/api/v1/webhooks/mercadopago?" + change.get("query", "data.id=123&type=payment")
    answer = await client.post(target, content=change.get("body", delivery.body), headers=headers)
    assert answer.status_code == status
    assert await query("SELECT * FROM inbox") == []


async def test_every_kind_of_message_gets_an_answer(client, stubs, working, query):
    kinds = ["image", "video", "document", "sticker", "location", "contacts", "reaction", "order", "unsupported", "new"]
    messages = [
        make_message(f"54911555001{n:02}", f"wamid.{n}", NOW_S, kind, {"id": "1"}) for n, kind in enumerate(kinds)
    ]
    assert (await post(client, sign_whatsapp_batch(make_whatsapp_batch(messages), SECRET))).status_code == 200
    async with working():
        pass
    assert sorted(one["to"] for one in stubs.sent) == [f"54911555001{n:02}" for n in range(len(kinds))]
    assert len({one["text"] for one in stubs.sent}) == 1
