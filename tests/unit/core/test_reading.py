"""Files of a project are read with a bound, and only where there is a file."""

import os
import time
from pathlib import Path

import pytest

from nox_release.core.reading import read_file, read_text


def test_a_file_is_read_up_to_the_bound_and_not_beyond(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path / "a", at_most=5) == b"12345"
    with pytest.raises(OSError, match="More than 4 bytes"):
        read_file(tmp_path / "a", at_most=4)


def test_line_ends_are_as_python_has_them(tmp_path):
    (tmp_path / "a").write_bytes("ä\r\nb\rc\n".encode())
    assert read_text(tmp_path / "a") == "ä\nb\nc\n"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices here")
def test_a_link_to_a_device_that_never_ends_is_not_read(tmp_path):
    (tmp_path / "README.md").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="Not a regular file"):
        read_file(tmp_path / "README.md")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    with pytest.raises(OSError, match="Not a regular file"):
        read_file(tmp_path / "pipe")
    assert time.monotonic() - started < 20


def test_a_folder_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError):
        read_file(tmp_path)
