"""Which backends are asked what they need before they build, and what is there beforehand."""

import warnings

import pytest
from build import ProjectBuilder

from nox_release.edges.building import declared_requirements, last_words, needs_nothing_more


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


NOTES = [f"src/x.cpp:{number}:1: note: candidate" for number in range(30)]


@pytest.mark.parametrize(
    "error",
    [
        "src/x.cpp:3:10: fatal error: Python.h: No such file or directory",
        "src/x.c:12: error: expected ';'",
        "cc1: fatal error: x/_x.c: No such file or directory",
        r"C:\x\y.cpp(12): error C2065: 'foo': undeclared identifier",
        "error[E0425]: cannot find value `x` in this scope",
        "x.pyx:4:8: Error: something",
        "CMake Error at CMakeLists.txt:3 (find_package):",
        "/usr/bin/ld: x.o: in function `f': x.c:(.text+0x5): undefined reference to `g'",
    ],
)
def test_the_first_error_of_a_compiler_is_shown_and_not_the_last_note(error):
    last = "error: command '/usr/bin/g++' failed with exit code 1"
    said = last_words("\n".join(["building x", error, "  detail", *NOTES, last]))
    assert said.splitlines()[:2] == [error, "  detail"]
    assert said.splitlines()[-2:] == ["…", last]


def test_the_last_link_of_cargos_chain_of_causes_is_shown():
    """It says what happened; every one above says what came of it."""
    said = last_words(
        "error: failed to get `ast` as a dependency of package `demo`\n\n"
        "Caused by:\n  failed to load source for dependency `ast`\n\n"
        "Caused by:\n  unable to update https://github.com/acme/ast.git?tag=v1\n\n"
        "Caused by:\n  failed to resolve address for github.com; class=Net (12)\n"
        "maturin failed\n"
        "  Caused by: Cargo metadata failed. Does your crate compile with `cargo build`?\n"
        "Error: command ['maturin', 'pep517'] returned non-zero exit status 1\n"
    )
    assert said.splitlines()[4:] == [
        "…",
        "  failed to resolve address for github.com; class=Net (12)",
        "  Caused by: Cargo metadata failed. Does your crate compile with `cargo build`?",
        "Error: command ['maturin', 'pep517'] returned non-zero exit status 1",
    ]


def test_what_setuptools_says_of_a_command_is_not_the_first_error():
    last = "error: Command '['gcc', '-c', 'x.c']' returned non-zero exit status 1."
    assert last_words(f"a\nb\n{last}") == f"a\nb\n{last}"


def test_what_no_compiler_said_ends_with_its_last_lines():
    text = "\n".join(f"error: command {number} is unknown" for number in range(30))
    assert last_words(text) == "\n".join(text.splitlines()[-12:])
