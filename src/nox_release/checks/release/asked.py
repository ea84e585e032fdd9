"""Questions of the checklist whose answer is a fact rather than a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.core.findings import Rule, Severity, find

if TYPE_CHECKING:
    from nox_release.core.errors import NoxReleaseError
    from nox_release.core.findings import Finding


def _fact(slug: str, subject: str, title: str, why: str, remedy: str, link: str = "") -> Rule:
    return Rule(
        id=slug,
        subject=subject,
        severity=Severity.ADVICE,
        title=title,
        why=why,
        remedy=remedy,
        link=link,
    )


DISTRIBUTIONS_CHECKED = _fact(
    "distributions-checked",
    "distributions",
    "The files of this version have been checked",
    "Much of what PyPI refuses shows only in the built files.",
    "nox -s build, or nox -s check-project -- --build.",
)
BUILD_FAILS = Rule(
    id="build-fails",
    subject="distributions",
    severity=Severity.ERROR,
    title="The project builds",
    why="A release builds the files on GitHub, where the same would happen.",
    remedy="Mend what the backend says; nox -s build shows all of it.",
    link="https://packaging.python.org/en/latest/tutorials/packaging-projects/",
)
PLACE = Rule(
    id="place-on-github",
    subject="GitHub",
    severity=Severity.ERROR,
    title="The project is in a git repository with a remote on GitHub",
    why="What is published is a commit that GitHub has: the release's tag starts the workflow "
    "there, and the trusted publisher names that repository.",
    remedy="Put the project under git, and push it: gh repo create --source . --push --public",
    link="https://docs.pypi.org/trusted-publishers/",
)
GITHUB_ASKED = _fact(
    "github-asked",
    "GitHub",
    "GitHub could be asked",
    "Whether the repository, its workflow and its environment are as the publisher needs them is "
    "asked through gh.",
    "Install gh (https://cli.github.com/) and log in: gh auth login.",
)
PUBLISHER_DERIVED = _fact(
    "publisher-derived",
    "trusted publisher",
    "What publishes is clear",
    "The four values that PyPI compares are found from the remote and the workflows.",
    "Give the project a remote on github.com and one workflow that publishes.",
    "https://docs.pypi.org/trusted-publishers/",
)
PUBLISHER_REGISTERED = _fact(
    "publisher-registered",
    "trusted publisher",
    "The index has this publisher",
    "The index tells nobody which publishers it has. A run that exchanges a token proves one, and "
    "so does the provenance of a published file.",
    "Register it on the page that the checklist shows.",
    "https://docs.pypi.org/trusted-publishers/adding-a-publisher/",
)

PUBLISHER_LAST_RELEASE = _fact(
    "publisher-last-release",
    "trusted publisher",
    "The provenance of a published file",
    "It names the publisher that the index took the file from.",
    "Publish with attestations, which pypa/gh-action-pypi-publish makes by default.",
    "https://docs.pypi.org/attestations/",
)
WORKFLOW_RULES = _fact(
    "workflow-rules",
    "workflow",
    "The other rules about publishing workflows hold",
    "One line for all of them, so that the findings can be seen.",
    "Nothing.",
)
ZIZMOR = _fact(
    "zizmor",
    "workflow",
    "What zizmor says about the workflows",
    "It looks for what lets strangers into a workflow. Its findings are shown as `zizmor/…`.",
    "Install nox-release[audit], and follow the page that the finding links.",
    "https://docs.zizmor.sh/audits/",
)
ACTIONLINT = _fact(
    "actionlint",
    "workflow",
    "What actionlint says about the workflows",
    "It checks workflow files for mistakes. Its findings are shown as `actionlint/…`.",
    "Put actionlint on the PATH, and follow the page that the finding links.",
    "https://github.com/rhysd/actionlint",
)

RULES = (
    DISTRIBUTIONS_CHECKED,
    BUILD_FAILS,
    PLACE,
    GITHUB_ASKED,
    PUBLISHER_DERIVED,
    PUBLISHER_REGISTERED,
    PUBLISHER_LAST_RELEASE,
    WORKFLOW_RULES,
    ZIZMOR,
    ACTIONLINT,
)


def build_failure(failed: NoxReleaseError) -> Finding:
    """A build that failed, as a finding like any other."""
    said = " ".join(part for part in (failed.message, failed.reason) if part)
    return find(BUILD_FAILS, said, fix=failed.hint)
