"""Which projects the options choose, and what packages take over from the root."""

from argparse import Namespace
from types import SimpleNamespace

import pytest

from nox_release.errors import ConfigurationError
from nox_release.operations.options import load_project, load_projects
from nox_release.project import TESTPYPI

PACKAGE = '[project]\nname = "{name}"\nversion = "1.0"\n{more}'


def monorepo(folder, root_table, **packages):
    (folder / "pyproject.toml").write_text(f"[tool.nox-release]\n{root_table}")
    for name, more in packages.items():
        (folder / name).mkdir()
        (folder / name / "pyproject.toml").write_text(PACKAGE.format(name=name, more=more))
    return SimpleNamespace(root=folder)


def options(index=None, package=None):
    return Namespace(index=index, package=package)


def test_packages_inherit_the_roots_settings(tmp_path):
    place = monorepo(
        tmp_path,
        'packages = ["one", "two"]\nindex = "testpypi"\nworkflow = "publish.yml"\n',
        one="",
        two='[tool.nox-release]\nworkflow = "other.yml"\n',
    )
    one, two = load_projects(place, options())
    assert one.settings.index == two.settings.index == TESTPYPI
    assert (one.settings.workflow, two.settings.workflow) == ("publish.yml", "other.yml")


def test_tags_of_several_packages_tell_them_apart(tmp_path):
    place = monorepo(tmp_path, 'packages = ["one", "two"]\n', one="", two="")
    one, two = load_projects(place, options())
    assert one.settings.tag(one.name, "1.0") == "one-v1.0"
    assert two.settings.tag(two.name, "1.0") == "two-v1.0"


def test_the_roots_tag_format_holds_for_its_packages(tmp_path):
    root = 'packages = ["one", "two"]\ntag-format = "{name}/{version}"\n'
    one, _ = load_projects(monorepo(tmp_path, root, one="", two=""), options())
    assert one.settings.tag(one.name, "1.0") == "one/1.0"


def test_a_single_package_keeps_plain_tags(tmp_path):
    (one,) = load_projects(monorepo(tmp_path, 'packages = ["one"]\n', one=""), options())
    assert one.settings.tag(one.name, "1.0") == "v1.0"


def test_several_packages_have_to_be_chosen_from(tmp_path):
    place = monorepo(tmp_path, 'packages = ["one", "two"]\n', one="", two="")
    with pytest.raises(ConfigurationError, match="There are several packages"):
        load_project(place, options())
    assert load_project(place, options(package="two")).name == "two"


def test_the_root_can_be_one_of_its_packages(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        PACKAGE.format(name="root", more='[tool.nox-release]\npackages = [".", "one"]\n')
    )
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "pyproject.toml").write_text(PACKAGE.format(name="one", more=""))
    names = [project.name for project in load_projects(SimpleNamespace(root=tmp_path), options())]
    assert names == ["root", "one"]


def test_folders_that_are_no_projects_are_named(tmp_path):
    place = monorepo(tmp_path, 'packages = ["one", "gone"]\n', one="")
    with pytest.raises(ConfigurationError) as raised:
        load_projects(place, options())
    assert raised.value.problems == ("`gone` has no pyproject.toml",)
