"""What stops a release: one change to a world in which all is well, and the finding it makes."""

from dataclasses import replace

import pytest

from nox_release.checks.release import preflight
from nox_release.core.answers import CouldNotAsk
from nox_release.core.findings import Finding, Severity, Skipped, errors_in
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import (
    Changes,
    Check,
    ForgeEnvironment,
    ForgeRepository,
    ForgeWorkflow,
    GitHubRelease,
    IndexFile,
    IndexProject,
    Login,
    Observed,
    RefPolicy,
    RefRule,
    Relation,
    RemoteState,
    RemoteTag,
    Run,
)
from nox_release.releases.plan import Expected, Target

HEAD, OTHER = "a" * 40, "b" * 40


def check_preflight(
    target, observed, *, release_branch=None, version_from_tags=False, ignore_checks=False
):
    """Every rule here, as a judgement before a release or under way puts them."""
    tree = {"release_branch": release_branch, "version_from_tags": version_from_tags}
    tagged = observed.remote_tag == target.commit
    yield from () if tagged else preflight.check_tree(target, observed, **tree)
    yield from preflight.check_tag(target, observed)
    if not (tagged and isinstance(observed.github_release, GitHubRelease)):
        yield from preflight.check_gh(target, observed)
        yield from preflight.check_checks(target, observed, ignore=ignore_checks)
        yield from preflight.check_workflow_ready(target, observed)
    yield from preflight.check_github_release(target, observed)
    yield from preflight.check_files(target, observed)


TARGET = Target(
    name="demo",
    version="1.2.0",
    tag="v1.2.0",
    commit=HEAD,
    index=PYPI,
    slug="o/r",
    branch="main",
    workflow="publish.yml",
    event="release",
    publisher=TrustedPublisher(
        owner="o", repository="r", workflow="publish.yml", environment="pypi"
    ),
    files=(
        Expected(filename="demo-1.2.0.tar.gz"),
        Expected(filename="demo-1.2.0-py3-none-any.whl"),
    ),
)
REMOTE = RemoteState(default_branch="main", branch_head=HEAD, tag=None)
RELEASE = GitHubRelease(id=1, tag="v1.2.0", title="demo 1.2.0", url="https://github.com/o/r/x")
GREEN = Check(name="tests", status="completed", conclusion="success")
WELL = Observed(
    head=HEAD,
    branch="main",
    remote=REMOTE,
    relation=Relation(ahead=0, behind=0),
    changes=Changes(),
    tracked_folders=frozenset({"src/demo"}),
    identity="Ada <ada@example.org>",
    login=Login(user="ada", scopes=("repo", "workflow")),
    repository=ForgeRepository(
        full_name="o/r", default_branch="main", url="", permissions=("pull", "push")
    ),
    workflow=ForgeWorkflow(id=1, name="Publish", path="publish.yml", state="active", url=""),
    environment=ForgeEnvironment(name="pypi", policies=(RefPolicy(pattern="v*", kind="tag"),)),
    checks=(GREEN,),
    project=IndexProject(name="demo", versions=("1.1.0",)),
)


def tagged(commit):
    return RemoteState(
        default_branch="main", branch_head=HEAD, tag=RemoteTag(object="c" * 40, commit=commit)
    )


def files(*names):
    return IndexProject(
        name="demo",
        versions=("1.2.0",),
        files=tuple(IndexFile(filename=name, sha256="") for name in names),
    )


def run(**changes):
    given = {
        "id": 5, "attempt": 1, "status": "completed", "conclusion": "success", "event": "release",
        "workflow": ".github/workflows/publish.yml", "commit": HEAD, "branch": "v1.2.0", "url": "u",
    }  # fmt: skip
    return Run(**{**given, **changes})


def found(observed, target=TARGET, **options):
    results = check_preflight(target, observed, **options)
    return {
        result.id: result.severity.value if isinstance(result, Finding) else "not known"
        for result in results
        if isinstance(result, (Finding, Skipped))
    }


def test_a_world_in_which_all_is_well_has_no_findings():
    assert found(WELL) == {}


@pytest.mark.parametrize(
    ("relation", "said"),
    [
        (Relation(ahead=0, behind=1), "HEAD lacks 1 commit of origin/main."),
        (Relation(ahead=0, behind=2), "HEAD lacks 2 commits of origin/main."),
        (
            Relation(ahead=0, behind=1, exact=False),
            "origin/main has commits that are not in this clone; how many is not known without a fetch.",
        ),
    ],
)
def test_how_far_behind_is_said_as_far_as_it_is_known(relation, said):
    results = check_preflight(TARGET, replace(WELL, relation=relation))
    (finding,) = [result for result in results if isinstance(result, Finding)]
    assert finding.message == said


@pytest.mark.parametrize(
    ("files", "fix"),
    [
        (("a b.txt",), "git add 'a b.txt', or name it in .gitignore"),
        (("a.txt", "b.txt"), "git add them, or name them in .gitignore"),
    ],
)
def test_one_file_that_is_not_under_git_is_named_in_the_fix(files, fix):
    results = check_preflight(TARGET, replace(WELL, changes=Changes(untracked=files)))
    (finding,) = [result for result in results if isinstance(result, Finding)]
    assert finding.fix == fix


CASES = {
    "another commit": ({"head": OTHER}, {"head-moved": "error"}),
    "dirty": ({"changes": Changes(modified=("a.py",))}, {"tree-dirty": "error"}),
    "forgotten module": (
        {"changes": Changes(untracked=("src/demo/new.py",))},
        {"tree-untracked-source": "error"},
    ),
    "something lies about": (
        {"changes": Changes(untracked=("notes.txt", "src/demo/data.txt"))},
        {"tree-untracked": "warning"},
    ),
    "what building leaves": (
        {"changes": Changes(untracked=("dist/demo-1.tar.gz", "demo.egg-info/PKG-INFO"))},
        {},
    ),
    "detached": ({"branch": None}, {"head-detached": "error"}),
    "other branch": ({"branch": "topic"}, {"branch-wrong": "error"}),
    "behind": ({"relation": Relation(ahead=0, behind=2)}, {"branch-behind": "error"}),
    "behind by what is not here": (
        {"relation": Relation(ahead=0, behind=1, exact=False)},
        {"branch-behind": "error"},
    ),
    "diverged": ({"relation": Relation(ahead=1, behind=2)}, {"branch-diverged": "error"}),
    "ahead": ({"relation": Relation(ahead=1, behind=0)}, {"branch-ahead": "warning"}),
    "not on the remote": ({"relation": None}, {"branch-ahead": "warning"}),
    "ahead of a protected branch": (
        {
            "relation": Relation(ahead=1, behind=0),
            "branch_rules": (RefRule(kind="pull_request", ruleset="main"),),
        },
        {"branch-ahead": "warning", "branch-rules": "error"},
    ),
    "ahead of a branch whose rules this login may pass over": (
        {
            "relation": Relation(ahead=1, behind=0),
            "branch_rules": (RefRule(kind="pull_request", ruleset="main", may_bypass=True),),
        },
        {"branch-ahead": "warning"},
    ),
    "ahead of a branch of which nobody says who may pass its rules over": (
        {
            "relation": Relation(ahead=1, behind=0),
            "branch_rules": (RefRule(kind="pull_request", ruleset="main", may_bypass=None),),
        },
        {"branch-ahead": "warning", "branch-rules": "warning"},
    ),
    "ahead of a branch whose rules are not known": (
        {
            "relation": Relation(ahead=1, behind=0),
            "branch_rules": CouldNotAsk(reason="502"),
        },
        {"branch-ahead": "warning", "branch-rules": "not known"},
    ),
    "ahead of a branch with the older protection": (
        {
            "relation": Relation(ahead=1, behind=0),
            "branch_rules": (RefRule(kind="protected", ruleset="main"),),
        },
        {"branch-ahead": "warning", "branch-rules": "warning"},
    ),
    "shallow": ({"shallow": True}, {"clone-shallow": "warning"}),
    "nobody": ({"identity": None}, {"identity-missing": "error"}),
    "no key": ({"signing_trouble": "no secret key"}, {"signing-impossible": "error"}),
    "remote down": (
        {"remote": CouldNotAsk(reason="no route")},
        {"remote-unreachable": "error"},
    ),
    "tag elsewhere here": ({"local_tag": OTHER}, {"tag-elsewhere-here": "error"}),
    "tag here already": ({"local_tag": HEAD, "identity": None}, {}),
    "the tag's name is burnt": (
        {"local_tag": HEAD, "burnt_tag": True}, {"tag-burnt": "error"},
    ),
    "nobody may see whether it is": ({"burnt_tag": CouldNotAsk(reason="403")}, {}),
    "tag elsewhere there": ({"remote": tagged(OTHER)}, {"tag-elsewhere-there": "error"}),
    "tag there already": ({"remote": tagged(HEAD), "changes": Changes(modified=("a",))}, {}),
    "stale tag here, right there": ({"remote": tagged(HEAD), "local_tag": OTHER}, {}),
    "tag rule": (
        {"tag_rules": (RefRule(kind="creation", ruleset="tags", patterns=("refs/tags/v*",)),)},
        {"tag-rules": "error"},
    ),
    "tag rule for others": (
        {
            "tag_rules": (
                RefRule(kind="creation", ruleset="a", patterns=("~ALL",), may_bypass=True),
                RefRule(kind="creation", ruleset="b", patterns=("refs/tags/x*",)),
                RefRule(kind="creation", ruleset="c", patterns=("~ALL",), excluded=("refs/tags/v*",)),
                RefRule(kind="deletion", ruleset="d", patterns=("~ALL",)),
            )
        },
        {},
    ),
    "no gh": ({"gh": "missing", "gh_detail": "x"}, {"gh-missing": "error"}),
    "old gh": ({"gh": "old", "gh_detail": "x"}, {"gh-old": "error"}),
    "logged out": ({"gh": "logged out", "gh_detail": "x"}, {"gh-logged-out": "error"}),
    "GitHub down": ({"gh": "unreachable", "gh_detail": "x"}, {"github-unreachable": "error"}),
    "no scope": (
        {"login": Login(user="ada", scopes=("gist", "read:org"))},
        {"gh-scope": "error"},
    ),
    "a token with permissions of its own": ({"login": Login(user="ada", scopes=None)}, {}),
    "GITHUB_TOKEN": ({"login": Login(user="github-actions[bot]")}, {"github-token": "error"}),
    "an account without rights": (
        {"repository": replace(WELL.repository, permissions=("pull",))},
        {"gh-account": "error"},
    ),
    "no repository": ({"repository": None}, {"repository-missing": "error"}),
    "renamed": (
        {"repository": replace(WELL.repository, full_name="o/New")},
        {"repository-renamed": "warning"},
    ),
    "archived there": (
        {"repository": replace(WELL.repository, archived=True)},
        {"repository-archived": "error"},
    ),
    "a contributor's fork": (
        {"repository": replace(WELL.repository, parent="others/r")},
        {"repository-is-fork": "warning"},
    ),
    "a fork that is a project of its own": (
        {"repository": replace(WELL.repository, parent="others/old-demo")},
        {},
    ),
    "a draft": (
        {"github_release": replace(RELEASE, draft=True), "remote": tagged(HEAD)},
        {},
    ),
    "GitHub release without its tag": (
        {"github_release": RELEASE},
        {"github-release-without-tag": "error"},
    ),
    "GitHub release of another commit": (
        {"github_release": RELEASE, "remote": tagged(OTHER)},
        {"tag-elsewhere-there": "error", "github-release-elsewhere": "error"},
    ),
    "red": (
        {"checks": (GREEN, replace(GREEN, name="lint", conclusion="failure"))},
        {"checks-red": "error"},
    ),
    "running": (
        {"checks": (replace(GREEN, status="in_progress", conclusion=None),)},
        {"checks-running": "error"},
    ),
    "never checked": ({"checks": ()}, {"checks-absent": "advice"}),
    "not on GitHub": ({"checks": None}, {"checks-absent": "advice"}),
    "checks not known": ({"checks": CouldNotAsk(reason="403")}, {"checks-red": "not known"}),
    "disabled": (
        {"workflow": replace(WELL.workflow, state="disabled_inactivity")},
        {"workflow-disabled": "error"},
    ),
    "no environment": ({"environment": None}, {"environment-absent": "advice"}),
    "index down": ({"project": CouldNotAsk(reason="503")}, {"index-unreachable": "error"}),
    "uploaded by hand": (
        {"project": files("demo-1.2.0.tar.gz")},
        {"version-taken": "error"},
    ),
    "on the index, and the remote cannot be asked where it came from": (
        {"project": files("demo-1.2.0.tar.gz"), "remote": CouldNotAsk(reason="no route")},
        {"remote-unreachable": "error"},
    ),
    "on the index, and GitHub cannot be asked where it came from": (
        {"project": files("demo-1.2.0.tar.gz"), "github_release": CouldNotAsk(reason="no route")},
        {"github-unreachable": "error"},
    ),
    "a file of another build": (
        {
            "project": files("demo-1.2.0.tar.gz", "demo-1.2.0-cp39-cp39-win32.whl"),
            "github_release": RELEASE,
            "remote": tagged(HEAD),
            "runs": (run(),),
        },
        {"file-unexpected": "error"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CASES.values(), ids=CASES)
def test_one_change_makes_its_finding_and_no_other(change, expected):
    assert found(replace(WELL, **change)) == expected


def test_all_blockers_are_reported_at_once():
    everything = replace(
        WELL,
        changes=Changes(modified=("a",)),
        branch="topic",
        relation=Relation(ahead=1, behind=1),
        checks=(replace(GREEN, conclusion="failure"),),
        workflow=replace(WELL.workflow, state="disabled_manually"),
        environment=ForgeEnvironment(name="pypi", protected_branches_only=True),
        project=files("demo-1.2.0.tar.gz"),
    )
    assert len(found(everything)) == 6


def test_a_tag_of_a_version_that_is_out_is_not_to_be_deleted():
    tagged_here = replace(WELL, local_tag=OTHER)
    for project, wanted in ((None, "git tag --delete v1.2.0"), (files("demo-1.2.0.tar.gz"), "prepare -- patch")):  # fmt: skip
        observed = replace(tagged_here, project=project, remote=CouldNotAsk(reason="no route"))
        (finding,) = (
            one for one in check_preflight(TARGET, observed) if one.id == "tag-elsewhere-here"
        )
        assert wanted in finding.fix
        assert ("--delete" in finding.fix) == (project is None)


def test_a_shallow_clone_stops_only_a_version_that_comes_from_tags():
    assert found(replace(WELL, shallow=True), version_from_tags=True) == {"clone-shallow": "error"}


def test_checks_can_be_ignored_but_not_overlooked():
    red = replace(WELL, checks=(replace(GREEN, conclusion="failure"),))
    assert found(red, ignore_checks=True) == {"checks-red": "warning"}


def test_checks_that_are_awaited_stop_nothing_while_they_run():
    running = replace(WELL, checks=(replace(GREEN, status="in_progress", conclusion=None),))
    results = preflight.check_checks(TARGET, running, ignore=False, awaited=True)
    assert [(one.id, one.severity.value) for one in results] == [("checks-running", "warning")]


def test_what_is_behind_us_is_not_asked_again():
    announced = replace(
        WELL,
        remote=tagged(HEAD),
        github_release=RELEASE,
        changes=Changes(modified=("a",)),
        gh="missing",
        checks=(replace(GREEN, conclusion="failure"),),
        branch=None,
    )
    assert found(announced) == {}


def test_a_tag_of_another_form_is_named_with_both_ways_out():
    results = check_preflight(replace(TARGET, other_tags=("1.2.0",)), WELL)
    (found,) = [result for result in results if isinstance(result, Finding)]
    assert found.id == "tag-other-form"
    assert found.severity.value == "warning"
    assert "`1.2.0` of this version, beside `v1.2.0`" in found.message
    assert 'tag-format = "{version}"' in found.fix


def test_a_release_branch_of_the_settings_comes_before_the_default_branch():
    topic = replace(WELL, branch="topic")
    assert found(topic, release_branch="topic") == {}
    assert found(WELL, release_branch="topic") == {"branch-wrong": "error"}


def test_a_matrix_may_bring_wheels_that_were_not_built_here():
    there = replace(
        WELL,
        project=files("demo-1.2.0.tar.gz", "demo-1.2.0-cp39-cp39-win32.whl"),
        github_release=RELEASE,
        remote=tagged(HEAD),
    )
    assert found(there, replace(TARGET, exact=False)) == {}


@pytest.mark.parametrize(
    ("text", "given", "ids"),
    [
        (None, False, []),
        ("# Changelog\n## [1.2.0]\n- x\n", False, []),
        ("# Changelog\n## [Unreleased]\n- x\n## 1.1.0\n", False, ["changelog-section"]),
        ("# Changelog\n## [1.2.0]\n## 1.1.0\n- x\n", False, ["changelog-section"]),
        ("# Changelog\n## [1.1.0]\n- x\n", True, []),
        ("# Changelog\nSee GitHub.\n", False, []),
        ("# History\n## 0.9\n- x\n## 0.8\n- y\n", False, ["changelog-section"]),
    ],
)
def test_changelog_has_a_part_about_the_version(text, given, ids):
    results = preflight.check_changelog("CHANGELOG.md", text, "1.2.0", notes_given=given)
    assert [r.id for r in results if isinstance(r, Finding)] == ids


def test_a_version_that_a_release_replaces_has_no_part():
    text = "# Changelog\n## Unreleased\n- x\n## 1.3.0\n- y\n"
    assert list(preflight.check_changelog("NEWS.md", text, "0.0.0", notes_given=False)) == []


def test_an_empty_part_about_the_version_is_to_be_filled_and_not_to_be_headed():
    text = "# Changelog\n## [1.2.0]\n## 1.1.0\n- x\n"
    (found,) = preflight.check_changelog("CHANGELOG.md", text, "1.2.0", notes_given=False)
    assert found.fix.startswith("Write what is new there and commit; or give the notes yourself: ")


@pytest.mark.parametrize("version", ["1.6.0", "3.0.0", "1.2.1"])
def test_a_changelog_that_nobody_writes_any_more_or_for_patches_stops_no_release(version):
    text = "".join(f"# 1.{minor}\n\n- x\n\n" for minor in (2, 1, 0)) + "# 0.9\n\n- x\n"
    assert list(preflight.check_changelog("docs/news.md", text, version, notes_given=False)) == []


@pytest.mark.parametrize(
    ("newest", "severity"),
    [
        ("1.1.4", "warning"),
        ("1.1.4\n<!-- <START NEW CHANGELOG ENTRY> -->", "advice"),
        ("0.9", "advice"),
        ("1.0.0", "advice"),
        ("2.0.0", "warning"),
    ],
)
def test_a_changelog_that_was_left_behind_is_not_asked_for_this_version(newest, severity):
    text = f"# Changelog\n## {newest}\n- x\n"
    (found,) = preflight.check_changelog("CHANGES.md", text, "1.2.0", notes_given=False)
    assert found.severity.value == severity


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Changelog\n## [1.2.0.dev3]\n- x\n", []),
        ("# Changelog\n## [1.2.0]\n- x\n", []),
        ("# Changelog\n## 1.1.0\n- x\n", [("advice", "CHANGELOG.md has no part about 1.2.0.")]),
    ],
)
def test_a_development_version_asks_for_the_part_of_what_it_leads_to(text, said):
    results = preflight.check_changelog("CHANGELOG.md", text, "1.2.0.dev3", notes_given=False)
    found = [(r.severity.value, r.message) for r in results if isinstance(r, Finding)]
    assert found == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Changelog\n## [1.2.0rc1]\n- x\n## [Unreleased]\n", []),
        ("# Changelog\n## [1.2.0]\n- x\n", []),
        ("# Changelog\n## [Unreleased]\n- x\n## 1.1.0\n- y\n", []),
        ("# Changelog\n## 1.1.0\n- x\n", [("advice", "CHANGELOG.md has no part about 1.2.0rc1.")]),
    ],
)
def test_a_pre_release_may_tell_what_is_to_come(text, said):
    """`prepare` leaves the unreleased part open for the final version."""
    results = preflight.check_changelog("CHANGELOG.md", text, "1.2.0rc1", notes_given=False)
    found = [(r.severity.value, r.message) for r in results if isinstance(r, Finding)]
    assert found == said


def test_the_built_version_against_the_one_asked_for():
    assert [r.id for r in preflight.check_version("1.2.0", "1.2")] == []
    assert [r.id for r in preflight.check_version("1.2.0", "1.3")] == ["version-not-asked"]


def test_an_archived_repository_gets_the_command_that_opens_it_again():
    archived = replace(WELL, repository=replace(WELL.repository, archived=True))
    (finding,) = errors_in(check_preflight(TARGET, archived))
    assert finding.fix == "gh repo unarchive o/r"


def test_at_least_thirty_kinds_stop_a_release_and_each_says_what_mends_it():
    blockers = [rule for rule in preflight.RULES if rule.severity is Severity.ERROR]
    assert len(blockers) >= 30
    assert len({rule.id for rule in preflight.RULES}) == len(preflight.RULES)
    for rule in preflight.RULES:
        assert rule.title
        assert rule.why
        assert rule.remedy


def test_a_command_to_paste_takes_odd_names_for_names():
    forgotten = Changes(untracked=("src/demo/$(id) x.py",))
    moved = replace(
        WELL,
        changes=forgotten,
        branch="a;b",
        remote=replace(REMOTE, default_branch="$(id)"),
    )
    fixes = " ".join(
        result.fix for result in check_preflight(TARGET, moved) if isinstance(result, Finding)
    )
    assert "git add 'src/demo/$(id) x.py'" in fixes
    assert "git switch '$(id)'" in fixes
