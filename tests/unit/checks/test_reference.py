"""The page of rules and the rules."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from nox_release.checks.reference import PAGE, all_rules, main, render
from nox_release.core.findings import SUBJECTS, Rule
from own_source import MODULES, SOURCE, called, nodes_of, text_of, tree_of

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_the_rules_say(tmp_path):
    main([str(tmp_path / "RULES.md")])
    assert (tmp_path / "RULES.md").read_text(encoding="utf-8") == (ROOT / PAGE).read_text(
        encoding="utf-8"
    ), "run `python -m nox_release.checks.reference`"


def test_every_id_has_a_heading_of_its_own():
    headings = [line[4:] for line in render(all_rules()).splitlines() if line.startswith("### ")]
    assert Counter(headings) == Counter(rule.id for rule in all_rules())


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_every_rule_says_why_and_what_to_do(rule):
    assert rule.subject in SUBJECTS
    assert rule.title
    assert rule.why
    assert rule.remedy
    assert rule.id == rule.id.lower()
    assert " " not in rule.id


def written_ids():
    """Every literal id in the code that makes a result or a rule."""
    for path in MODULES:
        if path.parent.name in ("diagnosis", "rehearsal", "scaffold"):
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and called(node) in (
                "Passed",
                "Skipped",
                "Finding",
            ):
                for keyword in node.keywords:
                    if keyword.arg == "id" and isinstance(keyword.value, ast.Constant):
                        yield keyword.value.value, f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_every_id_in_the_code_is_on_the_page():
    known = {rule.id for rule in all_rules()}
    assert [place for slug, place in written_ids() if slug not in known] == []


def test_every_rule_with_a_name_is_used_by_some_check():
    texts = [text_of(path) for path in MODULES]
    names = Counter(word for text in texts for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", text))
    slugs = Counter(slug for text in texts for slug in re.findall(r'"([a-z0-9-]+)"', text))
    known = {rule.id for rule in all_rules()}
    unused = []
    for path in MODULES:
        for node in tree_of(path).body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
                continue
            given = [*node.value.args, *(keyword.value for keyword in node.value.keywords)]
            ids = {one.value for one in given if isinstance(one, ast.Constant)} & known
            # Once where it is made and once in RULES: nobody reports it.
            if ids and names[ast.unparse(node.targets[0])] <= 2 and slugs[min(ids)] <= 1:
                unused += ids
    assert unused == []


def made_rules():
    """Every rule that the code makes: its id, where, and the name that it is given."""
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and {"why", "remedy"} <= {k.arg for k in node.keywords}:
                yield ast.literal_eval(node.args[0]), f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_a_rule_is_defined_once():
    places = Counter(slug for slug, _ in made_rules())
    assert len(places) > 200
    assert [slug for slug, count in places.items() if count > 1] == []


def test_every_rule_that_is_made_is_registered():
    known = {rule.id for rule in all_rules()}
    assert [place for slug, place in made_rules() if slug not in known] == []


def test_a_rule_is_rendered_whole():
    rule = Rule(
        id="demo-rule",
        subject="index",
        severity="error",
        title="the demo runs",
        why="It must.",
        remedy="Run it.",
        link="https://example.org/",
    )
    assert (
        "### demo-rule\n\nThe demo runs. *error*\n\n- Why: It must.\n- What to do: Run it.\n"
        "- See: <https://example.org/>\n"
    ) in render([rule])
