from __future__ import annotations

import pytest

from cabanas_perf.runners.statement_stats import watch_statements


@pytest.mark.parametrize(
    ("database_url", "reason"),
    [
        (None, "--audit-dsn"),
        ("postgresql://nobody@127.0.0.1:9/shop", "does not answer"),
        ("nonsense", "no PostgreSQL URL"),
    ],
)
def test_a_run_goes_on_without_statements_and_says_why(database_url, reason):
    with watch_statements(database_url, may_create=False) as watched:
        pass
    assert watched.times == ()
    assert reason in watched.missing
