"""The user files under Locust as it is, without this toolkit's plug-in."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from cabanas_perf.load.scenario import find_scenario

# Timed against a clock, on all the cores that there are.
pytestmark = pytest.mark.serial

USERS = find_scenario("quick").parent / "users"
SECRETS = {"CABANAS_WHATSAPP_APP_SECRET": "s", "CABANAS_MERCADOPAGO_SECRET": "s"}


def run_locust(file, host, folder, *arguments):
    return subprocess.run(  # noqa: PLW1510 - each test looks at the code
        [
            sys.executable, "-m", "locust", "-f", str(USERS / file), "--headless", "-u", "10", "-r", "10", "-t", "6s",
            "--host", host, "--stop-timeout", "5", *arguments,
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **SECRETS, "HOME": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=60,
    )  # fmt: skip


def requests_by_name(output):
    """The last table's counts."""
    return {
        name: int(count)
        for name, count, failures in re.findall(r"(?:GET|POST) +(\S+) +(\d+) +(\d+)\(", output)
        if failures == "0"
    }


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("reservation.py", {"accommodations"}),
        ("whatsapp.py", {"webhook-text"}),
        ("mercadopago.py", {"webhook-payment"}),
        ("load_test_suite.py", {"accommodations", "webhook-text", "webhook-payment"}),
    ],
)
def test_each_user_file_runs_under_plain_locust(start_script, tmp_path, file, names):
    host, _ = start_script("fake_service.py", "well")
    done = run_locust(file, host, tmp_path)
    assert done.returncode == 0, done.stderr
    assert names <= requests_by_name(done.stderr + done.stdout).keys()


def test_the_documents_distribution_of_users_is_kept(start_script, tmp_path):
    host, _ = start_script("fake_service.py", "well")
    mix = "ReservationUser:70,WhatsAppWebhookUser:20,MercadoPagoWebhookUser:10"
    done = run_locust("load_test_suite.py", host, tmp_path, "--user-classes", mix)
    assert done.returncode == 0, done.stderr
    spawned = re.search(r"All users spawned: (\{.*?\})", done.stderr)
    assert spawned is not None, done.stderr
    assert '"ReservationUser": 7' in spawned[1]
    assert '"WhatsAppWebhookUser": 2' in spawned[1]
    assert '"MercadoPagoWebhookUser": 1' in spawned[1]


def test_classes_that_are_not_named_are_left_out(start_script, tmp_path):
    host, _ = start_script("fake_service.py", "well")
    done = run_locust("load_test_suite.py", host, tmp_path, "--user-classes", "MercadoPagoWebhookUser:1")
    assert requests_by_name(done.stderr + done.stdout).keys() == {"webhook-payment"}


@pytest.mark.parametrize("mix", ["ReservationUsr:70", "ReservationUser", "ReservationUser:0"])
def test_a_mistake_in_the_distribution_ends_it(start_script, tmp_path, mix):
    host, _ = start_script("fake_service.py", "well")
    done = run_locust("load_test_suite.py", host, tmp_path, "--user-classes", mix)
    assert done.returncode != 0
    assert "--user-classes" in done.stderr
