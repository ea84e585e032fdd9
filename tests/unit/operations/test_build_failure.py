"""A build that failed ends with what to paste, where that is known."""

import tempfile
from pathlib import Path

import pytest

from nox_release.edges.building import BuildFailed
from nox_release.operations import build_output
from nox_release.operations.build_failure import explained
from nox_release.project.pyproject import Project, parse_project
from nox_release.project.toml import parse_toml

TRACEBACK = """\
Traceback (most recent call last):
  File "<string>", line 3, in <module>
ModuleNotFoundError: No module named '{}'
"""


def hint(output, *, requires=("setuptools>=77",), name="demo"):
    project = parse_project(
        {
            "project": {"name": name, "version": "1.0"},
            "build-system": {"requires": list(requires), "build-backend": "setuptools.build_meta"},
        },
        root=Path("demo"),
    )
    return explained(BuildFailed("The sdist could not be built.", output=output), project).hint


@pytest.mark.parametrize(
    ("module", "project"), [("torch", "torch"), ("numpy.distutils", "numpy"), ("yaml", "pyyaml")]
)
def test_a_requirement_that_is_missing_comes_as_lines_to_paste(module, project):
    lines = hint(TRACEBACK.format(module)).splitlines()
    table = parse_toml("\n".join(lines[1:3]))
    assert table["build-system"]["requires"] == ["setuptools>=77", project]
    table = parse_toml("\n".join(lines[4:]))
    assert table["tool"]["nox-release"]["build-requires"] == [project]


@pytest.mark.parametrize("module", ["demo_private", "demo"])
def test_a_module_that_is_not_known_is_never_offered(module):
    assert "requires" not in hint(TRACEBACK.format(module)).partition("is a build tool")[0]
    assert f'"{module}"' not in hint(TRACEBACK.format(module))


@pytest.mark.parametrize(
    ("wanted", "told"), [(">=99", True), (">=3.10", False), (None, False), ("^3.9", False)]
)
def test_a_build_on_a_python_that_the_project_is_not_for_says_so(wanted, told):
    project = Project(root=Path("demo"), name="demo", requires_python=wanted)
    failed = BuildFailed("The sdist could not be built.", output="error: nothing that is known")
    assert (
        "The project is for Python >=99, and this is" in explained(failed, project).hint
    ) is told


def test_a_requirement_that_is_declared_is_not_missing():
    told = hint(TRACEBACK.format("torch"), requires=("setuptools", "torch>=2"))
    assert "build-requires" not in told


def test_a_long_list_of_requirements_is_one_that_no_screen_breaks():
    many = tuple(f"requirement-{number}>=1.0" for number in range(6))
    lines = hint(TRACEBACK.format("torch"), requires=many).splitlines()
    assert max(map(len, lines)) < 72
    assert parse_toml("\n".join(lines[1:-3]))["build-system"]["requires"] == [*many, "torch"]


def test_all_that_was_said_is_kept_whatever_is_known_about_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    project = parse_project({"project": {"name": "demo", "version": "1.0"}}, root=Path("demo"))
    error = BuildFailed("The sdist could not be built.", output="ld: something new")
    told = explained(error, project, "first\nlast\n").hint
    start, _, name = told.partition(": ")
    assert start == "All that the build said"
    assert Path(name).read_text("utf-8") == "first\nlast\n"


def test_what_is_kept_of_a_build_is_bounded(monkeypatch):
    monkeypatch.setattr(build_output, "_FIRST_AT_MOST", 12)
    monkeypatch.setattr(build_output, "_LAST_AT_MOST", 12)
    output = build_output.Output()
    for number in range(100):
        output.add(f"line {number:02}")
    assert output.text() == "line 00\n[98 lines are left out]\nline 99\n"


def test_the_folder_to_be_written_is_the_one_that_is_there(tmp_path):
    output = "ValueError: Unable to determine which files to ship inside the wheel\n"
    for name in ("src/other", "tests"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
    project = parse_project({"project": {"name": "demo", "version": "1.0"}}, root=tmp_path)
    failed = BuildFailed("The wheel could not be built.", output=output)
    assert 'packages = ["src/other"]' in explained(failed, project).hint


NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: '{}'"


@pytest.mark.parametrize(
    ("output", "backend", "told"),
    [
        (NO_FILE.format("requirements.txt"), "setuptools.build_meta", "`include requirements.txt` into MANIFEST.in"),
        (TRACEBACK.format("versions"), "setuptools.build_meta", "`include versions.py` into MANIFEST.in"),
        (NO_FILE.format("demo/data.json"), "setuptools.build_meta", "[tool.setuptools.package-data]"),
        ("OSError: Readme file does not exist: README.md", "hatchling.build", "[tool.hatch.build.targets.sdist]"),
        (NO_FILE.format("nowhere.txt"), "setuptools.build_meta", ""),
        (NO_FILE.format("../requirements.txt"), "setuptools.build_meta", ""),
    ],
)  # fmt: skip
def test_a_file_that_the_sdist_lacks_comes_with_the_backends_remedy(
    output, backend, told, tmp_path
):
    for name in (
        "requirements.txt",
        "versions.py",
        "README.md",
        "demo/__init__.py",
        "demo/data.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tables = {
        "project": {"name": "demo", "version": "1"},
        "build-system": {"requires": [], "build-backend": backend},
    }
    project = parse_project(tables, root=tmp_path)
    for kind in ("wheel", "sdist"):
        failed = BuildFailed(f"The {kind} could not be built.", output=output)
        hint = explained(failed, project).hint
        assert ("not in the sdist" in hint and told in hint) is (kind == "wheel" and told != "")
