"""The report as a page, in a real browser: everything drawn, nothing loaded, readable by all."""

import base64
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api
from tests.unit.renderers.full_report import build_full_report, build_speedscope

from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.page import render_html
from cabanas_perf.report.files import render_json

REPORTS = Path(__file__).parents[1] / "data" / "reports"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 15_000
COUNT_COLOURS = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  return new Set(new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer)).size;
}"""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip("needs the system package chromium to look at report pages")
    with sync_api.sync_playwright() as playwright:
        # Chromium's own sandbox refuses root; its GPU process is slow to start where there is no GPU.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page as somebody opens it, with everything it complained of and everything it asked the network for."""

    page: sync_api.Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def see(self, selector: str) -> sync_api.Locator:
        """The first such element, scrolled to, visible."""
        found = self.page.locator(selector).first
        found.scroll_into_view_if_needed()
        sync_api.expect(found).to_be_visible(timeout=WAIT_MS)
        return found

    def see_viewer(self, part: str) -> sync_api.Locator:
        """The frame that the part's viewer opens once it comes near."""
        self.see(f"#{part} .viewer")
        return self.see(f"#{part} iframe")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The full page and the small one, of the same report."""
    folder = tmp_path_factory.mktemp("pages")
    report = build_full_report()
    profiles = (StackProfile(report.workloads[1].name, "pyinstrument", build_speedscope()),)
    for name, lite in (("full", False), ("lite", True)):
        (folder / f"{name}.html").write_text(render_html(report, profiles, lite=lite), encoding="utf-8")
    return folder


@pytest.fixture
def visit(browser, pages):
    contexts = []

    def open_page(path: Path = pages / "full.html", *, width=1200, **options) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_offline(True)
        opened = Opened(context.new_page())
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.on("console", lambda message: message.type == "error" and opened.errors.append(message.text))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.goto(path.as_uri())
        return opened

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def count_colours(browser):
    """How many colours a screenshot has: one, where nothing was drawn."""
    blank = browser.new_page()
    yield lambda png: blank.evaluate(COUNT_COLOURS, base64.b64encode(png).decode())
    blank.close()


def audit(opened):
    """What axe holds to be serious or critical in our own markup; viewers have a table beside them instead."""
    results = Axe().run(opened.page, context={"exclude": [["iframe"]]}, options={"iframes": False})
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in results.response["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def test_everything_is_drawn_and_nothing_is_loaded(visit, count_colours):
    opened = visit()
    flame = opened.see_viewer("flame")
    graph = flame.content_frame.locator("canvas").first
    sync_api.expect(graph).to_be_visible(timeout=WAIT_MS)
    sync_api.expect(flame.content_frame.get_by_text("Left Heavy")).to_be_visible()
    opened.page.wait_for_timeout(500)
    assert count_colours(flame.screenshot()) > 20

    plan = opened.see_viewer("plans")
    sync_api.expect(plan.content_frame.get_by_text("Seq Scan").first).to_be_visible(timeout=WAIT_MS)
    assert count_colours(plan.screenshot()) > 20

    charts = opened.page.locator("svg.chart, svg.gauge, svg.forest, svg.flame, svg.shares")
    assert charts.count() > 20
    for chart in charts.all():
        if chart.is_visible():
            assert count_colours(chart.screenshot()) > 2
            assert chart.locator("path, rect, circle, line").first.bounding_box() is not None
    drawn = opened.page.eval_on_selector_all(
        "svg.chart path", "paths => paths.map(path => path.getTotalLength()).filter(length => length > 10).length"
    )
    assert drawn >= 12
    assert opened.requests[1:] == []
    assert opened.errors == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 390), ("dark", 390)], ids=str)
def test_it_reads_well_in_light_dark_and_on_a_phone(visit, scheme, width):
    opened = visit(width=width, color_scheme=scheme)
    opened.page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper.removeprefix("rgb(").removesuffix(")").split(","))) > 384) == (scheme == "light")
    sizes = opened.page.eval_on_selector_all(
        "main :is(p, td, th, dd, dt, li, text, figcaption)",
        "all => all.map(each => parseFloat(getComputedStyle(each).fontSize))",
    )
    assert min(sizes) >= 11
    assert audit(opened) == []
    assert opened.requests[1:] == []
    assert opened.errors == []


def test_a_viewer_takes_the_wheel_only_once_it_was_clicked(visit):
    opened = visit()
    frame = opened.see_viewer("flame")
    pointer = "getComputedStyle(document.querySelector('#flame iframe')).pointerEvents"
    assert opened.page.evaluate(pointer) == "none"
    opened.page.locator("#flame .viewer-stage").click()
    assert opened.page.evaluate(pointer) == "auto"
    frame.content_frame.get_by_text("Sandwich").click()
    opened.page.mouse.move(5, 5)
    assert opened.page.evaluate(pointer) == "none"


def test_the_small_page_has_its_pictures_and_no_viewers(visit, pages):
    opened = visit(pages / "lite.html")
    opened.see("svg.flame")
    opened.see("svg.forest")
    assert opened.page.locator("iframe, .viewer").count() == 0
    assert opened.errors == []


def test_printing_opens_what_is_folded_and_leaves_viewers_out(visit):
    opened = visit()
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("details:not([open])").count() == 0
    sync_api.expect(opened.page.locator("nav")).to_be_hidden()
    sync_api.expect(opened.page.locator(".viewer").first).to_be_hidden()
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("details:not([open])").count() > 0
    assert len(opened.page.pdf()) > 20_000


def test_it_can_be_walked_with_the_keyboard(visit):
    opened = visit()
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "Skip to the report"
    outline = opened.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    opened.page.keyboard.press("Enter")
    assert opened.page.url.endswith("#main")
    opened.page.keyboard.press("Tab")
    levels = opened.page.eval_on_selector_all("h1, h2, h3", "all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_without_scripts_everything_but_the_viewers_is_there(visit):
    opened = visit(java_script_enabled=False)
    opened.see("svg.flame")
    opened.see("#plans table")
    assert opened.page.get_by_text("The picture opens here when scripts may run.").count() == 2


def test_an_old_browser_says_that_it_cannot_unpack(visit):
    opened = visit()
    opened.page.add_init_script("delete window.DecompressionStream")
    opened.page.reload()
    opened.see("#flame .viewer")
    sync_api.expect(opened.page.locator(".viewer-excuse").first).to_be_visible(timeout=WAIT_MS)


def test_the_command_writes_the_page_with_the_profile_beside_the_report(command, tmp_path, visit):
    report = build_full_report()
    (tmp_path / "run.json").write_text(render_json(report), encoding="utf-8")
    (tmp_path / "nlu.speedscope.json").write_text(build_speedscope(), encoding="utf-8")
    ran = command("report", "run.json", "--html", "page.html")
    assert (ran.code, ran.out) == (0, "")
    assert "page.html" in ran.err
    opened = visit(tmp_path / "page.html")
    opened.see_viewer("flame")
    opened.see("svg.flame")
    assert opened.errors == []


@pytest.mark.parametrize("name", ["prereservation", "explain", "load"])
def test_reports_of_real_runs_are_drawn(command, tmp_path, visit, count_colours, name):
    stored = REPORTS / f"{name}.json"
    ran = command("report", str(stored), "--html", "page.html", "--quiet")
    assert (ran.code, ran.err) == (0, "")
    opened = visit(tmp_path / "page.html", width=390)
    for picture in opened.page.locator("svg[role=img]").all():
        if picture.is_visible():
            assert count_colours(picture.screenshot()) > 2
    if name == "explain":
        plan = opened.see_viewer("plans")
        opened.page.locator("#plans select").select_option(index=1)
        sync_api.expect(plan.content_frame.get_by_text("no_overlap_reservations").first).to_be_visible(timeout=WAIT_MS)
    assert opened.requests[1:] == []
    assert opened.errors == []


def test_a_page_stands_beside_a_baseline(command, tmp_path, visit):
    stored = str(REPORTS / "prereservation.json")
    assert command("report", stored, "--baseline", stored).code == 2
    missing = command("report", stored, "--html", "page.html", "--baseline", "nowhere")
    assert (missing.code, "--save-baseline nowhere" in missing.err) == (2, True)
    assert command("report", stored, "--html", "page.html", "--baseline", stored).code == 0
    opened = visit(tmp_path / "page.html")
    opened.see("#baseline svg.forest")
    assert opened.page.locator("#baseline").get_by_text("? inconclusive").count() >= 3
    assert audit(opened) == []
    assert opened.errors == []


def test_a_profile_made_just_now_shows_its_flame_graph(command, tmp_path, visit):
    assert command("profile", "nlu", "--requests", "100", "--output", "out", "--quiet").code in {0, 3}
    (stored,) = (tmp_path / "out").glob("*report*.json")
    assert command("report", str(stored), "--html", "page.html").code == 0
    opened = visit(tmp_path / "page.html")
    frame = opened.see_viewer("flame")
    sync_api.expect(frame.content_frame.locator("canvas").first).to_be_visible(timeout=WAIT_MS)
    assert opened.page.locator("svg.flame text").get_by_text("analyze").count() > 0
    assert opened.errors == []
