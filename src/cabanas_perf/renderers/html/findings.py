"""What was found wrong, with its severity in a word and a symbol."""

from __future__ import annotations

from cabanas_perf.renderers.html.layout import Tone, draw_badge
from cabanas_perf.renderers.html.markup import Html, element
from cabanas_perf.report.record import Finding

SEVERITY_TONES: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "muted"}
SEVERITY_SYMBOLS = {"error": "✗", "warning": "!", "info": "i"}


def build_finding(finding: Finding) -> Html:
    where = element("small", f" at {finding.node}") if finding.node else None
    return element(
        "p",
        draw_badge(f"{SEVERITY_SYMBOLS[finding.severity]} {finding.severity}", SEVERITY_TONES[finding.severity]),
        " ",
        element("strong", finding.rule),
        f": {finding.message}",
        where,
        element("br") if finding.fix else None,
        f"Try: {finding.fix}" if finding.fix else None,
        class_="finding",
    )
