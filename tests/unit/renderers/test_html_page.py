import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.unit.renderers.full_report import HOSTILE, build_full_report, build_latencies, build_speedscope

from cabanas_perf.renderers.html.attachments import StackProfile
from cabanas_perf.renderers.html.embedded_json import embed_json
from cabanas_perf.renderers.html.page import FULL_BYTES, LITE_BYTES, render_html
from cabanas_perf.report.compare import compare_reports
from cabanas_perf.report.files import read_report
from cabanas_perf.report.record import Imported, Report
from cabanas_perf.report.record.stored import PlanDifference, StoredComparison

REPORTS = Path(__file__).parents[2] / "data" / "reports"
VOID = {"meta", "br", "hr", "img", "input", "link"}
PARTS = ("verdicts", "comparison", "latency", "stages", "flame", "plans", "ledger", "load", "audit", "environment")


class Page(HTMLParser):
    """Elements of a page in their order, with problems of its structure."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.texts, self.problems = [], [], {}, []
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"attributes twice in {tag}: {names}")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.problems.append(f"</{tag}> closes something else at {self.getpos()}")

    def handle_data(self, data):
        for _, id_ in self.open:
            if id_:
                self.texts[id_] = self.texts.get(id_, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def with_id(self, id_):
        return [attributes for _, attributes in self.elements if attributes.get("id") == id_]


@pytest.fixture(scope="module")
def full_report():
    return build_full_report()


@pytest.fixture(scope="module")
def profiles(full_report):
    return (StackProfile(full_report.workloads[1].name, "pyinstrument", build_speedscope()),)


@pytest.fixture(scope="module", params=["full", "lite"])
def text(request, full_report, profiles):
    return render_html(full_report, profiles, lite=request.param == "lite")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_well_formed_with_every_part(page):
    assert page.problems == []
    assert [attributes["id"] for attributes in page.all("section")] == list(PARTS)


def test_ids_are_unique_and_every_reference_leads_to_one(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"].removeprefix("#") for attributes in page.all("a")}
    named = {id_ for _, each in page.elements for id_ in each.get("aria-labelledby", "").split()}
    assert links | named <= set(ids)


def test_nothing_of_the_report_becomes_markup(page):
    assert not page.all("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    allowed = {"application/json", "application/octet-stream", None}
    assert {attributes.get("type") for attributes in page.all("script")} <= allowed
    assert sum(attributes.get("type") is None for attributes in page.all("script")) == 1
    assert HOSTILE in page.texts["main"]


def test_the_policy_lets_nothing_in_or_out(page, text):
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"unsafe-eval|script-src[^;]*unsafe-inline|https?:|\*", policy)
    # Names of XML's own namespaces and of the profile's format are no addresses to load.
    assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?!#)""", text)
    assert "@import" not in text


def test_every_picture_says_in_words_what_it_shows(page):
    pictures = [each for each in page.all("svg") if each.get("role") == "img"]
    assert len(pictures) > 20
    for each in pictures:
        for id_ in each["aria-labelledby"].split():
            assert page.texts[id_].strip()


def test_tables_have_captions_and_scoped_heads(page):
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(each.get("scope") in {"col", "row"} for each in page.all("th"))


def test_the_json_inside_is_the_report(page, full_report):
    assert Report.model_validate(json.loads(page.texts["report"])) == full_report


def test_sizes_keep_to_their_limits(full_report, profiles):
    assert len(render_html(full_report, profiles).encode()) <= FULL_BYTES == 1_600_000
    lite = render_html(full_report, profiles, lite=True)
    assert len(lite.encode()) <= LITE_BYTES == 150_000
    assert "application/octet-stream" not in lite


def test_a_report_of_many_statements_and_seconds_keeps_to_the_limits_too(full_report, profiles):
    queries = tuple(
        query.model_copy(update={"name": f"{query.name}-{nth}", "findings": (), "growth": None, "advice": ()})
        for nth in range(20)
        for query in full_report.queries
    )
    timeline = tuple(
        point.model_copy(update={"at_s": float(point.at_s + 31 * turn)})
        for turn in range(120)
        for point in full_report.load.timeline
    )
    load = full_report.load.model_copy(update={"timeline": timeline})
    large = full_report.model_copy(update={"queries": queries, "load": load})
    for lite, limit in ((True, LITE_BYTES), (False, FULL_BYTES)):
        text = render_html(large, profiles, lite=lite)
        assert len(text.encode()) <= limit
        assert "without the histogram of each second" in text
        assert json.loads(Page(text).texts["report"])["verdicts"]


def test_the_same_report_makes_the_same_page(full_report, profiles):
    assert render_html(full_report, profiles) == render_html(full_report, profiles)


def unpack(page, id_):
    return gzip.decompress(base64.b64decode(page.texts[id_])).decode()


def test_viewers_are_packed_whole_with_their_data(full_report, profiles):
    page = Page(render_html(full_report, profiles))
    for name, words in (("speedscope", "loadFileFromBase64"), ("pev2", "pev2.Plan")):
        viewer = unpack(page, f"{name}-page")
        assert words in viewer
        assert viewer.count("{{data}}") == 1
        assert not re.search(r"<(?:link|script)[^>]*(?:href|src)=", viewer)
    profile = json.loads(unpack(page, "speedscope-data-0"))
    assert profile["profiles"][0]["type"] == "sampled"
    plan = json.loads(unpack(page, "pev2-data-0"))
    assert plan["plan"][0]["Plan"]["Node Type"] == "Limit"
    # pev2 writes conditions into its page as they are.
    assert not re.search("<[a-z/!]", plan["statement"] + plan["plan"][0]["Plan"]["Plans"][0]["Filter"])


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"queries": ()}, "plans"),
        ({"load": None}, "load"),
        ({"optimizations": ()}, "ledger"),
        ({"comparisons": ()}, "comparison"),
        ({"audit": None}, "audit"),
        ({"verdicts": ()}, "verdicts"),
        ({"workloads": ()}, "latency"),
    ],
)
def test_what_a_report_lacks_is_left_out(full_report, profiles, changes, gone):
    page = Page(render_html(full_report.model_copy(update=changes), profiles))
    assert page.problems == []
    assert not page.with_id(gone)


def test_the_smallest_report_is_a_page(full_report):
    empty = dict.fromkeys(("workloads", "queries", "comparisons", "optimizations", "verdicts"), ())
    bare = full_report.model_copy(update={**empty, "load": None, "ledger": None, "audit": None})
    page = Page(render_html(bare))
    assert page.problems == []
    assert [attributes["id"] for attributes in page.all("section")] == ["environment"]


def test_a_profile_that_is_none_leaves_the_table(full_report):
    broken = (StackProfile(full_report.workloads[1].name, "pyinstrument", "not a profile"),)
    page = Page(render_html(full_report, broken))
    assert not page.with_id("speedscope-page")
    assert "with callees" in page.texts["flame"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("profile", {"verdicts", "latency", "stages", "flame", "audit"}),
        ("prereservation", {"verdicts", "latency", "stages", "flame", "audit"}),
        ("explain", {"verdicts", "plans"}),
        ("load", {"verdicts", "latency", "load", "audit"}),
    ],
)
def test_stored_reports_make_pages(name, parts):
    stored = read_report(REPORTS / f"{name}.json")
    for lite in (False, True):
        text = render_html(stored, lite=lite)
        page = Page(text)
        assert page.problems == []
        assert {attributes["id"] for attributes in page.all("section")} == {*parts, "environment"}
        assert len(text.encode()) <= (LITE_BYTES if lite else FULL_BYTES)
        assert Report.model_validate(json.loads(page.texts["report"])) == stored


def test_verdicts_say_in_words_what_is_missing(page):
    words = page.texts["verdicts"]
    assert "needs at least 143 more samples" in words
    for symbol in ("✓ met", "✗ missed", "? inconclusive"):
        assert symbol in words
    assert "12.1 to 13.8 ms" in words


def build_stored_comparison(full_report):
    slower = full_report.workloads[0].latency_ms.model_copy(update={"histogram": build_latencies(1, 400, 80).histogram})
    workload = full_report.workloads[0].model_copy(update={"latency_ms": slower, "queries_max": 9})
    workloads = (workload, *full_report.workloads[1:])
    base = full_report.model_copy(
        update={"workloads": (full_report.workloads[0].model_copy(update={"queries_max": 3}), *workloads[1:])}
    )
    return compare_reports(base, full_report.model_copy(update={"workloads": workloads}))


def test_a_baseline_stands_beside_the_report(full_report):
    comparison = build_stored_comparison(full_report)
    page = Page(render_html(full_report, baseline=comparison))
    assert page.problems == []
    words = page.texts["baseline"]
    for part in (full_report.run.id, "prereservation P50", "✗ slower", "? inconclusive", "✗ worse", "cut short"):
        assert part in words, part
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_a_baseline_of_other_plans_and_machines_says_so(full_report):
    plan = PlanDifference(statement="check_overlap", gone=("Index Scan",), new=(f"Seq Scan {HOSTILE}",), cost_ratio=9.0)
    bare = StoredComparison(
        base_id="b", head_id="h", complete=True, margin_ratio=0.05, plans=(plan,), unlike=("cores: 2 in the base",)
    )
    page = Page(render_html(full_report, baseline=bare))
    assert page.problems == []
    for part in ("- Index Scan", f"+ Seq Scan {HOSTILE}", "cores: 2 in the base", "none changed"):
        assert part in page.texts["baseline"]


def test_what_another_tool_measured_says_so(full_report):
    workload = full_report.workloads[0].model_copy(update={"calls_per_sample": 12, "findings": ()})
    load = full_report.load.model_copy(update={"statements": (), "statements_missing": "no extension"})
    imported = Imported(tool="pyperf", kind="profile", file="bench.json")
    changes = {"workloads": (workload,), "load": load, "imported": imported}
    page = Page(render_html(full_report.model_copy(update=changes)))
    assert "the mean of 12 calls" in page.texts["latency"]
    assert "No statements of the database: no extension" in page.texts["load"]
    assert "pyperf (bench.json)" in page.texts["environment"]


def test_memory_and_disagreements_stand_with_the_profiles(page):
    words = page.texts["flame"]
    for part in ("19.5 KiB", "✗ grows", "✓ steady", "100 to 140", "60.0 %", "20.0 %"):
        assert part in words


def test_a_partial_report_says_that_it_never_passes(page):
    assert any(attributes.get("class") == "alarm" for attributes in page.all("p"))


def test_what_does_not_fit_is_left_out_bulkiest_first(full_report):
    whole, nothing = embed_json(full_report, 10_000_000)
    assert nothing == ()
    least, left_out = embed_json(full_report, 1)
    assert len(least) < len(whole) / 10
    assert left_out[0] == "the histogram of each second"
    assert json.loads(least)["run"] == json.loads(whole)["run"]
    assert "<" not in whole + least
