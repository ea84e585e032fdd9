"""A fixed sample of the answers that `tests/tools/fuzz_answers.py` changes."""

import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="gh needs a Unix socket"),
]


@pytest.fixture(scope="module", autouse=True)
def prepared():
    import fuzz_answers

    fuzz_answers.prepare()
    return fuzz_answers


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("check-project, after a release", 4),
        ("release, failed", 4),
        ("release, all done", 3),
        ("first-upload, half done", 3),
        ("diagnose", 3),
    ],
)
def test_no_answer_of_index_or_github_brings_a_traceback_or_a_hang(prepared, command, most):
    found = prepared.run_cases([command], most=most)
    assert len(found) == most
    assert [f"{case.title}: {wrong}" for case, wrong, *_ in found if wrong] == []
