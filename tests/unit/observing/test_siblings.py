"""Other packages of a repository, found in real folders."""

from dataclasses import replace

import pytest

from nox_release.checks.index.siblings import check_siblings
from nox_release.checks.source.checking import check_source
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding, Severity
from nox_release.observing.siblings import find_siblings, folders_of, needed_siblings
from nox_release.observing.source_tree import read_source_tree
from nox_release.observing.trying import siblings_in
from nox_release.project.pyproject import read_project
from nox_release.releases.observed import IndexProject, Observed


def put(root, name, version, *needs, more="", build=True):
    folder = root / "packages" / name
    folder.mkdir(parents=True)
    system = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    (folder / "pyproject.toml").write_text(
        f'{system if build else ""}[project]\nname = "{name}"\nversion = "{version}"\n'
        f"dependencies = {list(needs)}\n{more}"
    )
    return folder


def workspace(root, head):
    (root / "pyproject.toml").write_text(head)
    put(root, "core-x", "2.0.0")
    put(root, "plug-x", "1.1.0", "core-x>=1,<2")
    put(root, "cli-x", "1.0.2", "core-x==1.4.0", "plug-x")
    put(root, "docs-x", "0.3.0", "core-x<1", build=False)
    put(root, "old-x", "0.1", "core-x<1")


UV = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old-x"]\n'
OURS = '[tool.nox-release]\npackages = ["packages/c*-x", "packages/plug-x"]\n'


def ids(root, name):
    project = read_project(root / "packages" / name)
    results = check_source(project, read_source_tree(project, top=root))
    wanted = ("sibling-bound", "tag-releases-others", "dependency-cycle")
    found = [one for one in results if isinstance(one, Finding)]
    return [(one.id, one.message) for one in found if one.id in wanted]


def test_members_of_a_workspace_are_found_and_those_left_out_are_not(tmp_path):
    workspace(tmp_path, UV)
    found = find_siblings(read_project(tmp_path / "packages" / "core-x"), tmp_path)
    assert {one.name: one.kept_back for one in found} == {
        "plug-x": "",
        "cli-x": "",
        "docs-x": "no `[build-system]`",
    }


def test_packages_that_exclude_the_version_to_be_released_are_named(tmp_path):
    workspace(tmp_path, UV)
    assert ids(tmp_path, "core-x") == [
        ("sibling-bound", "`cli-x` asks for `core-x==1.4.0`, which excludes 2.0.0."),
        ("sibling-bound", "`plug-x` asks for `core-x<2,>=1`, which excludes 2.0.0."),
    ]
    assert ids(tmp_path, "cli-x") == []


def test_packages_may_be_named_by_a_pattern_and_their_tags_may_clash(tmp_path):
    workspace(
        tmp_path,
        OURS.replace("[tool.nox-release]\n", '[tool.nox-release]\ntag-format = "v{version}"\n'),
    )
    found = find_siblings(read_project(tmp_path / "packages" / "plug-x"), tmp_path)
    assert [one.name for one in found] == ["cli-x", "core-x"]
    (clash,) = ids(tmp_path, "plug-x")
    assert clash == (
        "tag-releases-others",
        "A tag such as `v1.0.0` is one of `cli-x`, `core-x`, too.",
    )


def test_packages_that_need_each_other_are_told(tmp_path):
    (tmp_path / "pyproject.toml").write_text(UV)
    put(tmp_path, "a-x", "1", "b-x")
    put(tmp_path, "b-x", "1", "a-x")
    ((rule, said),) = ids(tmp_path, "a-x")
    assert rule == "dependency-cycle"
    assert said.count("→") == 2


def test_a_project_alone_has_no_siblings(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\n')
    assert find_siblings(read_project(tmp_path), tmp_path) == ()
    assert find_siblings(read_project(tmp_path), None) == ()


@pytest.mark.parametrize(
    ("answer", "severities"),
    [
        (None, [Severity.ERROR]),
        (IndexProject(name="core-x"), [Severity.ERROR]),
        (IndexProject(name="core-x", versions=("1.3.0", "2.0")), [Severity.ERROR]),
        (IndexProject(name="core-x", versions=("1.4.0",)), []),
        (CouldNotAsk(reason="no network"), [None]),
    ],
)
def test_what_a_package_needs_of_its_repository_has_to_be_on_the_index(
    tmp_path, answer, severities
):
    workspace(tmp_path, UV)
    (tmp_path / ".git").mkdir()
    project = read_project(tmp_path / "packages" / "cli-x")
    assert needed_siblings(project) == ("core-x", "plug-x")
    seen = replace(Observed(head=""), siblings=(("core-x", answer), ("docs-x", None)))
    found = list(check_siblings(project, seen))
    assert [getattr(one, "severity", None) for one in found] == severities
    assert {one.id for one in found} <= {"sibling-not-published"}


def test_an_index_out_of_reach_is_one_line_for_all_siblings(tmp_path):
    workspace(tmp_path, UV)
    (tmp_path / ".git").mkdir()
    project = read_project(tmp_path / "packages" / "cli-x")
    answer = CouldNotAsk(reason="no network")
    seen = replace(Observed(head=""), siblings=(("core-x", answer), ("plug-x", answer)))
    (line,) = check_siblings(project, seen)
    assert "`core-x==1.4.0`, `plug-x`" in line.title


@pytest.mark.parametrize("pattern", [".", "./", "./packages/*", "packages/*/"])
def test_a_workspace_may_list_its_own_root(tmp_path, pattern):
    for folder in (".", "packages/a"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    found = folders_of(tmp_path, [pattern])
    assert found == (("packages/a",) if "packages" in pattern else (".",))


def test_hatch_toml_is_read_beside_pyproject(tmp_path):
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    text = f'{build}[project]\nname = "demo"\ndynamic = ["version"]\n'
    (tmp_path / "pyproject.toml").write_text(f"{text}[tool.hatch.version]\npath = 'old.py'\n")
    (tmp_path / "hatch.toml").write_text("[version]\npath = 'new.py'\n")
    project = read_project(tmp_path)
    assert project.pyproject["tool"]["hatch"] == {"version": {"path": "new.py"}}


def test_packages_of_the_repository_that_an_installer_does_not_find_are_named(tmp_path):
    workspace(tmp_path, UV)
    (tmp_path / ".git").mkdir()
    project = read_project(tmp_path / "packages" / "cli-x")
    none_fits = "Because there is no version of core_x==1.4.0 and cli-x==1.0.2 depends on it"
    assert siblings_in(none_fits, project) == "`core-x`"
    unknown = (
        "Because plug-x was not found in the package\n      registry and only core-x<1 is there"
    )
    assert siblings_in(unknown, project) == "`core-x` and `plug-x`"
    assert siblings_in("core-x==2.0.0 depends on other: no versions of other", project) == ""
