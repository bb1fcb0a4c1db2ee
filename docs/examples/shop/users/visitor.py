"""A visitor of somebody else's service: the start page, and the catalogue behind it."""

from __future__ import annotations

from locust import FastHttpUser, between, tag, task


class Visitor(FastHttpUser):
    wait_time = between(0.5, 1.5)

    @tag("start-page")
    @task(1)
    def open_start_page(self) -> None:
        self.client.get("/", name="start-page")

    @tag("catalogue")
    @task(3)
    def open_catalogue(self) -> None:
        self.client.get("/docs/", name="catalogue")
