"""Rules about what the jobs of a publishing workflow may do."""

from collections.abc import Iterator

from nox_release.checks.workflow.subject import Subject, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find, skipped
from nox_release.workflows import patches
from nox_release.workflows.publishing import Job

PERMISSIONS = (
    "https://docs.github.com/actions/writing-workflows/choosing-what-your-workflow-does/"
    "controlling-permissions-for-github_token"
)

OIDC = rule(
    "oidc-permission",
    Severity.ERROR,
    "The publish job may request an identity token",
    why="GitHub gives a job no identity token without `id-token: write`, and without one there is "
    "no trusted publishing. A job's own `permissions:` replaces the workflow's.",
    remedy="Give the publish job `permissions: id-token: write`.",
    link="https://docs.pypi.org/trusted-publishers/using-a-publisher/",
)
CONTENTS_READ = rule(
    "contents-read",
    Severity.ERROR,
    "Jobs that check out a private repository may read it",
    why="A `permissions:` block takes away what it does not list, and a private repository cannot "
    "be checked out without `contents: read`.",
    remedy="Add `contents: read` to the job's `permissions:`.",
    link=PERMISSIONS,
)

CALLED = rule(
    "called-permissions",
    Severity.ERROR,
    "A called workflow asks for no more than its caller gives",
    why="What the calling job may do is the most that a called workflow gets. If a job in it asks for "
    "more, GitHub starts nothing: `is requesting 'id-token: write', but is only allowed "
    "'id-token: none'`.",
    remedy="Give the calling job the same `permissions:`.",
    link="https://docs.github.com/actions/reference/workflows-and-actions/"
    "reusing-workflow-configurations#access-and-permissions-for-nested-workflows",
)


def oidc_permission(subject: Subject) -> Iterator[Finding | Skipped]:
    if subject.workflow.is_only_called:
        return
    seen = set()
    for publish in subject.publishes:
        job = publish.job
        if publish.unusable or publish.credentials == "secret" or job.id in seen:
            continue
        seen.add(job.id)
        permissions = subject.workflow.permissions_of(job)
        if permissions is not None and not permissions.known:
            yield skipped(OIDC, f"the permissions of job `{job.id}` are an expression")
            continue
        if permissions is not None and permissions.level("id-token") == "write":
            continue
        if not publish.tool.startswith("pypa/"):
            yield skipped(
                OIDC, f"where job `{job.id}` has the credentials for `{publish.tool}` from"
            )
            continue
        whose = "Its" if job.permissions else "The workflow's" if permissions else ""
        gives = (
            f"{whose} `permissions:` does not list `id-token: write`."
            if whose
            else "Neither it nor the workflow has `permissions:`."
        )
        yield find(
            OIDC,
            f"Job `{job.id}` may not request an identity token. {gives}",
            where=subject.workflow.at(
                permissions.line if permissions is not None else job.line,
                f"jobs.{job.id}.permissions",
            ),
            patch=_grant(subject, job),
        )


def _grant(subject: Subject, job: Job) -> str:
    """The diff that gives the job the permission, and keeps what its steps need."""
    block = job.node.get("permissions")
    if block is not None:
        if block.get("id-token") is not None:
            return patches.replace_in_line(
                subject.workflow,
                block.get("id-token").line,  # type: ignore[union-attr]
                f"id-token: {block.get('id-token').text}",  # type: ignore[union-attr]
                "id-token: write",
            )
        return patches.add_key(subject.workflow, block, "id-token: write")
    kept = []
    inherited = subject.workflow.permissions
    if inherited is not None and inherited.everything is None:
        kept = [f"  {scope}: {level}" for scope, level in inherited.scopes if scope != "id-token"]
    elif inherited is None and _checks_out(job):
        kept = ["  contents: read"]
    return patches.add_key(
        subject.workflow,
        job.node,
        "permissions:",
        *kept,
        "  id-token: write",
        before="steps",
    )


def _checks_out(job: Job) -> bool:
    return any(uses_action(step, "actions/checkout") for step in job.steps)


def contents_read(subject: Subject) -> Iterator[Finding | Skipped]:
    if not subject.facts.private:
        return
    for job in subject.workflow.jobs:
        permissions = subject.workflow.permissions_of(job)
        if permissions is None or not permissions.known or not _checks_out(job):
            continue
        if permissions.level("contents") != "none":
            continue
        checkout = next(step for step in job.steps if uses_action(step, "actions/checkout"))
        if checkout.input("token") or checkout.input("ssh-key"):
            continue
        block = job.node.get("permissions")
        patch = (
            patches.add_key(subject.workflow, block, "contents: read")
            if block is not None
            else patches.add_key(
                subject.workflow, job.node, "permissions:", "  contents: read", before="steps"
            )
        )
        yield find(
            CONTENTS_READ,
            f"Job `{job.id}` checks the repository out, but its permissions leave "
            "`contents: read` out.",
            where=subject.workflow.at(permissions.line, f"jobs.{job.id}.permissions"),
            patch=patch,
            severity=None if job.id in subject.needed_for_upload else Severity.WARNING,
        )


_RANKS = ("none", "read", "write")


def called_permissions(subject: Subject) -> Iterator[Finding | Skipped]:
    for job in subject.workflow.jobs:
        target = subject.called.get(job.calls)
        given = subject.workflow.permissions_of(job)
        if target is None or (given is not None and not given.known):
            continue
        for inner in target.jobs:
            asked = target.permissions_of(inner)
            for scope, level in () if asked is None or not asked.known else asked.scopes:
                # Whatever a repository's default is, it has no identity token.
                default = "none" if scope == "id-token" else "write"
                allowed = given.level(scope) if given is not None else default
                if level in _RANKS and _RANKS.index(level) > _RANKS.index(allowed):
                    yield find(
                        CALLED,
                        f"Job `{inner.id}` of {target.file} asks for `{scope}: {level}`, and job "
                        f"`{job.id}`, which calls it, has `{scope}: {allowed}`.",
                        where=subject.workflow.at(job.line, f"jobs.{job.id}.permissions"),
                    )
                    return


CHECKS = (
    (OIDC, oidc_permission),
    (CONTENTS_READ, contents_read),
    (CALLED, called_permissions),
)
RULES = tuple(rule for rule, _ in CHECKS)
