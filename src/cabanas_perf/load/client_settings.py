"""What user files are told through the environment: secrets, and the mark that the run's rows carry."""

from __future__ import annotations

import os

MARKER_VARIABLE = "CABANAS_PERF_LOAD_MARKER"
WHATSAPP_SECRET_VARIABLE = "CABANAS_WHATSAPP_APP_SECRET"  # noqa: S105 - a variable's name
MERCADOPAGO_SECRET_VARIABLE = "CABANAS_MERCADOPAGO_SECRET"  # noqa: S105 - a variable's name


def read_marker() -> str:
    """Contact name of the reservations that the run makes."""
    return os.environ.get(MARKER_VARIABLE) or "cabanas-perf locust"


def read_secret(variable: str) -> str:
    """Secret with which webhooks are signed, the same variable as the service's.

    Raises:
        RuntimeError: when it is not set. Unsigned webhooks would only measure how fast they are refused.
    """
    secret = os.environ.get(variable)
    if not secret:
        raise RuntimeError(f"set {variable} to the service's secret, so that webhooks can be signed")
    return secret
