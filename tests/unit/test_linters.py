"""The linters before a commit are those of CI, at the same versions."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pre_commit_pins_what_the_dependency_groups_pin():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    groups = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for tool in ("ruff", "zizmor"):
        pins = set(re.findall(rf'"({tool}[=>]=[\d.]+)"', hooks + groups))
        assert len(pins) == 1, pins
