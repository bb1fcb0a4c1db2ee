"""Guests on the web site: they look at the cabins, ask for free nights, and hold some.

locust -f scenarios/users/reservation.py --headless -u 10 -r 2 -t 1m --host http://127.0.0.1:8000
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

from locust import FastHttpUser, between, tag, task

from cabanas_perf.load import user_classes  # noqa: F401 - adds --user-classes
from cabanas_perf.load.client_settings import read_marker
from cabanas_perf.load.demand import Cabin, Wish, business_today, make_phone, make_wish

_HELD, _TAKEN = 201, 409


class ReservationUser(FastHttpUser):
    wait_time = between(1, 3)
    weight = 70
    network_timeout = connection_timeout = 10.0

    cabins: ClassVar[list[Cabin]] = []
    """What the first list of accommodations said; until then every task is that list."""

    @tag("accommodations")
    @task(5)
    def list_accommodations(self) -> None:
        with self.client.get("/api/v1/accommodations", name="accommodations", catch_response=True) as response:
            if response.status_code == 200 and not self.cabins:
                self._remember(response)

    def _remember(self, response: Any) -> None:
        self.cabins[:] = [Cabin(item["id"], item["capacity"]) for item in response.json()["items"]]
        if not self.cabins:
            response.failure("there is no accommodation to ask for")

    @tag("availability")
    @task(3)
    def check_availability(self) -> None:
        if not self.cabins:
            self.list_accommodations()
            return
        wish = self._wish()
        self.client.get(
            f"/api/v1/accommodations/{wish.accommodation_id}/availability"
            f"?check_in={wish.check_in}&check_out={wish.check_out}",
            name="availability",
        )

    @tag("prereservation")
    @task(2)
    def prereserve(self) -> None:
        if not self.cabins:
            self.list_accommodations()
            return
        wish = self._wish()
        body = {
            "accommodation_id": wish.accommodation_id,
            "check_in": str(wish.check_in),
            "check_out": str(wish.check_out),
            "guests": wish.guests,
            "channel": "web",
            "contact_name": read_marker(),
            "contact_phone": make_phone(random),
        }
        with self.client.post(
            "/api/v1/reservations/prereserve", json=body, name="prereservation", catch_response=True
        ) as response:
            if response.status_code == _HELD:
                response.request_meta["context"]["code"] = response.json()["code"]
            elif response.status_code == _TAKEN:
                # Somebody was faster: an expected answer, which is counted apart from reservations.
                response.success()
            elif 0 < response.status_code < 400:
                response.failure(f"answered {response.status_code} to a reservation")

    @tag("health")
    @task(1)
    def check_health(self) -> None:
        self.client.get("/api/v1/healthz", name="health")

    def _wish(self) -> Wish:
        return make_wish(self.cabins, business_today(), random)
