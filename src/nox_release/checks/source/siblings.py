"""Rules about the other packages of a repository: what they ask of the one that is released."""

from collections.abc import Iterator

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks.source.subject import PYPROJECT, Source
from nox_release.checks.source.versions import declared_version
from nox_release.core.findings import Finding, Location, Rule, Severity, find
from nox_release.core.words import some
from nox_release.project.workspace import Sibling, circle, excluding, needs_of, same_tag

BOUND = Rule(
    "sibling-bound",
    Severity.WARNING,
    "The other packages of the repository take the version",
    subject="project",
    why="Nobody can install the two together: pip gets an older release of this package, or none. "
    "Inside a workspace neither uv's lock nor its sync nor a build says so.",
    remedy="Widen the range there, and release that package after this one",
    link="https://docs.astral.sh/uv/concepts/projects/workspaces/",
)
CYCLE = Rule(
    "dependency-cycle",
    Severity.WARNING,
    "The packages of the repository do not need each other in a circle",
    subject="project",
    why="Whichever is released first asks for what is not there yet: no order of releases can be "
    "installed after each step.",
    remedy="Move what both need into a package of its own, or make one of the needs an extra",
)
TAG = Rule(
    "tag-releases-others",
    Severity.WARNING,
    "The tag names this package alone",
    subject="project",
    why="A tag that is of the form of several packages starts the workflows of all of them, prepared or "
    "not.",
    remedy='Give each its own tags: `tag-format = "{name}-v{version}"`',
)
RULES = (BOUND, CYCLE, TAG)


def siblings(source: Source) -> Iterator[Finding]:
    others = source.tree.siblings
    if not others:
        return
    yield from _bounds(source)
    yield from _circle(source)
    project = source.project
    alike = same_tag(others, name=project.name, tag_format=project.settings.tag_format)
    if alike:
        tag = project.settings.tag(project.name, "1.0.0")
        names = some(one.name for one in alike)
        yield find(TAG, f"A tag such as `{tag}` is one of {names}, too.")


def _bounds(source: Source) -> Iterator[Finding]:
    declared = declared_version(source.project, source.tree)
    if declared is None:
        return
    version = Version(declared)
    for one in excluding(source.tree.siblings, source.project.name, version):
        need = one.need_of(source.project.name)
        yield find(
            BOUND,
            f"`{one.name}` asks for `{need}`, which excludes {version}.",
            where=Location(file=_pyproject(one)),
        )


def _circle(source: Source) -> Iterator[Finding]:
    project = source.project
    own = Sibling(name=project.name, folder="", needs=needs_of(project))
    found = circle((own, *source.tree.siblings))
    if canonicalize_name(project.name) in found:
        yield find(CYCLE, f"They need each other: {' → '.join(found)}.")


def _pyproject(one: Sibling) -> str:
    return PYPROJECT if one.folder == "." else f"{one.folder}/{PYPROJECT}"
