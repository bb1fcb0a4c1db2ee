"""The running service, asked whatever its own OpenAPI document allows, and what it does not allow."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as trial
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from cabanas_perf.runners.service_process import start_service

TOKEN = {"Authorization": "Bearer let-me-in"}
OURS = r"^/api/v1/(reservations|accommodations|nlu|healthz|readyz|livez)"
AT_LEAST_OPERATIONS = 11
EXAMPLES_EACH = 40
# No schema can say that check-out comes after check-in, or what is in the past: 422 answers that.
NOT_ASKED = [checks.positive_data_acceptance]


@pytest.fixture
def base_url(database_url: str, redis_url: str) -> Iterator[str]:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "CABANAS_RATE_LIMIT_REQUESTS": "0",
        "CABANAS_API_TOKEN": "let-me-in",
        "CABANAS_WORKER_ENABLED": "false",
    }
    with start_service(environment) as service:
        yield service.base_url


@pytest.fixture
def operations(base_url: str):
    """Every operation of ours, by its name; what senders of webhooks ask is signed, and tested apart."""
    document = schemathesis.openapi.from_url(f"{base_url}/api/v1/openapi.json").include(path_regex=OURS)
    return {operation.ok().label: operation.ok() for operation in document.get_all_operations()}


@pytest.mark.parametrize("headers", [TOKEN, {}], ids=["with-token", "without-token"])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_every_answer_is_documented_and_conforms(operations, mode, headers):
    assert len(operations) >= AT_LEAST_OPERATIONS
    for operation in operations.values():
        if mode is GenerationMode.NEGATIVE and not operation.body and not list(operation.iter_parameters()):
            continue  # what takes nothing has nothing that is forbidden
        strategy = operation.as_strategy(generation_mode=mode)

        @trial(max_examples=EXAMPLES_EACH, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def ask(case):
            case.call_and_validate(headers=headers, excluded_checks=NOT_ASKED)

        ask()
