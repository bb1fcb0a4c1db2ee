"""What both webhooks may have to say no with."""

from __future__ import annotations

from cabanas.domain.errors import CabanasError


class WebhookNotConfigured(CabanasError):
    """The service was started without the provider's secrets."""


class SignatureRefused(CabanasError):
    """The request is not from the provider."""
