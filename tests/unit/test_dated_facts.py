"""Facts that age say when they were true."""

from datetime import date, timedelta

import dated_facts


def test_every_table_of_dated_facts_is_listed():
    found = dict(dated_facts.dated())
    assert {
        "scaffold/publish.py",  # pins, images, Pythons
        "checks/workflow/machine.py",  # images and majors of actions
        "checks/upload/ageing.py",  # macOS majors and metadata versions
        "checks/index/state.py",  # limits
        "diagnosis/catalogue/actions.py",
    } <= found.keys()
    assert all(known >= date(2026, 8, 1) for known in found.values())


def test_a_table_that_is_older_than_90_days_is_listed_first(capsys):
    oldest = min(known for _, known in dated_facts.dated())
    assert dated_facts.main(oldest + timedelta(days=90)) == 0
    capsys.readouterr()
    assert dated_facts.main(oldest + timedelta(days=91)) == 1
    assert capsys.readouterr().out.startswith("old ")
