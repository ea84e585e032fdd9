"""Our verdicts and those of a real Warehouse, when its record is at hand (see tests/tools/oracle.py)."""

import pytest

import oracle

DIRECTORY = oracle.oracle_directory()
pytestmark = pytest.mark.skipif(
    DIRECTORY is None, reason="no oracle here: set NOX_RELEASE_ORACLE to its directory"
)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sent")
    return [oracle.with_sent_name(case, folder) for case in oracle.read_cases(DIRECTORY)]


def test_files_alone_tell_what_warehouse_refuses_and_nothing_else(cases):
    predictable = [case for case in cases if case.by_files_alone]
    _, disagreements = oracle.tally(predictable, oracle.by_files)
    assert [(case.id, outcome, detail) for case, outcome, detail in disagreements] == []
    assert len(predictable) > 100


def test_the_fields_sent_get_the_very_answer_of_warehouse(cases):
    formed = [case for case in cases if case.by_form]
    _, disagreements = oracle.tally(formed, oracle.by_form)
    assert [(case.id, outcome, detail) for case, outcome, detail in disagreements] == []
    assert len(formed) > 100
