"""Takes secrets out of a command line before it is stored."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s]*@", re.IGNORECASE)
_SECRET_QUERY = re.compile(r"(?P<key>(?:^|[?&\s])[^=&\s-]*(?:password|secret|token)[^=&\s]*=)[^&\s]*", re.IGNORECASE)
_SECRET_OPTION = re.compile(r"--?[\w-]*(?:password|secret|token)[\w-]*", re.IGNORECASE)


def redact_command(arguments: Iterable[str]) -> str:
    """Join a command line, with `***` for credentials in URLs and for values of options that name a secret.

    >>> redact_command(["loadtest", "--audit-dsn", "postgresql://me:pw@db/x", "--api-token=abc"])
    "loadtest --audit-dsn 'postgresql://***@db/x' '--api-token=***'"
    """
    shown = []
    hide_next = False
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        is_secret = _SECRET_OPTION.fullmatch(name) is not None
        if hide_next:
            shown.append("***")
        elif is_secret and equals:
            shown.append(f"{name}=***")
        else:
            shown.append(_SECRET_QUERY.sub(r"\g<key>***", _CREDENTIALS.sub(r"\g<scheme>***@", argument)))
        hide_next = is_secret and not equals and not hide_next
    return shlex.join(shown)
