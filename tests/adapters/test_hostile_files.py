"""Files that mean harm get a finding each, in bounded time and memory, and leave no trace."""

import gc
import threading
import time
import tracemalloc

import pytest

from hostile_files import HOSTILE, METADATA, write_sdist, write_wheel
from nox_release import check_distributions
from nox_release.files.archives import UnreadableDistributionError, read_distribution

SECONDS = 15
MEGABYTES = 200
SLOW = {"zip_bomb", "bz2_bomb", "crowded_tar", "record_of_many_lines", "long_description"}


@pytest.fixture(scope="module", autouse=True)
def _warm():
    """Loaded libraries are no cost of a file."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        check_distributions([write_wheel(folder)])


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in HOSTILE],
)
def test_a_hostile_file_gets_a_finding_within_bounds(name, tmp_path, monkeypatch):
    path = HOSTILE[name](tmp_path)
    there = {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")}
    monkeypatch.chdir(tmp_path)
    gc.collect()
    # The thread's own processor time: other work on the machine does not count.
    before = time.thread_time()
    findings = check_distributions([path])
    spent = time.thread_time() - before
    assert findings
    assert spent < SECONDS
    assert {each: each.stat().st_mtime_ns for each in tmp_path.rglob("*")} == there


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["flat_zip_bomb", "endless_tar_header", "metadata_of_100_mb", "pkg_info_of_100_mb"]
)
def test_a_hostile_file_takes_little_memory(name, tmp_path):
    path = HOSTILE[name](tmp_path)
    gc.collect()
    tracemalloc.start()
    try:
        check_distributions([path])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEGABYTES * 1024 * 1024


EXPECTED = {
    "zip_bomb": "compression-bomb",
    "flat_zip_bomb": "compression-bomb",
    "lying_zip_bomb": "archive-corrupt",
    "crowded_zip": "archive-not-examined",
    "tar_bomb": "archive-not-examined",
    "endless_tar_header": "archive-not-examined",
    "pax_of_digits": "archive-not-examined",
    "metadata_of_100_mb": "compression-bomb",
    "pkg_info_of_100_mb": "archive-not-examined",
    "metadata_of_many_headers": "archive-not-examined",
    "metadata_of_endless_number": "version-invalid",
    "invalid_utf_8": "twine-refuses",
    "traversing_wheel": "member-outside",
    "absolute_wheel": "member-outside",
    "traversing_sdist": "member-outside",
    "absolute_sdist": "sdist-absolute-member",
    "sdist_with_links_outside": "member-link",
    "sdist_with_device": "member-device",
    "wheel_with_symlink": "member-link",
    "duplicate_entries": "zip-framing",
    "mismatched_entries": "zip-framing",
    "duplicate_tar_entries": "member-twice",
    "encrypted_wheel": "archive-member-unreadable",
    "truncated_wheel": "not-zip",
    "truncated_sdist": "archive-corrupt",
    "two_bytes_of_zip": "not-zip",
    "two_bytes_of_gzip": "archive-truncated",
    "empty_wheel": "not-zip",
    "empty_sdist": "not-tar",
}


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in SLOW])
def test_a_hostile_file_is_called_what_it_is(name, tmp_path):
    findings = check_distributions([HOSTILE[name](tmp_path)])
    assert EXPECTED[name] in {finding.id for finding in findings}


def test_what_is_not_there_is_a_finding(tmp_path):
    (tmp_path / "a-1.0.tar.gz").mkdir()
    findings = check_distributions([tmp_path / "a-1.0.tar.gz", tmp_path / "b-1.0.tar.gz"])
    assert {finding.id for finding in findings} == {"file-unreadable"}


def test_a_truncated_file_is_no_distribution(tmp_path):
    with pytest.raises(UnreadableDistributionError, match="PKG-INFO cannot be read"):
        read_distribution(HOSTILE["truncated_sdist"](tmp_path))


def test_a_distribution_is_read_with_its_metadata_and_members(tmp_path):
    path = write_sdist(
        tmp_path,
        [("harm-1.0/harm.py", b"x = 1\n")],
        metadata=METADATA + b"Requires-Dist: a\nRequires-Dist: b\n\nHello\n",
    )
    sdist = read_distribution(path)
    assert (sdist.kind, sdist.name, sdist.version) == ("sdist", "harm", "1.0")
    assert sdist.names == ("harm-1.0/PKG-INFO", "harm-1.0/harm.py")
    assert sdist.metadata.values("requires-dist") == ("a", "b")
    assert sdist.metadata.fields[-1].line == 5
    assert sdist.metadata.description == "Hello\n"
    assert len(sdist.sha256) == len(sdist.blake2_256) == 64


def test_many_files_are_checked_side_by_side(tmp_path, monkeypatch):
    """As many threads as cores, whatever the number of files."""
    import nox_release.checks.files.checking as module

    threads = set()
    read = module.read_archive

    def watched(path, filename):
        threads.add(threading.get_ident())
        return read(path, filename)

    monkeypatch.setattr(module, "read_archive", watched)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    paths = [write_wheel(tmp_path, name=f"harm-1.{n}-py3-none-any.whl") for n in range(20)]
    check_distributions(paths)
    assert 1 <= len(threads) <= 2
