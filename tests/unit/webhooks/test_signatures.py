from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabanas.api.signatures import BadSignature, sign_whatsapp, verify_mercadopago, verify_whatsapp
from cabanas_perf.load.signing import sign_as_mercadopago, sign_as_meta

# The header's scheme is WebSub's; this is the known answer in GitHub's pages on securing webhooks.
PUBLISHED_SECRET, PUBLISHED_BODY = "It's a Secret to Everybody", b"Hello, World!"
PUBLISHED_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

# The inputs of the tests of Mercado Pago's own Python SDK; the digests were made with OpenSSL.
SECRET = "your_secret_key_here"
REQUEST_ID = "2066ca19-c6f1-498a-be75-1923005edd06"
DATA_ID = "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3"
TS = "1742505638683"
DIGEST_AS_WRITTEN = "fb15ae6472eb449173c556793205d77787d58f384d183bb5bc3b724c27bd103c"
DIGEST_LOWER_CASED = "633f91233312dd391ec75fa0bea539cfc2d6c4918873305b84a96cc1c58db71c"
DIGEST_WITHOUT_REQUEST_ID = "cd51d20ff8341874f2354acb6970d0e0bfdf33ce250cfa01982ac4fade40a6c8"


def verify(**changes):
    given_parts = {
        "data_id": DATA_ID,
        "request_id": REQUEST_ID,
        "signature": f"ts={TS},v1={DIGEST_AS_WRITTEN}",
    } | changes
    verify_mercadopago(given_parts.pop("secret", SECRET), **given_parts)


def test_the_published_whatsapp_signature_passes():
    verify_whatsapp(PUBLISHED_SECRET, PUBLISHED_BODY, PUBLISHED_SIGNATURE)
    assert sign_whatsapp(PUBLISHED_SECRET, PUBLISHED_BODY) == PUBLISHED_SIGNATURE


def test_a_whatsapp_signature_is_over_the_bytes_as_they_came_escapes_included():
    body = rb'{"text":"ma\u00f1ana \ud83d\ude00"}'
    verify_whatsapp("app-secret", body, "sha256=0d29e86a144ad2fc5b1ad9eacc990a31901eccbcd8db67fc64508ee4f2cfc9b9")


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        PUBLISHED_SIGNATURE.removeprefix("sha256="),
        PUBLISHED_SIGNATURE.upper(),
        "sha256=" + PUBLISHED_SIGNATURE[7:].upper(),
        "SHA256=" + PUBLISHED_SIGNATURE[7:],
        "sha1=" + PUBLISHED_SIGNATURE[7:],
        PUBLISHED_SIGNATURE + " ",
        " " + PUBLISHED_SIGNATURE,
        PUBLISHED_SIGNATURE[:-1],
        PUBLISHED_SIGNATURE + "0",
        "sha256=",
        "sha256=ñ",
    ],
)
def test_any_other_whatsapp_signature_is_refused(signature):
    with pytest.raises(BadSignature):
        verify_whatsapp(PUBLISHED_SECRET, PUBLISHED_BODY, signature)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_one_changed_byte_of_a_body_is_refused(body, data):
    signature = sign_as_meta("app-secret", body)
    position = data.draw(st.integers(0, len(body) - 1))
    flipped = bytearray(body)
    flipped[position] ^= data.draw(st.integers(1, 255))
    verify_whatsapp("app-secret", body, signature)
    with pytest.raises(BadSignature):
        verify_whatsapp("app-secret", bytes(flipped), signature)


@given(st.integers(0, len(PUBLISHED_SIGNATURE) - 1), st.characters(min_codepoint=32, max_codepoint=126))
def test_one_changed_character_of_a_whatsapp_signature_is_refused(position, character):
    changed = PUBLISHED_SIGNATURE[:position] + character + PUBLISHED_SIGNATURE[position + 1 :]
    if changed == PUBLISHED_SIGNATURE:
        return
    with pytest.raises(BadSignature):
        verify_whatsapp(PUBLISHED_SECRET, PUBLISHED_BODY, changed)


@pytest.mark.parametrize(
    ("data_id", "request_id", "digest"),
    [
        (DATA_ID, REQUEST_ID, DIGEST_AS_WRITTEN),
        (DATA_ID, REQUEST_ID, DIGEST_LOWER_CASED),
        (DATA_ID.lower(), REQUEST_ID, DIGEST_LOWER_CASED),
        ("999999999", None, DIGEST_WITHOUT_REQUEST_ID),
        ("999999999", "", DIGEST_WITHOUT_REQUEST_ID),
    ],
)
def test_the_published_mercadopago_inputs_pass_in_either_case_and_without_missing_parts(data_id, request_id, digest):
    ts = TS if request_id else "1704908010"
    verify(data_id=data_id, request_id=request_id, signature=f"ts={ts},v1={digest}")


def test_the_two_parts_of_a_mercadopago_signature_may_stand_in_any_order():
    verify(signature=f"v1={DIGEST_AS_WRITTEN}, ts={TS}")


@pytest.mark.parametrize(
    "changes",
    [
        {"data_id": DATA_ID.lower()},  # signed in upper case
        {"data_id": DATA_ID[:-1] + "4"},
        {"data_id": None},
        {"request_id": None},
        {"request_id": REQUEST_ID[:-1] + "7"},
        {"request_id": REQUEST_ID.upper()},
        {"signature": None},
        {"signature": ""},
        {"signature": "this-is-garbage"},
        {"signature": f"ts={TS}"},
        {"signature": f"v1={DIGEST_AS_WRITTEN}"},
        {"signature": f"ts=,v1={DIGEST_AS_WRITTEN}"},
        {"signature": f"ts={TS},v1="},
        {"signature": f"ts={TS},v2={DIGEST_AS_WRITTEN}"},
        {"signature": f"ts={TS},v1={DIGEST_AS_WRITTEN.upper()}"},
        {"signature": f"TS={TS},V1={DIGEST_AS_WRITTEN}"},
        {"signature": f"ts={int(TS) + 1},v1={DIGEST_AS_WRITTEN}"},
        {"signature": f"ts={TS},v1={DIGEST_AS_WRITTEN[:-1]}0"},
        {"secret": SECRET + "x"},
    ],
)
def test_any_other_mercadopago_signature_is_refused(changes):
    verify()
    with pytest.raises(BadSignature):
        verify(**changes)


@given(st.data())
def test_one_changed_character_of_a_mercadopago_signature_is_refused(data):
    signature = f"ts={TS},v1={DIGEST_AS_WRITTEN}"
    position = data.draw(st.integers(0, len(signature) - 1))
    character = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = signature[:position] + character + signature[position + 1 :]
    if changed == signature:
        return
    with pytest.raises(BadSignature):
        verify(signature=changed)


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
@pytest.mark.parametrize(("age_s", "passes"), [(0, True), (299, True), (301, False), (-301, False)])
def test_a_tolerance_reads_seconds_and_milliseconds(unit, age_s, passes):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    ts = (int(now.timestamp()) - age_s) * unit
    signature = sign_as_mercadopago(SECRET, data_id="1", request_id="r", timestamp_ms=ts)
    tolerance = {"tolerance": timedelta(minutes=5), "now": now}
    if passes:
        verify(data_id="1", request_id="r", signature=signature, **tolerance)
    else:
        with pytest.raises(BadSignature):
            verify(data_id="1", request_id="r", signature=signature, **tolerance)
    verify(data_id="1", request_id="r", signature=signature)


def test_an_empty_secret_verifies_nothing():
    with pytest.raises(ValueError, match="empty"):
        verify_whatsapp("", b"body", sign_as_meta("", b"body"))
    with pytest.raises(ValueError, match="empty"):
        verify(secret="")
