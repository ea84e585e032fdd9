"""Every rule is named by a test."""

import re
from pathlib import Path

from nox_release.checks.reference import all_rules

TESTS = Path(__file__).parents[1]


def test_every_id_is_named_by_a_test():
    tests = [path for path in TESTS.rglob("*.py") if path != Path(__file__)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in tests)
    named = set(re.findall(r"(?<![a-z0-9-])[a-z0-9]+(?:-[a-z0-9]+)*(?![a-z0-9-])", text))
    named |= {path.name for path in (TESTS / "data/workflows/rules").iterdir()}
    assert sorted({rule.id for rule in all_rules()} - named) == []
