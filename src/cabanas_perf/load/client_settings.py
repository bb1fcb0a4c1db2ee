"""What user files are told through the environment: secrets, and the mark that the run's rows carry."""

from __future__ import annotations

import os
import random
from uuid import uuid4

MARKER_VARIABLE = "CABANAS_PERF_LOAD_MARKER"
WHATSAPP_SECRET_VARIABLE = "CABANAS_WHATSAPP_APP_SECRET"  # noqa: S105 - a variable's name
MERCADOPAGO_SECRET_VARIABLE = "CABANAS_MERCADOPAGO_SECRET"  # noqa: S105 - a variable's name
PAYMENT_IDS_VARIABLE = "CABANAS_PERF_LOAD_PAYMENT_IDS"
"""``FIRST+COUNT`` of the payments that exist."""
VOICE_NOTES_VARIABLE = "CABANAS_PERF_LOAD_VOICE_NOTES"
"""Media ids of the recordings that the provider has, with commas between them."""


def read_marker() -> str:
    """Contact name of the reservations that the run makes."""
    return os.environ.get(MARKER_VARIABLE) or "cabanas-perf locust"


def choose_payment_id(rng: random.Random) -> str:
    """Id of a payment to notify about: one that the provider's stub was told of, else a made-up one."""
    first, _, count = os.environ.get(PAYMENT_IDS_VARIABLE, "").partition("+")
    return str(int(first) + rng.randrange(int(count))) if count else str(rng.randrange(10**9, 10**10))


def read_voice_notes() -> tuple[str, ...]:
    """Media ids of recordings that the service can fetch; none where nobody said which there are."""
    return tuple(filter(None, os.environ.get(VOICE_NOTES_VARIABLE, "").split(",")))


def make_id() -> str:
    """A provider's id for a delivery, never used before; by the marker in it the run finds its own again."""
    return f"{read_marker().replace(' ', '.')}.{uuid4().hex}"


def read_secret(variable: str) -> str:
    """Secret with which webhooks are signed, the same variable as the service's.

    Raises:
        RuntimeError: when it is not set. Unsigned webhooks would only measure how fast they are refused.
    """
    secret = os.environ.get(variable)
    if not secret:
        raise RuntimeError(f"set {variable} to the service's secret, so that webhooks can be signed")
    return secret
