"""Where the run took place, and how to repeat it."""

from __future__ import annotations

from collections.abc import Iterator

from cabanas_perf.renderers.html.layout import Column, Section, build_facts, build_table
from cabanas_perf.renderers.html.markup import Html, element, join
from cabanas_perf.report.record import Environment, Report, Server

_GIBIBYTE = 1 << 30


def build_environment(report: Report) -> Section:
    run, environment = report.run, report.environment
    commit = f"{run.git_commit[:12]}{' with uncommitted changes' if run.git_dirty else ''}" if run.git_commit else None
    command = element("pre", run.command, tabindex=0, class_="command")
    imported = report.imported
    facts = build_facts([
        ("measured by", None if imported is None else f"{imported.tool} ({imported.file})"),
        ("commit", commit),
        ("cabanas-perf", run.tool_version),
        ("seed", None if run.seed is None else str(run.seed)),
        ("objectives", f"{run.slo_file}, set {run.slo_set}" if run.slo_file else None),
        ("machine", f"{environment.cpu}, {environment.cores} cores"),
        ("memory", None if environment.memory_bytes is None else f"{environment.memory_bytes / _GIBIBYTE:.1f} GiB"),
        ("platform", environment.platform),
        ("Python", environment.python),
        ("load average", _describe_load(environment)),
        ("noise", _describe_noise(environment)),
        *_describe_server("PostgreSQL", environment.postgresql),
        *_describe_server("Redis", environment.redis),
    ])  # fmt: skip
    body = join(element("h3", "Run it again"), command, facts, _build_settings(environment))
    return Section("environment", "Environment", body)


def _describe_load(environment: Environment) -> str | None:
    load = environment.load_average
    return None if load is None else ", ".join(f"{each:.2f}" for each in load)


def _describe_noise(environment: Environment) -> str | None:
    noise = environment.noise
    if noise is None:
        return None
    range_ = f"x{noise.ratio_low:.2f} to x{noise.ratio_high:.2f}"
    return f"identical work differed by {range_} ({noise.clock} clock, {noise.pairs} pairs)"


def _describe_server(name: str, server: Server | None) -> Iterator[tuple[str, str]]:
    if server is not None:
        yield name, f"{server.version}, {'embedded' if server.embedded else 'of your own'}"


def _build_settings(environment: Environment) -> Html | None:
    named = (("PostgreSQL", environment.postgresql), ("Redis", environment.redis))
    rows = [
        *(("version", name, version) for name, version in environment.versions.items()),
        *((owner, name, value) for owner, server in named if server for name, value in server.settings.items()),
    ]
    columns = (Column("What", "text"), Column("name", "text"), Column("value", "text"))
    if not rows:
        return None
    return element(
        "details", element("summary", "Versions and settings"), build_table("Versions and settings", columns, rows)
    )
