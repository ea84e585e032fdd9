"""From what is to what is left to do, as tables of values."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from nox_release.core.answers import CouldNotAsk
from nox_release.project.pyproject import PYPI
from nox_release.releases.observed import (
    Asset,
    Check,
    GitHubRelease,
    IndexFile,
    IndexProject,
    Login,
    Observed,
    PreparedTree,
    Relation,
    RemoteState,
    RemoteTag,
    Run,
)
from nox_release.releases.plan import (
    AttachFiles,
    AwaitFiles,
    AwaitRun,
    Checking,
    CreateGitHubRelease,
    CreateTag,
    Expected,
    PushTag,
    RerunFailedJobs,
    StartWorkflow,
    Target,
    Upload,
    describe,
    first_public,
    has_begun,
    judge_runs,
    other_tags,
    plan_first_upload,
    plan_preparation,
    plan_release,
    runs_of,
    started_by_dispatch,
    tag_for,
    version_of_tag,
)

HEAD, OTHER = "a" * 40, "b" * 40
SDIST, WHEEL = "demo_x-1.2.0.tar.gz", "demo_x-1.2.0-py3-none-any.whl"
TARGET = Target(
    name="demo-x",
    version="1.2.0",
    tag="v1.2.0",
    commit=HEAD,
    index=PYPI,
    branch="main",
    workflow="publish.yml",
    event="release",
    files=(Expected(filename=SDIST, sha256="1"), Expected(filename=WHEEL, sha256="2")),
)
RUN = Run(
    id=5,
    attempt=1,
    status="completed",
    conclusion="success",
    event="release",
    workflow=".github/workflows/publish.yml",
    commit=HEAD,
    branch="v1.2.0",
    url="https://run",
)
FAILED = replace(RUN, conclusion="failure")
RELEASE = GitHubRelease(
    id=1, tag="v1.2.0", title="x", url="https://release", published=datetime.now(timezone.utc)
)


def remote(tag=None):
    there = RemoteTag(object=tag, commit=tag) if tag else None
    return RemoteState(default_branch="main", branch_head=HEAD, tag=there)


def on_index(*names):
    files = tuple(IndexFile(filename=name, sha256=str(i + 1)) for i, name in enumerate(names))
    return IndexProject(name="demo-x", versions=("1.2.0",) if names else (), files=files)


START = Observed(
    head=HEAD, branch="main", remote=remote(), relation=Relation(ahead=0, behind=0),
    project=on_index(),
)  # fmt: skip
PUSHED = replace(START, local_tag=HEAD, remote=remote(HEAD))
OUT = replace(PUSHED, github_release=RELEASE)


def kinds(plan):
    return [type(step).__name__ for step in plan.todo]


@pytest.mark.parametrize(
    ("observed", "steps"),
    [
        (START, "CreateTag PushTag CreateGitHubRelease AwaitRun AwaitFiles"),
        (
            replace(START, local_tag=HEAD),
            "PushTag CreateGitHubRelease AwaitRun AwaitFiles",
        ),
        (PUSHED, "CreateGitHubRelease AwaitRun AwaitFiles"),
        (replace(PUSHED, local_tag=None), "CreateGitHubRelease AwaitRun AwaitFiles"),
        (OUT, "AwaitRun AwaitFiles"),
        (
            replace(OUT, runs=(replace(RUN, status="queued", conclusion=None),)),
            "AwaitRun AwaitFiles",
        ),
        (replace(OUT, runs=(RUN,)), "AwaitFiles"),
        (replace(OUT, runs=(RUN,), project=on_index(SDIST)), "AwaitFiles"),
        (replace(OUT, runs=(RUN,), project=on_index(SDIST, WHEEL)), ""),
        (
            replace(
                OUT,
                runs=(replace(RUN, status="in_progress", conclusion=None),),
                project=on_index(SDIST, WHEEL),
            ),
            "AwaitRun AwaitFiles",
        ),
        # Which files a run that failed has left out, nobody knows who looks at the index alone.
        (replace(OUT, runs=(FAILED,), project=on_index(SDIST, WHEEL)), "AwaitRun AwaitFiles"),
    ],
)
def test_a_release_goes_on_from_wherever_it_is(observed, steps):
    assert kinds(plan_release(TARGET, observed)) == steps.split()


def test_while_it_is_not_known_which_files_there_are_to_be_nothing_is_finished():
    resumed = replace(TARGET, files=())
    seen = replace(OUT, runs=(RUN,), project=on_index(SDIST, WHEEL))
    assert not plan_release(resumed, seen).is_finished
    one = replace(TARGET, files=(Expected(filename=SDIST),))
    assert plan_release(one, replace(OUT, runs=(RUN,), project=on_index(SDIST))).is_finished


def test_a_failed_run_is_run_again_even_where_all_files_seem_to_be_there():
    seen = replace(OUT, runs=(FAILED,), project=on_index(SDIST, WHEEL))
    steps = ["RerunFailedJobs", "AwaitRun", "AwaitFiles"]
    assert kinds(plan_release(TARGET, seen, retry=(5, 1))) == steps


def test_a_failed_run_is_run_again_only_for_somebody_who_has_come_back_to_it():
    seen = replace(OUT, runs=(FAILED,))
    assert kinds(plan_release(TARGET, seen)) == ["AwaitRun", "AwaitFiles"]
    again = plan_release(TARGET, seen, retry=(5, 1))
    assert again.todo[0] == RerunFailedJobs(run=5, attempt=1, url="https://run")
    later = replace(OUT, runs=(replace(FAILED, attempt=2),))
    assert kinds(plan_release(TARGET, later, retry=(5, 1))) == ["AwaitRun", "AwaitFiles"]


def test_a_workflow_that_only_a_person_starts_is_started():
    by_hand = replace(TARGET, event="workflow_dispatch")
    assert StartWorkflow(workflow="publish.yml", tag="v1.2.0") in plan_release(by_hand, OUT).todo
    started = replace(OUT, runs=(replace(RUN, event="workflow_dispatch", status="queued"),))
    assert kinds(plan_release(by_hand, started)) == ["AwaitRun", "AwaitFiles"]


def test_no_wait_leaves_the_waiting_out():
    assert kinds(plan_release(TARGET, PUSHED, wait=False)) == ["CreateGitHubRelease"]


@pytest.mark.parametrize(
    ("relation", "branch"),
    [
        (Relation(ahead=0, behind=0), None),
        (Relation(ahead=2, behind=0), "main"),
        (None, "main"),
        (Relation(ahead=1, behind=1), None),
        (CouldNotAsk(reason="x"), None),
    ],
)
def test_the_branch_goes_with_the_tag_when_the_remote_lacks_the_commit(relation, branch):
    plan = plan_release(TARGET, replace(START, relation=relation))
    assert plan.todo[1] == PushTag(tag="v1.2.0", commit=HEAD, remote="origin", branch=branch)


def test_a_fix_for_an_older_series_and_a_pre_release_are_marked():
    newer = replace(START, project=IndexProject(name="demo-x", versions=("2.0",)))
    step = next(s for s in plan_release(TARGET, newer).todo if isinstance(s, CreateGitHubRelease))
    assert (step.behind_newest, step.prerelease) == (True, False)
    candidate = replace(TARGET, version="1.3rc1")
    step = next(
        s for s in plan_release(candidate, START).todo if isinstance(s, CreateGitHubRelease)
    )
    assert (step.behind_newest, step.prerelease) == (False, True)


def test_what_was_not_seen_is_not_taken_for_absent():
    blind = replace(START, github_release=CouldNotAsk(reason="no gh"))
    assert "CreateGitHubRelease" not in kinds(plan_release(TARGET, blind))


def test_the_first_step_that_others_can_see():
    plan = plan_release(TARGET, START)
    assert isinstance(first_public(plan.todo), PushTag)
    assert first_public((CreateTag(tag="t", commit=HEAD),)) is None


def test_every_step_has_words():
    steps = (
        CreateTag(tag="v1", commit=HEAD),
        PushTag(tag="v1", commit=HEAD, remote="origin", branch="main"),
        PushTag(tag="v1", commit=HEAD, remote="origin", addresses=("git@github.com:a/b.git",)),
        CreateGitHubRelease(tag="v1", title="demo 1", prerelease=True),
        CreateGitHubRelease(tag="v1", title="demo 1", locked=True),
        CreateGitHubRelease(tag="v1", title="demo 1", files=("a", "b"), draft=3),
        AttachFiles(tag="v1", files=("a", "b")),
        AttachFiles(tag="v1", files=()),
        StartWorkflow(workflow="publish.yml", tag="v1"),
        RerunFailedJobs(run=1, attempt=2, url="https://run"),
        AwaitRun(workflow="publish.yml", commit=HEAD),
        AwaitFiles(version="1", filenames=()),
        Upload(filename="f", sha256="s"),
    )
    assert [describe(step, TARGET) for step in steps] == [
        "tag commit aaaaaaa as v1, in this clone",
        "push branch main and tag v1 to origin",
        "push tag v1 to origin (git@github.com:a/b.git)",
        "publish the GitHub pre-release demo 1; it starts publish.yml",
        "publish the GitHub release demo 1, which GitHub locks at once; it starts publish.yml",
        "publish the draft of the GitHub release demo 1 with a, b; it starts publish.yml",
        "attach a, b to the GitHub release v1",
        "attach its files to the GitHub release v1",
        "start publish.yml on v1",
        "run the failed jobs of https://run again (attempt 3)",
        "follow the run of publish.yml",
        "wait until PyPI lists the files of 1",
        "upload f to PyPI",
    ]


# --- runs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "ours"),
    [
        ({}, True),
        ({"event": "workflow_dispatch"}, True),
        ({"branch": ""}, True),
        ({"commit": OTHER}, False),
        ({"event": "push"}, False),
        ({"event": "workflow_dispatch", "branch": "main"}, False),
        ({"branch": "v1.1.0"}, False),
        ({"workflow": ".github/workflows/tests.yml"}, False),
    ],
)
def test_a_run_is_ours_by_commit_event_and_workflow(change, ours):
    assert bool(runs_of(TARGET, (replace(RUN, **change),))) is ours


@pytest.mark.parametrize(
    ("runs", "state", "number"),
    [
        ((), "none", None),
        ((FAILED,), "failed", 5),
        ((FAILED, replace(RUN, id=4)), "succeeded", 4),
        ((replace(RUN, id=6, status="waiting", conclusion=None), RUN), "active", 6),
        ((replace(FAILED, conclusion="cancelled"),), "failed", 5),
    ],
)
def test_two_runs_have_one_verdict(runs, state, number):
    verdict = judge_runs(runs)
    assert (verdict.state, verdict.run.id if verdict.run else None) == (state, number)


# --- first upload ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("project", "sent", "steps"),
    [
        (None, (), ["Upload", "Upload", "AwaitFiles"]),
        (on_index(), (), ["Upload", "Upload", "AwaitFiles"]),
        (on_index(SDIST), (), ["Upload", "AwaitFiles"]),
        (on_index(), (SDIST, WHEEL), ["AwaitFiles"]),
        (on_index(SDIST, WHEEL), (), []),
    ],
)
def test_a_first_upload_sends_what_is_missing(project, sent, steps):
    plan = plan_first_upload(TARGET, replace(START, project=project), sent=frozenset(sent))
    assert kinds(plan) == steps


# --- tags ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "tag_format", "version"),
    [
        ("v1.2.0", "v{version}", "1.2.0"),
        ("1.2.0", "v{version}", None),
        ("demo-1.2", "{name}-{version}", "1.2"),
        ("other-1.2", "{name}-{version}", None),
        ("release/1.2.0rc1", "release/{version}", "1.2.0rc1"),
        ("vnext", "v{version}", None),
        ("v1.2.0.*", "v{version}", None),
    ],
)
def test_the_version_in_a_tag(tag, tag_format, version):
    found = version_of_tag(tag, tag_format=tag_format, name="demo")
    assert (None if found is None else str(found)) == version


def test_a_tag_that_means_the_same_version_is_kept_as_spelled():
    tags = ("other", "v1.2.0-rc.1")
    assert tag_for("1.2.0rc1", tag_format="v{version}", name="d", existing=tags) == "v1.2.0-rc.1"
    assert tag_for("1.2.0", tag_format="v{version}", name="d", existing=tags) == "v1.2.0"


# --- the GitHub release and its files --------------------------------------------------------

PUSHES = replace(
    TARGET,
    event="push",
    release_last=True,
    files=(Expected(filename=SDIST), Expected(filename=WHEEL)),
)
BY_PUSH = replace(RUN, event="push")
THERE = replace(PUSHED, runs=(BY_PUSH,), project=on_index(SDIST, WHEEL))


def with_assets(*names, **changes):
    return replace(RELEASE, assets=tuple(Asset(name=name) for name in names), **changes)


@pytest.mark.parametrize(
    ("observed", "steps"),
    [
        (START, "CreateTag PushTag AwaitRun AwaitFiles CreateGitHubRelease"),
        (PUSHED, "AwaitRun AwaitFiles CreateGitHubRelease"),
        (replace(PUSHED, runs=(BY_PUSH,)), "AwaitFiles CreateGitHubRelease"),
        (THERE, "CreateGitHubRelease"),
        (replace(THERE, github_release=replace(RELEASE, draft=True)), "CreateGitHubRelease"),
        (replace(THERE, github_release=RELEASE), ""),
        (replace(THERE, github_release=CouldNotAsk(reason="x")), ""),
    ],
)
def test_where_the_tag_starts_the_workflow_the_github_release_is_last(observed, steps):
    assert kinds(plan_release(PUSHES, observed)) == steps.split()


def test_a_github_release_that_is_last_is_made_with_its_files():
    target = replace(PUSHES, assets=("dist", "doc/sbom.json"))
    step = plan_release(target, THERE).todo[0]
    assert step.files == (SDIST, WHEEL, "sbom.json")
    assert plan_release(PUSHES, THERE).todo[0].files is None
    late = replace(THERE, github_release=with_assets(SDIST))
    assert plan_release(target, late).todo == (
        AttachFiles(tag="v1.2.0", files=(WHEEL, "sbom.json")),
    )


def test_files_are_attached_afterwards_where_the_github_release_has_to_be_first():
    target = replace(TARGET, assets=("dist",))
    steps = "CreateTag PushTag CreateGitHubRelease AwaitRun AwaitFiles AttachFiles"
    assert kinds(plan_release(target, START)) == steps.split()
    seen = replace(OUT, runs=(RUN,), project=on_index(SDIST, WHEEL))
    assert kinds(plan_release(target, seen)) == ["AttachFiles"]
    whole = replace(seen, github_release=with_assets(SDIST, WHEEL))
    assert plan_release(target, whole).is_finished
    locked = replace(seen, github_release=with_assets(SDIST, immutable=True))
    assert plan_release(target, locked).is_finished


def test_a_draft_is_published_and_is_the_same_step_as_making_the_release():
    draft = replace(RELEASE, draft=True, id=7)
    found = plan_release(TARGET, replace(PUSHED, github_release=draft)).todo[0]
    made = plan_release(TARGET, PUSHED).todo[0]
    assert (found.draft, made.draft) == (7, 0)
    assert found == made
    assert describe(found, TARGET).startswith(
        "publish the draft of the GitHub release demo-x 1.2.0"
    )


def test_a_name_that_github_has_changed_is_known_again():
    assert with_assets("demo.1.2.0.tar.gz").asset("demo~1.2.0.tar.gz") is not None


def test_a_release_has_begun_when_its_run_has_come_where_the_github_release_is_last():
    assert not has_begun(PUSHES, PUSHED)
    assert has_begun(PUSHES, replace(PUSHED, runs=(BY_PUSH,)))
    assert has_begun(PUSHES, OUT)
    assert not has_begun(TARGET, PUSHED)
    assert has_begun(TARGET, OUT)


BOT = replace(START, login=Login(user="github-actions[bot]"))
BY_HAND = replace(RUN, event="workflow_dispatch")


@pytest.mark.parametrize(
    ("target", "observed", "event"),
    [
        (replace(TARGET, dispatchable=True), BOT, "workflow_dispatch"),
        (replace(PUSHES, dispatchable=True), BOT, "workflow_dispatch"),
        (replace(PUSHES, dispatchable=True), replace(BOT, runs=(BY_HAND,)), "workflow_dispatch"),
        (replace(PUSHES, dispatchable=True), replace(BOT, runs=(BY_PUSH,)), "push"),
        (replace(TARGET, dispatchable=True), replace(BOT, github_release=RELEASE), "release"),
        (TARGET, BOT, "release"),
        (replace(TARGET, dispatchable=True), START, "release"),
    ],
)
def test_a_workflows_own_token_starts_the_run_by_dispatch_unless_it_came_otherwise(
    target, observed, event
):
    assert started_by_dispatch(target, observed).event == event


def test_a_release_with_a_workflows_own_token_starts_the_workflow_on_the_tag():
    target = started_by_dispatch(replace(TARGET, dispatchable=True), BOT)
    steps = "CreateTag PushTag StartWorkflow AwaitRun AwaitFiles CreateGitHubRelease"
    assert kinds(plan_release(target, BOT)) == steps.split()


AHEAD = replace(START, relation=Relation(ahead=1, behind=0))
GREEN = Check(name="tests", status="completed", conclusion="success")
RUNNING = replace(GREEN, status="in_progress", conclusion=None)
REST = "CreateGitHubRelease AwaitRun AwaitFiles"


@pytest.mark.parametrize(
    ("observed", "checks", "steps"),
    [
        (AHEAD, None, f"CreateTag PushTag {REST}"),
        (AHEAD, Checking(), f"PushBranch AwaitChecks CreateTag PushTag {REST}"),
        (replace(START, checks=(RUNNING,)), Checking(), f"AwaitChecks CreateTag PushTag {REST}"),
        (replace(START, checks=()), Checking(expected=True),
         f"AwaitChecks CreateTag PushTag {REST}"),
        (replace(START, checks=()), Checking(), f"CreateTag PushTag {REST}"),
        (replace(START, checks=(GREEN,)), Checking(expected=True),
         f"AwaitChecks CreateTag PushTag {REST}"),
        (replace(START, checks=(GREEN,)), Checking(), f"CreateTag PushTag {REST}"),
        (replace(START, checks=(replace(GREEN, conclusion="failure"),)), Checking(),
         f"AwaitChecks CreateTag PushTag {REST}"),
        (replace(START, checks=CouldNotAsk(reason="x")), Checking(), f"CreateTag PushTag {REST}"),
        (replace(PUSHED, checks=(RUNNING,)), Checking(expected=True), REST),
    ],
)  # fmt: skip
def test_where_checks_run_the_branch_goes_first_and_the_tag_after_them(observed, checks, steps):
    plan = plan_release(TARGET, observed, checks=checks)

    assert " ".join(kinds(plan)) == steps
    pushed = [step.branch for step in plan.todo if isinstance(step, PushTag)]
    assert pushed in ([], ["main" if observed is AHEAD and checks is None else None])


@pytest.mark.parametrize(
    ("seen", "commits", "steps"),
    [
        ({}, True, "EditFiles Commit"),
        ({}, False, "EditFiles"),
        ({"edited": True}, True, "Commit"),
        ({"edited": True}, False, ""),
        ({"edited": True, "committed": True}, True, ""),
    ],
)
def test_what_is_left_of_a_preparation(seen, commits, steps):
    tree = PreparedTree(head=HEAD, branch="main", **seen)
    plan = plan_preparation(("pyproject.toml",), "Release demo-x 1.2.0", tree, commits=commits)

    assert " ".join(kinds(plan)) == steps


@pytest.mark.parametrize(
    ("form", "existing", "found"),
    [
        ("v{version}", ("1.0", "v0.9", "0.9"), ("1.0",)),
        ("{version}", ("v1.0.0", "demo-1.0", "other-1.0"), ("v1.0.0", "demo-1.0")),
        ("v{version}", ("v1.0", "v1.0.0", "1.1"), ()),
        ("release-{version}", ("1.0", "release-1.0"), ("1.0",)),
        ("{name}-v{version}", ("1.0", "v1.0", "other-v1.0", "demo-1.0"), ("demo-1.0",)),
    ],
)
def test_tags_that_name_the_version_in_another_form(form, existing, found):
    assert other_tags("1.0", tag_format=form, name="demo", existing=existing) == found
