"""All rules over one plan."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cabanas_perf.plans.facts import TableFacts, Tables
from cabanas_perf.plans.finding import Finding, Severity
from cabanas_perf.plans.node import Plan
from cabanas_perf.plans.rules import RULES

_NO_TABLES: Mapping[str, TableFacts] = MappingProxyType({})
_ORDER = tuple(Severity)


def lint(plan: Plan, tables: Tables = _NO_TABLES) -> tuple[Finding, ...]:
    """What the rules find, worst first, then from the root down."""
    found = [finding for rule in RULES for finding in rule(plan, tables)]
    return tuple(sorted(found, key=lambda finding: (_ORDER.index(finding.severity), finding.path, finding.rule)))
