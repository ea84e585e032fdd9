"""The folder of a project is read as far as it is files of reasonable size."""

from pathlib import Path

import pytest

from nox_release.observing.source_tree import MAX_TEXT, read_source_tree
from nox_release.project.pyproject import Project


def test_texts_are_read_where_they_are_files_of_reasonable_size(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "setup.cfg").write_bytes(b" " * (MAX_TEXT + 1))
    tree = read_source_tree(Project(root=tmp_path, name="demo"))
    assert tree.names == {"pyproject.toml", "setup.cfg"}
    assert tree.texts == {"pyproject.toml": "[project]\n"}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices here")
def test_a_link_to_a_device_has_a_name_and_no_text(tmp_path):
    (tmp_path / "README.md").symlink_to("/dev/zero")
    tree = read_source_tree(Project(root=tmp_path, name="demo", readme="README.md"))
    assert tree.names == {"README.md"}
    assert tree.texts == {}
