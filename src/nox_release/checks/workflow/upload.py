"""Rules about the step that uploads, and the environment it runs in."""

import re
from collections.abc import Iterator

from nox_release.checks.workflow.artifacts import builds, matrix_size
from nox_release.checks.workflow.subject import (
    ACTION,
    SECURITY,
    Subject,
    action_version,
    circumstances,
    rule,
    uses_action,
)
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.core.words import guess
from nox_release.workflows import patches
from nox_release.workflows.build_folders import folders_of
from nox_release.workflows.expressions import interpolate
from nox_release.workflows.publishing import (
    PYPA_ACTION,
    Job,
    PublishJob,
    page_of,
    project_of,
    publish_jobs,
)
from nox_release.workflows.ref_patterns import fnmatch_takes

ENVIRONMENTS = (
    "https://docs.github.com/actions/managing-workflow-runs-and-deployments/managing-deployments/"
    "managing-environments-for-deployment"
)

MANUAL = rule(
    "no-manual-twine",
    Severity.WARNING,
    "The upload uses trusted publishing, not a stored secret",
    why="A secret that lasts can be stolen and used from anywhere; a token from trusted publishing "
    "lasts 15 minutes. A password also switches attestations off.",
    remedy="Use pypa/gh-action-pypi-publish without `password:`, and delete the secret.",
    link="https://docs.pypi.org/trusted-publishers/",
)
ATTEST_ONCE = rule(
    "attest-once",
    Severity.ERROR,
    "The action runs once for the same folder",
    why="The first run leaves attestations beside the files; the second refuses to go on.",
    remedy="Upload to TestPyPI and PyPI in two jobs, each of which downloads the files.",
    link=ACTION,
)
INDEX = rule(
    "index-matches",
    Severity.ERROR,
    "The upload goes to an index's upload address",
    why="Uploads go to `/legacy/`, with the slash; PyPI's other addresses accept none.",
    remedy="Leave `repository-url` out for PyPI; `https://test.pypi.org/legacy/` is TestPyPI's.",
    link=ACTION,
)
CURRENT = rule(
    "action-current",
    Severity.ERROR,
    "The publishing action knows the metadata version of the files",
    why="An older one stops with `is not a valid metadata version`, after the tag is out.",
    remedy="Pin v1.14.2 or later.",
    link="https://github.com/pypa/gh-action-pypi-publish/releases",
)
BRANCH = rule(
    "action-branch",
    Severity.WARNING,
    "The publishing action is maintained",
    why="Its branch `master` has not been updated since 2022: it supports neither trusted "
    "publishing nor current metadata. A branch or tag that it does not have ends the run at once.",
    remedy="Use `release/v1`, or the commit of a release.",
    link=ACTION,
)
INPUTS = rule(
    "action-inputs",
    Severity.WARNING,
    "The publishing action has the inputs that it is given",
    why="GitHub ignores an input that an action does not have, and the upload goes on without it: to "
    "another index, or of other files.",
    remedy="Remove it, or use one of the action's: `repository-url`, `packages-dir`, `skip-existing`, "
    "`attestations`, `verify-metadata`, `verbose`, `print-hash`, `user` and `password`.",
    link=ACTION,
)
PARTS = rule(
    "parts-uploaded-apart",
    Severity.WARNING,
    "All files of a release are uploaded together",
    why="Where one part fails, half a release is on the index: installations take it, and a file "
    "can never be replaced.",
    remedy="Build in the parts, and upload everything in one job that needs them all.",
    link=SECURITY,
)
ENV_EQUALS = rule(
    "env-equals-publisher",
    Severity.ERROR,
    "The job's environment is the registered one",
    why="A publisher with an environment accepts only tokens of that environment: "
    "`invalid-publisher`.",
    remedy="Use the same name in both places.",
    link="https://docs.pypi.org/trusted-publishers/troubleshooting/",
)
ENV_PRESENT = rule(
    "env-present",
    Severity.WARNING,
    "The publish job has an environment",
    why="Without one, every workflow change on any branch can publish; an environment lets you say "
    "which tags may, and who approves.",
    remedy="Add `environment: pypi` to the job, and the same name to the trusted publisher.",
    link=SECURITY,
)
ENV_DYNAMIC = rule(
    "env-dynamic",
    Severity.WARNING,
    "The environment's name is written out",
    why="Every name that the expression can produce must be registered on the index.",
    remedy="Write the name out, with one job per index.",
    link=ENVIRONMENTS,
)
ENV_TAG = rule(
    "env-allows-tag",
    Severity.ERROR,
    "The environment admits the release's tag",
    why="GitHub rejects the deployment otherwise, and the job never starts.",
    remedy="Add a tag rule such as `v*` to the environment's deployment branches and tags.",
    link=f"{ENVIRONMENTS}#deployment-branches-and-tags",
)


def no_manual_twine(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.releases:
        if publish.unusable or publish.credentials != "secret":
            continue
        yield find(
            MANUAL,
            f"Job `{publish.job.id}` uploads with a stored secret (`{publish.tool}`).",
            where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
        )


def _action_steps(subject: Subject) -> Iterator[PublishJob]:
    for publish in subject.publishes:
        if publish.step is not None and uses_action(publish.step, PYPA_ACTION):
            yield publish


def attest_once(subject: Subject) -> Iterator[Finding | Skipped]:
    """Only since version 1.11 of the action are attestations made by themselves."""
    earlier: list[PublishJob] = []
    for publish in _action_steps(subject):
        step = publish.step
        if step is None:
            continue
        attests = _attests(subject, publish)
        folder = step.input("packages-dir") or "dist"
        for other in earlier:
            same = other.job.id == publish.job.id and other.step is not None
            if (
                not same
                or other.step is None
                or (other.step.input("packages-dir") or "dist") != folder
            ):
                continue
            if attests is False:
                continue
            together = _together(subject, other, publish)
            if together is False:
                continue
            if attests is None:
                yield skipped(ATTEST_ONCE, "which version of the action the commit is")
            elif together is None:
                yield skipped(
                    ATTEST_ONCE,
                    "whether both uploads happen in one run depends on values that only a run has",
                )
            else:
                yield find(
                    ATTEST_ONCE,
                    f"Job `{publish.job.id}` runs the publishing action for the second time "
                    f"(first in line {other.line}).",
                    where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
                )
            return
        if attests is not False:
            earlier.append(publish)


def _attests(subject: Subject, publish: PublishJob) -> bool | None:
    """Whether the action makes attestations; `None` where only its version would tell."""
    step = publish.step
    if step is None or step.uses is None or publish.credentials == "secret":
        return False
    if step.input("attestations") is not None:
        return step.input("attestations") != "false"
    version = action_version(subject.workflow, step)
    if version is None and re.fullmatch(r"[0-9a-f]{40,64}", step.uses.ref):
        return None
    return not (version is not None and len(version) > 1 and version < (1, 11))


def _together(subject: Subject, one: PublishJob, other: PublishJob) -> bool | None:
    """Whether some event makes both uploads happen in one run."""
    steps = [publish.step for publish in (one, other)]
    if all(step is not None and not step.condition for step in steps):
        return True
    answers = []
    for event in ("release", "push-tag", "push-branch", "workflow_dispatch"):
        both = {subject.reaches(one, event), subject.reaches(other, event)}
        answers.append(False if False in both else None if None in both else True)
    return True if True in answers else None if None in answers else False


def index_matches(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in _action_steps(subject):
        step = publish.step
        address = None if step is None else step.input("repository-url")
        if step is None or not address or "$" in address:
            continue
        right = _right_address(address)
        if right is None or right == address:
            continue
        line = step.input_line("repository-url")
        yield find(
            INDEX,
            f"Job `{publish.job.id}` uploads to `{address}`, which accepts no uploads; "
            f"use `{right}`.",
            where=subject.workflow.at(line, f"jobs.{publish.job.id}.steps"),
            patch=patches.replace_in_line(subject.workflow, line, address, right),
        )


def _right_address(address: str) -> str | None:
    """The upload address of PyPI or TestPyPI that was meant; `None` for other hosts."""
    found = re.fullmatch(r"https?://([^/]+)(/.*)?", address)
    if not found:
        return None
    host = found[1].lower()
    if host in ("test.pypi.org", "testpypi.python.org"):
        return "https://test.pypi.org/legacy/"
    if host in ("pypi.org", "www.pypi.org", "upload.pypi.org", "pypi.python.org"):
        return "https://upload.pypi.org/legacy/"
    return None


# The first version of the action that takes each version of the metadata.
_TAKES = (("2.5", (1, 14, 2)), ("2.4", (1, 12, 3)))


def action_current(subject: Subject) -> Iterator[Finding | Skipped]:
    steps = [one for one in _action_steps(subject) if one.step is not None]
    versions = [
        (one, action_version(subject.workflow, one.step)) for one in steps if one.step is not None
    ]
    dated = [(one, version) for one, version in versions if version and len(version) > 1]
    if not dated:
        return
    metadata = subject.facts.metadata_version
    if metadata is None:
        yield skipped(
            CURRENT, "the metadata version of the files is not known before they are built"
        )
        return
    for publish, version in dated:
        for needs, first in _TAKES:
            if _numbers(metadata) >= _numbers(needs) and version < first:
                yield find(
                    CURRENT,
                    f"The files have metadata {metadata}; {PYPA_ACTION} "
                    f"{'.'.join(map(str, version))} does not accept that yet.",
                    where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
                    fix=f"Pin v{'.'.join(map(str, max(first, (1, 14, 2))))} or later.",
                )
                break


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def action_branch(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in _action_steps(subject):
        uses = publish.step.uses if publish.step is not None else None
        absent = uses is not None and _NO_SUCH_REF.fullmatch(uses.ref) is not None
        if uses is not None and (absent or uses.ref in ("master", "main")):
            yield find(
                BRANCH,
                f"Job `{publish.job.id}` uses `{uses.text}`"
                + (", a version that the action does not have." if absent else "."),
                severity=Severity.ERROR if absent else None,
                where=subject.workflow.at(publish.line, f"jobs.{publish.job.id}.steps"),
                patch=patches.replace_in_line(
                    subject.workflow, publish.line, f"@{uses.ref}", "@release/v1"
                ),
            )


# Its branches are `release/v1` and `release/v1.14`, its tags `v1.14.2`: GitHub says `unable to find
# version` of anything between them, as in zarr-developers/zarr-python#1320 and pycontribs/jira#1909.
_NO_SUCH_REF = re.compile(r"v1|release/v1\.\d+\.\d+")


# https://github.com/pypa/gh-action-pypi-publish/blob/release/v1/action.yml
_INPUTS = (
    "user", "password", "repository-url", "packages-dir", "verify-metadata", "skip-existing",
    "verbose", "print-hash", "attestations",
)  # fmt: skip


def action_inputs(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in _action_steps(subject):
        step = publish.step
        for key, _ in step.inputs if step is not None else ():
            name = key.lower().replace("_", "-")
            if step is None or name in _INPUTS:
                continue
            yield find(
                INPUTS,
                f"The publishing action has no input `{key}`: GitHub ignores it.{guess(name, _INPUTS)}",
                where=subject.workflow.at(step.input_line(name), f"jobs.{publish.job.id}.steps"),
            )


def parts_uploaded_apart(subject: Subject) -> Iterator[Finding | Skipped]:
    building = {build.job.id for build in builds(subject.workflow)}
    together = max(
        (
            [
                one
                for one in subject.publishes
                if one.index == "pypi" and not one.unusable and subject.reaches(one, event)
            ]
            for event in subject.raised
        ),
        key=len,
        default=[],
    )
    # One that uploads what others have built may have a part, where another job has its own.
    parts = [one for one in together if one.job.id in building]
    first = {one.job.id for one in parts}
    parts += [
        one
        for one in together
        if one not in parts and first & {job.id for job in subject.needed(one.job)}
    ]
    parts = parts or _of_one_folder(subject, building, together)
    if len({project_of(one.job) for one in parts}) > 1:
        return  # each is a project of its own
    jobs = {one.job.id: one.job for one in parts}
    built = [folders_of(subject.workflow, (job,)) for job in jobs.values()]
    known = all(built) and all(one.is_known for folders in built for one in folders)
    if known and len(set().union(*built)) == sum(map(len, built)):
        jobs = {}  # each builds packages of its own
    for one in parts:
        size = matrix_size(one.job.matrix) if _builds_for_platforms(one.job) else 1
        if (size or 1) > 1 or len(jobs) > 1:
            several = f"each of the {size} jobs" if (size or 1) > 1 else f"{len(jobs)} jobs"
            yield find(
                PARTS,
                f"What `{one.job.id}` builds is uploaded by itself: {several} publish a part.",
                where=subject.workflow.at(one.line, f"jobs.{one.job.id}"),
            )
            return


def _of_one_folder(
    subject: Subject, building: set[str], together: list[PublishJob]
) -> list[PublishJob]:
    """Uploads of what jobs of their own have built from one and the same folder."""
    parts = []
    for one in together:
        jobs = [job for job in subject.needed(one.job) if job.id in building]
        parts.append((one, {job.id for job in jobs}, folders_of(subject.workflow, jobs)))
    return [
        one
        for one, jobs, folders in parts
        if jobs
        and all(folder.is_known for folder in folders)
        and any(folders == others and jobs != makers for _, makers, others in parts)
    ]


_PLATFORM = re.compile(r"os|platform|arch|target|runner|python|manylinux|cibw", re.IGNORECASE)


def _builds_for_platforms(job: Job) -> bool:
    """Whether the jobs of its matrix build for machines or Pythons, and not several packages."""
    return job.has_matrix and (
        any("matrix." in label for label in job.runs_on)
        or all(_PLATFORM.search(name) for name in (job.matrix.keys() if job.matrix else ()))
    )


# --- the environment -------------------------------------------------------------------------


def env_equals_publisher(subject: Subject) -> Iterator[Finding | Skipped]:
    registered = subject.facts.publisher
    if registered is None:
        yield skipped(ENV_EQUALS, "what is registered on the index is not known")
        return
    if registered.workflow != subject.workflow.filename:
        return
    for publish in subject.releases:
        if publish.unusable:
            continue
        environment = publish.job.environment
        if environment is not None and environment.name is None:
            continue  # env-dynamic speaks of it
        name = environment.name or "" if environment is not None else ""
        wanted = registered.environment or ""
        if not wanted or name.lower() == wanted.lower():
            continue
        has = f"`{name}`" if name else "none"
        patch = ""
        if environment is None:
            patch = patches.add_key(
                subject.workflow, publish.job.node, f"environment: {wanted}", before="steps"
            )
        else:
            patch = patches.replace_in_line(subject.workflow, environment.line, name, wanted)
        yield find(
            ENV_EQUALS,
            f"The registered publisher has the environment `{wanted}`, job `{publish.job.id}` has "
            f"{has}.",
            where=subject.workflow.at(
                environment.line if environment is not None else publish.job.line,
                f"jobs.{publish.job.id}.environment",
            ),
            patch=patch,
        )


def env_present(subject: Subject) -> Iterator[Finding | Skipped]:
    told = set()
    for publish in _where_they_are(subject):
        job, workflow = publish.job, publish.workflow
        if publish.unusable or job.environment is not None or (workflow.file, job.id) in told:
            continue
        told.add((workflow.file, job.id))
        meant = {"name", "url"} <= dict(job.environ).keys()
        yield find(
            ENV_PRESENT,
            f"Job `{job.id}` has no environment."
            + (" Its `env:` has a `name` and a `url`: `environment:` is meant." if meant else ""),
            where=workflow.at(job.line, f"jobs.{job.id}.environment"),
            patch=patches.add_key(workflow, job.node, "environment: pypi", before="steps"),
        )


def _where_they_are(subject: Subject) -> Iterator[PublishJob]:
    """The uploads that count, with the jobs of called workflows in the place of those that call."""
    for publish in subject.releases:
        if publish.job.uses is None:
            yield publish
        elif publish.job.calls in subject.called and not publish.unusable:
            inner = publish_jobs(subject.called[publish.job.calls])
            yield from (one for one in inner if one.index == publish.index and not one.job.uses)


def env_dynamic(subject: Subject) -> Iterator[Finding | Skipped]:
    told = set()
    for publish in subject.publishes:
        environment = publish.job.environment
        if environment is None or environment.name is not None or publish.job.id in told:
            continue
        told.add(publish.job.id)
        if not any(subject.reaches(publish, event) is not False for event in subject.raised):
            continue
        named = _named_at_release(subject, environment.expression)
        several = "matrix." in (page_of(publish.job) or "")  # one project after the other
        yield find(
            ENV_DYNAMIC,
            f"The environment of job `{publish.job.id}` is an expression, "
            f"`{environment.expression}`." + (f" At a release it is `{named}`." if named else ""),
            where=subject.workflow.at(environment.line, f"jobs.{publish.job.id}.environment"),
            severity=Severity.ADVICE if named or several else None,
            fix=f'Say which it is: `[tool.nox-release] environment = "{named}"`.' if named else "",
        )


def _named_at_release(subject: Subject, expression: str) -> str:
    """The one name that the environment has whenever a release starts the workflow; else empty."""
    names = {
        interpolate(expression, given)
        for event in subject.raised
        for _, given in circumstances(event, subject.facts, None, subject.workflow)
    }
    return (names.pop() or "") if len(names) == 1 else ""


def env_allows_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    named = [one for one in subject.releases if one.job.environment and one.job.environment.name]
    if not named:
        return
    policy, tag = subject.facts.environment, subject.facts.tag
    if policy is None:
        yield skipped(ENV_TAG, "GitHub's rules for the environment are not known")
        return
    if not policy.protected_branches_only and policy.policies is None:
        return  # it admits everything
    if tag is None:
        yield skipped(ENV_TAG, "the release's tag is not known")
        return
    for publish in named:
        environment = publish.job.environment
        if environment is None or (environment.name or "").lower() != policy.name.lower():
            continue
        where = f"Edit it at {policy.url}." if policy.url else ""
        if policy.protected_branches_only:
            yield find(
                ENV_TAG,
                f"The environment `{policy.name}` admits only protected branches, not the tag "
                f"`{tag}`.",
                where=subject.workflow.at(environment.line, f"jobs.{publish.job.id}.environment"),
                fix=f"Allow selected branches and tags, and add a tag rule for `{tag}`. {where}".strip(),
            )
        elif policy.policies is not None:
            if any(
                one.kind == "tag" and fnmatch_takes(tag, one.pattern) for one in policy.policies
            ):
                continue
            listed = ", ".join(f"{one.kind} `{one.pattern}`" for one in policy.policies)
            yield find(
                ENV_TAG,
                f"The environment `{policy.name}` does not admit the tag `{tag}`; it admits "
                f"{listed or 'nothing'}.",
                where=subject.workflow.at(environment.line, f"jobs.{publish.job.id}.environment"),
                fix=f"Add a tag rule such as `v*`. {where}".strip(),
            )
        return


CHECKS = (
    (MANUAL, no_manual_twine),
    (ATTEST_ONCE, attest_once),
    (INDEX, index_matches),
    (CURRENT, action_current),
    (BRANCH, action_branch),
    (INPUTS, action_inputs),
    (PARTS, parts_uploaded_apart),
    (ENV_EQUALS, env_equals_publisher),
    (ENV_PRESENT, env_present),
    (ENV_DYNAMIC, env_dynamic),
    (ENV_TAG, env_allows_tag),
)
RULES = tuple(rule for rule, _ in CHECKS)
