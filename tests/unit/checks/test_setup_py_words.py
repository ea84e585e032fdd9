"""A project that has a setup.py alone is not told to set keys of `[project]`."""

import pytest

from nox_release.checks.files.remedies import in_its_own_words
from nox_release.checks.files.rules import RULES
from nox_release.core.findings import Location, find
from nox_release.core.values import replace
from nox_release.project.pyproject import Project, parse_project

ONLY_IN_PYPROJECT = ("import-name", "license-both")


@pytest.fixture
def setup_py(tmp_path):
    (tmp_path / "setup.py").touch()
    return Project(root=tmp_path, name="demo")


def test_no_fix_for_a_setup_py_names_a_key_of_pyproject(setup_py):
    for rule in RULES:
        told = in_its_own_words(find(rule, "It is wrong."), setup_py)
        assert "`project.readme`" not in told.fix, rule.id
        if "`project." in rule.remedy and rule.id not in ONLY_IN_PYPROJECT:
            assert "setup.py" in told.fix, rule.id


def test_a_key_of_pyproject_is_looked_for_in_setup_py(setup_py):
    there = Location(file="pyproject.toml", key="project.dependencies")
    told = in_its_own_words(find(RULES[0], "It is wrong.", where=there), setup_py)
    assert told.where == Location(file="setup.py", key="install_requires")
    there = Location(file="pyproject.toml", key="build-system.requires")
    told = in_its_own_words(find(RULES[0], "It is wrong.", where=there), setup_py)
    assert told.where == there


def test_a_key_is_looked_for_in_setup_cfg_where_that_has_them(setup_py):
    (setup_py.root / "setup.cfg").write_text("[metadata]\nname = demo\n", encoding="utf-8")
    there = Location(file="pyproject.toml", key="project.dependencies")
    found = replace(find(RULES[0], "Wrong.", where=there), fix='Add "a" to `project.dependencies`.')
    told = in_its_own_words(found, setup_py)
    assert told.where == Location(file="setup.cfg", key="install_requires")
    assert told.fix == 'In setup.cfg: Add "a" to `install_requires`.'


def test_a_project_with_a_table_of_its_own_keeps_the_words(tmp_path):
    (tmp_path / "setup.py").touch()
    project = parse_project({"project": {"name": "demo", "version": "1"}}, root=tmp_path)
    found = find(RULES[0], "It is wrong.")
    assert in_its_own_words(found, project) == found
