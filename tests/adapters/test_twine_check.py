"""`twine check`, loaded before the files are there: the real twine, in a program of its own."""

import os

import pytest

from nox_release.core.findings import Finding, Passed
from nox_release.edges.process import Runner
from nox_release.observing.trying import check_with_twine
from small_wheels import small_sdist, small_wheel

README = "Description-Content-Type: text/x-rst\n\n"


@pytest.fixture
def check(tmp_path):
    return lambda *files: check_with_twine(files, Runner(environ=dict(os.environ)), cwd=tmp_path)


def test_files_that_pass_pass_together(tmp_path, check):
    headers = f"{README}Hello.\n"
    one, two = (small_wheel(tmp_path, version=v, headers=headers) for v in ("1.0", "2.0"))
    assert [type(result) for result in check(one, two)] == [Passed]


@pytest.mark.parametrize("terminal", ["dumb", "unknown", "xterm-256color"])
def test_the_kind_of_terminal_changes_no_verdict(tmp_path, terminal):
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    wheel = small_wheel(folder, headers=f"{README}Hello.\n")
    runner = Runner(environ={**os.environ, "TERM": terminal, "COLUMNS": "40"})
    assert [type(result) for result in check_with_twine([wheel], runner, cwd=folder)] == [Passed]


def test_a_file_that_does_not_pass_is_told_by_its_name_after_one_that_does(tmp_path, check):
    good = small_wheel(tmp_path, version="1.0", headers=f"{README}Hello.\n")
    bad = small_wheel(tmp_path, version="2.0", headers=f"{README}.. toctree::\n")
    passed, failed = check(good, bad)
    assert isinstance(passed, Passed)
    assert isinstance(failed, Finding)
    assert "does not pass `orc_demo-2.0-py3-none-any.whl`" in failed.message


def test_a_file_that_twine_cannot_read_is_no_verdict_on_the_others(tmp_path, check):
    broken = tmp_path / "orc_demo-1.0-py3-none-any.whl"
    broken.write_bytes(b"no zip")
    (found,) = check(small_sdist(tmp_path), broken)
    assert isinstance(found, Finding)
    assert "could not read the files" in found.message
    assert "BadZipFile: File is not a zip file" in found.message
