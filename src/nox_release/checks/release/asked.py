"""Questions of the checklist whose answer is a fact rather than a verdict."""

from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding, Rule, Severity, find

DISTRIBUTIONS_CHECKED = Rule(
    "distributions-checked",
    Severity.ADVICE,
    "The files of this version have been checked",
    subject="distributions",
    why="Much of what PyPI refuses shows only in the built files.",
    remedy="nox -s build, or nox -s check-project -- --build.",
)
BUILD_FAILS = Rule(
    "build-fails",
    Severity.ERROR,
    "The project builds",
    subject="distributions",
    why="A release builds the files on GitHub, where the same would happen.",
    remedy="Fix what the backend says; nox -s build -- -v shows all of it.",
    link="https://packaging.python.org/en/latest/tutorials/packaging-projects/",
)
PLACE = Rule(
    "place-on-github",
    Severity.ERROR,
    "The project is in a git repository with a remote on GitHub",
    subject="GitHub",
    why="What is published is a commit that GitHub has: the release's tag starts the workflow "
    "there, and the trusted publisher names that repository.",
    remedy="Put the project under git, and push it: gh repo create --source . --push --public",
    link="https://docs.pypi.org/trusted-publishers/",
)
GITHUB_ASKED = Rule(
    "github-asked",
    Severity.ADVICE,
    "GitHub could be asked",
    subject="GitHub",
    why="Whether the repository, its workflow and its environment are as the publisher needs them is "
    "asked through gh.",
    remedy="Install gh (https://cli.github.com/) and log in: gh auth login.",
)
PUBLISHER_DERIVED = Rule(
    "publisher-derived",
    Severity.ADVICE,
    "What publishes is clear",
    subject="trusted publisher",
    why="The four values that PyPI compares are found from the remote and the workflows.",
    remedy="Give the project a remote on github.com and one workflow that publishes.",
    link="https://docs.pypi.org/trusted-publishers/",
)
PUBLISHER_REGISTERED = Rule(
    "publisher-registered",
    Severity.ADVICE,
    "The index has this publisher",
    subject="trusted publisher",
    why="The index tells nobody which publishers it has. A run that exchanges a token proves one, and "
    "so does the provenance of a published file.",
    remedy="Register it on the page that the checklist shows.",
    link="https://docs.pypi.org/trusted-publishers/adding-a-publisher/",
)

PUBLISHER_LAST_RELEASE = Rule(
    "publisher-last-release",
    Severity.ADVICE,
    "The provenance of a published file",
    subject="trusted publisher",
    why="It names the publisher that the index took the file from.",
    remedy="Publish with attestations, which pypa/gh-action-pypi-publish makes by default.",
    link="https://docs.pypi.org/attestations/",
)
WORKFLOW_RULES = Rule(
    "workflow-rules",
    Severity.ADVICE,
    "The other rules about publishing workflows hold",
    subject="workflow",
    why="One line for all of them, so that the findings can be seen.",
    remedy="Nothing.",
)
ZIZMOR = Rule(
    "zizmor",
    Severity.ADVICE,
    "What zizmor says about the workflows",
    subject="workflow",
    why="It looks for what lets strangers into a workflow. Its findings are shown as `zizmor/…`.",
    remedy="Install nox-release[audit], and follow the page that the finding links.",
    link="https://docs.zizmor.sh/audits/",
)
ACTIONLINT = Rule(
    "actionlint",
    Severity.ADVICE,
    "What actionlint says about the workflows",
    subject="workflow",
    why="It checks workflow files for mistakes. Its findings are shown as `actionlint/…`.",
    remedy="Put actionlint on the PATH, and follow the page that the finding links.",
    link="https://github.com/rhysd/actionlint",
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


# What is found in the files that are there now, which are edited.
OF_THIS_TREE = frozenset({"changelog-section", "lock-version-stale", "version-not-asked"})
# What is found about the commit that is there now, whose place another one takes.
OF_THIS_COMMIT = OF_THIS_TREE | {
    "tree-dirty",
    "checks-absent",
    "checks-red",
    "checks-running",
    "branch-ahead",
}
