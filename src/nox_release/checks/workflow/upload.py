"""Rules about the step that uploads, and the environment it runs in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nox_release.checks.workflow.subject import (
    ACTION,
    SECURITY,
    action_version,
    report,
    rule,
    skip,
    uses_action,
)
from nox_release.core.findings import Severity
from nox_release.workflows import patches
from nox_release.workflows.publishing import PYPA_ACTION
from nox_release.workflows.ref_patterns import fnmatch_takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nox_release.checks.workflow.subject import Subject
    from nox_release.core.findings import Finding, Skipped
    from nox_release.workflows.publishing import PublishJob

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
SKIP_EXISTING = rule(
    "skip-existing-off",
    Severity.WARNING,
    "An upload to PyPI that is not new fails",
    why="`skip-existing` hides that nothing was published, or only half of it.",
    remedy="Remove `skip-existing`; for TestPyPI it is fine.",
    link=ACTION,
)
VERIFY = rule(
    "verify-metadata-on",
    Severity.WARNING,
    "The action's own check of the metadata is on",
    why="It finds a description that PyPI would refuse before the first byte goes out.",
    remedy="Remove `verify-metadata: false`.",
    link=ACTION,
)
ATTESTATIONS = rule(
    "attestations-on",
    Severity.WARNING,
    "Attestations are made",
    why="They let everybody verify which workflow made a file.",
    remedy="Remove `attestations: false`.",
    link="https://docs.pypi.org/attestations/",
)
ATTEST_ONCE = rule(
    "attest-once",
    Severity.ERROR,
    "The action runs once for the same folder",
    why="The first run leaves attestations beside the files; the second refuses to go on.",
    remedy="Upload to TestPyPI and PyPI in two jobs, each with the files fetched anew.",
    link=ACTION,
)
INDEX = rule(
    "index-matches",
    Severity.ERROR,
    "The upload address is that of an index",
    why="Uploads go to `/legacy/`, with the slash; other addresses of PyPI take none.",
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
UV_ATTEST = rule(
    "uv-attest",
    Severity.ADVICE,
    "Attestations are made for `uv publish`",
    why="uv uploads attestations that lie beside the files, and makes none.",
    remedy="Run astral-sh/attest-action before it, or use pypa/gh-action-pypi-publish.",
    link="https://docs.astral.sh/uv/guides/package/#publishing-your-package",
)
UV_SKIPPED = rule(
    "uv-skipped",
    Severity.WARNING,
    "`uv publish` leaves no file out unseen",
    why="A file with a name it does not understand is passed over with a warning, and the run is "
    "green.",
    remedy="Check the files in the build job: `nox-release build`, or `twine check --strict dist/*`.",
    link="https://docs.astral.sh/uv/guides/package/",
)
ENV_EQUALS = rule(
    "env-equals-publisher",
    Severity.ERROR,
    "The job's environment is the one that is registered",
    why="A publisher with an environment takes tokens of that environment only: "
    "`invalid-publisher`.",
    remedy="Give both the same name.",
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
    why="Each name an expression can give has to be registered on the index.",
    remedy="Write the name out, in one job for each index.",
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
ENV_REVIEWERS = rule(
    "env-reviewers",
    Severity.ADVICE,
    "Whether the run waits for approval",
    why="A run that waits looks like one that hangs.",
    remedy="Approve it on the run's page: Review deployments.",
    link=f"{ENVIRONMENTS}#required-reviewers",
)


def no_manual_twine(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.releases:
        if publish.unusable or publish.credentials != "secret":
            continue
        yield report(
            subject,
            MANUAL,
            publish.line,
            f"Job `{publish.job.id}` uploads with a stored secret (`{publish.tool}`).",
            key=f"jobs.{publish.job.id}.steps",
        )


def _action_steps(subject: Subject) -> Iterator[PublishJob]:
    for publish in subject.publishes:
        if publish.step is not None and uses_action(publish.step, PYPA_ACTION):
            yield publish


def skip_existing_off(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.publishes:
        if publish.index == "testpypi" or publish.step is None:
            continue
        if uses_action(publish.step, PYPA_ACTION):
            found = publish.step.input("skip-existing") == "true"
            line = publish.step.input_line("skip-existing")
        else:
            options = ("--skip-existing", "--check-url")
            found = (
                any(
                    option in command.words
                    for command in publish.step.commands()
                    if command.line == publish.line
                    for option in options[:1]
                )
                and publish.step.run is not None
            )
            line = publish.line
        if found and publish.index is not None:
            yield report(
                subject,
                SKIP_EXISTING,
                line,
                f"Job `{publish.job.id}` passes over files that are on the index already.",
                key=f"jobs.{publish.job.id}.steps",
                patch=_without_input(subject, publish, "skip-existing"),
            )


def _without_input(subject: Subject, publish: PublishJob, name: str) -> str:
    """The diff that takes an input away, with `with:` where it was the only one."""
    step = publish.step
    given = None if step is None else step.node.get("with")
    if step is None or given is None or not patches.is_block(subject.workflow, given):
        return ""
    lines = subject.workflow.text.splitlines(keepends=True)
    line = step.input_line(name)
    first = step.node.key("with")
    drop = {line} if len(given.entries) > 1 or first is None else {line, first.line}
    return patches.difference(
        subject.workflow, [text for number, text in enumerate(lines, 1) if number not in drop]
    )


def verify_metadata_on(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in _action_steps(subject):
        if publish.step is not None and publish.step.input("verify-metadata") == "false":
            yield report(
                subject,
                VERIFY,
                publish.step.input_line("verify-metadata"),
                f"Job `{publish.job.id}` switches the check of the metadata off.",
                key=f"jobs.{publish.job.id}.steps",
                patch=_without_input(subject, publish, "verify-metadata"),
            )


def attestations_on(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in _action_steps(subject):
        if publish.step is None or publish.index != "pypi" or publish.credentials == "secret":
            continue
        if publish.step.input("attestations") == "false":
            yield report(
                subject,
                ATTESTATIONS,
                publish.step.input_line("attestations"),
                f"Job `{publish.job.id}` switches attestations off.",
                key=f"jobs.{publish.job.id}.steps",
                patch=_without_input(subject, publish, "attestations"),
            )


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
                yield skip(ATTEST_ONCE, "which version of the action the commit is")
            elif together is None:
                yield skip(ATTEST_ONCE, "whether both uploads happen in one run only a run knows")
            else:
                yield report(
                    subject,
                    ATTEST_ONCE,
                    publish.line,
                    f"Job `{publish.job.id}` runs the publishing action for the second time "
                    f"(first in line {other.line}).",
                    key=f"jobs.{publish.job.id}.steps",
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
        yield report(
            subject,
            INDEX,
            line,
            f"Job `{publish.job.id}` uploads to `{address}`, which takes no uploads; "
            f"`{right}` does.",
            key=f"jobs.{publish.job.id}.steps",
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
        yield skip(CURRENT, "the metadata version of the files is not known before they are built")
        return
    for publish, version in dated:
        for needs, first in _TAKES:
            if _numbers(metadata) >= _numbers(needs) and version < first:
                yield report(
                    subject,
                    CURRENT,
                    publish.line,
                    f"The files have metadata {metadata}; {PYPA_ACTION} "
                    f"{'.'.join(map(str, version))} does not take it yet.",
                    key=f"jobs.{publish.job.id}.steps",
                    fix=f"Pin v{'.'.join(map(str, max(first, (1, 14, 2))))} or later.",
                )
                break


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def uv_attest(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.releases:
        if publish.tool != "uv publish" or publish.credentials == "secret":
            continue
        if publish.unusable or publish.index == "testpypi":
            continue
        if any(uses_action(step, "astral-sh/attest-action") for step in publish.job.steps):
            continue
        yield report(
            subject,
            UV_ATTEST,
            publish.line,
            f"Job `{publish.job.id}` uploads without attestations.",
            key=f"jobs.{publish.job.id}.steps",
        )


def uv_skipped(subject: Subject) -> Iterator[Finding | Skipped]:
    for publish in subject.releases:
        if publish.tool != "uv publish" or publish.unusable or publish.index == "testpypi":
            continue
        checked = any(
            command.runs("twine", "check") is not None or command.tool("nox-release") is not None
            for job in subject.workflow.jobs
            for step in job.steps
            for command in step.commands()
        ) or any(
            uses_action(step, "hynek/build-and-inspect-python-package")
            for job in subject.workflow.jobs
            for step in job.steps
        )
        if not checked:
            yield report(
                subject,
                UV_SKIPPED,
                publish.line,
                f"Job `{publish.job.id}` uses `uv publish`, and nothing checked the names before.",
                key=f"jobs.{publish.job.id}.steps",
            )


# --- the environment -------------------------------------------------------------------------


def env_equals_publisher(subject: Subject) -> Iterator[Finding | Skipped]:
    registered = subject.facts.publisher
    if registered is None:
        yield skip(ENV_EQUALS, "what is registered on the index is not known")
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
        yield report(
            subject,
            ENV_EQUALS,
            environment.line if environment is not None else publish.job.line,
            f"The registered publisher has the environment `{wanted}`, job `{publish.job.id}` has "
            f"{has}.",
            key=f"jobs.{publish.job.id}.environment",
            patch=patch,
        )


def env_present(subject: Subject) -> Iterator[Finding | Skipped]:
    told = set()
    for publish in subject.releases:
        job = publish.job
        if publish.unusable or job.environment is not None or job.id in told:
            continue
        told.add(job.id)
        yield report(
            subject,
            ENV_PRESENT,
            job.line,
            f"Job `{job.id}` has no environment.",
            key=f"jobs.{job.id}.environment",
            patch=patches.add_key(subject.workflow, job.node, "environment: pypi", before="steps"),
        )


def env_dynamic(subject: Subject) -> Iterator[Finding | Skipped]:
    told = set()
    for publish in subject.publishes:
        environment = publish.job.environment
        if environment is None or environment.name is not None or publish.job.id in told:
            continue
        told.add(publish.job.id)
        values = re.findall(r"'([^']+)'", environment.expression)
        listed = f" It can be {' or '.join(f'`{v}`' for v in values)}." if values else ""
        yield report(
            subject,
            ENV_DYNAMIC,
            environment.line,
            f"The environment of job `{publish.job.id}` is an expression, "
            f"`{environment.expression}`.{listed}",
            key=f"jobs.{publish.job.id}.environment",
        )


def env_allows_tag(subject: Subject) -> Iterator[Finding | Skipped]:
    named = [one for one in subject.releases if one.job.environment and one.job.environment.name]
    if not named:
        return
    policy, tag = subject.facts.environment, subject.facts.tag
    if policy is None:
        yield skip(ENV_TAG, "GitHub's rules for the environment are not known")
        return
    if not policy.protected_branches and policy.patterns is None:
        return  # it admits everything
    if tag is None:
        yield skip(ENV_TAG, "the release's tag is not known")
        return
    for publish in named:
        environment = publish.job.environment
        if environment is None or (environment.name or "").lower() != policy.name.lower():
            continue
        where = f"Edit it at {policy.url}." if policy.url else ""
        if policy.protected_branches:
            yield report(
                subject,
                ENV_TAG,
                environment.line,
                f"The environment `{policy.name}` admits protected branches only, not the tag "
                f"`{tag}`.",
                key=f"jobs.{publish.job.id}.environment",
                fix=f"Allow selected branches and tags, and add a tag rule for `{tag}`. {where}".strip(),
            )
        elif policy.patterns is not None:
            tags = [pattern for kind, pattern in policy.patterns if kind == "tag"]
            if any(fnmatch_takes(tag, pattern) for pattern in tags):
                continue
            listed = ", ".join(f"{kind} `{pattern}`" for kind, pattern in policy.patterns)
            yield report(
                subject,
                ENV_TAG,
                environment.line,
                f"The environment `{policy.name}` does not admit the tag `{tag}`; it admits "
                f"{listed or 'nothing'}.",
                key=f"jobs.{publish.job.id}.environment",
                fix=f"Add a tag rule such as `v*`. {where}".strip(),
            )
        return


def env_reviewers(subject: Subject) -> Iterator[Finding | Skipped]:
    policy = subject.facts.environment
    if policy is None:
        return
    for publish in subject.releases:
        environment = publish.job.environment
        if environment is None or (environment.name or "").lower() != policy.name.lower():
            continue
        if policy.reviewers:
            yield report(
                subject,
                ENV_REVIEWERS,
                environment.line,
                f"Runs wait until {' or '.join(policy.reviewers)} approves the deployment to "
                f"`{policy.name}`.",
                key=f"jobs.{publish.job.id}.environment",
            )
        return


CHECKS = (
    (MANUAL, no_manual_twine),
    (SKIP_EXISTING, skip_existing_off),
    (VERIFY, verify_metadata_on),
    (ATTESTATIONS, attestations_on),
    (ATTEST_ONCE, attest_once),
    (INDEX, index_matches),
    (CURRENT, action_current),
    (UV_ATTEST, uv_attest),
    (UV_SKIPPED, uv_skipped),
    (ENV_EQUALS, env_equals_publisher),
    (ENV_PRESENT, env_present),
    (ENV_DYNAMIC, env_dynamic),
    (ENV_TAG, env_allows_tag),
    (ENV_REVIEWERS, env_reviewers),
)
RULES = tuple(rule for rule, _ in CHECKS)
