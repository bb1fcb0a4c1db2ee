"""Reservations and accommodations over HTTP."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabanas.settings import BUSINESS_TIME_ZONE

PRERESERVE = "/api/v1/reservations/prereserve"
TODAY = datetime.now(ZoneInfo(BUSINESS_TIME_ZONE)).date()


def wish(days_ahead=30, nights=3, **other):
    check_in = TODAY + timedelta(days=days_ahead)
    return {
        "accommodation_id": 1,
        "check_in": check_in.isoformat(),
        "check_out": (check_in + timedelta(days=nights)).isoformat(),
        "guests": 2,
        "channel": "web",
        "contact_name": "Ana Pérez 👩‍👧",
        "contact_phone": "+5491145678901",
        **other,
    }


async def test_a_stay_is_held_and_told_in_full(client):
    answer = await client.post(PRERESERVE, json=wish())
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {
        "code",
        "accommodation_id",
        "check_in",
        "check_out",
        "nights",
        "guests",
        "total_price",
        "deposit_amount",
        "expires_at",
        "status",
    }
    assert (body["nights"], body["status"]) == (3, "pre_reserved")
    assert datetime.fromisoformat(body["expires_at"]).tzinfo is not None
    assert "." in body["total_price"]


@pytest.mark.parametrize(
    ("change", "status", "slug", "field"),
    [
        ({"accommodation_id": 999}, 404, "accommodation-not-found", None),
        ({"guests": 0}, 422, "invalid-request", "guests"),
        ({"guests": 99}, 422, "invalid-request", "guests"),
        ({"guests": "many"}, 422, "invalid-request", "guests"),
        ({"check_in": "2002-01-01"}, 422, "invalid-request", "check_out"),
        ({"check_in": "2002-01-01", "check_out": "2002-01-05"}, 422, "invalid-request", "check_in"),
        ({"check_in": "soon"}, 422, "invalid-request", "check_in"),
        ({"channel": "fax"}, 422, "invalid-request", "channel"),
        ({"contact_phone": "12"}, 422, "invalid-request", "contact_phone"),
        ({"contact_name": "x" * 200}, 422, "invalid-request", "contact_name"),
        ({"contact_email": "nowhere"}, 422, "invalid-request", "contact_email"),
        ({"surprise": 1}, 422, "invalid-request", "surprise"),
    ],
)
async def test_every_refusal_is_a_problem_that_names_the_field(client, change, status, slug, field):
    answer = await client.post(PRERESERVE, json=wish() | change)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"urn:cabanas:problem:{slug}", status)
    assert [error["field"] for error in problem.get("errors", [])] == ([field] if field else [])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"accommodation_id": NaN}'])
async def test_a_malformed_body_is_a_problem_too(client, body):
    answer = await client.post(PRERESERVE, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_taken_nights_are_a_conflict(client):
    assert (await client.post(PRERESERVE, json=wish())).status_code == 201
    answer = await client.post(PRERESERVE, json=wish(days_ahead=32))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:cabanas:problem:stay-unavailable")


async def test_an_idempotency_key_replays_quoted_or_bare(client):
    first = await client.post(PRERESERVE, json=wish(), headers={"Idempotency-Key": '"abc"'})
    again = await client.post(PRERESERVE, json=wish(), headers={"Idempotency-Key": "abc"})
    assert (again.status_code, again.json()) == (201, first.json())
    other = await client.post(PRERESERVE, json=wish(90), headers={"Idempotency-Key": "abc"})
    assert (other.status_code, other.json()["type"]) == (422, "urn:cabanas:problem:idempotency-key-reused")


@pytest.mark.parametrize("key", ["", '""', "x" * 300, "ñandú".encode()])
async def test_a_bad_key_is_refused(client, key):
    answer = await client.post(PRERESERVE, json=wish(), headers={"Idempotency-Key": key})
    assert answer.status_code == 422


async def test_changing_a_reservation_needs_the_token(client, token):
    code = (await client.post(PRERESERVE, json=wish())).json()["code"]
    for action in ("confirm", "cancel"):
        path = f"/api/v1/reservations/{code}/{action}"
        missing = await client.post(path)
        assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
        assert (await client.post(path, headers={"Authorization": "Bearer wrong"})).status_code == 401
        assert (await client.post(path, headers={"Authorization": "Basic bGV0LW1lLWlu"})).status_code == 401
        assert (await client.post(path, headers=token)).status_code == 200
    answer = await client.post(f"/api/v1/reservations/{code}/confirm", headers=token)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:cabanas:problem:invalid-transition")


async def test_personal_data_are_shown_with_the_token_only(client, token):
    code = (await client.post(PRERESERVE, json=wish())).json()["code"]
    path = f"/api/v1/reservations/{code}"
    public, private = await client.get(path), await client.get(path, headers=token)
    assert not [name for name in public.json() if name.startswith("contact_")]
    assert private.json()["contact_phone"] == "+5491145678901"
    listed = await client.get("/api/v1/reservations?status=pre_reserved")
    assert "+5491145678901" not in listed.text


async def test_unknown_codes_are_not_found(client, token):
    assert (await client.get("/api/v1/reservations/RES25NOSUCH")).status_code == 404
    assert (await client.post("/api/v1/reservations/RES25NOSUCH/cancel", headers=token)).status_code == 404


async def test_pages_cover_every_reservation_once_latest_first(client, token):
    codes = {
        (await client.post(PRERESERVE, json=wish(10 + 3 * (i // 2), accommodation_id=1 + i % 2))).json()["code"]
        for i in range(11)
    }
    seen, cursor = [], None
    for _ in range(10):
        query = {"status": "pre_reserved", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/reservations", params=query, headers=token)).json()
        seen += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert [item["check_in"] for item in seen] == sorted((item["check_in"] for item in seen), reverse=True)
    assert len(seen) == 11
    assert {item["code"] for item in seen} == codes


@pytest.mark.parametrize("query", ["cursor=nonsense", "cursor=W10=", "limit=0", "limit=1000", "status=gone"])
async def test_bad_paging_is_refused(client, query):
    assert (await client.get(f"/api/v1/reservations?{query}")).status_code == 422


async def test_accommodations_are_listed(client):
    items = (await client.get("/api/v1/accommodations")).json()["items"]
    assert len(items) == 6
    assert {"id", "name", "capacity", "base_price", "weekend_multiplier", "description"} == set(items[0])


async def test_availability_tells_which_nights_are_taken(client):
    await client.post(PRERESERVE, json=wish(30, 3))
    await client.post(PRERESERVE, json=wish(35, 2))
    start = TODAY + timedelta(days=28)
    query = {"check_in": start.isoformat(), "check_out": (start + timedelta(days=8)).isoformat()}
    body = (await client.get("/api/v1/accommodations/1/availability", params=query)).json()
    assert body["available"] is False
    assert [(t["check_in"], t["check_out"]) for t in body["taken"]] == [
        ((start + timedelta(days=2)).isoformat(), (start + timedelta(days=5)).isoformat()),
        ((start + timedelta(days=7)).isoformat(), (start + timedelta(days=8)).isoformat()),
    ]
    other = await client.get("/api/v1/accommodations/2/availability", params=query)
    assert (other.json()["available"], other.json()["taken"]) == (True, [])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/accommodations/999/availability?check_in=2030-01-01&check_out=2030-01-03", 404),
        ("/api/v1/accommodations/1/availability?check_in=2030-01-03&check_out=2030-01-03", 422),
        ("/api/v1/accommodations/1/availability?check_in=0001-01-01&check_out=9999-12-31", 422),
        ("/api/v1/accommodations/1/availability", 422),
        ("/api/v1/nowhere", 404),
    ],
)
async def test_bad_questions_have_problems_for_answers(client, path, status):
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_one_of_many_http_clients_wins(client):
    answers = await asyncio.gather(*(client.post(PRERESERVE, json=wish(30 + i % 3)) for i in range(16)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 15
