"""The plan for several packages: which, as what, with which bounds, in which order."""

from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from nox_release.project.bounds import needs_in
from nox_release.project.documents import Document
from nox_release.project.versions import Choice, Line
from nox_release.project.workspace import Sibling
from nox_release.releases.together import LeftOut, Member, plan_together


def member(name, stated, *needs, commits=0, to=None, released="", form="{name}-v{version}", **more):
    listed = ", ".join(f'"{one}"' for one in needs)
    document = Document(
        file=f"packages/{name}/pyproject.toml",
        text=f'[project]\nname = "{name}"\ndependencies = [{listed}]\n',
    )
    version = None if released is None else Version(released or stated)
    return Member(
        package=Sibling(
            name=name, folder=f"packages/{name}", tag_format=form, needs=tuple(map(Requirement, needs))
        ),
        line=Line(stated=Version(stated), released=version, moved=bool(commits), commits=commits),
        choice=Choice(version=Version(to), stands=more.pop("stands", "next")) if to else None,
        needs=needs_in(document),
        **more,
    )  # fmt: skip


def rows(plan):
    return [
        (
            turn.name,
            turn.before,
            str(turn.version),
            turn.why,
            [one.edit.text for one in turn.bounds],
        )
        for turn in plan.turns
    ]


PLUG = member("plug-x", "1.1.0", "core-x>=1,<2")
CLI = member("cli-x", "1.0.2", "core-x==1.4.0", "plug-x")
DOCS = LeftOut(name="docs-x", version="0.3.0", why="private classifier")


def test_those_that_exclude_what_comes_follow_by_a_patch_and_each_after_what_it_needs():
    core = member("core-x", "1.4.0", commits=3, to="2.0.0")
    plan = plan_together((CLI, PLUG, core), (DOCS,))
    assert rows(plan) == [
        ("core-x", "1.4.0", "2.0.0", "3 commits", []),
        ("plug-x", "1.1.0", "1.1.1", "must follow: `core-x>=1,<2` excludes 2.0.0", ["core-x>=2,<3"]),
        ("cli-x", "1.0.2", "1.0.3", "must follow: `core-x==1.4.0`", ["core-x==2.0.0"]),
    ]  # fmt: skip
    assert plan.layers == (("core-x",), ("plug-x",), ("cli-x",))
    assert (plan.left_out, plan.problems) == ((DOCS,), ())


def test_whose_range_takes_what_comes_stays():
    plan = plan_together((CLI, PLUG, member("core-x", "1.4.0", commits=1, to="1.5.0")))
    assert [turn.name for turn in plan.turns] == ["core-x", "cli-x"]
    assert plan.layers == (("core-x",), ("cli-x",))


def test_a_follower_has_followers_of_its_own():
    top = member("top-x", "3.0", "plug-x==1.1.0")
    plan = plan_together((top, PLUG, member("core-x", "1.4.0", commits=1, to="2.0.0")))
    assert [(turn.name, str(turn.version)) for turn in plan.turns] == [
        ("core-x", "2.0.0"), ("plug-x", "1.1.1"), ("top-x", "3.0.1"),
    ]  # fmt: skip


def test_a_package_with_commits_has_its_own_version_and_its_bounds_rewritten_too():
    plug = member("plug-x", "1.1.0", "core-x>=1,<2", commits=2, to="1.2.0")
    plan = plan_together((plug, member("core-x", "1.4.0", commits=1, to="2.0.0")))
    assert rows(plan)[1] == (
        "plug-x", "1.1.0", "1.2.0", "2 commits; `core-x>=1,<2` excludes 2.0.0", ["core-x>=2,<3"],
    )  # fmt: skip


def test_an_extra_that_pins_what_comes_later_is_rewritten_too():
    """A core whose extra brings its plugins goes before them, and asks for their new versions."""
    core = member("core-x", "1.4.0", "plug-x==1.1.0")
    core = replace(core, package=replace(core.package, needs=(), extras=core.package.needs))
    plug = member("plug-x", "1.1.0", "core-x", commits=1, to="1.2.0")
    plan = plan_together((plug, core))
    assert rows(plan) == [
        ("core-x", "1.4.0", "1.4.1", "must follow: `plug-x==1.1.0`", ["plug-x==1.2.0"]),
        ("plug-x", "1.1.0", "1.2.0", "1 commit", []),
    ]


def test_nothing_new_is_an_empty_plan():
    plan = plan_together((CLI, PLUG, member("core-x", "1.4.0")))
    assert (plan.turns, plan.layers, plan.problems) == ((), (), ())


def test_what_is_prepared_stays_as_it_is_and_brings_nobody_along_twice():
    core = member("core-x", "2.0.0", released="1.4.0", to="2.0.0", stands="prepared", commits=4)
    plug = member("plug-x", "1.1.1", "core-x>=2,<3", released="1.1.0")
    cli = member("cli-x", "1.0.3", "core-x==1.4.0", released="1.0.2")
    plan = plan_together((core, plug, cli))
    assert rows(plan) == [
        ("core-x", "2.0.0", "2.0.0", "prepared", []),
        ("cli-x", "1.0.3", "1.0.3", "must follow: `core-x==1.4.0`", ["core-x==2.0.0"]),
    ]
    assert [turn.name for turn in plan.to_make] == ["cli-x"]


def test_a_package_that_was_never_released_says_so():
    core = member("core-x", "0.1.0", released=None, to="0.1.0", stands="prepared", commits=9)
    assert rows(plan_together((core,)))[0][3] == "its first release"


def test_independent_packages_share_a_layer():
    plan = plan_together(
        (member("b", "1.0", commits=1, to="1.1"), member("a", "1.0", commits=1, to="1.1"))
    )
    assert plan.layers == (("a", "b"),)


def test_a_package_between_two_keeps_its_place_in_the_order():
    """What is not released itself passes on who needs whom."""
    top = member("a-top", "1.0", "plug-x", commits=1, to="1.1")
    plan = plan_together((top, PLUG, member("core-x", "1.4.0", commits=1, to="1.5.0")))
    assert plan.layers == (("core-x",), ("a-top",))


def test_a_bound_without_a_sure_rewriting_is_named():
    plug = member("plug-x", "1.1.0", "core-x!=2.0.0")
    plan = plan_together((plug, member("core-x", "1.4.0", commits=1, to="2.0.0")))
    (problem,) = plan.problems
    assert problem == (
        "plug-x asks for `core-x!=2.0.0`, which excludes 2.0.0; how it is to read then is not sure: change it "
        "yourself"
    )


def test_packages_that_need_each_other_have_no_order():
    plan = plan_together((member("a", "1.0", "b"), member("b", "1.0", "a")))
    assert plan.problems[0].startswith("They need each other: ")


@pytest.mark.parametrize(
    ("forms", "said"),
    [
        (("v{version}", "v{version}"), "a tag such as `v1.0.0` is one of core and of core-2"),
        (("{name}-{version}", "{name}-{version}"), "a tag such as `core-2-1.0.0` is one of core-2 and of core"),
        (("{name}-v{version}", "{name}-v{version}"), None),
    ],
)  # fmt: skip
def test_tags_that_mean_several_packages_are_named(forms, said):
    plan = plan_together(
        (member("core", "1.0", form=forms[0]), member("core-2", "1.0", form=forms[1]))
    )
    assert plan.problems == ((said,) if said else ())


def test_one_source_of_several_versions_is_named():
    place = frozenset({("VERSION", 0)})
    plan = plan_together((member("a", "1.0", places=place), member("b", "1.0", places=place)))
    assert plan.problems == ("`a`, `b` take their version from one place, `VERSION`",)


def test_one_tag_for_several_packages_is_named():
    both = (member("a", "1.3", has_tags=False), member("b", "1.3", has_tags=False))
    said = "the tag `v1.3` is of `a`, `b`: they have one version, and no tags of their own"
    assert plan_together(both, tags=("v1.2", "v1.3")).problems == (said,)
    assert plan_together(both, tags=("a-v1.3",)).problems == ()
    assert plan_together((both[0], member("b", "1.3")), tags=("v1.3",)).problems == ()


@pytest.mark.parametrize(("commits", "names"), [(0, ["core-x"]), (1, ["core-x", "tool-x"])])
def test_what_a_group_asks_for_makes_nobody_follow_and_is_rewritten_with_the_rest(commits, names):
    text = '[dependency-groups]\ndev = ["core-x<2", "core-x!=2"]\n'
    needs = needs_in(Document(file="packages/tool/pyproject.toml", text=text))
    tool = member("tool-x", "1.0.0", commits=commits, to="1.0.1" if commits else None)
    core = member("core-x", "1.4.0", commits=1, to="2.0.0")
    plan = plan_together((core, replace(tool, needs=needs)))
    assert ([turn.name for turn in plan.turns], plan.problems) == (names, ())
    bounds = [bound.edit.text for turn in plan.turns for bound in turn.bounds]
    assert bounds == (["core-x<3"] if commits else [])
