"""Which backends are asked what they need before they build, and what is there beforehand."""

import warnings

import pytest
from build import ProjectBuilder

from nox_release.edges.building import declared_requirements, needs_nothing_more


def project(folder, backend, more=""):
    text = f'[build-system]\nrequires = ["one", "two>=1"]\nbuild-backend = "{backend}"\n{more}'
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "backend", ["hatchling.build", "flit_core.buildapi", "poetry.core.masonry.api"]
)
def test_a_backend_without_plugins_needs_nothing_more(tmp_path, backend):
    assert needs_nothing_more(project(tmp_path, backend))


@pytest.mark.parametrize(
    ("backend", "more"),
    [
        ("setuptools.build_meta", ""),
        ("hatchling.build", 'backend-path = ["."]'),
        ("hatchling.build", "[tool.hatch.build.hooks.custom]"),
        ("hatchling.build", '[tool.hatch.build.targets.wheel]\ndependencies = ["cython"]'),
        ("hatchling.build", "[tool.hatch.build.targets.wheel.hooks.vcs]"),
        ("hatchling.build", "[tool]\nhatch = 1"),
    ],
)
def test_whoever_may_need_more_is_asked_first(tmp_path, backend, more):
    assert not needs_nothing_more(project(tmp_path, backend, more))


def test_configuration_in_a_file_of_its_own_is_asked_about_first(tmp_path):
    project(tmp_path, "hatchling.build")
    (tmp_path / "hatch.toml").write_text("", encoding="utf-8")
    assert not needs_nothing_more(tmp_path)


def test_without_pyproject_toml_nothing_is_known(tmp_path):
    assert not needs_nothing_more(tmp_path)


def test_declared_requirements_are_those_of_the_build_system_table(tmp_path):
    assert declared_requirements(project(tmp_path, "any.backend")) == {"one", "two>=1"}


@pytest.mark.parametrize(
    "text",
    [None, "", "[project]\nname = 'x'\n", "[build-system]\nrequires = []\n"],
    ids=["no file", "nothing in it", "no table", "no backend"],
)
def test_what_is_declared_is_what_the_front_end_reads_there(tmp_path, text):
    if text is None:
        (tmp_path / "setup.py").touch()
    else:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = ProjectBuilder(tmp_path).build_system_requires
    assert declared_requirements(tmp_path) == read


def test_a_wrong_build_system_table_declares_nothing_yet(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = 1\n", encoding="utf-8")
    assert declared_requirements(tmp_path) == frozenset()
