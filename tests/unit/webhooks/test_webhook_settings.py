import subprocess
import sys

import pytest
from pydantic import ValidationError

from cabanas.settings import Settings
from cabanas.worker import backoff_s

WHATSAPP = {
    "whatsapp_app_secret": "a",
    "whatsapp_verify_token": "b",
    "whatsapp_access_token": "c",
    "whatsapp_phone_number_id": "1",
}
MERCADOPAGO = {"mercadopago_secret": "a", "mercadopago_access_token": "b"}


def test_providers_are_configured_whole_or_not_at_all():
    Settings(**WHATSAPP)
    Settings(**MERCADOPAGO)
    for given in (WHATSAPP, MERCADOPAGO):
        for name in given:
            with pytest.raises(ValidationError, match="together"):
                Settings(**{**given, name: None})


@pytest.mark.parametrize("name", [*WHATSAPP, *MERCADOPAGO])
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_secret_refuses_to_start(name, empty):
    with pytest.raises(ValidationError):
        Settings(**{**WHATSAPP, **MERCADOPAGO, name: empty})


def test_the_service_says_which_secret_is_empty_and_shows_none(monkeypatch):
    for name, value in {**WHATSAPP, "mercadopago_secret": "hunter2"}.items():
        monkeypatch.setenv(f"CABANAS_{name.upper()}", value)
    monkeypatch.setenv("CABANAS_WHATSAPP_APP_SECRET", "")
    ended = subprocess.run(
        [sys.executable, "-m", "cabanas", "api"], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert "WHATSAPP_APP_SECRET" in ended.stderr
    monkeypatch.setenv("CABANAS_WHATSAPP_APP_SECRET", "a")
    ended = subprocess.run(
        [sys.executable, "-m", "cabanas", "api"], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert "mercadopago_secret and _access_token together" in ended.stderr
    assert "hunter2" not in ended.stderr


def test_a_lease_outlasts_the_longest_request():
    with pytest.raises(ValidationError, match="worker_lease_s"):
        Settings(worker_lease_s=10, provider_timeout_s=10)


def test_pauses_double_up_to_the_cap_and_respect_what_the_provider_asks():
    settings = Settings(retry_base_s=1, retry_max_s=60)
    for attempt, expected_s in ((1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60)):
        assert 0.8 * expected_s <= backoff_s(attempt, settings) <= 1.2 * expected_s
    assert backoff_s(1, settings, asked_s=30) == 30
    assert backoff_s(1, settings, asked_s=10_000) == 60
