"""Which files a report page is made of, and where it may not be written."""

import pytest
from tests.unit.renderers.full_report import build_full_report, build_speedscope

from cabanas_perf.runners.errors import RunError
from cabanas_perf.runners.report_page import write_page


@pytest.fixture
def report():
    return build_full_report()


def with_profile(report, path):
    prereservation, nlu, dead = report.workloads
    profile = nlu.profile.model_copy(update={"speedscope_file": path})
    changed = nlu.model_copy(update={"profile": profile, "profiles": (profile,)})
    return report.model_copy(update={"workloads": (prereservation, changed, dead)})


def test_a_profile_beside_the_report_is_shown(report, tmp_path):
    (tmp_path / "nlu.speedscope.json").write_text(build_speedscope(), encoding="utf-8")
    assert write_page(with_profile(report, "profiles/nlu.speedscope.json"), tmp_path / "x.html", beside=tmp_path) == ()
    assert 'class="flame"' in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_profile_that_is_not_there_is_named_and_the_page_written_without_it(report, tmp_path):
    assert write_page(report, tmp_path / "x.html", beside=tmp_path) == ("nlu.speedscope.json",)
    assert 'class="flame"' not in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_path_in_the_report_leads_nowhere_else(report, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "private.json").write_text(build_speedscope(), encoding="utf-8")
    (tmp_path / "reports").mkdir()
    for path in (str(elsewhere / "private.json"), "../elsewhere/private.json", ".."):
        missing = write_page(with_profile(report, path), tmp_path / "x.html", beside=tmp_path / "reports")
        assert len(missing) == 1
        assert 'class="flame"' not in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_a_file_that_is_no_text_is_missing(report, tmp_path):
    (tmp_path / "nlu.speedscope.json").write_bytes(b"\xff\xfe\x00")
    assert write_page(report, tmp_path / "x.html", beside=tmp_path) == ("nlu.speedscope.json",)


def test_a_place_that_cannot_be_written_is_told(report, tmp_path):
    with pytest.raises(RunError, match=r"nowhere/x\.html cannot be written") as caught:
        write_page(report, tmp_path / "nowhere" / "x.html", beside=tmp_path)
    assert "folder that exists" in caught.value.fix
