"""The WhatsApp Cloud API: sending text, and fetching what guests recorded.

https://developers.facebook.com/docs/whatsapp/cloud-api
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from cabanas.clients.errors import MediaGone, MediaTooLarge, ProviderRefused, ProviderUnavailable
from cabanas.clients.http import ask, check_answer

MAX_MEDIA_BYTES = 16 * 1024 * 1024
"""The provider's own limit for a recording."""
MAX_TEXT_LENGTH = 4096

_GONE = frozenset({404, 410})
# Too many messages, from us or to one guest: the provider says so with a status that would mean "never".
_RATE_CODES = frozenset({4, 80007, 130429, 131048, 131056})
_TRANSIENT_CODES = frozenset({1, 2, 131000, 131016, 133004})


@dataclass(frozen=True, slots=True)
class Media:
    """A recording, whole and unaltered."""

    data: bytes
    mime_type: str
    declared_bytes: int | None
    """How long the provider said that it is."""


@dataclass(frozen=True, slots=True)
class WhatsAppClient:
    """Calls one business number's API. ``http`` carries base URL (with the version) and token, and stays open."""

    http: httpx.AsyncClient
    phone_number_id: str

    async def send_text(self, to: str, text: str) -> str | None:
        """Send a text to a number in E.164 form; answers with the provider's id of the message, where it gave one.

        Raises:
            ProviderUnavailable, ProviderRefused
        """
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": to.removeprefix("+"),
            "type": "text",
            "text": {"preview_url": False, "body": text[:MAX_TEXT_LENGTH]},
        }
        request = self.http.build_request(
            "POST",
            f"{self.phone_number_id}/messages",
            content=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        response = await ask(self.http, request)
        if response.is_client_error:
            _raise_by_code(response)
        check_answer(response)
        try:
            return str(orjson.loads(response.content)["messages"][0]["id"])
        except (orjson.JSONDecodeError, LookupError, TypeError):
            # It was accepted: sending once more for want of an id would tell the guest twice.
            return None

    async def fetch_media(self, media_id: str) -> Media:
        """The recording ``media_id``, in two steps: where it lies now, then its bytes.

        Addresses are short-lived, so one that is gone is asked for once more.

        Raises:
            MediaGone, MediaTooLarge: asking again will not help.
            ProviderUnavailable: it may; damaged bytes count as that.
        """
        for last in (False, True):
            where = await self._locate(media_id)
            declared_bytes = _read_size(where.get("file_size"))
            if (declared_bytes or 0) > MAX_MEDIA_BYTES:
                raise MediaTooLarge(f"{declared_bytes} bytes")
            data = await self._download(str(where.get("url", "")))
            if data is None:
                if last:
                    break
                continue
            expected = where.get("sha256")
            if expected and hashlib.sha256(data).hexdigest() != str(expected).lower():
                raise ProviderUnavailable("the bytes do not match their checksum")
            return Media(data, str(where.get("mime_type", "")), declared_bytes)
        raise MediaGone("the address was gone twice")

    async def _locate(self, media_id: str) -> dict[str, Any]:
        request = self.http.build_request(
            "GET", quote(media_id, safe=""), params={"phone_number_id": self.phone_number_id}
        )
        response = await ask(self.http, request)
        if response.status_code in _GONE:
            raise MediaGone(f"HTTP {response.status_code}")
        check_answer(response)
        return _parse_object(response)

    async def _download(self, url: str) -> bytes | None:
        """The bytes behind the address; None when it is gone."""
        try:
            target, home = httpx.URL(url), self.http.base_url
        except httpx.InvalidURL as error:
            raise ProviderRefused("an address that is none") from error
        # The token goes along, so it goes nowhere in the clear but to the server that we were told to use.
        if target.scheme != "https" and (target.scheme, target.host, target.port) != (
            home.scheme,
            home.host,
            home.port,
        ):
            raise ProviderRefused("an address that is not https")
        response = await ask(self.http, self.http.build_request("GET", target), stream=True)
        try:
            if response.status_code in _GONE:
                return None
            check_answer(response)
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_MEDIA_BYTES:
                    raise MediaTooLarge(f"over {MAX_MEDIA_BYTES} bytes")
            return bytes(data)
        except httpx.RequestError as error:
            raise ProviderUnavailable(type(error).__name__) from error
        finally:
            await response.aclose()


def _parse_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise ProviderUnavailable("an answer that is not JSON") from error
    if not isinstance(body, dict):
        raise ProviderUnavailable("an answer that is no JSON object")
    return body


def _read_size(value: object) -> int | None:
    """Graph has written sizes as numbers and as texts."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def _raise_by_code(response: httpx.Response) -> None:
    """Graph puts the reason into a code of its own, in the body."""
    try:
        code = orjson.loads(response.content)["error"]["code"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return
    if code in _RATE_CODES or code in _TRANSIENT_CODES:
        raise ProviderUnavailable(f"error {code}")
    if response.status_code == httpx.codes.BAD_REQUEST:
        raise ProviderRefused(f"error {code}")
