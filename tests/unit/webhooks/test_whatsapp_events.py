import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.api.raw_body import MalformedBody, parse_object
from cabanas.services.inbox import EventKind
from cabanas.services.whatsapp_events import MalformedEnvelope, parse_envelope, read_message
from cabanas_perf.workloads.webhook_input import make_message, make_text_message, make_whatsapp_batch

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
SAID_AT_S = int(NOW.timestamp()) - 5
ANA, BRUNO = "5491155500101", "5491155500102"


def read(message, names=None):
    (event,) = parse_envelope(make_whatsapp_batch([message], names=names), NOW)
    return read_message(orjson.loads(event.payload))


def test_every_message_and_status_of_every_entry_is_an_event():
    one = make_whatsapp_batch(
        [make_text_message(ANA, "wamid.1", "hola", SAID_AT_S), make_text_message(BRUNO, "wamid.2", "hola", SAID_AT_S)]
    )
    two = make_whatsapp_batch(
        [make_message(ANA, "wamid.3", SAID_AT_S, "audio", {"id": "media-1", "voice": True})],
        statuses=[{"id": "wamid.out", "status": status, "timestamp": str(SAID_AT_S)} for status in ("sent", "read")],
    )
    batch = {"object": one["object"], "entry": [*one["entry"], {"id": "x", "changes": two["entry"][0]["changes"] * 2}]}
    events = parse_envelope(batch, NOW)
    assert [(event.kind, event.provider_id, event.lane) for event in events] == [
        (EventKind.MESSAGE, "wamid.1", "+" + ANA),
        (EventKind.MESSAGE, "wamid.2", "+" + BRUNO),
        (EventKind.VOICE_NOTE, "wamid.3", "+" + ANA),
        (EventKind.STATUS, "wamid.out:sent", "status:wamid.out"),
        (EventKind.STATUS, "wamid.out:read", "status:wamid.out"),
    ]
    assert {event.said_at for event in events} == {NOW - timedelta(seconds=5)}


@pytest.mark.parametrize(
    ("kind", "part", "text"),
    [
        ("text", {"body": "hola"}, "hola"),
        ("text", {"body": "   "}, None),
        ("text", {}, None),
        ("button", {"payload": "x", "text": "Quiero reservar"}, "Quiero reservar"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Sí"}}, "Sí"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Cabaña 1"}}, "Cabaña 1"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}, None),
        ("image", {"id": "9", "caption": "¿Esta está libre?"}, "¿Esta está libre?"),
        ("image", {"id": "9"}, None),
        ("document", {"id": "9", "filename": "x.pdf"}, None),
        ("video", {"id": "9"}, None),
        ("sticker", {"id": "9"}, None),
        ("location", {"latitude": 1, "longitude": 2}, None),
        ("reaction", {"message_id": "wamid.0", "emoji": "👍"}, None),
        ("unsupported", {"type": "poll"}, None),
        ("kind_to_come", {"anything": 1}, None),
    ],
)
def test_words_are_found_in_whatever_kind_of_message_has_them(kind, part, text):
    message = read(make_message(ANA, "wamid.1", SAID_AT_S, kind, part))
    assert (message.text, message.media_id) == (text, None)


def test_a_voice_note_has_a_recording_and_no_words():
    message = read(make_message(ANA, "wamid.1", SAID_AT_S, "audio", {"id": "media-1"}))
    assert (message.text, message.media_id) == (None, "media-1")


def test_contacts_and_system_messages_whose_part_is_a_list_are_messages_without_words():
    message = make_message(ANA, "wamid.1", SAID_AT_S, "contacts", [{"name": {"formatted_name": "Ana"}}])
    assert read(message).text is None


def test_the_profile_name_belongs_to_its_number():
    message = make_text_message(ANA, "wamid.1", "hola", SAID_AT_S)
    assert read(message, {BRUNO: "Bruno", ANA: "Ana"}).contact_name == "Ana"
    assert read(message, {BRUNO: "Bruno"}).contact_name is None


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"id": None}, 0),
        ({"id": ""}, 0),
        ({"id": "a\x00b"}, 0),
        ({"id": "x" * 501}, 0),
        ({"from": None}, 0),
        ({"from": "ana"}, 0),
        ({"from": 5491155500101}, 0),
        ({"timestamp": None}, 1),
        ({"timestamp": "soon"}, 1),
        ({"timestamp": "9" * 30}, 1),
        ({"type": None}, 1),
        ({"type": ["text"]}, 1),
    ],
)
def test_a_message_without_sense_is_left_out_and_its_neighbour_is_not(change, count):
    odd = make_text_message(ANA, "wamid.odd", "hola", SAID_AT_S) | change
    events = parse_envelope(make_whatsapp_batch([odd, make_text_message(BRUNO, "wamid.2", "hola", SAID_AT_S)]), NOW)
    assert len(events) == count + 1
    assert all(event.said_at <= NOW for event in events)


def test_what_says_it_comes_from_the_future_was_said_now():
    (event,) = parse_envelope(make_whatsapp_batch([make_text_message(ANA, "w", "x", SAID_AT_S + 999)]), NOW)
    assert event.said_at == NOW


def test_other_fields_of_the_account_are_not_messages():
    batch = make_whatsapp_batch([make_text_message(ANA, "w", "x", SAID_AT_S)])
    batch["entry"][0]["changes"][0]["field"] = "account_update"
    assert parse_envelope(batch, NOW) == []


@pytest.mark.parametrize("body", [{}, {"object": "x"}, {"object": 1, "entry": []}, {"object": "x", "entry": {}}])
def test_what_is_no_envelope_is_malformed(body):
    with pytest.raises(MalformedEnvelope):
        parse_envelope(body, NOW)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "changes",
                        "field",
                        "value",
                        "messages",
                        "statuses",
                        "contacts",
                        "id",
                        "from",
                        "type",
                        "text",
                        "profile",
                    ]
                ),
                inner | st.just("messages"),
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_no_json_whatever_breaks_the_reading(found):
    for event in parse_envelope({"object": "whatsapp_business_account", "entry": [found]}, NOW):
        assert event.provider_id


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"a":', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_malformed(body):
    with pytest.raises(MalformedBody):
        parse_object(body)


def test_half_an_emoji_does_not_cost_the_rest_of_the_batch():
    body = json.dumps({"text": "hola \ud83d", "id": "mañana"}).encode()
    assert parse_object(body) == {"text": "hola ?", "id": "mañana"}
