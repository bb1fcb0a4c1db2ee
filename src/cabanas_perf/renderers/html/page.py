"""The whole page: every part that the report has something for, the scripts and styles they need, and a policy that
lets nothing in or out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cabanas_perf.renderers.html import flame, plans
from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.audit import build_audit
from cabanas_perf.renderers.html.baseline import build_baseline
from cabanas_perf.renderers.html.comparison import build_comparisons
from cabanas_perf.renderers.html.embedded_json import embed_json
from cabanas_perf.renderers.html.environment import build_environment
from cabanas_perf.renderers.html.latency import build_latencies
from cabanas_perf.renderers.html.layout import Section, Tone, build_facts, draw_badge
from cabanas_perf.renderers.html.ledger import build_ledger
from cabanas_perf.renderers.html.load import build_load
from cabanas_perf.renderers.html.markup import Html, element, join, raw_text
from cabanas_perf.renderers.html.stages import build_stages
from cabanas_perf.renderers.html.verdicts import build_verdicts
from cabanas_perf.renderers.html.viewers import VIEWERS, hash_script, place_page, read_static
from cabanas_perf.renderers.wording import PARTIAL, summarise_verdicts
from cabanas_perf.report.record import Overall, Report
from cabanas_perf.report.record.stored import StoredComparison

LITE_BYTES = 150_000
FULL_BYTES = 1_600_000
_VIEWERS_BYTES = 640_000
_AROUND_BYTES = 30_000
"""Of a page, for styles, script, header and what there must at least be of the report's own JSON."""
_TOO_LARGE = "This part is too large for this page; the report itself has it."
_MARGIN_BYTES = 2_000
"""What stands around the report's own JSON, which gets the room that the rest leaves."""
_HEADINGS: dict[Overall, tuple[str, str, Tone]] = {
    Overall.MET: ("✓", "All objectives met", "good"),
    Overall.MISSED: ("✗", "Objective missed", "bad"),
    Overall.INCONCLUSIVE: ("?", "Inconclusive", "warn"),
    Overall.USAGE_ERROR: ("✗", "Wrong usage", "bad"),
    Overall.TARGET_NOT_REACHED: ("✗", "Target not reached", "bad"),
    Overall.INTERNAL_ERROR: ("✗", "Internal error", "bad"),
    Overall.INTERRUPTED: ("✗", "Interrupted", "bad"),
}


def render_html(
    report: Report,
    profiles: Sequence[StackProfile] = (),
    *,
    baseline: StoredComparison | None = None,
    lite: bool = False,
) -> str:
    """The report as one HTML document that needs nothing else.

    ``lite`` leaves out the interactive viewers and keeps the page below `LITE_BYTES`; with them it stays below
    `FULL_BYTES`.
    """
    limit_bytes = LITE_BYTES if lite else FULL_BYTES
    built = (section for section in _build_sections(report, profiles, baseline, lite=lite) if section is not None)
    sections = _fit(list(built), limit_bytes - _AROUND_BYTES - (0 if lite else _VIEWERS_BYTES))
    viewers = [name for name in VIEWERS if any(f'data-page="{name}-page"' in section.body for section in sections)]
    script = read_static("page.js")
    scripts = [script, *(each for name in viewers for each in VIEWERS[name]().scripts)]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_build_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{_HEADINGS[report.verdict][1]}: {report.run.command}"),
        raw_text("style", read_static("page.css")),
    )
    top = join(
        element("a", "Skip to the report", href="#main", class_="skip"),
        _build_header(report),
        _build_navigation(sections),
        element("main", (section.render() for section in sections), id="main"),
    )
    bottom = join(map(place_page, viewers), raw_text("script", script))
    taken_bytes = sum(len(part.encode("utf-8")) for part in (head, top, bottom)) + _MARGIN_BYTES
    data, left_out = embed_json(report, limit_bytes - taken_bytes)
    embedded = raw_text("script", data, type="application/json", id="report")
    body = element("body", top, _build_footer(report, left_out), embedded, bottom)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _build_sections(
    report: Report, profiles: Sequence[StackProfile], baseline: StoredComparison | None, *, lite: bool
) -> Sequence[Section | None]:
    return (
        build_verdicts(report),
        build_comparisons(report),
        build_baseline(baseline),
        build_latencies(report),
        build_stages(report),
        flame.build_flames(report, profiles, lite=lite),
        plans.build_plans(report, lite=lite),
        build_ledger(report),
        build_load(report),
        build_audit(report),
        build_environment(report),
    )


def _fit(sections: Sequence[Section], limit_bytes: int) -> list[Section]:
    """The sections, the largest ones replaced by a word about it until the rest fits."""
    fitted = list(sections)
    while sum(len(section.body.encode("utf-8")) for section in fitted) > limit_bytes:
        nth = max(range(len(fitted)), key=lambda each: len(fitted[each].body))
        fitted[nth] = replace(fitted[nth], body=element("p", _TOO_LARGE))
    return fitted


def _build_policy(scripts: Sequence[str]) -> str:
    """Nothing may be loaded from anywhere, and only these scripts run; the frames of the viewers inherit it."""
    allowed = " ".join(map(hash_script, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _build_header(report: Report) -> Html:
    symbol, words, tone = _HEADINGS[report.verdict]
    run = report.run
    facts = build_facts([
        ("started", f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("took", f"{run.duration_s:.1f} s"),
        ("exit code", f"{int(report.exit_code)}, {report.exit_code.meaning}"),
        ("commit", run.git_commit[:12] if run.git_commit else None),
        ("machine", f"{report.environment.cpu}, {report.environment.cores} cores"),
    ])  # fmt: skip
    return element(
        "header",
        element("p", "cabanas-perf", class_="brand"),
        element("h1", draw_badge(symbol, tone), " ", words),
        element("p", summarise_verdicts(report), class_="summary"),
        element("p", element("code", run.command), class_="typed"),
        None if run.complete else element("p", PARTIAL, class_="alarm"),
        facts,
        class_=tone,
    )


def _build_navigation(sections: Sequence[Section]) -> Html:
    links = (element("li", element("a", section.title, href=f"#{section.id}")) for section in sections)
    return element("nav", element("ul", links), aria_label="Parts of the report")


def _build_footer(report: Report, left_out: Sequence[str]) -> Html:
    kept = "The whole report is inside this page as JSON"
    if left_out:
        kept = f"The report is inside this page as JSON, without {', '.join(left_out)}"
    return element(
        "footer",
        element("p", f"{kept}, in the script tag with the id ", element("code", "report"), ". "),
        element("p", f"Run {report.run.id}, cabanas-perf {report.run.tool_version}. This page loads nothing."),
    )
