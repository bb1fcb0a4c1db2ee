"""Logs: one JSON object a line, without anybody's telephone number or address."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import orjson

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_PHONE = re.compile(r"\+?\d[\d ().-]{6,18}\d")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")


def mask(text: str) -> str:
    """The text with telephone numbers and e-mail addresses made unreadable.

    >>> mask("Ana +5491145678901 ana@example.com")
    'Ana ***01 ***@***'
    """
    text = _EMAIL.sub("***@***", text)
    return _PHONE.sub(lambda found: "***" + found.group()[-2:], text)


class JsonFormatter(logging.Formatter):
    """Renders a record with its extra fields; masks every text but the time, the level and ids of our own making."""

    _KEPT = frozenset({"request_id", "code"})

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": mask(record.getMessage()),
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD:
                entry[name] = mask(value) if isinstance(value, str) and name not in self._KEPT else value
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return orjson.dumps(entry, default=str).decode()


def configure_logging(level: str) -> None:
    """Send the service's logs, and those of its server, to standard error as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        server_logger = logging.getLogger(name)
        server_logger.handlers.clear()
        server_logger.propagate = True
    # One line a request comes from the middleware, with the request's id.
    logging.getLogger("uvicorn.access").disabled = True
