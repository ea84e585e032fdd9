"""Rules about what a workflow does to GitHub releases, and what follows from whose token does it."""

import functools
import re
from collections.abc import Iterator, Mapping

from nox_release.checks.workflow.artifacts import DOWNLOADS, builds
from nox_release.checks.workflow.subject import SECURITY, Subject, look_at, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.core.values import dataclass, replace
from nox_release.workflows.publishing import Job, Step, Workflow, steps_elsewhere
from nox_release.workflows.shell import Command

CONTENTS_WRITE = rule(
    "contents-write",
    Severity.ERROR,
    "Jobs that make or fill a GitHub release may write to it",
    why="Without `contents: write` GitHub answers 403 `Resource not accessible by integration`.",
    remedy="Add `contents: write` to the job's `permissions:`; keep it out of the job with the "
    "identity token.",
    link=SECURITY,
)
MADE_TWICE = rule(
    "release-made-twice",
    Severity.ERROR,
    "The run does not make the GitHub release that is there already",
    why="`nox -s release` pushes the tag and makes its GitHub release at once. A second "
    "`gh release create` for that tag fails: `a release with the same tag name already exists`.",
    remedy='Leave it to `nox -s release`, or guard it: `gh release view "$TAG" || gh release create '
    '"$TAG" …`.',
    link="https://cli.github.com/manual/gh_release_create",
)
TAG_TWICE = rule(
    "tag-made-twice",
    Severity.ERROR,
    "The run does not make the tag on which it was started",
    why="`nox -s release` pushes the tag, and starts this workflow on it. A `git tag` of the same "
    "name fails, `fatal: tag 'v1.0' already exists`, and one of another name is another release.",
    remedy="Take the version from the tag (`github.ref_name`), and make none in the workflow.",
    link="https://git-scm.com/docs/git-tag",
)
IMMUTABLE = rule(
    "immutable-release-assets",
    Severity.ERROR,
    "No job adds files to a release that is published",
    why="Where releases are immutable, a published one takes no more files: `Cannot upload assets "
    "to an immutable release`.",
    remedy="Publish on the pushed tag or by dispatch, and make the GitHub release last, with its "
    "files; or attach nothing.",
    link="https://docs.github.com/code-security/supply-chain-security/understanding-your-software-"
    "supply-chain/immutable-releases",
)
FROM_RELEASE = rule(
    "files-from-release",
    Severity.ERROR,
    "The upload does not wait for files of the GitHub release that it starts from",
    why="`nox -s release` publishes the GitHub release before it has any files: a job that downloads "
    "them from there finds none, and the tag is out.",
    remedy="Build in the publishing workflow, and hand the files over as an artifact.",
    link="https://docs.github.com/actions/tutorials/store-and-share-data",
)
GITHUB_TOKEN = rule(
    "trigger-github-token",
    Severity.ERROR,
    "No workflow makes the release with GITHUB_TOKEN",
    why="What GITHUB_TOKEN does starts no further workflow, except by `workflow_dispatch` and "
    "`repository_dispatch`.",
    remedy="Make the release as a person (nox -s release), with a token of a GitHub App, or "
    "publish in the same workflow.",
    link="https://docs.github.com/actions/security-for-github-actions/security-guides/"
    "automatic-token-authentication",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseStep:
    """What a step does to a GitHub release or its tag.

    `makes`: it fails where the release is there already. `publishes`: afterwards there is a
    published release that was not one before. `adds`: it puts files into one. `pushes`: it pushes
    a tag alone. `own_token`: with the run's own token; `None` where that is not known. `tag` is
    the text that names the tag, empty for the one that started the run. `guarded`: it is done only
    where it is needed, or may fail. `drafts`: it makes a draft, whatever is there.
    """

    job: Job
    step: Step
    line: int
    what: str
    makes: bool = False
    publishes: bool = False
    adds: bool = False
    pushes: bool = False
    own_token: bool | None = None
    tag: str = ""
    guarded: bool = False
    drafts: bool = False

    @property
    def is_for_another_tag(self) -> bool:
        """Whether the tag is written out, as in `nightly`."""
        return bool(self.tag) and "$" not in self.tag and not re.search(r"\d\.\d", self.tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    """What is known of an action; `tag` and `token` are the names of its inputs, and `asked` of the
    one without which it does nothing of this.
    """

    makes: bool = False
    publishes: bool = False
    adds: bool = False
    pushes: bool = False
    tag: str = ""
    token: tuple[str, ...] = ("token",)
    files: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    asked: str = ""


_RELEASE_PLEASE = _Action(publishes=True)
_SEMANTIC = _Action(publishes=True, token=("github-token",))
_PUSHES_TAG = _Action(pushes=True, token=("github-token", "token"))
_ADDS = _Action(adds=True, token=("repo-token", "github-token", "token"))
ACTIONS: Mapping[str, _Action] = {
    "actions/create-release": _Action(makes=True, publishes=True, tag="tag-name"),
    "aio-libs/create-release": _Action(makes=True, publishes=True, token=("github-token",)),
    "softprops/action-gh-release": _Action(
        publishes=True, adds=True, tag="tag-name", files=("files",)
    ),
    "ncipollo/release-action": _Action(
        makes=True,
        publishes=True,
        adds=True,
        tag="tag",
        files=("artifacts", "artifact"),
        spares=("allowupdates", "skipifreleaseexists", "updateonlyunreleased"),
    ),
    "marvinpinto/action-automatic-releases": _Action(
        publishes=True, token=("repo-token",), tag="automatic-release-tag"
    ),
    "googleapis/release-please-action": _RELEASE_PLEASE,
    "google-github-actions/release-please-action": _RELEASE_PLEASE,
    "python-semantic-release/python-semantic-release": _SEMANTIC,
    "relekang/python-semantic-release": _SEMANTIC,
    "cycjimmy/semantic-release-action": _SEMANTIC,
    "python-semantic-release/publish-action": _Action(adds=True, token=("github-token",)),
    "release-drafter/release-drafter": _Action(
        makes=True, publishes=True, tag="tag", asked="publish"
    ),
    "commitizen-tools/commitizen-action": _PUSHES_TAG,
    "mathieudutour/github-tag-action": _PUSHES_TAG,
    "anothrnick/github-tag-action": _PUSHES_TAG,
    "rickstaa/action-create-tag": _PUSHES_TAG,
    "svenstaro/upload-release-action": _ADDS,
    "actions/upload-release-asset": _ADDS,
    "shogo82148/actions-upload-release-asset": _ADDS,
    "abutler/upload-release-assets": _ADDS,
    "alexellis/upload-assets": _ADDS,
}
_OWN_TOKEN = re.compile(r"secrets\.GITHUB_TOKEN|github\.token", re.IGNORECASE)
_SPARES = re.compile(
    r"gh release view|gh release list|releases/tags/|gh release delete|\|\|\s*gh release (?:upload|edit)"
)


def release_steps(
    workflow: Workflow, actions: Mapping[str, tuple[Step, ...]]
) -> tuple[ReleaseStep, ...]:
    """Everything in `workflow` that makes, publishes or fills a GitHub release, or pushes a tag; in
    the composite actions and scripts of the repository too, which are `actions`.
    """
    elsewhere = (
        replace(found, step=step, line=step.line, what=f"{found.what} in {name}")
        for job in workflow.jobs
        for step in job.steps
        for name, part in steps_elsewhere(step, actions)
        for found in (*_of_action(workflow, job, part), *_of_commands(workflow, job, part))
    )
    return (*_written_in(workflow), *elsewhere)


@functools.lru_cache(maxsize=64)
def _written_in(workflow: Workflow) -> tuple[ReleaseStep, ...]:
    return tuple(
        found
        for job in workflow.jobs
        for step in job.steps
        for found in (*_of_action(workflow, job, step), *_of_commands(workflow, job, step))
    )


def _environ(workflow: Workflow, job: Job, step: Step) -> dict[str, str]:
    return {**dict(workflow.environ), **dict(job.environ), **dict(step.environ)}


def _is_own(token: str) -> bool | None:
    """Whether a token is the run's own; `None`: none is given."""
    return bool(_OWN_TOKEN.search(token)) if token else None


def _may_fail(job: Job, step: Step) -> bool:
    return step.continue_on_error or job.continue_on_error


def _of_action(workflow: Workflow, job: Job, step: Step) -> Iterator[ReleaseStep]:
    if step.uses is None or step.uses.kind != "action":
        return
    if step.uses.action == "actions/github-script":
        yield from _of_script(job, step)
        return
    known = ACTIONS.get(step.uses.action)
    if known is None:
        return
    environ = _environ(workflow, job, step)
    given = next((step.input(name) for name in known.token if step.input(name)), "")
    own = _is_own(given or environ.get("GITHUB_TOKEN", ""))
    if _is_true(step, "no-operation-mode"):
        return
    draft = _is_true(step, "draft") or _is_true(step, "prerelease")
    if known.asked and not _is_true(step, known.asked):
        return
    adds = known.adds and (not known.files or any(step.input(name) for name in known.files))
    yield ReleaseStep(
        job=job,
        step=step,
        line=step.line,
        what=step.uses.action,
        makes=known.makes,
        publishes=known.publishes and not draft,
        adds=adds,
        pushes=known.pushes and (step.input("push") or "true") != "false",
        own_token=True if own is None else own,
        tag=(step.input(known.tag) or "") if known.tag else "",
        guarded=_may_fail(job, step) or any(_is_true(step, name) for name in known.spares),
    )


def _is_true(step: Step, name: str) -> bool:
    return (step.input(name) or "").strip().lower() == "true"


def _of_script(job: Job, step: Step) -> Iterator[ReleaseStep]:
    script = step.input("script") or ""
    made = re.search(r"\b(?:repos\.)?createRelease\s*\(", script)
    edited = re.search(r"\bupdateRelease\s*\(", script)
    if not made and not edited:
        return
    draft = re.search(r"\bdraft['\"]?\s*:\s*true", script) is not None
    token = step.input("github-token") or ""
    yield ReleaseStep(
        job=job,
        step=step,
        line=step.line,
        what="actions/github-script",
        makes=made is not None,
        publishes=not draft,
        own_token=not token or bool(_OWN_TOKEN.search(token)),
        tag="$",
        guarded=_may_fail(job, step) or "getReleaseByTag" in script or "catch" in script,
    )


def _of_commands(workflow: Workflow, job: Job, step: Step) -> Iterator[ReleaseStep]:
    environ = _environ(workflow, job, step)
    own = _is_own(environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN") or "")
    spared = _may_fail(job, step) or bool(_SPARES.search(step.run or ""))
    for command in step.commands():
        guarded = spared or command.cannot_fail
        after = command.tool("gh")
        if after and after[0] == "release":
            words = tuple(_filled(word, environ) for word in after[1:])
            yield from _of_gh(job, step, command, words, own, guarded)
        elif after and after[0] == "api":
            yield from _of_api(job, step, command, own, guarded)
        elif command.runs("hub", "release") is not None and "create" in command.words:
            yield ReleaseStep(
                job=job,
                step=step,
                line=command.line,
                what="hub release create",
                makes=True,
                publishes=not {"-d", "--draft", "-p", "--prerelease"} & set(command.words),
                own_token=_is_own(environ.get("GITHUB_TOKEN", "")),
                tag="$",
                guarded=guarded,
            )
        elif command.tool("semantic-release") is not None and (
            {"version", "publish"} & set(command.words) or command.words[0] in _RUNS_NODE
        ):
            yield ReleaseStep(
                job=job,
                step=step,
                line=command.line,
                what="semantic-release",
                publishes=not {"--no-push", "--noop", "--dry-run"} & set(command.words),
                own_token=own,
                guarded=guarded,
            )
        elif _pushes_tags(command):
            yield ReleaseStep(
                job=job,
                step=step,
                line=command.line,
                what=" ".join(command.words[:4]),
                pushes=True,
                own_token=_pushes_with_own_token(job),
                guarded=guarded,
            )


def _filled(word: str, environ: Mapping[str, str]) -> str:
    """A word that is one variable, as the workflow sets it, where it does."""
    found = re.fullmatch(r"\$\{?(\w+)\}?", word)
    return (environ.get(found[1]) if found else None) or word


_RUNS_NODE = ("npx", "pnpm", "yarn", "bunx")


def _of_api(
    job: Job, step: Step, command: Command, own: bool | None, guarded: bool
) -> Iterator[ReleaseStep]:
    """`gh api` that makes a release, or promotes one."""
    words = command.words
    made = any(re.search(r"repos/[^/]+/[^/]+/releases$", word) for word in words)
    edited = any(re.search(r"repos/[^/]+/[^/]+/releases/[^/]+$", word) for word in words)
    # A field makes it a POST; https://cli.github.com/manual/gh_api
    fields = " ".join(words)
    sent = "tag_name=" in fields
    promoted = re.search(r"\b(?:draft|prerelease)=false\b", fields) is not None
    draft = re.search(r"\b(?:draft|prerelease)=true\b", fields) is not None
    if not (made and sent) and not (edited and promoted):
        return
    yield ReleaseStep(
        job=job,
        step=step,
        line=command.line,
        what="gh api",
        makes=made,
        publishes=not draft,
        own_token=own,
        tag="$",
        guarded=guarded,
    )


def _of_gh(
    job: Job,
    step: Step,
    command: Command,
    words: tuple[str, ...],
    own: bool | None,
    guarded: bool,
) -> Iterator[ReleaseStep]:
    verb = words[0] if words else ""
    options = set(words)
    draft = bool({"--draft", "-d", "--draft=true"} & options)
    tag = next((word for word in words[1:2] if not word.startswith("-")), "$")
    promotes = bool({"--draft=false", "--prerelease=false"} & options)
    if verb not in ("create", "upload", "edit") or (verb == "edit" and not promotes):
        return
    yield ReleaseStep(
        job=job,
        step=step,
        line=command.line,
        what=f"gh release {verb}",
        makes=verb == "create" and not draft,
        drafts=verb == "create" and draft,
        publishes=verb != "upload" and not draft and "--prerelease" not in options,
        adds=verb == "upload",
        own_token=own,
        tag=tag,
        guarded=guarded,
    )


def _pushes_tags(command: Command) -> bool:
    after = command.runs("git", "push")
    if after is None:
        return False
    return "--tags" in after or "--follow-tags" in after or any("refs/tags/" in w for w in after)


def _pushes_with_own_token(job: Job) -> bool | None:
    """Whether `git push` uses the token that the check-out left behind."""
    for step in job.steps:
        if step.uses is not None and step.uses.action == "actions/checkout":
            token = step.input("token")
            if step.input("ssh-key") or (step.input("persist-credentials") or "") == "false":
                return None
            return not token or bool(_OWN_TOKEN.search(token))
    return None


# --- rules -----------------------------------------------------------------------------------


def contents_write(subject: Subject) -> Iterator[Finding | Skipped]:
    told = set()
    for found in release_steps(subject.workflow, subject.facts.actions):
        if not (found.makes or found.publishes or found.adds) or found.own_token is not True:
            continue
        permissions = subject.workflow.permissions_of(found.job)
        if permissions is None or not permissions.known or found.guarded:
            continue
        if permissions.level("contents") == "write" or found.job.id in told:
            continue
        if subject.runs_at_release(found.job, found.step.condition) is not True:
            continue
        told.add(found.job.id)
        yield find(
            CONTENTS_WRITE,
            f"Job `{found.job.id}` makes or fills a GitHub release without `contents: write`.",
            where=subject.workflow.at(found.line, f"jobs.{found.job.id}.permissions"),
            severity=None if _upload_needs(subject, found) else Severity.WARNING,
        )


def _upload_needs(subject: Subject, found: ReleaseStep) -> bool:
    """Whether nothing is uploaded once this step has failed."""
    if found.job.id not in subject.needed_for_upload:
        return False
    own = [one for one in subject.publishes if one.job.id == found.job.id and not one.unusable]
    if not own:
        return True
    return all(one.step is not None and found.step.line < one.step.line for one in own)


def release_made_twice(subject: Subject) -> Iterator[Finding | Skipped]:
    if subject.facts.release_last:
        return
    others = subject.facts.others or ()
    for workflow in (subject.workflow, *others):
        of = subject if workflow is subject.workflow else look_at(workflow, subject.facts)
        if workflow is not subject.workflow and of.raised == ("dispatch-tag",):
            continue  # nothing dispatches it
        for found in release_steps(workflow, subject.facts.actions):
            if not (found.makes or found.drafts) or found.guarded or found.is_for_another_tag:
                continue
            reached = of.runs_at_release(found.job, found.step.condition)
            if reached is False:
                continue
            if reached and of.raised == ("dispatch-tag",) and not _is_tag_of_run(workflow, found):
                reached = None
            if reached and found.drafts:
                yield skipped(
                    MADE_TWICE,
                    f"line {found.line} of {workflow.file} makes a draft beside the release that is "
                    "there; publishing it would fail",
                )
                return
            if reached is None:
                yield skipped(
                    MADE_TWICE,
                    f"whether a release reaches line {found.line} of {workflow.file} "
                    f"(`{found.what}`) depends on the run",
                )
                return
            lost = workflow is subject.workflow and _upload_needs(subject, found)
            yield find(
                MADE_TWICE,
                f"Job `{found.job.id}` runs `{found.what}` for the tag whose release is there "
                f"already: {'the upload never happens' if lost else 'the run ends red'}.",
                where=of.workflow.at(found.line, f"jobs.{found.job.id}.steps"),
                severity=None if lost else Severity.WARNING,
            )
            return


def tag_made_twice(subject: Subject) -> Iterator[Finding | Skipped]:
    if subject.raised != ("dispatch-tag",):
        return  # what makes a tag is meant for another event
    for job in subject.workflow.jobs:
        made = [(step, line, "git tag") for step in job.steps for line in _tags_made(step)]
        made = made if any(_pushes(step) for step in job.steps) else []
        made += [
            (step, step.line, step.uses.action if step.uses else "")
            for step in job.steps
            if uses_action(step, *_BUMPS) and (step.input("push") or "true") != "false"
        ]
        if not made:
            continue
        step, line, what = made[0]
        reached = subject.runs_at_release(job, step.condition)
        if reached is False:
            continue
        if reached is None:
            yield skipped(
                TAG_TWICE, f"whether a run gets to line {line} (`{what}`) depends on the run"
            )
            return
        found = ReleaseStep(job=job, step=step, line=line, what=what)
        lost = _upload_needs(subject, found)
        yield find(
            TAG_TWICE,
            f"Job `{job.id}` makes a tag itself (`{what}`), and is started on one that is there: "
            f"{'this release is never uploaded' if lost else 'the run ends red'}.",
            where=subject.workflow.at(line, f"jobs.{job.id}.steps"),
            severity=None if lost else Severity.WARNING,
        )
        return


# They raise the version; the first by the commits since the last tag, and fails where there are none.
_BUMPS = ("commitizen-tools/commitizen-action", "callowayproject/bump-my-version")
_TAG_OPTIONS = ("-a", "--annotate", "-s", "--sign", "-m", "--message", "-F", "--file", "--")
_TAG_SPARED = re.compile(
    r"rev-parse|ls-remote|show-ref|git tag (?:-f|--force|-d|--delete|-l|--list)|\|\|\s*git tag\b"
)


def _tags_made(step: Step) -> Iterator[int]:
    """The lines on which a step makes a tag, whatever is there already."""
    if step.continue_on_error or _TAG_SPARED.search(step.run or ""):
        return
    for command in step.commands():
        words = command.runs("git", "tag")
        if not words or command.cannot_fail or "refs/" in command.text:
            continue
        options = {word.split("=")[0] for word in words if word.startswith("-")}
        if options <= {*_TAG_OPTIONS, "-am", "-sm"} and words[0] != "--":
            yield command.line


def _pushes(step: Step) -> bool:
    return any(command.runs("git", "push") is not None for command in step.commands())


_REF = re.compile(r"github\.ref|GITHUB_REF|release\.tag_name|event\.ref\b")


def _is_tag_of_run(workflow: Workflow, found: ReleaseStep) -> bool:
    """Whether the release is sure to be that of the tag on which the run was started."""
    if not found.tag or _REF.search(found.tag):
        return True
    name = re.fullmatch(r"\$\{?(\w+)\}?", found.tag)
    if name is None:
        return False
    values = [_environ(workflow, found.job, found.step).get(name[1], "")]
    values += re.findall(rf"\b{name[1]}=(\S+)", found.step.run or "")
    return any(_REF.search(value) for value in values)


def immutable_release_assets(subject: Subject) -> Iterator[Finding | Skipped]:
    locked = subject.facts.immutable_releases
    if locked is False:
        return
    for workflow in (subject.workflow, *(subject.facts.others or ())):
        of = subject if workflow is subject.workflow else look_at(workflow, subject.facts)
        first = not subject.facts.release_last or _publishes(workflow, subject.facts.actions)
        if "release" not in of.raised and not ("push-tag" in of.raised and first):
            continue
        for found in release_steps(workflow, subject.facts.actions):
            if not found.adds or found.is_for_another_tag:
                continue
            reached = of.runs_at_release(found.job, found.step.condition)
            if reached is False or (reached is None and locked is None):
                continue
            yield find(
                IMMUTABLE,
                f"Job `{found.job.id}` adds files to the published release (`{found.what}`)"
                + (", which this repository locks." if locked else "; an immutable one refuses."),
                where=of.workflow.at(found.line, f"jobs.{found.job.id}.steps"),
                severity=None if locked and reached else Severity.ADVICE,
            )
            return


def files_from_release(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.publishes:
        before, needed = subject.before(publish), subject.needed(publish.job)
        taking = next(filter(_takes_assets, before), None)
        if taking is None or publish.unusable or _has_files_of_its_own(subject, publish.job):
            continue
        if subject.runs_at_release(publish.job, taking.condition) is not True:
            continue
        workflows = (subject.workflow, *(subject.facts.others or ()))
        steps = [one for w in workflows for one in release_steps(w, subject.facts.actions)]
        if any(one.job in needed and (one.adds or one.makes) for one in steps):
            continue
        filled = any(one.adds or one.makes or one.drafts for one in steps)
        yield find(
            FROM_RELEASE,
            f"Job `{publish.job.id}` downloads its files from the GitHub release"
            + (
                ", which another workflow fills: they have to be there when it is published."
                if filled
                else ", which has none when it is published."
            ),
            where=subject.workflow.at(taking.line, f"jobs.{publish.job.id}.steps"),
            severity=Severity.WARNING if filled else None,
        )
        return


_OF_RELEASES = ("dsaltares/fetch-gh-release-asset", "robinraju/release-downloader")


def _takes_assets(step: Step) -> bool:
    """Whether a step downloads the files of a release of this repository."""
    if uses_action(step, *_OF_RELEASES):
        return _is_own_repository(step.input("repo") or step.input("repository") or "")
    for command in step.commands():
        words = command.runs("gh", "release") or ()
        named = re.search(r"(?:^| )(?:-R|--repo)[ =]?(.*)", " ".join(words))
        if words[:1] == ("download",) and _is_own_repository(named[1] if named else ""):
            return True
    return False


def _is_own_repository(text: str) -> bool:
    return not text or re.search(r"(?:github\.repository|GITHUB_REPOSITORY)\b", text) is not None


def _has_files_of_its_own(subject: Subject, job: Job) -> bool:
    """Whether the job, or one that it needs, builds, or may hand over what another one built."""
    jobs = (job, *subject.needed(job))
    return any(
        one.uses is not None or any(uses_action(step, *DOWNLOADS) for step in one.steps)
        for one in jobs
    ) or any(build.job in jobs for build in builds(subject.workflow))


def _publishes(workflow: Workflow, actions: Mapping[str, tuple[Step, ...]]) -> bool:
    """Whether `workflow` publishes a release, to which it may add files afterwards."""
    return any(one.publishes and not one.adds for one in release_steps(workflow, actions))


def trigger_github_token(subject: Subject) -> Iterator[Finding | Skipped]:
    workflow = subject.workflow
    if not subject.releases or not {"release", "push-tag"} & set(subject.raised):
        return
    if not _waits_for_a_release(subject):
        return
    others = subject.facts.others
    if others is None:
        yield skipped(GITHUB_TOKEN, "the repository's other workflows are not known")
        return
    for other in (workflow, *others):
        if other is not workflow and workflow.filename in other.text:
            continue  # it may start or call this one itself
        for found in release_steps(other, subject.facts.actions):
            if found.own_token is not True or found.is_for_another_tag:
                continue
            if "event.release" in found.tag:
                continue  # the release that has started the run is there
            starts_it = found.publishes and "release" in subject.raised
            if not starts_it and not (found.pushes and subject.raised == ("push-tag",)):
                continue
            if other is workflow and not subject.runs_by(
                subject.other_events, found.job, found.step.condition
            ):
                continue  # it is made in a run that the release itself has started
            thing = "makes a release" if starts_it else "pushes a tag"
            there = replace(subject, workflow=other)
            follows = (
                not found.makes
                and other is not workflow
                and (there.runs_by(there.other_events, found.job, found.step.condition) is False)
            )
            yield find(
                GITHUB_TOKEN,
                f"{other.file}, line {found.line}, {thing} ({found.what}) with GITHUB_TOKEN, which "
                f"does not start {workflow.file}.",
                where=subject.workflow.at(found.line if other is workflow else None),
                # By then, the release of a person is there.
                severity=Severity.WARNING if starts_it and follows else None,
            )
            return


def _waits_for_a_release(subject: Subject) -> bool:
    """Whether the upload happens for a tag or a release alone, and no other event gets to it."""
    return "workflow_call" not in subject.other_events and not any(
        subject.reaches(one, event) is not False
        for one in subject.releases
        for event in subject.other_events
    )


CHECKS = (
    (CONTENTS_WRITE, contents_write),
    (MADE_TWICE, release_made_twice),
    (TAG_TWICE, tag_made_twice),
    (IMMUTABLE, immutable_release_assets),
    (FROM_RELEASE, files_from_release),
    (GITHUB_TOKEN, trigger_github_token),
)
RULES = tuple(rule for rule, _ in CHECKS)
