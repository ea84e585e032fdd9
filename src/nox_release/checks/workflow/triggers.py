"""Rules about what starts a publishing workflow."""

import re
from collections.abc import Iterator
from dataclasses import replace

from nox_release.checks.workflow.github_releases import release_steps
from nox_release.checks.workflow.subject import (
    EVENTS,
    Subject,
    circumstances,
    look_at,
    rule,
    starts,
    uses_action,
)
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.workflows import patches
from nox_release.workflows.build_folders import BuiltFolder, folders_of
from nox_release.workflows.expressions import interpolate
from nox_release.workflows.publishing import (
    REUSABLE,
    Job,
    PublishJob,
    Step,
    Workflow,
    by_token_alone,
)

MATCHES = rule(
    "trigger-matches",
    Severity.ERROR,
    "A release starts the workflow",
    why="A release pushes a tag and publishes a GitHub release. Where neither starts the workflow, "
    "no files are uploaded.",
    remedy="Add `release: types: [published]` under `on:`.",
    link=EVENTS,
)
TYPE = rule(
    "trigger-type",
    Severity.ERROR,
    "The workflow is started when a release is published",
    why="`created` does not fire for a draft that is published later, and without `types:` one "
    "release starts several runs.",
    remedy="`types: [published]`",
    link=f"{EVENTS}#release",
)
DOUBLE = rule(
    "trigger-double",
    Severity.ERROR,
    "A release starts the upload once",
    why="A release with a new tag raises both events; the second run ends in "
    "`400 File already exists`.",
    remedy="Keep one of the two: `release: types: [published]`, or `push: tags:`.",
    link=EVENTS,
)
PATTERN = rule(
    "trigger-tag-pattern",
    Severity.ERROR,
    "The release's tag matches the workflow's tag patterns",
    why="A tag that matches no pattern starts no run, and GitHub does not tell you.",
    remedy="Use the same form of tag on both sides.",
    link=f"{EVENTS}#push",
)
AT_TAG = rule(
    "trigger-at-tag",
    Severity.ERROR,
    "The workflow file is in the commit that is tagged",
    why="GitHub runs the file from the tagged commit; `workflow_dispatch` needs it on the default "
    "branch.",
    remedy="Commit and push the file before the tag.",
    link=f"{EVENTS}#release",
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
    "A push to a branch uploads nothing",
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
    why="PyPI does not check the ref: a run on a branch uploads a commit that has no tag.",
    remedy="Put `if: github.ref_type == 'tag'` on the publish job, and start it with "
    "`gh workflow run FILE --ref TAG`.",
    link=f"{EVENTS}#workflow_dispatch",
)
REQUIRED_INPUT = rule(
    "dispatch-input-required",
    Severity.ERROR,
    "A run by `gh workflow run` needs no inputs",
    why="`nox -s release` starts this workflow on the tag, without inputs; GitHub answers "
    "`Required input not provided` once the tag is out.",
    remedy="Give the input a `default:`, or make it `required: false`.",
    link=f"{EVENTS}#providing-inputs",
)
FOREIGN_TAG = rule(
    "trigger-foreign-tag",
    Severity.WARNING,
    "Only tags of this project's releases start the upload",
    why="A tag for something else starts a run that fails, or uploads a version that nobody meant: "
    "plugins that take the version from tags read `backup-2026-07-22` as version 22.",
    remedy="Say how the tags of releases begin, digits included: `push: tags: ['v[0-9]*']`.",
    link=f"{EVENTS}#push",
)
SECOND = rule(
    "second-uploader",
    Severity.WARNING,
    "One workflow uploads for one release",
    why="The second upload of a file ends in `400 File already exists`.",
    remedy="Keep one of the two, or start them on different events or tags.",
    link=EVENTS,
)


def trigger_matches(subject: Subject) -> Iterator[Finding | Skipped]:
    raised = subject.facts.starts
    if raised is None:
        yield skipped(MATCHES, "how releases are made is not known")
        return
    workflow = subject.workflow
    answers = [subject.reaches(one, event) for one in subject.releases for event in raised]
    if not answers or True in answers or workflow.is_only_called or _caller(subject):
        return
    tag = subject.facts.tag or ""
    if starts(workflow, "push-tag") and not starts(workflow, "push-tag", tag=tag):
        return  # trigger-tag-pattern speaks of it
    if None in answers:
        yield skipped(
            MATCHES, "whether a release reaches the upload depends on values that only a run has"
        )
        return
    if before := _run_before(subject):
        yield skipped(MATCHES, f"what a run that follows on one of {before} does is not looked at")
        return
    if (types := _types_left_out(subject, tag)) is not None:
        yield types
        return
    on = workflow.node.key("on") or workflow.node.key("true")
    events = ", ".join(f"`{event.name}`" for event in workflow.events) or "nothing"
    listened = {"release": "release", "push-tag": "push", "dispatch-tag": "workflow_dispatch"}
    if any(starts(workflow, event) for event in raised):
        names = [f"`{listened[event]}`" for event in raised if starts(workflow, event)]
        started = f"{' or '.join(names)} starts the workflow"
        message = f"{started}, but {_what_skips(subject)} the upload."
        fix = "Let the conditions (`if:`) of the publish job and of those it needs hold for it."
        if ".outputs." in message:
            fix = "An output is text, and the text `false` is true: compare it, `== 'false'`."
        if left_out := _skips_the_upload(subject):
            message = (
                f"{started}, but not its job `{left_out}`, and whatever waits for a skipped job, "
                "near or far, is skipped too: the upload."
            )
            fix = (
                f"Let the condition of `{left_out}` hold for a release; or, where the upload needs "
                "nothing of it, start that of the publish job with `!cancelled() && !failure()`."
            )
        elsewhere = replace(subject, facts=replace(subject.facts, repository=None))
        ours = subject.facts.repository
        if ours and any(
            elsewhere.reaches(one, event) is not False
            for one in subject.releases
            for event in raised
        ):
            message = f"By its conditions it uploads from another repository than {ours}."
            fix = (
                f"If {ours} is a fork, release from the repository named there "
                "(`[tool.nox-release] remote`); if not, correct the name."
            )
    else:
        fix = ""
        message = (
            f"The workflow is started by {events}; a release made with this tool does not start it."
        )
    yield find(MATCHES, message, where=subject.workflow.at(on.line if on else None, "on"), fix=fix)


def _run_before(subject: Subject) -> str:
    """The workflow that a release starts, and whose end starts this one; empty where there is none."""
    event = subject.workflow.event("workflow_run")
    listed = None if event is None or event.node is None else event.node.get("workflows")
    names = () if listed is None else listed.strings()
    return next(
        (
            other.file
            for other in subject.facts.others or ()
            if (other.name or other.file) in names
            and {"release", "push-tag"} & set(look_at(other, subject.facts).raised)
        ),
        "",
    )


def _types_left_out(subject: Subject, tag: str) -> Finding | None:
    """That the workflow listens for other types of release than the one of this tag."""
    release = subject.workflow.event("release")
    if release is None or release.types is None or "push-tag" in subject.raised or not tag:
        return None
    if starts(subject.workflow, "release", tag=tag):
        return None
    return find(
        MATCHES,
        f"A release of `{tag}` raises none of the types {', '.join(release.types)}.",
        where=subject.workflow.at(release.line, "on.release"),
        fix="`types: [published]` takes final releases and pre-releases.",
    )


def _what_skips(subject: Subject) -> str:
    """The one condition that skips every upload at a release, with the verb; else all of them."""
    found = set()
    for publish in subject.releases:
        own = replace(publish.job, needs=())
        step = "" if publish.step is None else publish.step.condition
        for condition in filter(None, (own.condition, step)):
            if not subject.runs_by(subject.raised, replace(own, condition=condition)):
                found.add(" ".join(condition.split()))
    condition = found.pop() if len(found) == 1 else ""
    short = 0 < len(condition) <= _SHOWN
    return f"`if: {condition}` skips" if short else "its conditions (`if:`) skip"


_SHOWN = 100  # characters of a condition: two lines on a screen


def _skips_the_upload(subject: Subject) -> str:
    """The job that a release skips, and with it an upload whose own condition holds; else empty."""
    for publish in subject.releases:
        for other in subject.needed(publish.job):
            if subject.runs_at_release(other) is not False:
                continue
            alone = subject.runs_by(subject.raised, replace(publish.job, needs=()))
            if alone and subject.runs_by(subject.raised, replace(other, needs=())) is False:
                return other.id
    return ""


def _caller(subject: Subject) -> Workflow | None:
    """The workflow by which alone a release gets to this one, which it calls."""
    file = subject.workflow.file
    for other in subject.facts.others or ():
        outer = look_at(other, subject.facts)
        for job in other.jobs:
            if job.calls == file and outer.runs_by(("release", "push-tag"), job) is not False:
                return other
    return None


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
        yield find(
            TYPE,
            "`release` has no `types:`, so one release starts a run each for `created`, "
            "`published` and `released`.",
            where=subject.workflow.at(release.line, "on.release"),
            severity=Severity.WARNING,
            patch=fix,
        )
        return
    also = {"created", "prereleased", "released"} & set(release.types)
    if "published" in release.types:
        if also and not re.search(r"event\.action|skip-existing", subject.workflow.text):
            yield find(
                TYPE,
                f"A release raises `published` and `{min(also)}`: it starts two runs, and the second "
                "upload fails.",
                where=subject.workflow.at(release.line, "on.release.types"),
                severity=Severity.WARNING,
            )
        return
    line = release.line
    patch = ""
    if release.node is not None:
        key, value = release.node.key("types"), release.node.get("types")
        line = key.line if key else line
        if value is not None and value.line == value.end == line and len(release.types) == 1:
            patch = patches.replace_in_line(subject.workflow, line, release.types[0], "published")
    types = set(release.types)
    if types == {"released"} or {"released", "prereleased"} <= types:
        return  # pre-releases are left out, or come by the other type
    fires = {"created", "released"} & types
    said = ", ".join(release.types)
    yield find(
        TYPE,
        f"`release` has the types {said}, not `published`.",
        where=subject.workflow.at(line, "on.release.types"),
        severity=Severity.WARNING if fires else Severity.ERROR,
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
            own = any(
                one.publishes and one.own_token
                for one in release_steps(subject.workflow, subject.facts.actions)
            )
            yield find(
                DOUBLE,
                f"Both `push` of a tag and `release` start job `{publish.job.id}`: a release with a "
                "new tag uploads twice.",
                where=subject.workflow.at(push.line, "on"),
                severity=Severity.WARNING if own or _passes_over(publish) else None,
            )
            return
        if False not in both:
            yield skipped(
                DOUBLE, "whether both events reach the upload depends on values that only a run has"
            )
            return


def trigger_tag_pattern(subject: Subject) -> Iterator[Finding | Skipped]:
    push = subject.workflow.event("push")
    if push is None or push.tags is None:
        return
    if starts(subject.workflow, "release") and any(
        subject.reaches(one, "release") is not False for one in subject.releases
    ):
        return
    tag = subject.facts.tag
    anyhow = replace(subject, facts=replace(subject.facts, tag=None))
    if not any(anyhow.reaches(one, "push-tag") is not False for one in subject.releases):
        return
    if tag is None:
        yield skipped(PATTERN, "the release's tag is not known")
        return
    if starts(subject.workflow, "push-tag", tag=tag):
        return
    listed = ", ".join(f"`{pattern}`" for pattern in push.tags)
    yield find(
        PATTERN,
        f"The tag `{tag}` matches none of the patterns {listed}.",
        where=subject.workflow.at(push.line, "on.push.tags"),
        fix="Change the patterns, or `tag-format` in `[tool.nox-release]`.",
    )


def trigger_foreign_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    push = subject.workflow.event("push")
    known = subject.facts.tag or subject.facts.likely_tag
    if push is None or not _reached_by(subject, known):
        return
    ours = known or "v1.0.0"
    where = subject.workflow.at(push.line, "on.push")
    for other in subject.facts.others or ():
        theirs = other.event("push")
        for pattern in () if theirs is None else theirs.tags or ():
            tag = pattern.replace("**", "*").replace("*", "1.0.0")
            prefix = re.match(r"[A-Za-z][A-Za-z_-]{2,}", pattern)
            if prefix and not starts(other, "push-tag", tag=ours) and _reached_by(subject, tag):
                yield find(
                    FOREIGN_TAG,
                    f"Tags `{pattern}`, which {other.file} is for, start the upload too.",
                    where=where,
                )
                return
    if subject.facts.version_from_tags and _reached_by(subject, "backup-2026-07-22"):
        yield find(
            FOREIGN_TAG,
            "Any tag starts the upload, and names the version.",
            where=where,
            fix="Say how the tags of releases begin, digits included: `push: tags: "
            f"['{re.sub(r'[0-9].*', '[0-9]*', ours)}']`.",
            severity=Severity.ADVICE,
        )


def _reached_by(subject: Subject, tag: str | None) -> bool:
    """Whether a push of such a tag is sure to reach an upload to PyPI."""
    given = replace(subject, facts=replace(subject.facts, tag=tag, likely_tag=None))
    return any(one.index == "pypi" and given.reaches(one, "push-tag") for one in given.releases)


def trigger_at_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    facts = subject.facts
    file = subject.workflow.file
    if facts.at_commit is None:
        yield skipped(AT_TAG, "the commit to be tagged is not known")
    elif not facts.at_commit:
        yield find(
            AT_TAG,
            f"{file} is not in the commit to be tagged.",
            where=subject.workflow.at(None),
            fix=f'git add {file} && git commit -m "Publish from GitHub Actions" && git push',
        )
    elif facts.on_default_branch is False and subject.workflow.event("workflow_dispatch"):
        yield find(
            AT_TAG,
            f"{file} is not on the default branch, so `gh workflow run` cannot start it.",
            where=subject.workflow.at(None),
            severity=Severity.WARNING,
            fix="Merge it into the default branch.",
        )


def trigger_pr(subject: Subject) -> Iterator[Finding | Skipped]:
    for name in ("pull_request_target", "pull_request"):
        event = subject.workflow.event(name)
        if event is None:
            continue
        for publish in subject.releases:
            if publish.credentials == "secret" or subject.reaches(publish, name) is not True:
                continue
            meant = subject.other_events == (name,) and not subject.raised
            mild = Severity.ADVICE if meant else Severity.WARNING
            yield find(
                PULL_REQUEST,
                f"`{name}` starts the upload of job `{publish.job.id}`.",
                where=subject.workflow.at(event.line, f"on.{name}"),
                severity=None if name == "pull_request_target" else mild,
            )
            return


def trigger_push_branch(subject: Subject) -> Iterator[Finding | Skipped]:
    push = subject.workflow.event("push")
    if push is None or push.branches is not None or push.branches_ignore is not None:
        return
    if push.tags is not None or push.tags_ignore is not None:
        return
    for publish in subject.releases:
        if publish.uploads_new_versions_only:
            continue
        reached = subject.reaches(publish, "push-branch")
        if reached:
            yield find(
                PUSH_BRANCH,
                f"Every push to any branch runs the upload of job `{publish.job.id}`.",
                where=subject.workflow.at(push.line, "on.push"),
            )
            return
        if reached is None:
            yield skipped(
                PUSH_BRANCH,
                "whether a push reaches the upload depends on values that only a run has",
            )
            return


def dispatch_ref(subject: Subject) -> Iterator[Finding | Skipped]:
    event = subject.workflow.event("workflow_dispatch")
    if event is None:
        return
    for publish in subject.releases:
        if publish.index == "testpypi" or publish.uploads_new_versions_only:
            continue
        jobs = (publish.job, *subject.needed(publish.job))
        by_tag = subject.raised == ("dispatch-tag",) and subject.reaches(publish, "dispatch-tag")
        if by_tag and (other := _other_ref(subject, jobs)) is not None:
            yield other
            return
        if not subject.reaches(publish, "workflow_dispatch"):
            continue
        steps = [step for job in jobs for step in job.steps]
        if event.inputs or any(_may_choose_the_ref(step) for step in steps):
            yield skipped(DISPATCH_REF, "which commit a manual run uploads depends on its steps")
            return
        yield find(
            DISPATCH_REF,
            f"A manual run on a branch uploads that branch (job `{publish.job.id}`).",
            where=subject.workflow.at(event.line, "on.workflow_dispatch"),
        )
        return


def _other_ref(subject: Subject, jobs: tuple[Job, ...]) -> Finding | None:
    """That a job checks out what an input says, which is a branch where it is left out."""
    runs = circumstances("dispatch-tag", subject.facts, None, subject.workflow)
    for job in jobs:
        for step in job.steps:
            ref = (step.input("ref") or "") if uses_action(step, "actions/checkout") else ""
            named = {interpolate(ref, given) for _, given in runs} if "inputs." in ref else set()
            if len(named) == 1 and (name := named.pop()):
                return find(
                    DISPATCH_REF,
                    f"Job `{job.id}` checks out `{name}` where its input is left out, not the tag on "
                    "which the run is started.",
                    where=subject.workflow.at(step.line, f"jobs.{job.id}.steps"),
                    fix="Give the input no default, and `required: false`: `actions/checkout` then "
                    "takes the tag.",
                )
    return None


def _may_choose_the_ref(step: Step) -> bool:
    """Whether a step may check another commit out, or stop for a branch."""
    if step.uses is not None:
        ref = step.uses.action == "actions/checkout" and step.input("ref")
        return bool(ref) or step.uses.kind == "local"
    return _LOOKS_AT_THE_REF.search(f"{step.run} {step.environ}") is not None


_LOOKS_AT_THE_REF = re.compile(
    r"GITHUB_REF|github\.ref|git (?:checkout|tag|switch|describe|push)|\bexit 1\b|(?<!--)version|\.sh\b"
)


def dispatch_input_required(subject: Subject) -> Iterator[Finding | Skipped]:
    event = subject.workflow.event("workflow_dispatch")
    if event is None or event.node is None or not subject.releases:
        return
    if any(
        subject.reaches(one, kind) is not False
        for one in subject.releases
        for kind in ("release", "push-tag")
    ):
        return  # no run is started by hand
    inputs = event.node.get("inputs")
    for key, value in () if inputs is None else inputs.entries:
        required, default = value.get("required"), value.get("default")
        fixed = default is not None and re.fullmatch(r"v?\d+(?:\.\d+)+", default.text)
        if fixed and _OF_THE_RELEASE.fullmatch(key.text):
            yield find(
                REQUIRED_INPUT,
                f"Left out, the input `{key.text}` is {fixed[0]}, whatever is released.",
                where=subject.workflow.at(key.line, f"on.workflow_dispatch.inputs.{key.text}"),
                fix="Take the version from the tag on which the run is started: `github.ref_name`.",
            )
        if (
            required is None
            or not required.is_true
            or (default is not None and not default.is_null)
        ):
            continue
        kind = value.get("type")
        if kind is not None and kind.text in ("boolean", "choice"):
            yield skipped(REQUIRED_INPUT, f"what GitHub takes for the input `{key.text}` left out")
            continue
        yield find(
            REQUIRED_INPUT,
            f"The input `{key.text}` is required and has no default.",
            where=subject.workflow.at(key.line, f"on.workflow_dispatch.inputs.{key.text}"),
        )


_OF_THE_RELEASE = re.compile(
    r"(?:(?:release|new|next)[-_])?(?:version|tag)(?:[-_]name)?", re.IGNORECASE
)


def second_uploader(subject: Subject) -> Iterator[Finding | Skipped]:
    ours = [
        one for one in subject.releases if one.index == "pypi" and _uploads_at_release(subject, one)
    ]
    if not ours:
        return
    for workflow in subject.facts.others or ():
        other = look_at(workflow, subject.facts)
        for theirs in other.publishes:
            if theirs.index != "pypi" or theirs.unusable or not _uploads_at_release(other, theirs):
                continue
            if _passes_over(theirs) or _passes_over(ours[0]):
                continue
            if not _build_the_same(subject, other):
                continue
            yield find(
                SECOND,
                f"Job `{theirs.job.id}` of {workflow.file} uploads for the same release as "
                f"`{ours[0].job.id}` of {subject.workflow.file}.",
                where=other.workflow.at(theirs.line, f"jobs.{theirs.job.id}"),
            )
            return


def _uploads_at_release(subject: Subject, publish: PublishJob) -> bool:
    return any(subject.reaches(publish, kind) for kind in ("release", "push-tag"))


def _build_the_same(one: Subject, other: Subject) -> bool:
    """Whether two workflows may build the same package of a repository: they share a folder, or one
    of them shows no build at all.
    """
    ours, theirs = _folders(one), _folders(other)
    return not ours or not theirs or any(folder.is_known for folder in ours & theirs)


def _folders(subject: Subject) -> set[BuiltFolder]:
    """What a workflow, and those of the repository that it calls, build."""
    calls = {job.calls for job in subject.workflow.jobs} & set(subject.called)
    workflows = (subject.workflow, *map(subject.called.__getitem__, calls))
    return set().union(*(folders_of(one, one.jobs) for one in workflows))


def _passes_over(publish: PublishJob) -> bool:
    step = publish.step
    return step is not None and (
        step.input("skip-existing") == "true" or "--skip-existing" in (step.run or "")
    )


def reusable_publish(subject: Subject) -> Iterator[Finding | Skipped]:
    caller = None
    if not subject.workflow.is_only_called:
        if any(_uploads_at_release(subject, one) for one in subject.releases):
            return
        caller = _caller(subject)
        if caller is None:
            return
    for publish in subject.releases:
        if publish.unusable or (caller and publish.credentials == "secret"):
            continue
        if caller and not publish.attests:
            yield skipped(REUSABLE, by_token_alone(publish))
            continue
        yield find(
            REUSABLE,
            f"Job `{publish.job.id}` uploads, but "
            + (
                f"a release starts {subject.workflow.file} through {caller.file} alone, which calls it."
                if caller
                else f"nothing starts {subject.workflow.file} except other workflows "
                "(`workflow_call`)."
            ),
            where=subject.workflow.at(publish.line),
        )


CHECKS = (
    (MATCHES, trigger_matches),
    (TYPE, trigger_type),
    (DOUBLE, trigger_double),
    (PATTERN, trigger_tag_pattern),
    (FOREIGN_TAG, trigger_foreign_tag),
    (AT_TAG, trigger_at_tag),
    (PULL_REQUEST, trigger_pr),
    (PUSH_BRANCH, trigger_push_branch),
    (DISPATCH_REF, dispatch_ref),
    (REQUIRED_INPUT, dispatch_input_required),
    (SECOND, second_uploader),
    (REUSABLE, reusable_publish),
)
RULES = tuple(rule for rule, _ in CHECKS)
