"""pyproject.toml becomes a project and settings, or one error that names every problem."""

from pathlib import Path

import pytest

from nox_release.core.errors import ConfigurationError
from nox_release.project.pyproject import (
    PYPI,
    TESTPYPI,
    named_indexes,
    parse_index,
    parse_project,
    parse_settings,
    read_project,
)

ROOT = Path("project")


def problems_of(call, *arguments, **keywords):
    with pytest.raises(ConfigurationError) as caught:
        call(*arguments, **keywords)
    return caught.value.problems


def test_every_problem_in_pyproject_is_reported_at_once():
    pyproject = {
        "project": {"name": "-bad-", "version": "one", "dynamic": "version", "urls": []},
        "tool": {"nox-release": {"remotes": "origin", "branch": 3}},
    }
    found = "\n".join(problems_of(parse_project, pyproject, root=ROOT))
    for key in (
        "`project.name`",
        "`project.version`",
        "`project.dynamic`",
        "`project.urls`",
        "`tool.nox-release.remotes`",
        "`tool.nox-release.branch`",
    ):
        assert key in found


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"index": "nowhere"}, "index"),
        ({"index": {"upload-url": "https://x/"}}, "index"),
        ({"index": "http://example.org/"}, "index"),
        ({"tag-format": "release"}, "tag-format"),
        ({"tag-format": "{date}"}, "tag-format"),
        ({"tag-format": "-{version}"}, "tag-format"),
        ({"tag-format": "a..{version}"}, "tag-format"),
        ({"workflow": ".github/workflows/publish.yml"}, "workflow"),
        ({"workflow": "publish"}, "workflow"),
        ({"build-requires": "torch"}, "build-requires"),
        ({"after-release": "develop"}, "after-release"),
        ({"packages": [1]}, "packages"),
        ({"remote": ""}, "remote"),
    ],
)
def test_a_wrong_setting_is_named(table, key):
    (problem,) = problems_of(parse_settings, table)
    assert f"tool.nox-release.{key}" in problem


def test_settings_need_a_table():
    assert problems_of(parse_settings, ["x"]) == ("`tool.nox-release` is not a table",)


def test_tags_are_made_from_the_format():
    settings = parse_settings({"tag-format": "{name}-v{version}"})
    assert settings.tag("demo", "1.2.0") == "demo-v1.2.0"
    assert parse_settings({}).tag("demo", "1.2.0") == "v1.2.0"


def test_known_indexes_are_found_by_name_and_by_any_of_their_addresses():
    assert parse_index("PyPI") == PYPI
    assert parse_index("testpypi") == TESTPYPI
    assert parse_index("https://test.pypi.org/legacy/") == TESTPYPI
    assert parse_index("https://upload.pypi.org/legacy") == PYPI


def test_plain_http_is_taken_for_this_machine_only():
    local = parse_index("http://127.0.0.1:8000")
    assert local.upload_url == "http://127.0.0.1:8000/legacy/"
    assert local.name == "127.0.0.1:8000"
    with pytest.raises(ConfigurationError, match="is not an index"):
        parse_index("http://192.168.0.1/")


OWN = {f"{kind}-url": f"https://own.example/{kind}/" for kind in ("upload", "simple", "api")}


@pytest.mark.parametrize(
    ("index", "problem"),
    [
        ("https://me:hunter22@own.example/", "without a password"),
        ({**OWN, "upload-url": "https://me:hunter22@own.example/"}, "without a password"),
        ({**OWN, "name": "PyPI"}, "`name` is that of another index"),
    ],
)
def test_an_own_index_has_neither_a_password_nor_the_name_of_another(index, problem):
    assert parse_settings({"index": OWN}).index.name == "own.example"
    (found,) = problems_of(parse_settings, {"index": index})
    assert problem in found


def test_a_version_may_be_dynamic():
    project = parse_project({"project": {"name": "A.b", "dynamic": ["version"]}}, root=ROOT)
    assert project.version is None
    assert project.normalized_name == "a-b"


def test_a_version_that_is_neither_there_nor_dynamic_is_a_problem():
    (problem,) = problems_of(parse_project, {"project": {"name": "a"}}, root=ROOT)
    assert "`project.version` is missing" in problem


def test_poetry_tables_are_understood():
    project = parse_project({"tool": {"poetry": {"name": "a", "version": "1.0"}}}, root=ROOT)
    assert (project.name, project.version) == ("a", "1.0")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "There is no pyproject.toml here."),
        (b"[project\n", "pyproject.toml is not valid TOML."),
        (b"\xff\xfe", "pyproject.toml is not UTF-8."),
    ],
)
def test_unreadable_pyproject_is_one_clear_error(tmp_path, content, message):
    if content is not None:
        (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_project(tmp_path)
    assert caught.value.message == message
    assert caught.value.reason or caught.value.hint


def test_above_the_projects_of_a_repository_their_folders_are_named(tmp_path):
    for folder in ("libs/b", "a", ".venv/x", "tests/data", "deep/er/still"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "pyproject.toml").touch()
    with pytest.raises(ConfigurationError) as caught:
        read_project(tmp_path)
    assert caught.value.reason.endswith("There is one in `a`, `libs/b`.")
    assert caught.value.hint == "Run this in the project's folder: cd a"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "demo"\nversion = "' + "1" * 5000 + '"\n',
        '[project]\nname = "demo"\nversion = "1"\n[x]\na = ' + "[" * 900 + "]" * 900,
        '[project]\nname = "demo"\nversion = "1"\n[x]\na = ' + "9" * 9000,
    ],
    ids=["a version of 5000 digits", "arrays in arrays", "an integer of 9000 digits"],
)
def test_what_python_cannot_hold_is_a_problem_of_the_file(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError):
        read_project(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no devices here")
def test_links_to_a_device_are_not_followed_for_ever(tmp_path):
    (tmp_path / "setup.py").symlink_to("/dev/zero")
    (tmp_path / "setup.cfg").symlink_to("/dev/zero")
    (tmp_path / "pyproject.toml").write_text("[tool.x]\n")
    with pytest.raises(ConfigurationError, match="problem"):
        read_project(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").symlink_to("/dev/zero")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_project(tmp_path)


TWO = {"upload-url": "https://own.example/up", "simple-url": "https://own.example/simple"}


def test_two_addresses_are_enough_for_an_index_that_is_not_like_pypi():
    index = parse_settings({"index": TWO}).index
    assert (index.name, index.api_url, index.is_like_pypi) == ("own.example", "", False)
    assert index.upload_url == "https://own.example/up/"
    assert parse_settings({"index": {**TWO, "api-url": "https://own.example/"}}).index.is_like_pypi
    assert PYPI.is_like_pypi
    assert parse_index("https://own.example/").is_like_pypi


def test_an_index_of_uv_is_named_where_files_can_be_published_to_it():
    own = {"name": "own", "url": "https://own.example/simple/"}
    entries = [
        {**own, "publish-url": "https://own.example/up"},
        {"name": "read-only", "url": "https://own.example/simple/"},
        {"name": "far", "url": "http://own.example/", "publish-url": "http://own.example/"},
        {"name": "pypi", "url": "https://own.example/", "publish-url": "https://own.example/"},
        {
            "name": "test",
            "url": "https://test.pypi.org/simple/",
            "publish-url": "https://test.pypi.org/legacy/",
        },
        5,
    ]
    pyproject = {
        "project": {"name": "demo", "version": "1"},
        "tool": {"uv": {"index": entries}, "nox-release": {"index": "own"}},
    }
    found = named_indexes(pyproject)
    assert set(found) == {"own", "test"}
    assert found["test"] == TESTPYPI
    index = parse_project(pyproject, root=ROOT).settings.index
    assert (index.upload_url, index.simple_url) == (
        "https://own.example/up/",
        "https://own.example/simple/",
    )
    assert named_indexes({"tool": {"uv": {"index": "own"}}}) == {}
    pyproject["tool"]["nox-release"]["index"] = "read-only"
    assert "read-only" in problems_of(parse_project, pyproject, root=ROOT)[0]


@pytest.mark.parametrize(
    ("tool", "tags"),
    [
        ({"scikit-build": {"metadata": {"version": {"provider": "scikit_build_core.metadata.setuptools_scm"}}}}, True),
        ({"scikit-build": {"metadata": {"version": {"provider": "scikit_build_core.metadata.regex"}}}}, False),
        ({"pdm": {"version": {"source": "scm"}}}, True),
        ({"versioneer": {"VCS": "git"}}, True),
        ({"pdm": {"version": "1.0"}}, False),
    ],
)  # fmt: skip
def test_a_backend_that_brings_setuptools_scm_reads_the_tags(tool, tags):
    pyproject = {"project": {"name": "demo", "dynamic": ["version"]}, "tool": tool}
    assert parse_project(pyproject, root=ROOT).version_from_tags is tags


@pytest.mark.parametrize(
    ("tool", "tags"),
    [
        ({"setuptools": {"dynamic": {"version": {"attr": "demo.__version__"}}}}, False),
        ({"setuptools": {"dynamic": {"version": {"attr": "demo.__version__"}}}, "setuptools_scm": {}}, True),
        ({"setuptools": {"dynamic": {"readme": {"file": "README.md"}}}}, True),
    ],
)  # fmt: skip
def test_setuptools_scm_beside_a_version_that_setuptools_reads_lists_files_only(tool, tags):
    pyproject = {
        "project": {"name": "demo", "dynamic": ["version"]},
        "build-system": {"requires": ["setuptools", "setuptools-scm"]},
        "tool": tool,
    }
    assert parse_project(pyproject, root=ROOT).version_from_tags is tags


@pytest.mark.parametrize(
    ("code", "tags"),
    [
        ("from pdm.backend.hooks.version import get_version_from_scm", True),
        ('subprocess.run(["git", "describe", "--tags"])', True),
        ("def get(): return '1.0'", False),
    ],
)
def test_a_function_that_asks_git_for_the_version_reads_the_tags(tmp_path, code, tags):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/version.py").write_text(code)
    version = {"source": "call", "getter": "scripts.version:get"}
    pyproject = {"project": {"name": "demo", "dynamic": ["version"]}, "tool": {"pdm": {"version": version}}}  # fmt: skip
    assert read_project(tmp_path, pyproject).version_from_tags is tags
    (tmp_path / "scripts/version.py").unlink()
    assert read_project(tmp_path, pyproject).version_from_tags is False


@pytest.mark.parametrize(
    ("argument", "tags"),
    [("use_scm_version=True", True), ("use_scm_version={}", True), ("use_scm_version=False", False), ("pbr=True", True),
     ("version=versioneer.get_version()", True), ("version=read_version()", False)],
)  # fmt: skip
def test_an_old_setup_py_may_ask_git_for_the_version(tmp_path, argument, tags):
    (tmp_path / "setup.py").write_text(f"import setuptools\nsetuptools.setup({argument})\n")
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = demo\n")
    assert read_project(tmp_path, {}).version_from_tags is tags


@pytest.mark.parametrize(
    ("code", "tags"),
    [("from setuptools_scm import get_version", True), ("from hatchling.build import *", False)],
)
def test_a_backend_in_the_tree_may_read_the_tags(tmp_path, code, tags):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/backend.py").write_text(code)
    build = {"build-backend": "backend:build_meta", "backend-path": [".", "tools"], "requires": []}
    pyproject = {"project": {"name": "demo", "dynamic": ["version"]}, "build-system": build}
    assert read_project(tmp_path, pyproject).version_from_tags is tags


def test_settings_of_tools_around_projects_lead_to_the_projects(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core/setup.py").write_text("import setuptools\nsetuptools.setup()\n")
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 100\n")
    with pytest.raises(ConfigurationError, match="describes no project") as caught:
        read_project(tmp_path)
    assert caught.value.hint == "Run this in the project's folder: cd core"
