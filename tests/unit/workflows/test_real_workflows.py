"""What is derived from real publish workflows, and that no error is reported where they work."""

import pytest

import publishing_table as table
from nox_release.core.findings import Finding

ROWS = {row["slug"]: row for row in table.rows()}


def test_there_are_at_least_forty():
    assert len(ROWS) >= 40


@pytest.mark.parametrize("slug", ROWS)
def test_the_publisher_is_what_a_person_reads(slug):
    said, result = table.derived(ROWS[slug])
    assert said == ROWS[slug]["expected"]
    if "credentials" in ROWS[slug]:
        assert result.job.credentials == ROWS[slug]["credentials"]


@pytest.mark.parametrize("slug", ROWS)
def test_no_error_is_reported_but_those_that_are_right(slug):
    assert table.errors(table.judged(ROWS[slug])) == sorted(ROWS[slug]["errors"])


@pytest.mark.parametrize("slug", ROWS)
def test_every_line_that_a_finding_names_is_in_the_file(slug):
    lengths = {w.file: len(w.text.splitlines()) for w in table.workflows_of(ROWS[slug])}
    for result in table.judged(ROWS[slug]):
        if isinstance(result, Finding) and result.where.line is not None:
            assert 1 <= result.where.line <= lengths[result.where.file]


def test_four_of_five_warnings_are_useful():
    told, worth = table.useful()
    assert told > 75
    assert worth / told >= 0.8


@pytest.mark.parametrize("slug", [slug for slug, row in ROWS.items() if row.get("noise")])
def test_what_is_judged_to_be_noise_is_there(slug):
    assert set(ROWS[slug]["noise"]) <= set(table.warnings(ROWS[slug]))
