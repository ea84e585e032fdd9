"""Rules about where the secret of an upload gets to."""

import re
from collections.abc import Iterator

from nox_release.checks.workflow.subject import SECURITY, Subject, rule, uses_action
from nox_release.core.findings import Finding, Severity, Skipped, find
from nox_release.workflows.publishing import Job, Step, Workflow, steps_elsewhere

SENT_AWAY = rule(
    "secret-sent-away",
    Severity.ERROR,
    "No workflow sends the upload's secret anywhere but to the index",
    why="Stolen accounts have added such steps to many projects (the GhostAction campaign of 2025); "
    "with the secret, anybody can publish in your name.",
    remedy="Remove the step, revoke the token on the index, and look at who committed it.",
    link="https://blog.gitguardian.com/ghostaction-campaign-3-325-secrets-stolen/",
)
FOR_EVERY_STEP = rule(
    "secret-for-every-step",
    Severity.WARNING,
    "The upload's secret is given to the step that uploads alone",
    why="What stands under `env:` of a job or a workflow is read by every step: the build back end, "
    "the tests, each action.",
    remedy="Move it to the `env:` of the uploading step; better, use trusted publishing.",
    link=SECURITY,
)

_UPLOAD_SECRET = re.compile(
    r"\$\{\{[^}$]{0,300}secrets\s{0,9}(?:\.\s{0,9}|\[\s{0,9}')"
    r"(\w{0,99}(?:PYPI|TWINE|WAREHOUSE|UV_PUBLISH|FLIT|POETRY|HATCH_INDEX|PDM_PUBLISH|MATURIN)\w{0,99})",
    re.IGNORECASE,
)
_EVERY_SECRET = re.compile(r"\$\{\{[^}$]{0,300}to_?json\(\s{0,9}secrets\s{0,9}\)", re.IGNORECASE)
_SENDS = re.compile(
    r"\b(?:curl|wget|nc|ncat|Invoke-WebRequest|Invoke-RestMethod|iwr|irm|urlopen"
    r"|(?:requests|httpx)\.(?:post|put|get|request))\b"
)
_HOST = re.compile(r"https?://(?:[^/\s'\"@]*@)?([\w.-]+)|\b(\d{1,3}(?:\.\d{1,3}){3})\b")
_INDEXES = re.compile(r"(?:^|\.)(?:pypi\.org|pypi\.io|pythonhosted\.org|github\.com)$")


def secret_sent_away(subject: Subject) -> Iterator[Finding | Skipped]:
    allowed = _own_host(subject)
    for workflow in (subject.workflow, *(subject.facts.others or ())):
        for job in workflow.jobs:
            for step in job.steps:
                written = (("", step), *steps_elsewhere(step, subject.facts.actions))
                for place, part in written:
                    secret = _secret_in(workflow, job, part)
                    host = _sent_to(part, secret, allowed) if secret else ""
                    if host:
                        by = f", in {place}" if place else ""
                        yield find(
                            SENT_AWAY,
                            f"Job `{job.id}` of {workflow.file} sends {secret[0]} to {host}{by}.",
                            where=workflow.at(step.line, f"jobs.{job.id}.steps"),
                        )


def _own_host(subject: Subject) -> str:
    index = subject.facts.index
    found = _HOST.search(index.upload_url) if index is not None else None
    return found[1] or "" if found else ""


def _secret_in(workflow: Workflow, job: Job, step: Step) -> tuple[str, ...]:
    """How the step's script writes the upload's secret, its name first; empty where it does not."""
    script = step.run or ""
    everything = _EVERY_SECRET.search(script)
    if everything:
        return ("every secret", everything[0])
    found = _UPLOAD_SECRET.search(script)
    if found:
        return (f"the secret {found[1]}", found[0])
    for name, value in {
        **dict(workflow.environ),
        **dict(job.environ),
        **dict(step.environ),
    }.items():
        found = _UPLOAD_SECRET.search(value)
        if (found or _EVERY_SECRET.search(value)) and re.search(
            rf"\$\{{?{re.escape(name)}\b|env\.{re.escape(name)}\b", script
        ):
            return (f"the secret {found[1]}" if found else "every secret", name)
    return ()


def _sent_to(step: Step, secret: tuple[str, ...], allowed: str) -> str:
    """The host of another party that a command gives the secret to."""
    for command in step.commands():
        if not _SENDS.search(command.text) or secret[1] not in command.text:
            continue
        for found in _HOST.finditer(command.text):
            host = (found[1] or found[2]).lower()
            if not _INDEXES.search(host) and host not in (allowed, "localhost", "127.0.0.1"):
                return host
    return ""


def secret_for_every_step(subject: Subject) -> Iterator[Finding | Skipped]:
    workflow = subject.workflow
    for publish in subject.releases:
        job = publish.job
        if publish.unusable or publish.step is None or publish.credentials != "secret":
            continue
        others = [step for step in job.steps if step != publish.step and _runs_code(step)]
        for holder, what in ((job, f"job `{job.id}`"), (workflow, "the whole workflow")):
            found = next(((n, v) for n, v in holder.environ if _UPLOAD_SECRET.search(v)), None)
            block = holder.node.get("env")
            key = block.key(found[0]) if found and block is not None else None
            if key is None or (holder is job and not others):
                continue
            yield find(
                FOR_EVERY_STEP,
                f"`{key.text}` is given to every step of {what}.",
                where=subject.workflow.at(
                    key.line, f"jobs.{job.id}.env" if holder is job else "env"
                ),
            )
            return


def _runs_code(step: Step) -> bool:
    return step.run is not None or not uses_action(
        step, "actions/checkout", "actions/download-artifact", "actions/setup-python"
    )


CHECKS = ((SENT_AWAY, secret_sent_away), (FOR_EVERY_STEP, secret_for_every_step))
RULES = tuple(rule for rule, _ in CHECKS)
