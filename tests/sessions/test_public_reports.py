"""What public reports tell of is found, or explained right, and careful projects are left in peace.

The cases are in `tests/data/reports`. Every eighteenth is answered here; `tests/tools/public_reports.py`
answers all of them, and prints a table.
"""

import pytest

from public_reports import DATA, answer, read, verdict

REPORTS = [report for path in sorted(DATA.glob("*.txt")) for report in read(path)][::18]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.id)
def test_a_public_report_is_answered_right(report, tmp_path):
    given = answer(report, tmp_path)
    said = verdict(report, given)
    assert (said != "false") if report.open else (said == "right"), given
