"""Third-party assets are as they were published, each beside its licence."""

import hashlib
from pathlib import Path

import cabanas_perf.renderers

VENDOR = Path(cabanas_perf.renderers.__file__).parent / "vendor"


def test_every_vendored_file_has_its_published_checksum():
    listed = dict(reversed(line.split("  ")) for line in (VENDOR / "SHA256SUMS").read_text("utf-8").splitlines())
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert found == listed


def test_every_vendored_package_names_its_version_and_has_its_licence():
    packages = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert {path.name.partition("-")[0] for path in packages} == {"pev2", "speedscope", "vue", "bootstrap"}
    assert all("Copyright" in (path / "LICENSE").read_text("utf-8") for path in packages)
    assert all(path.name.partition("-")[2].count(".") == 2 for path in packages)
