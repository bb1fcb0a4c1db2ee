"""CI runs what the README says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_ci_runs_the_test_command_of_the_readme_verbatim():
    commands = re.findall(r"^```bash\n(.+)\n```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    (test_command,) = [command for command in commands if command.endswith("/nox")]
    assert test_command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_constraints_name_versions_and_no_places():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"#.*|[\w.-]+==[\w.+!]+", line) for line in lines)
