"""Everything about the service that can be set from outside, by environment variables or in code."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cabanas.domain.pricing import DEFAULT_WEEKEND_NIGHTS
from cabanas.domain.reservation import StayLimits

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
