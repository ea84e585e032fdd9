"""A build that failed ends with what to paste, where that is known."""

from pathlib import Path

import pytest

from nox_release.edges.building import BuildFailed
from nox_release.operations.build_failure import explained
from nox_release.project.pyproject import parse_project
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


def test_a_requirement_that_is_declared_is_not_missing():
    told = hint(TRACEBACK.format("torch"), requires=("setuptools", "torch>=2"))
    assert "build-requires" not in told


def test_without_a_diagnosis_the_way_to_all_of_it_is_named():
    assert hint("ld: something new") == "All that the backend said: nox -s build -- --verbose"
