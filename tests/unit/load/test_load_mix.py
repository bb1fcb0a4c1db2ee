from __future__ import annotations

import pytest

from cabanas_perf.load.durations import parse_duration_s
from cabanas_perf.load.errors import ScenarioError
from cabanas_perf.load.mix import Stream, parse_mix


def test_the_documents_mix_is_read():
    assert parse_mix("ReservationUser:70,WhatsAppWebhookUser:20,MercadoPagoWebhookUser:10") == (
        Stream("ReservationUser", 70),
        Stream("WhatsAppWebhookUser", 20),
        Stream("MercadoPagoWebhookUser", 10),
    )


def test_one_task_of_a_class_is_named_by_its_endpoint():
    (stream,) = parse_mix(" ReservationUser.webhook-text : 2.5 ")
    assert (stream.endpoint, stream.name) == ("webhook-text", "ReservationUser.webhook-text")


@pytest.mark.parametrize("text", ["", "A", "A:", "A:x", "A:-1", ":3", "A:1,,B:2", "A:1;B:2", "A B:1", "A:0", "A:1,A:2"])
def test_anything_else_is_an_error_that_says_what_to_write(text):
    with pytest.raises(ScenarioError) as caught:
        parse_mix(text)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5s", 1.5), ("5m", 300), ("1h30m", 5400), ("1h1m1s", 3661)]
)
def test_durations(text, seconds):
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "5 m", "m5", "-1s", "1d", "1s1m"])
def test_no_durations(text):
    with pytest.raises(ScenarioError):
        parse_duration_s(text)
