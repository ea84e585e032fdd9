"""Rules about what starts a publishing workflow."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nox_release.checks.workflow.subject import EVENTS, report, rule, skip, starts, uses_action
from nox_release.core.findings import Severity
from nox_release.workflows import patches
from nox_release.workflows.publishing import REUSABLE
from nox_release.workflows.ref_patterns import filters_take

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nox_release.checks.workflow.subject import Subject
    from nox_release.core.findings import Finding, Skipped
    from nox_release.workflows.publishing import Workflow

MATCHES = rule(
    "trigger-matches",
    Severity.ERROR,
    "The workflow is started by what a release does",
    why="A release pushes a tag and publishes a GitHub release; a workflow that neither of them "
    "starts leaves a release without files.",
    remedy="Add `release: types: [published]` under `on:`.",
    link=EVENTS,
)
TYPE = rule(
    "trigger-type",
    Severity.ERROR,
    "The workflow is started when a release is published",
    why="`created` does not fire for a draft that is published later, `released` leaves "
    "pre-releases out, and without `types:` one release starts several runs.",
    remedy="`types: [published]`",
    link=f"{EVENTS}#release",
)
DOUBLE = rule(
    "trigger-double",
    Severity.ERROR,
    "One release starts the upload once",
    why="A release with a new tag raises both events; the second run ends in "
    "`400 File already exists`.",
    remedy="Keep one of the two: `release: types: [published]`, or `push: tags:`.",
    link=EVENTS,
)
PATTERN = rule(
    "trigger-tag-pattern",
    Severity.ERROR,
    "The release's tag matches the workflow's tag patterns",
    why="A tag that matches no pattern starts nothing, and nothing says so.",
    remedy="Use the same form of tag on both sides.",
    link=f"{EVENTS}#push",
)
AT_TAG = rule(
    "trigger-at-tag",
    Severity.ERROR,
    "The workflow file is in the commit that is tagged",
    why="A release or a tag runs the file as it is at that commit; `workflow_dispatch` needs it on "
    "the default branch.",
    remedy="Commit and push the file before the tag.",
    link=f"{EVENTS}#release",
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
PULL_REQUEST = rule(
    "trigger-pr",
    Severity.ERROR,
    "No pull request starts the upload",
    why="PyPI refuses tokens of `pull_request_target` runs, and pull requests from forks get none.",
    remedy="Start on `release: types: [published]`.",
    link="https://docs.pypi.org/trusted-publishers/troubleshooting/",
)
PUSH_BRANCH = rule(
    "trigger-push-branch",
    Severity.ERROR,
    "Not every push uploads",
    why="A push to a branch would upload whatever version is declared there; the second push of a "
    "version fails.",
    remedy="Start on `release: types: [published]`, or put "
    "`if: startsWith(github.ref, 'refs/tags/')` on the publish job.",
    link=f"{EVENTS}#push",
)
DISPATCH_REF = rule(
    "dispatch-ref",
    Severity.WARNING,
    "A manual run uploads a tag, not the head of a branch",
    why="PyPI does not compare the ref: a run from a branch uploads what nobody tagged.",
    remedy="Put `if: github.ref_type == 'tag'` on the publish job, and start it with "
    "`gh workflow run FILE --ref TAG`.",
    link=f"{EVENTS}#workflow_dispatch",
)
INPUT_USED = rule(
    "dispatch-input-used",
    Severity.ADVICE,
    "Every input of a manual run is used",
    why="An input that nothing reads promises a choice that is not there.",
    remedy="Remove it, or compare it with what was built.",
    link=f"{EVENTS}#workflow_dispatch",
)


def trigger_matches(subject: Subject) -> Iterator[Finding | Skipped]:
    raised = subject.facts.starts
    if raised is None:
        yield skip(MATCHES, "it is not known how releases are made")
        return
    workflow = subject.workflow
    answers = [subject.reaches(one, event) for one in subject.releases for event in raised]
    if not answers or True in answers or workflow.is_only_called:
        return
    if None in answers:
        yield skip(MATCHES, "whether a release gets to the upload depends on what only a run knows")
        return
    on = workflow.node.key("on") or workflow.node.key("true")
    events = ", ".join(f"`{event.name}`" for event in workflow.events) or "nothing"
    listened = {"release": "release", "push-tag": "push", "dispatch-tag": "workflow_dispatch"}
    if any(starts(workflow, event) for event in raised):
        names = " and ".join(listened[event] for event in raised if starts(workflow, event))
        message = f"A `{names}` event starts the workflow, but by its conditions no upload."
        fix = "Let the conditions (`if:`) of the publish job and of those it needs hold for it."
        elsewhere = replace(subject, facts=replace(subject.facts, repository=None))
        ours = subject.facts.repository
        if ours and any(
            elsewhere.reaches(one, event) is not False
            for one in subject.releases
            for event in raised
        ):
            message = f"By its conditions it uploads from another repository than {ours}."
            fix = (
                f"If {ours} is a fork, release from the repository that the conditions name "
                "(`[tool.nox-release] remote`); else name this one there."
            )
    else:
        fix = ""
        message = (
            f"The workflow is started by {events}; a release made with this tool does not start it."
        )
    yield report(subject, MATCHES, on.line if on else None, message, key="on", fix=fix)


def trigger_type(subject: Subject) -> Iterator[Finding | Skipped]:
    release = subject.workflow.event("release")
    if release is None or not any(
        subject.reaches(one, "release") is not False for one in subject.releases
    ):
        return
    if release.types is None:
        fix = ""
        if release.node is not None and release.node.is_null and release.node.line == release.line:
            fix = patches.insert(
                subject.workflow,
                release.line,
                f"{_indent(subject, release.line)}  types: [published]",
            )
        yield report(
            subject,
            TYPE,
            release.line,
            "`release` has no `types:`, so one release starts a run each for created, published "
            "and released.",
            key="on.release",
            severity=Severity.WARNING,
            patch=fix,
        )
        return
    if "published" in release.types:
        return
    line = release.line
    patch = ""
    if release.node is not None:
        key, value = release.node.key("types"), release.node.get("types")
        line = key.line if key else line
        if value is not None and value.line == value.end == line and len(release.types) == 1:
            patch = patches.replace_in_line(subject.workflow, line, release.types[0], "published")
    fires = {"created", "released", "prereleased"} & set(release.types)
    said = ", ".join(release.types)
    yield report(
        subject,
        TYPE,
        line,
        f"`release` has the types {said}, not `published`.",
        key="on.release.types",
        severity=Severity.WARNING if fires - {"prereleased"} else Severity.ERROR,
        patch=patch,
    )


def _indent(subject: Subject, line: int) -> str:
    text = subject.workflow.text.splitlines()[line - 1]
    return text[: len(text) - len(text.lstrip())]


def trigger_double(subject: Subject) -> Iterator[Finding | Skipped]:
    push, release = subject.workflow.event("push"), subject.workflow.event("release")
    if push is None or release is None:
        return
    for publish in subject.releases:
        both = [subject.reaches(publish, event) for event in ("release", "push-tag")]
        if both == [True, True]:
            # What the run's own token makes starts no second run.
            own = _release_by_github_token(subject.workflow) is not None
            skips = publish.step is not None and (publish.step.input("skip-existing") == "true")
            yield report(
                subject,
                DOUBLE,
                push.line,
                f"Both `push` of a tag and `release` start job `{publish.job.id}`: a release with a "
                "new tag uploads twice.",
                key="on",
                severity=Severity.WARNING if skips or own else None,
            )
            return
        if False not in both:
            yield skip(DOUBLE, "whether both events get to the upload only a run knows")
            return


def trigger_tag_pattern(subject: Subject) -> Iterator[Finding | Skipped]:
    push = subject.workflow.event("push")
    if push is None or push.tags is None:
        return
    if starts(subject.workflow, "release") and any(
        subject.reaches(one, "release") is not False for one in subject.releases
    ):
        return
    if not any(subject.reaches(one, "push-tag") is not False for one in subject.releases):
        return
    tag = subject.facts.tag
    if tag is None:
        yield skip(PATTERN, "the release's tag is not known")
        return
    if any("${{" in pattern for pattern in push.tags) or filters_take(tag, push.tags):
        return
    listed = ", ".join(f"`{pattern}`" for pattern in push.tags)
    yield report(
        subject,
        PATTERN,
        push.line,
        f"The tag `{tag}` matches none of the patterns {listed}.",
        key="on.push.tags",
        fix="Change the patterns, or `tag-format` in `[tool.nox-release]`.",
    )


def trigger_at_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    file = subject.workflow.file
    if facts.at_commit is None:
        yield skip(AT_TAG, "the commit to be tagged is not known")
    elif not facts.at_commit:
        yield report(
            subject,
            AT_TAG,
            None,
            f"{file} is not in the commit to be tagged.",
            fix=f'git add {file} && git commit -m "Publish from GitHub Actions" && git push',
        )
    elif facts.on_default_branch is False and subject.workflow.event("workflow_dispatch"):
        yield report(
            subject,
            AT_TAG,
            None,
            f"{file} is not on the default branch, so it cannot be started by hand.",
            severity=Severity.WARNING,
            fix="Merge it there.",
        )


_RELEASE_ACTIONS = (
    "softprops/action-gh-release",
    "ncipollo/release-action",
    "actions/create-release",
    "googleapis/release-please-action",
    "google-github-actions/release-please-action",
    "marvinpinto/action-automatic-releases",
)


def trigger_github_token(subject: Subject) -> Iterator[Finding | Skipped]:
    workflow = subject.workflow
    only_followers = all(event.name in ("release", "push") for event in workflow.events)
    if not only_followers or not starts(workflow, "release"):
        return
    others = subject.facts.others
    if others is None:
        yield skip(GITHUB_TOKEN, "the repository's other workflows are not known")
        return
    for other in others:
        if other.file == workflow.file:
            continue
        maker = _release_by_github_token(other)
        if maker is not None:
            line, what = maker
            yield report(
                subject,
                GITHUB_TOKEN,
                None,
                f"{other.file}, line {line}, makes a release ({what}) with GITHUB_TOKEN, which "
                f"does not start {workflow.file}.",
            )
            return


def _release_by_github_token(workflow: Workflow) -> tuple[int, str] | None:
    """Line and name of a step that publishes a GitHub release with the run's own token."""
    own = re.compile(r"secrets\.GITHUB_TOKEN|github\.token", re.IGNORECASE)
    for job in workflow.jobs:
        for step in job.steps:
            if uses_action(step, *_RELEASE_ACTIONS) and step.uses is not None:
                token = step.input("token") or dict(step.environ).get("GITHUB_TOKEN") or ""
                drafts = (step.input("draft") or "false").strip() == "true"
                if not drafts and (not token or own.search(token)):
                    return step.line, step.uses.action
            environ = {**dict(workflow.environ), **dict(job.environ), **dict(step.environ)}
            token = environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN") or ""
            for command in step.commands():
                if command.runs("gh", "release") is None or not own.search(token):
                    continue
                words = command.words
                if "create" in words and not {"--draft", "-d"} & set(words):
                    return command.line, "gh release create"
    return None


def trigger_pr(subject: Subject) -> Iterator[Finding | Skipped]:
    for name in ("pull_request_target", "pull_request"):
        event = subject.workflow.event(name)
        if event is None:
            continue
        for publish in subject.releases:
            if publish.credentials == "secret" or subject.reaches(publish, name) is not True:
                continue
            yield report(
                subject,
                PULL_REQUEST,
                event.line,
                f"`{name}` starts the upload of job `{publish.job.id}`.",
                key=f"on.{name}",
                severity=None if name == "pull_request_target" else Severity.WARNING,
            )
            return


def trigger_push_branch(subject: Subject) -> Iterator[Finding | Skipped]:
    push = subject.workflow.event("push")
    if push is None or push.branches is not None or push.branches_ignore is not None:
        return
    if push.tags is not None or push.tags_ignore is not None:
        return
    for publish in subject.releases:
        reached = subject.reaches(publish, "push-branch")
        if reached:
            yield report(
                subject,
                PUSH_BRANCH,
                push.line,
                f"Every push to any branch runs the upload of job `{publish.job.id}`.",
                key="on.push",
            )
            return
        if reached is None:
            yield skip(PUSH_BRANCH, "whether a push gets to the upload only a run knows")
            return


def dispatch_ref(subject: Subject) -> Iterator[Finding | Skipped]:
    event = subject.workflow.event("workflow_dispatch")
    if event is None:
        return
    for publish in subject.releases:
        if publish.index == "testpypi":
            continue
        reached = subject.reaches(publish, "workflow_dispatch")
        if reached and not _checks_out_another_ref(publish.job.steps):
            yield report(
                subject,
                DISPATCH_REF,
                event.line,
                f"A run started by hand on a branch uploads it (job `{publish.job.id}`).",
                key="on.workflow_dispatch",
            )
            return


def _checks_out_another_ref(steps: Sequence[object]) -> bool:
    return any(
        getattr(step, "uses", None) is not None
        and step.uses.action == "actions/checkout"  # type: ignore[attr-defined]
        and step.input("ref")  # type: ignore[attr-defined]
        for step in steps
    )


def dispatch_input_used(subject: Subject) -> Iterator[Finding | Skipped]:
    event = subject.workflow.event("workflow_dispatch")
    if event is None or not event.inputs or event.node is None:
        return
    inputs = event.node.get("inputs")
    text = subject.workflow.text
    if inputs is None or re.search(r"to[jJ][sS][oO][nN]\(\s*(?:github\.event\.)?inputs\s*\)", text):
        return
    for name in event.inputs:
        used = re.search(rf"inputs(?:\.|\[\s*['\"]){re.escape(name)}(?![\w-])", text)
        key = inputs.key(name)
        if not used and key is not None:
            yield report(
                subject,
                INPUT_USED,
                key.line,
                f"The input `{name}` is declared, but nothing uses it.",
                key=f"on.workflow_dispatch.inputs.{name}",
            )


def reusable_publish(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.workflow.is_only_called:
        return
    for publish in subject.releases:
        if publish.unusable:
            continue
        yield report(
            subject,
            REUSABLE,
            publish.line,
            f"Job `{publish.job.id}` uploads, but nothing starts {subject.workflow.file} except "
            "other workflows (`workflow_call`).",
        )


CHECKS = (
    (MATCHES, trigger_matches),
    (TYPE, trigger_type),
    (DOUBLE, trigger_double),
    (PATTERN, trigger_tag_pattern),
    (AT_TAG, trigger_at_tag),
    (GITHUB_TOKEN, trigger_github_token),
    (PULL_REQUEST, trigger_pr),
    (PUSH_BRANCH, trigger_push_branch),
    (DISPATCH_REF, dispatch_ref),
    (INPUT_USED, dispatch_input_used),
    (REUSABLE, reusable_publish),
)
RULES = tuple(rule for rule, _ in CHECKS)
