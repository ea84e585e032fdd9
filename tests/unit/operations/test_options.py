"""Which projects the options choose, and what packages take over from the root."""

import os
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from nox_release.core.errors import ConfigurationError
from nox_release.edges.process import Runner
from nox_release.operations.options import (
    form_of_most,
    load_packages,
    load_project,
    load_projects,
)
from nox_release.project.pyproject import PYPI, TESTPYPI, parse_project

PACKAGE = '[project]\nname = "{name}"\nversion = "1.0"\n{more}'


def context_in(folder, **environ):
    return SimpleNamespace(
        root=folder, runner=Runner(environ=dict(os.environ)), environ=dict(environ)
    )


def monorepo(folder, root_table, **packages):
    (folder / "pyproject.toml").write_text(f"[tool.nox-release]\n{root_table}")
    for name, more in packages.items():
        (folder / name).mkdir()
        (folder / name / "pyproject.toml").write_text(PACKAGE.format(name=name, more=more))
    return context_in(folder)


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


BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
AROUND = PACKAGE.format(name="root", more=BUILD) + '[tool.uv.workspace]\nmembers = ["*"]\n'


def test_all_packages_are_the_project_around_a_workspace_and_its_members(tmp_path):
    """One at a time it is the project alone; what has no build is left out, and said."""
    place = monorepo(tmp_path, "", one=BUILD, two="")
    (tmp_path / "pyproject.toml").write_text(AROUND)
    every = Namespace(index=None, package=None, all_packages=True)
    assert [project.name for project in load_packages(place, options()).projects] == ["root"]
    found = load_packages(place, every)
    assert [project.name for project in found.projects] == ["root", "one"]
    assert [project.settings.tag_format for project in found.projects] == ["{name}-v{version}"] * 2
    assert [(one.name, why) for one, why in found.kept_back] == [("two", "no `[build-system]`")]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (f'classifiers = ["Private :: Do Not Upload"]\n{BUILD}', "`Private :: Do Not Upload`"),
        (f"{BUILD}[tool.uv]\npackage = false\n", "`tool.uv.package = false`"),
        ("", "no `[build-system]`"),
    ],
)
def test_a_private_project_around_a_workspace_is_left_out_and_its_members_are_meant(
    tmp_path, more, why
):
    place = monorepo(tmp_path, "", one=BUILD, two=BUILD)
    around = PACKAGE.format(name="root", more=more) + '[tool.uv.workspace]\nmembers = ["*"]\n'
    (tmp_path / "pyproject.toml").write_text(around)
    found = load_packages(place, options())
    assert [project.name for project in found.projects] == ["one", "two"]
    assert [(one.name, said) for one, said in found.kept_back] == [("root", why)]


def test_packages_that_the_settings_name_are_all_there_are(tmp_path):
    place = monorepo(tmp_path, "", one=BUILD, two=BUILD)
    (tmp_path / "pyproject.toml").write_text(AROUND + '[tool.nox-release]\npackages = ["one"]\n')
    every = Namespace(index=None, package=None, all_packages=True)
    assert [project.name for project in load_packages(place, every).projects] == ["one"]


def test_the_environment_names_the_index_unless_an_option_does(tmp_path):
    monorepo(tmp_path, 'packages = ["one"]\nindex = "https://example.org/"\n', one="")
    place = context_in(tmp_path, NOX_RELEASE_INDEX="testpypi")
    assert load_project(place, options()).settings.index == TESTPYPI
    assert load_project(place, options(index="pypi")).settings.index == PYPI


def test_a_package_may_have_a_setup_py_alone(tmp_path):
    place = monorepo(tmp_path, 'packages = ["one", "two"]\n', one="")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "setup.py").write_text("import setuptools\nsetuptools.setup(name='two')\n")
    assert [project.name for project in load_projects(place, options())] == ["one", "two"]
    assert load_project(place, options(package="two")).root == tmp_path / "two"


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
    names = [project.name for project in load_projects(context_in(tmp_path), options())]
    assert names == ["root", "one"]


def test_folders_that_are_no_projects_are_named(tmp_path):
    place = monorepo(tmp_path, 'packages = ["one", "gone"]\n', one="")
    with pytest.raises(ConfigurationError) as raised:
        load_projects(place, options())
    assert raised.value.problems == ("`gone` has neither pyproject.toml nor setup.py",)


@pytest.mark.parametrize("by_link", [True, False])
def test_a_package_that_lies_outside_is_none_of_this_repositorys(tmp_path, by_link):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "pyproject.toml").write_text('[project]\nname = "out"\n')
    (tmp_path / "here").mkdir()
    folder = "linked" if by_link else "../out"
    if by_link:
        try:
            (tmp_path / "here" / "linked").symlink_to(tmp_path / "out", target_is_directory=True)
        except OSError:
            pytest.skip("needs the right to make symbolic links")
    place = monorepo(tmp_path / "here", f'packages = ["{folder}"]\n')
    with pytest.raises(ConfigurationError) as raised:
        load_projects(place, options())
    assert raised.value.problems == (f"`{folder}` leads out of this folder",)


@pytest.mark.parametrize(
    ("tags", "settings", "expected"),
    [
        ((), "", "v1.3"),
        (("1.1", "1.2"), "", "1.3"),
        (("1.1", "v1.2"), "", "v1.3"),
        (("demo-1.2", "nightly"), "", "demo-1.3"),
        (("release-1.1", "release-1.2", "nightly"), "", "release-1.3"),
        (("release-1.1", "other-1.2"), "", "v1.3"),
        (("build-20260101",), "", "v1.3"),
        (("a{b}-1.2",), "", "v1.3"),
        (("1.1", "1.2"), '[tool.nox-release]\ntag-format = "v{version}"\n', "v1.3"),
    ],
)
def test_tags_go_on_in_the_form_of_the_newest_version(tmp_path, tags, settings, expected):
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "demo"\nversion = "1.3"\n{settings}', encoding="utf-8"
    )
    context = context_in(tmp_path)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        [*identity, "commit", "--quiet", "--message=x"],
        *(["tag", tag] for tag in tags),
    ):
        context.runner.run(["git", *arguments], cwd=tmp_path)
    (project,) = load_projects(context, Namespace())
    assert project.settings.tag(project.name, "1.3") == expected


def test_packages_are_found_by_pattern_and_in_a_workspace_and_what_is_private_is_named(tmp_path):
    said = []
    secret = 'classifiers = ["Private :: Do Not Upload"]\n'
    system = "[build-system]\nrequires = []\n"
    place = monorepo(tmp_path, 'packages = ["o*", "t*"]\n', one=system, two=secret + system)
    place.console = SimpleNamespace(line=said.append)
    assert [one.name for one in load_projects(place, options())] == ["one"]
    assert said == ["Left out: two (`Private :: Do Not Upload`)"]
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["*"]\n')
    (found,) = load_projects(place, options())
    assert (found.name, found.settings.tag_format) == ("one", "{name}-v{version}")
    (tmp_path / "pyproject.toml").write_text('[tool.nox-release]\npackages = ["x*"]\n')
    with pytest.raises(ConfigurationError, match="names folders") as caught:
        load_projects(place, options())
    assert caught.value.problems == ("`x*` leads to no project",)


@pytest.mark.parametrize(
    ("newest_first", "form"),
    [
        (["v0.1.4", "v0.1.3", "1.0"], "v{version}"),
        (["1.0", "v0.1.4", "v0.1.3"], "v{version}"),
        (["2.1", "2.0", "v1.9", "v1.8", "v1.7"], "{version}"),
        (["2.0rc3", "2.0rc2", "2.0rc1", "v1.9", "v1.8"], "v{version}"),
        (["2.0rc2", "2.0rc1"], "{version}"),
        (["nightly", "demo-1.1", "demo-1.0"], "{name}-{version}"),
        (["rust-v2.0", "python-v1.1", "rust-v1.9", "python-v1.0"], "python-v{version}"),
        (["rust-v2.0", "java-v1.1"], None),
        (["nightly"], None),
        ([], None),
    ],
    ids=str,
)
def test_most_of_the_newest_tags_say_their_form(newest_first, form):
    table = {"project": {"name": "demo", "version": "1.0"}}
    assert form_of_most(newest_first, parse_project(table, root=Path("python"))) == form


@pytest.mark.parametrize(
    ("project", "newest_first", "form"),
    [
        ({"version": "20260201"}, ["build-20260101", "build-20251201"], "build-{version}"),
        ({"version": "8"}, ["release/7", "release/6"], "release/{version}"),
        ({"version": "8"}, ["release/7", "build-6"], None),
        # Of a project whose versions have parts, a number is the number of something else.
        ({"version": "1.0"}, ["build-20260101", "build-20251201"], None),
        ({"dynamic": ["version"]}, ["build-20260101", "build-20251201"], "build-{version}"),
        ({"version": "1.0"}, ["py3-1.0", "py3-0.9"], "py3-{version}"),
        ({"version": "1.0", "name": "demo2"}, ["demo2-1.0", "demo2-0.9"], "{name}-{version}"),
    ],
    ids=str,
)
def test_a_prefix_that_all_tags_of_versions_share_is_followed(project, newest_first, form):
    table = {
        "project": {"name": "demo", **project},
        "build-system": {"requires": ["setuptools-scm"], "build-backend": "x"},
    }
    assert form_of_most(newest_first, parse_project(table, root=Path("demo"))) == form
