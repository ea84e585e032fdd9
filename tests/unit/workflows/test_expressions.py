"""GitHub's expressions, with what is known of a run and what is not."""

import pytest

from nox_release.workflows.expressions import (
    UNKNOWN,
    Circumstances,
    ExpressionError,
    as_text,
    evaluate,
    holds,
    interpolate,
)

GIVEN = Circumstances(
    contexts={
        "github": {
            "ref": "refs/tags/v1",
            "event_name": "release",
            "event": {"release": {"prerelease": True}},
        },
        "inputs": {"check-only": ""},
        "needs": {"build": {"result": "success"}},
        "matrix": {"os": UNKNOWN, "python": ["3.10", UNKNOWN]},
    },
    complete=frozenset({"inputs", "needs", "matrix"}),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref", "refs/tags/v1"),
        ("startsWith(github.ref, 'REFS/tags/')", True),
        ("endsWith(github.ref, 'V1')", True),
        ("github.event_name == 'RELEASE' && github.event.release.prerelease", True),
        ("github.event.release.prerelease == true || 1 > 2", True),
        ("inputs.nothing.at.all", None),
        ("contains(fromJSON('[\"a\", \"b\"]'), 'B')", True),
        ("contains(fromJSON('[1, 2]'), '2')", True),
        ("contains('abc', 'B')", True),
        ("format('{0}-{1} {{0}}', 'a', 1)", "a-1 {0}"),
        ("join(fromJSON('[1, true, null]'), '+')", "1+true+"),
        ("toJSON(inputs.nothing)", "null"),
        ("inputs.check-only || 'it''s'", "it's"),
        ("github['event_name']", "release"),
        ("needs.build.result != 'failure'", True),
        ("1 == '1'", True),
        ("null == 0", True),
        ("0x10 == 16", True),
        ("+1.5 < 2e0", True),
        ("'a' < 'B'", True),
        ("!'' && !0", True),
        ("fromJSON('{\"a\": 1}') == 1", False),
        # What is not known stays so, and what does not depend on it is known all the same.
        ("github.actor", UNKNOWN),
        ("github.actor == 'ada' && 1 > 2", False),
        ("github.actor == 'ada' || 2 > 1", True),
        ("vars.here", UNKNOWN),
        ("github.event == 'a'", UNKNOWN),
        ("contains(matrix.python, '3.10')", UNKNOWN),
        ("join(matrix.python)", UNKNOWN),
        ("matrix.os == 'linux'", UNKNOWN),
        ("inputs[matrix.os]", UNKNOWN),
        ("hashFiles('x')", UNKNOWN),
        ("case(true, 'a', 'b')", "a"),
        ("case(false, 'a', hashFiles('x'), 'b', 'c')", UNKNOWN),
        ("case(true, 'a', hashFiles('x'), 'b', 'c')", "a"),
        ("case(0, 'a', '', 'b', 'c')", "c"),
        ("needs.*.result", UNKNOWN),
    ],
)
def test_expressions_have_githubs_values(text, value):
    assert evaluate(text, GIVEN) == value


@pytest.mark.parametrize(
    "text", ["steps(", "a b", "'open", "a.", "format('{1}', 1)", "fromJSON('{')", "contains('a')", "case(true, 1)",
             "", "(" * 3000]
)  # fmt: skip
def test_an_unreadable_expression_is_not_known_and_never_false(text):
    with pytest.raises(ExpressionError):
        evaluate(text, GIVEN)
    assert text == "" or holds(text, GIVEN) is None
    assert interpolate(f"a ${{{{ {text} }}}}", GIVEN) is None


@pytest.mark.parametrize(
    ("condition", "status", "runs"),
    [
        ("", "success", True),
        ("", "failure", False),
        ("github.ref", "skipped", False),
        ("${{ always() }}", "cancelled", True),
        ("failure() || success()", "failure", True),
        ("failure()", "cancelled", False),
        ("cancelled()", "cancelled", True),
        ("success()", "skipped", False),
        ("!cancelled()", "skipped", True),
        ("github.actor == 'a'", "success", None),
        ("github.actor == 'a'", "failure", False),
        ("nobody()", "success", None),
        # Text around an expression makes it a text, and that is true.
        ("${{ github.ref }} == 'x'", "success", True),
        ("${{ github.actor }} == 'x'", "success", None),
        ("${{ false }} ", "success", False),
    ],
)
def test_a_condition_needs_success_unless_it_asks_for_the_status(condition, status, runs):
    given = Circumstances(contexts=GIVEN.contexts, complete=GIVEN.complete, status=status)
    assert holds(condition, given) is runs


def test_texts_are_filled_in_where_all_of_it_is_known():
    assert interpolate("to ${{ github.event_name }}!", GIVEN) == "to release!"
    assert interpolate("to ${{ github.actor }}!", GIVEN) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (1.0, "1"), (1.5, "1.5"), (float("nan"), "NaN"),
        (float("inf"), "Infinity"), ({}, "Object"), ([], "Array"), ("a", "a"),
    ],
)  # fmt: skip
def test_values_become_text_as_on_github(value, text):
    assert as_text(value) == text
