"""Meta's servers, delivering what guests write on WhatsApp.

CABANAS_WHATSAPP_APP_SECRET=... locust -f scenarios/users/whatsapp.py --headless -u 2 -r 1 -t 1m --host ...

One message in ten is a voice note, where CABANAS_PERF_LOAD_VOICE_NOTES names recordings (media ids, with commas) that
the service can fetch from the provider.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

from locust import FastHttpUser, between, tag, task
from locust.user.task import filter_tasks_by_tags

from cabanas_perf.load import user_classes  # noqa: F401 - adds --user-classes
from cabanas_perf.load.client_settings import WHATSAPP_SECRET_VARIABLE, make_id, read_secret, read_voice_notes
from cabanas_perf.load.demand import business_today, make_message, make_phone
from cabanas_perf.load.signing import sign_as_meta

_HEADERS = {"Content-Type": "application/json"}
_VOICE_NOTES = read_voice_notes()


class WhatsAppWebhookUser(FastHttpUser):
    wait_time = between(2, 5)
    weight = 20
    network_timeout = connection_timeout = 10.0

    def on_start(self) -> None:
        self.secret = read_secret(WHATSAPP_SECRET_VARIABLE)

    @tag("webhook-text")
    @task(9)
    def send_text(self) -> None:
        message = {"type": "text", "text": {"body": make_message(business_today(), random)}}
        self._deliver(message, name="webhook-text")

    @tag("webhook-audio")
    @task(1)
    def send_voice_note(self) -> None:
        media_id = random.choice(_VOICE_NOTES)
        audio = {"id": media_id, "mime_type": "audio/ogg; codecs=opus", "voice": True}
        self._deliver({"type": "audio", "audio": audio}, name="webhook-audio")

    def _deliver(self, message: dict[str, Any], *, name: str) -> None:
        # ASCII escapes, as Meta writes them: the signature is over the bytes.
        body = json.dumps(_wrap(message)).encode("ascii")
        headers = {**_HEADERS, "X-Hub-Signature-256": sign_as_meta(self.secret, body)}
        self.client.post("/api/v1/webhooks/whatsapp", data=body, headers=headers, name=name)


if not _VOICE_NOTES:
    filter_tasks_by_tags(WhatsAppWebhookUser, None, {"webhook-audio"})


def _wrap(message: dict[str, Any]) -> dict[str, Any]:
    """A batch of one, as the Cloud API delivers it."""
    phone = make_phone(random).lstrip("+")
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "0",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {"display_phone_number": "5491155500100", "phone_number_id": "0"},
                            "contacts": [{"profile": {"name": "Huésped"}, "wa_id": phone}],
                            "messages": [
                                {
                                    "from": phone,
                                    "id": f"wamid.{make_id()}",
                                    "timestamp": str(int(time.time())),
                                    **message,
                                }
                            ],
                        },
                    }
                ],
            }
        ],
    }
