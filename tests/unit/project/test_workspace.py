"""Packages of one repository: who needs whom, and in which order they can be released."""

from graphlib import CycleError
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from nox_release.project.pyproject import parse_project
from nox_release.project.workspace import (
    Sibling,
    circle,
    excluding,
    layers,
    member_patterns,
    same_tag,
    why_kept_back,
)


def package(name, *needs, **more):
    return Sibling(name=name, folder=name, needs=tuple(map(Requirement, needs)), **more)


CORE, PLUG = package("core-x"), package("plug_x", "Core.X>=1,<2", "httpx")
CLI = package("cli-x", "core-x==1.4.0", "plug-x")


def test_each_layer_needs_only_those_before_it():
    assert layers((CLI, PLUG, CORE)) == (("core-x",), ("plug-x",), ("cli-x",))
    assert layers((package("a"), package("b"))) == (("a", "b"),)


def test_an_extra_gives_way_where_it_would_make_a_circle():
    core = package("core-x", extras=(Requirement("plug-x"),))
    top = package("a-top", extras=(Requirement("plug-x"),))
    assert layers((PLUG, core)) == (("core-x",), ("plug-x",))
    assert circle((PLUG, core)) == ()
    assert layers((top, package("plug-x"))) == (("plug-x",), ("a-top",))


def test_packages_that_need_each_other_are_a_circle():
    there = (package("a", "b"), package("b", "c"), package("c", "a"), package("d", "a"))
    found = circle(there)
    assert (set(found), found[0]) == ({"a", "b", "c"}, found[-1])
    assert circle((CORE, PLUG, CLI)) == ()
    with pytest.raises(CycleError):
        layers(there)
    assert layers((package("a", "a[extra]"),)) == (("a",),)


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("2.0.0", ["plug_x", "cli-x"]),
        ("1.5.0", ["cli-x"]),
        ("1.4.0", []),
        ("2.0rc1", ["plug_x", "cli-x"]),
    ],
)
def test_whose_range_excludes_a_version(version, names):
    found = excluding(
        (PLUG, CLI, package("d", "core-x<1", kept_back="private")), "core-x", Version(version)
    )
    assert [one.name for one in found] == names


@pytest.mark.parametrize(
    ("tag_format", "other", "clash"),
    [
        ("v{version}", "v{version}", True),
        ("{name}-v{version}", "{name}-v{version}", False),
        ("{name}-{version}", "core-x-{version}", True),
        ("{version}", "v{version}", False),
        ("v{version}", None, False),
    ],
)
def test_tags_that_name_several_packages(tag_format, other, clash):
    others = (package("plug-x", tag_format=other),)
    assert bool(same_tag(others, name="core-x", tag_format=tag_format)) is clash


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        ({"build-system": {}}, ""),
        ({}, "no `[build-system]`"),
        ({"tool": {"uv": {"package": True}}}, ""),
        ({"build-system": {}, "tool": {"uv": {"package": False}}}, "`tool.uv.package = false`"),
        (
            {"build-system": {}, "classifiers": ["Private :: Do Not Upload"]},
            "`Private :: Do Not Upload`",
        ),
    ],
)
def test_what_is_private_or_has_no_build_is_kept_back(tables, why):
    project = {"name": "d", "version": "1", "classifiers": tables.pop("classifiers", [])}
    found = parse_project({"project": project, **tables}, root=Path())
    assert why_kept_back(found) == why


def test_the_members_of_a_workspace_of_uv():
    table = {"members": ["packages/*"], "exclude": ["packages/old"]}
    assert member_patterns({"tool": {"uv": {"workspace": table}}}) == (
        ("packages/*",),
        ("packages/old",),
    )
    assert member_patterns({}) is None
