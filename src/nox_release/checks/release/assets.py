"""Rules about the files that are attached to a GitHub release, the setting `assets`."""

from collections.abc import Iterator, Sequence

from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import Result, Rule, Severity, find, skipped
from nox_release.core.words import some
from nox_release.releases.observed import Observed
from nox_release.releases.plan import Target, files_there, has_begun, names_to_attach
from nox_release.workflows.syntax import Workflow

_LINK = (
    "https://docs.github.com/code-security/supply-chain-security/understanding-your-software-"
    "supply-chain/immutable-releases"
)
LATE = Rule(
    "release-assets-late",
    Severity.ERROR,
    "The GitHub release takes its files",
    subject="GitHub",
    why="Where releases are immutable, one that is published takes no more files; the index has them "
    "only after the workflow that its publication starts.",
    remedy="Have the workflow started by the tag, so that the GitHub release is made last: "
    "nox -s init -- --on tag; or take `assets` out of the settings",
    link=_LINK,
)
MISSING = Rule(
    "release-asset-missing",
    Severity.ERROR,
    "The files in `assets` are in the project's folder, or the workflow makes them",
    subject="project",
    why="They are attached to the GitHub release at the end, when tag and files are public.",
    remedy="Make the files, have the workflow keep them as an artifact, or take them out of `[tool.nox-release] assets`",
)
DIFFERS = Rule(
    "release-asset-differs",
    Severity.WARNING,
    "The files of the GitHub release are those on the index",
    subject="GitHub",
    why="Two files of one name with other bytes: nobody can tell which of them was released.",
    remedy="Delete the file on the release's page, then nox -s release attaches the index's own",
)
LACKS = Rule(
    "release-assets-absent",
    Severity.WARNING,
    "The GitHub release has its files",
    subject="GitHub",
    why="It was published without them, and an immutable release takes no more.",
    remedy="Nothing can be done for this release; see to it that the workflow is started by the tag",
    link=_LINK,
)
RULES = (LATE, MISSING, DIFFERS, LACKS)


def is_named_in(workflow: Workflow | None, name: str) -> bool:
    """Whether a step of the workflow names the file, so that its run may well make it."""
    own = name.rpartition("/")[2]
    steps = (step for job in workflow.jobs for step in job.steps) if workflow is not None else ()
    return any(
        own in text for step in steps for text in (step.run or "", *(one[1] for one in step.inputs))
    )


def check_before(target: Target, observed: Observed, absent: Sequence[str]) -> Iterator[Result]:
    """Whether what is to be attached can be; `absent` are files that are neither in the
    folder nor named in the workflow.
    """
    if absent:
        yield find(MISSING, f"`assets` names {some(absent)}, and there is no such file.")
    if not target.assets or target.release_last or has_begun(target, observed):
        return
    locked = observed.immutable_releases
    if isinstance(locked, CouldNotAsk):
        yield skipped(LATE, locked.reason, title=f"whether releases of {target.slug} are immutable")
    elif locked:
        yield find(
            LATE,
            f"Releases of {target.slug} are immutable: once published, this one takes no files, and "
            f"its publication is what starts {target.workflow}.",
        )


def check_after(target: Target, observed: Observed) -> Iterator[Result]:
    """The files of a GitHub release that is out against those on the index."""
    release = known(observed.github_release)
    if not target.assets or release is None:
        return
    on_index = {file.filename: file.sha256 for file in files_there(target, observed)}
    names = names_to_attach(target, observed)
    there = {name: asset for name in names if (asset := release.asset(name)) is not None}
    others = [
        name
        for name, asset in there.items()
        if asset.sha256 and on_index.get(name) not in (None, asset.sha256)
    ]
    if others:
        index = target.index.title
        yield find(DIFFERS, f"{some(others)} has other bytes there than on {index}: {release.url}")
    absent = [name for name in names if name not in there]
    if absent and release.immutable:
        yield find(LACKS, f"{release.url} is without {some(absent)}.")
