"""Draw the README's two pictures from a stored report: ``python docs/images/draw.py REPORT``. Needs chromium."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from cabanas_perf.renderers.terminal import print_report
from cabanas_perf.report.files import read_report
from cabanas_perf.runners.report_page import write_page

FOLDER = Path(__file__).parent
WIDTH_COLUMNS = 84
PAGE_PX = (1080, 920)

# Rich's own frame asks for a font from the network; this one takes what is there.
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>The end of a run in the terminal: latencies, stages beside their estimates, objectives, the verdict</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, Menlo, Consolas, monospace;
  font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="{width}" height="{height}" rx="8" fill="#1e1e1e"/>
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def main() -> None:
    path = Path(sys.argv[1])
    report = read_report(path)
    console = Console(record=True, width=WIDTH_COLUMNS, file=io.StringIO(), force_terminal=True)
    print_report(report, console, report_path=Path("profiles") / path.name)
    svg = console.export_svg(theme=MONOKAI, code_format=FRAME, unique_id="terminal")
    (FOLDER / "terminal.svg").write_text(svg, encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "report.html"), FOLDER / "report.png"
        write_page(report, page, beside=path.parent, lite=False)
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--window-size={PAGE_PX[0]},{PAGE_PX[1]}", "--virtual-time-budget=4000"]
        subprocess.run([*command, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
