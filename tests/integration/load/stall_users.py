"""A user with nothing to it, for servers that are told what to do."""

from __future__ import annotations

from locust import FastHttpUser, constant, tag, task


class StallUser(FastHttpUser):
    wait_time = constant(0)

    @tag("health")
    @task
    def get(self) -> None:
        self.client.get("/", name="health")
