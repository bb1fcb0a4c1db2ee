"""PostgreSQL URLs in the two spellings that our libraries want."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

_SCHEMES = {"postgresql", "postgres", "postgresql+asyncpg"}


def to_asyncpg_url(url: str) -> str:
    """The URL as asyncpg takes it.

    Raises:
        ValueError: when it is no PostgreSQL URL. The message leaves the password out.
    """
    return _with_scheme(url, "postgresql")


def to_sqlalchemy_url(url: str) -> str:
    """The URL as SQLAlchemy takes it, with asyncpg as the driver. Raises ValueError like `to_asyncpg_url`."""
    return _with_scheme(url, "postgresql+asyncpg")


def _with_scheme(url: str, scheme: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        msg = f"DATABASE_URL must begin with postgresql://, not {parts.scheme or 'nothing'}://"
        raise ValueError(msg)
    # urlunsplit drops the empty authority of postgresql:///name, which asyncpg needs.
    rest = urlunsplit(("", parts.netloc or "", parts.path, parts.query, parts.fragment))
    return f"{scheme}:{rest if rest.startswith('//') else '//' + rest}"
