"""What can go wrong with a provider, told apart by what helps: trying again, or not."""

from __future__ import annotations


class ProviderError(Exception):
    """A provider did not do what it was asked."""


class ProviderUnavailable(ProviderError):
    """It may work later: no answer, a fault on their side, too many requests, or a token to be renewed.

    ``retry_after_s`` is how long the provider asked us to wait, where it did.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderRefused(ProviderError):
    """The same request will never work."""


class MediaGone(ProviderRefused):
    """The provider no longer has the recording."""


class MediaTooLarge(ProviderRefused):
    """The recording is larger than we take."""
