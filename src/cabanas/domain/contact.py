"""How a guest can be reached."""

from __future__ import annotations

import re

from cabanas.domain.errors import FieldProblem

MAX_NAME_LENGTH = 120
MAX_EMAIL_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets

# Control characters, and surrogates that no encoding can carry. Emoji and their joiners are welcome in a name.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_E164 = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
_PHONE_PUNCTUATION = str.maketrans("", "", " -().\u00a0")
# Deliberately plain: one @, no spaces or control characters, a dotted domain. Only a message sent proves an address.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")


def normalise_phone(text: str) -> str | None:
    """The number in E.164 form (ITU-T E.164: ``+``, country code, 8 to 15 digits in all), or None.

    >>> normalise_phone("+54 9 (11) 4567-8901")
    '+5491145678901'
    """
    compact = text.translate(_PHONE_PUNCTUATION)
    return compact if _E164.fullmatch(compact) else None


def is_email(text: str) -> bool:
    return len(text) <= MAX_EMAIL_LENGTH and bool(_EMAIL.fullmatch(text)) and not _UNPRINTABLE.search(text)


def find_contact_problems(name: str, phone: str | None, email: str | None) -> list[FieldProblem]:
    """What is wrong with the contact's fields; ``phone`` is the normalised number, None when it is none."""
    problems = []
    if not 1 <= len(name) <= MAX_NAME_LENGTH or _UNPRINTABLE.search(name):
        message = f"must have 1 to {MAX_NAME_LENGTH} printable characters"
        problems.append(FieldProblem("contact_name", message))
    if phone is None:
        message = "must be an international number with + and country code, as +5491145678901"
        problems.append(FieldProblem("contact_phone", message))
    if email is not None and not is_email(email):
        message = f"must be an address of at most {MAX_EMAIL_LENGTH} characters, as nombre@ejemplo.com.ar"
        problems.append(FieldProblem("contact_email", message))
    return problems
