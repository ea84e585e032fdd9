"""Temporary folders go away, those of killed runs too; kept logs stay few."""

import os
import subprocess
import sys
import tempfile

import pytest

from nox_release.edges import aside
from nox_release.edges.aside import kept_log, temporary_folder

HOLDER = """
import sys
from nox_release.edges.aside import temporary_folder
with temporary_folder("held") as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def system_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(aside, "_swept", set())
    return tmp_path


@pytest.fixture
def holder(system_folder):
    """A program that has a folder of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**os.environ, "TMPDIR": str(system_folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        child.folder = child.stdout.readline().rstrip("\n")
        yield child
        child.kill()


def test_a_folder_goes_away_at_its_end(system_folder):
    with temporary_folder("build") as folder:
        assert list(folder.iterdir()) == []
        assert folder.parent.name.startswith("nox-release-build-")
    assert list(system_folder.iterdir()) == []


def test_the_folder_of_a_killed_run_goes_with_the_next(holder):
    holder.kill()
    holder.wait()
    assert os.path.isdir(holder.folder)  # noqa: PTH112 - it is a text that was printed
    with temporary_folder():
        assert not os.path.exists(holder.folder)  # noqa: PTH110


def test_the_folder_of_a_run_that_goes_on_stays(holder):
    with temporary_folder():
        pass
    assert os.path.isfile(f"{holder.folder}/file")  # noqa: PTH113


def test_a_folder_that_another_run_sweeps_before_it_is_locked_is_made_again(
    system_folder, monkeypatch
):
    lock, swept = aside._lock, []

    def late(path, flags):
        if flags and not swept:
            path.touch()
            swept.append(path)
            aside._sweep(system_folder)
        return lock(path, flags)

    monkeypatch.setattr(aside, "_lock", late)
    with temporary_folder("build") as folder:
        assert swept
        assert folder.is_dir()
        assert not swept[0].parent.exists()


def test_a_kept_folder_is_never_swept(monkeypatch):
    with temporary_folder("rehearsal", keep=True) as folder:
        pass
    monkeypatch.setattr(aside, "_swept", set())
    with temporary_folder():
        assert folder.is_dir()


def test_a_link_in_the_systems_folder_is_not_followed(system_folder, tmp_path_factory):
    theirs = tmp_path_factory.mktemp("theirs")
    (theirs / "in-use").touch()
    (system_folder / "nox-release-x").symlink_to(theirs)
    with temporary_folder():
        assert (theirs / "in-use").exists()


def test_logs_are_kept_in_one_folder_for_their_owner_and_make_room():
    paths = []
    for number in range(30):
        handle, path = kept_log()
        os.close(handle)
        os.utime(path, (number, number))
        paths.append(path)
    assert {path.parent.name for path in paths} == {f"nox-release-logs-{os.getuid()}"}
    assert paths[0].parent.stat().st_mode & 0o777 == 0o700
    assert sorted(paths[0].parent.iterdir()) == sorted(paths[-20:])


def test_large_logs_make_room_sooner(monkeypatch):
    monkeypatch.setattr(aside, "_LOG_BYTES_AT_MOST", 10)
    for _ in range(3):
        handle, path = kept_log()
        os.write(handle, b"123456")
        os.close(handle)
    assert len(list(path.parent.iterdir())) == 2
