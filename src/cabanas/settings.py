"""Everything about the service that can be set from outside, by environment variables or in code."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cabanas.domain.pricing import DEFAULT_WEEKEND_NIGHTS
from cabanas.domain.reservation import StayLimits


def _check_secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        msg = "must not be empty: with an empty secret everybody could sign"
        raise ValueError(msg)
    return secret


Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
HttpAddress = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]

BUSINESS_TIME_ZONE = "America/Argentina/Buenos_Aires"


class Settings(BaseSettings):
    """The service's settings. Variables carry the prefix ``CABANAS_``, save for the two URLs.

    Raises:
        pydantic.ValidationError: naming the variable, its value and what is allowed.
    """

    model_config = SettingsConfigDict(env_prefix="CABANAS_", frozen=True, extra="forbid", populate_by_name=True)

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    """PostgreSQL URL, as ``postgresql://user@host:5432/name``. Unset: the embedded server."""
    redis_url: str | None = Field(default=None, validation_alias="REDIS_URL")
    """Redis URL, as ``redis://host:6379/0``. Unset: the embedded server."""

    database_pool_size: int = Field(default=20, ge=1)
    """Connections kept open by each worker process."""
    database_max_overflow: int = Field(default=10, ge=0)
    """Connections beyond `database_pool_size` that a burst may open; idle ones are closed again."""
    database_pool_timeout_s: float = Field(default=5.0, gt=0)
    database_command_timeout_s: float = Field(default=10.0, gt=0)
    redis_max_connections: int = Field(default=50, ge=1)
    redis_timeout_s: float = Field(default=0.25, gt=0)
    redis_prefix: str = Field(default="cabanas:", pattern=r"^[\w:.-]+$")

    lock_enabled: bool = True
    lock_ttl_s: float = Field(default=5.0, gt=0)
    lock_wait_s: float = Field(default=0.05, ge=0)
    """How long a hold waits for the cabin's lock before it lets the insert decide."""

    hold_duration_s: int = Field(default=1800, ge=1)
    weekend_nights: Annotated[frozenset[int], NoDecode] = DEFAULT_WEEKEND_NIGHTS
    """Weekdays whose nights cost more, Monday is 0: ``5,6`` for Saturday and Sunday."""
    max_nights: int = Field(default=60, ge=1)
    max_days_ahead: int = Field(default=730, ge=1)
    expiry_interval_s: float = Field(default=30.0, gt=0)
    idempotency_ttl_s: int = Field(default=48 * 3600, ge=60)

    api_token: SecretStr | None = None
    """Bearer token for what changes state or shows personal data; unset, those routes answer 401."""
    rate_limit_requests: int = Field(default=100, ge=0)
    """Requests a client may send in each window; 0 switches rate limiting off."""
    rate_limit_window_s: int = Field(default=60, ge=1)
    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies of ours append to ``X-Forwarded-For``; 0 trusts the socket's address alone."""
    server_timing: bool = False
    """Answer with a ``Server-Timing`` header (W3C) that carries each stage's duration."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_grace_s: float = Field(default=8.0, gt=0)

    whatsapp_app_secret: Secret | None = None
    """Signs what Meta delivers. The four WhatsApp settings are given together or not at all; without them the
    webhook answers 503 and nothing is sent."""
    whatsapp_verify_token: Secret | None = None
    whatsapp_access_token: Secret | None = None
    whatsapp_phone_number_id: str | None = Field(default=None, pattern=r"^[\w-]+$")
    graph_base_url: HttpAddress = "https://graph.facebook.com/v23.0"
    mercadopago_secret: Secret | None = None
    """Signs Mercado Pago's notifications; given together with the access token or not at all."""
    mercadopago_access_token: Secret | None = None
    mercadopago_base_url: HttpAddress = "https://api.mercadopago.com"
    mercadopago_tolerance_s: float | None = Field(default=None, gt=0)
    """How old a notification's signature may be; unset, of any age: the provider delivers again for days."""
    payment_link: str | None = Field(default=None, pattern=r"^https?://\S*\{code\}\S*$")
    """Where a guest pays the deposit; ``{code}`` stands for the reservation's code."""

    worker_enabled: bool = True
    """Work through the inbox and the outbox in the API's own processes. Off where ``python -m cabanas worker`` does."""
    worker_poll_s: float = Field(default=0.5, gt=0)
    """How long work that nobody announced can go unseen."""
    worker_lease_s: float = Field(default=30.0, gt=0)
    """When work that a dead worker had in hand comes back; longer than any request to a provider may take."""
    voice_lease_s: float = Field(default=180.0, gt=0)
    """The same for a voice note, with its download and transcription."""
    inbox_concurrency: int = Field(default=8, ge=1)
    """Messages in hand at once, for each process."""
    payment_concurrency: int = Field(default=64, ge=1)
    """Payments in hand at once, for each process. They wait for the provider without a database connection, and in a
    line of their own, so that a slow one holds up no reply."""
    voice_concurrency: int = Field(default=8, ge=1)
    """Voice notes in hand at once, for each process. Most of their time they are on their way from the provider."""
    outbox_concurrency: int = Field(default=64, ge=1)
    """Messages on their way to the provider at once. They wait without a database connection."""
    provider_timeout_s: float = Field(default=10.0, gt=0)
    retry_base_s: float = Field(default=1.0, gt=0)
    """Pause after the first failure; it doubles with each further one, up to `retry_max_s`."""
    retry_max_s: float = Field(default=60.0, gt=0)
    inbox_max_attempts: int = Field(default=8, ge=1)
    outbox_max_attempts: int = Field(default=10, ge=1)
    conversation_ttl_s: int = Field(default=1800, ge=1)
    """How long what a guest said is remembered."""
    transcript_min_confidence: float = Field(default=0.4, ge=0, le=1)
    """Below it a voice note counts as not understood."""
    audio_enabled: Literal["auto", "on", "off"] = "auto"
    """Whether voice notes are transcribed. auto: where the extra ``audio`` is installed, with the models loaded by a
    worker's start or an API's first recording; on: loaded at every start, which fails where they cannot be."""
    audio_workers: int | None = Field(default=None, ge=1)
    """Processes that transcribe, for each process of the service; unset, one for each core."""
    messages_ttl_s: int = Field(default=30 * 86400, ge=8 * 86400)
    """How long events and messages are kept; providers deliver again for up to seven days."""

    @model_validator(mode="after")
    def _check_providers(self) -> Settings:
        whatsapp = (
            self.whatsapp_app_secret,
            self.whatsapp_verify_token,
            self.whatsapp_access_token,
            self.whatsapp_phone_number_id,
        )
        for name, values in (
            ("whatsapp_app_secret, _verify_token, _access_token and _phone_number_id", whatsapp),
            ("mercadopago_secret and _access_token", (self.mercadopago_secret, self.mercadopago_access_token)),
        ):
            if len({value is None for value in values}) > 1:
                msg = f"set {name} together, or none of them"
                raise ValueError(msg)
        if self.worker_lease_s <= self.provider_timeout_s:
            msg = "worker_lease_s must be longer than provider_timeout_s"
            raise ValueError(msg)
        return self

    @field_validator("weekend_nights", mode="before")
    @classmethod
    def _split_days(cls, value: object) -> object:
        return [day for day in value.split(",") if day.strip()] if isinstance(value, str) else value

    @field_validator("weekend_nights")
    @classmethod
    def _check_days(cls, days: frozenset[int]) -> frozenset[int]:
        if not days <= frozenset(range(7)):
            msg = "weekdays run from 0 (Monday) to 6 (Sunday)"
            raise ValueError(msg)
        return days

    @property
    def stay_limits(self) -> StayLimits:
        return StayLimits(max_nights=self.max_nights, max_days_ahead=self.max_days_ahead)

    @property
    def hold_duration(self) -> timedelta:
        return timedelta(seconds=self.hold_duration_s)
