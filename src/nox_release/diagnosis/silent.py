"""Failures that leave no error in any log: found by comparing what is with what should be."""

from nox_release.core.values import dataclass
from nox_release.core.words import some
from nox_release.diagnosis.model import Confidence, Diagnosis

_EVENTS = "https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows"
_BY_WORKFLOW = (
    "https://docs.github.com/en/actions/concepts/security/github_token"
    "#when-github_token-triggers-workflow-runs"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSeen:
    """A job of the run: `conclusion` is `None` while it is not over."""

    name: str
    conclusion: str | None
    publishes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What was seen of a release. `None` is "not known" everywhere, and is never held against it.

    `release_exists` is GitHub's release of the tag, `release_event` the event by which it came
    (`release`, `push`, …), `release_by_token` whether a workflow's own GITHUB_TOKEN made it.
    `workflow_events` are the triggers of the workflow as it stands at the tag. `run_found` says
    whether the release started the workflow. `index_files` are the version's files on the index,
    `newest_on_index` the newest version there, `on_other_index` the title of an index that does
    have the version. `uploaded` are the files that the run's log says it uploaded.
    """

    version: str
    tag: str
    workflow: str
    index: str
    slug: str = ""
    is_draft: bool = False
    release_exists: bool | None = None
    release_event: str = "release"
    release_by_token: bool | None = None
    workflow_state: str | None = None
    workflow_at_tag: bool | None = None
    workflow_events: tuple[str, ...] | None = None
    run_found: bool | None = None
    run_status: str | None = None
    run_conclusion: str | None = None
    run_url: str = ""
    waits_for: str = ""
    jobs: tuple[JobSeen, ...] = ()
    index_files: tuple[str, ...] | None = None
    newest_on_index: str | None = None
    on_other_index: str = ""
    uploaded: tuple[str, ...] | None = None
    uploaded_version: str | None = None


def silent_failures(world: World) -> tuple[Diagnosis, ...]:
    """Why nothing was published although nothing failed; the likeliest first."""
    if world.run_status == "waiting":
        return (_waiting(world),)
    if world.run_found is False and world.release_exists is not False:
        return _no_run(world)
    if world.run_found and world.run_conclusion in ("success", "skipped", "neutral"):
        return _green(world)
    return ()


def _waiting(world: World) -> Diagnosis:
    environment = world.waits_for or "its environment"
    return _diagnosis(
        "gr-wait",
        "The run waits for an approval.",
        f"`{environment}` has required reviewers or a waiting time.",
        f"Approve it: {world.run_url} → Review deployments.",
        "certain",
    )


def _no_run(world: World) -> tuple[Diagnosis, ...]:
    found = []
    if world.is_draft:
        found.append(
            _diagnosis(
                "sf-draft",
                f"The GitHub release of {world.tag} is a draft.",
                "A draft starts no workflow; publishing the release does.",
                f"Publish it: gh release edit {world.tag} --draft=false",
                "certain",
                link=_EVENTS,
            )
        )
    if world.workflow_state not in (None, "active"):
        found.append(
            _diagnosis(
                "gh-wf-disabled",
                f"The workflow `{world.workflow}` is disabled ({world.workflow_state}).",
                "Somebody disabled it, or GitHub did after 60 days without activity.",
                f"Enable it (gh workflow enable {world.workflow}), then start it by hand: "
                f"gh workflow run {world.workflow} --ref {world.tag}",
                "certain",
            )
        )
    if world.workflow_at_tag is False:
        found.append(
            _diagnosis(
                "sf-workflow-absent",
                f"`.github/workflows/{world.workflow}` is not in the commit of {world.tag}.",
                "A release runs the workflow of the tag's own commit.",
                "Commit and push the workflow, then release a new version. To publish this one, start "
                f"it by hand: gh workflow run {world.workflow}",
                "certain",
                link=_EVENTS,
            )
        )
    events = world.workflow_events
    if events is not None and world.release_event not in events:
        found.append(
            _diagnosis(
                "sf-trigger",
                f"Nothing in `{world.workflow}` starts it for this release.",
                f"It is started by {', '.join(events) or 'nothing'}; the release is the event "
                f"`{world.release_event}`.",
                "Give it `on: release: types: [published]`, commit, and release a new version. To publish "
                "this one, start the workflow by hand if it has `workflow_dispatch:`.",
                "certain",
                link=_EVENTS,
            )
        )
    if world.release_by_token:
        found.append(
            _diagnosis(
                "sf-github-token",
                "The release was made with a workflow's own GITHUB_TOKEN.",
                "GitHub starts no other workflow for what that token does.",
                "Make releases with `gh` on your machine or with an app's token, or publish in the "
                "workflow that makes the release. To publish this one: "
                f"gh workflow run {world.workflow} "
                f"--ref {world.tag}",
                "certain",
                link=_BY_WORKFLOW,
            )
        )
    if not found:
        found.append(
            _diagnosis(
                "gh-noruns",
                f"The release of {world.tag} started no run of `{world.workflow}`.",
                "Nothing that was looked at explains it: GitHub may be late, Actions may be switched "
                "off for the repository, or one of its rules about who and what may start workflows "
                "forbids it.",
                f"Wait a few minutes; then look at https://github.com/{world.slug}/actions, at "
                f"https://github.com/{world.slug}/settings/actions and at "
                "https://www.githubstatus.com/.",
                "possible",
            )
        )
    return tuple(found)


def _green(world: World) -> tuple[Diagnosis, ...]:
    publishing = [job for job in world.jobs if job.publishes]
    skipped = [job for job in publishing if job.conclusion == "skipped"]
    if skipped or world.run_conclusion == "skipped":
        name = skipped[0].name if skipped else world.workflow
        return (
            _diagnosis(
                "gr-skipped",
                f"The job `{name}` was skipped, although the run is green.",
                "Its `if:` was false for this event, or a job that it `needs` did not run.",
                f"Compare its `if:` with the event and the ref (refs/tags/{world.tag}): "
                f"{world.run_url}",
                "certain",
            ),
        )
    if world.index_files is None or world.index_files:
        return ()
    if world.on_other_index:
        return (
            _diagnosis(
                "sf-other-index",
                f"{world.version} went to {world.on_other_index}, not to {world.index}.",
                "The publish step names that index in `repository-url` (or `--index`).",
                "Remove it from the publish step, and release a new version.",
                "certain",
            ),
        )
    if world.uploaded_version and world.uploaded_version != world.version:
        return (
            _diagnosis(
                "sf-old-version",
                f"The run published {world.uploaded_version} instead of {world.version}.",
                "The tag is on a commit that still has the old version, or the run built the "
                "default branch.",
                f"See `git show {world.tag}:pyproject.toml`; raise the version in the commit that "
                "is tagged, and release a new version.",
                "certain",
            ),
        )
    if world.uploaded == ():
        return (
            _diagnosis(
                "sf-empty-dist",
                "The publish step uploaded no files.",
                "dist/ was empty, or every file was skipped, and the step did not fail.",
                "Give upload-artifact `if-no-files-found: error`, compare its `path` with "
                f"`packages-dir`, and remove `skip-existing`. The run: {world.run_url}",
                "likely",
            ),
        )
    if world.uploaded:
        return (
            _diagnosis(
                "sf-not-listed",
                f"The run uploaded {some(world.uploaded)}, and {world.index} does not list "
                f"{world.version}.",
                f"{world.index} shows new files some minutes late. Later than that, the release was "
                "deleted, or set aside by the administrators.",
                "Wait some minutes, and look for an e-mail from the index. The name of a deleted file "
                "can never be used again: then release a new version.",
                "likely",
            ),
        )
    newest = f" (newest there: {world.newest_on_index})" if world.newest_on_index else ""
    return (
        _diagnosis(
            "sf-nothing-on-index",
            f"The run is green, and {world.version} is not on {world.index}{newest}.",
            "The run has no publish step for this index, the step was skipped or may fail without "
            "failing the job (`continue-on-error`, `|| true`), or the index does not show the "
            "files yet.",
            f"Look at the steps of {world.run_url}; if one of them uploaded, wait a few minutes.",
            "possible",
        ),
    )


def _diagnosis(
    name: str, title: str, cause: str, fix: str, confidence: Confidence, *, link: str = ""
) -> Diagnosis:
    return Diagnosis(
        id=name,
        title=title,
        cause=cause,
        fix=fix,
        confidence=confidence,
        tool="GitHub Actions",
        link=link or "https://docs.github.com/en/actions",
    )
