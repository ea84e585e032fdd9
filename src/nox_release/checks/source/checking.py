"""What the source tree already tells about a release: pyproject.toml and the files around it.

The verdicts on metadata are those of `checks.upload`, asked about one entry at a time, so that each
has its key and line. The rest are mistakes that PyPI does not see and that stop releases all the
same. Nothing of the project is imported or run: TOML is scanned, Python is parsed.
"""

from collections.abc import Callable, Collection, Iterator

from packaging.requirements import Requirement

from nox_release.checks.source.build import build, classifiers, licence
from nox_release.checks.source.entries import entries_of, entry_points, names, refused
from nox_release.checks.source.readme import readme
from nox_release.checks.source.rules import RULES, SCHEMA
from nox_release.checks.source.siblings import siblings
from nox_release.checks.source.subject import (
    PYPROJECT,
    Source,
    SourceTree,
    readme_path,
    requirement_name,
)
from nox_release.checks.source.versions import news, version_places, versions
from nox_release.core.findings import Finding, Location, Passed, Result, Severity, find
from nox_release.core.values import dataclass, replace
from nox_release.project.pyproject import Project
from nox_release.project.toml_lines import find_lines

__all__ = ["RULES", "check_source"]


def check_source(project: Project, tree: SourceTree) -> tuple[Result, ...]:
    """Every rule over a source tree and, at this distance, of `checks.upload`."""
    source = Source(project=project, tree=tree, lines=find_lines(tree.texts.get(PYPROJECT, "")))
    source = replace(source, entries=tuple(entries_of(source)))
    results: list[Result] = []
    found: dict[tuple[str, Location | None], Finding] = {}
    for group in _GROUPS:
        before = len(found)
        for finding in group.rules(source):
            found.setdefault((finding.id, finding.where), finding)
        detail = group.detail(source) if len(found) == before else None
        if detail is not None:
            results.append(Passed(id=group.id, subject="project", title=group.title, detail=detail))
    told = {finding.where.key for finding in found.values() if finding.where}
    return (*found.values(), *_schema(source, told), *results)


def _schema(source: Source, told: Collection[str]) -> Iterator[Finding]:
    """validate-pyproject's verdict, left out for keys that a rule has `told` about."""
    from nox_release.checks.schema import is_passed_over, schema_problems

    for problem in schema_problems(source.project.pyproject):
        path, where = problem.path, source.at(*problem.path)
        if path[:1] == ("project",) and len(path) > 1 and where.key in told:
            continue
        older = problem.kind == "unknown" and _is_below(source, "flit-core", "4.0.1")
        passed = older or is_passed_over(problem, source.backend)
        mild = Severity.WARNING if passed else None
        yield find(SCHEMA, problem.message, where=where, severity=mild)


def _is_below(source: Source, backend: str, version: str) -> bool:
    """Whether the build asks for an older `backend`: flit-core warned of unknown keys before 4."""
    asked = (
        Requirement(text)
        for text in source.project.build_requires
        if requirement_name(text) == backend
    )
    return any(not one.specifier.contains(version) for one in asked)


def _number(source: Source, field: str, one: str, many: str) -> str:
    number = sum(entry.field == field for entry in source.entries)
    return f"{number} {one if number == 1 else many}" if number else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Rules that share one line of the checklist when they find nothing; `None`: no line."""

    id: str
    title: str
    detail: Callable[[Source], str | None]
    rules: Callable[[Source], Iterator[Finding]]


_GROUPS = (
    _Group(
        id="form-name",
        title="The name can be used",
        detail=lambda source: source.project.name or None,
        rules=names,
    ),
    _Group(
        id="version-disagrees",
        title="The version is the same where it is written",
        detail=version_places,
        rules=versions,
    ),
    _Group(
        id="changelog-unparsed",
        title="The changelog can be given a section",
        detail=lambda _: None,
        rules=news,
    ),
    _Group(
        id="readme-missing",
        title="The README will be the project's page",
        detail=lambda source: readme_path(source.project),
        rules=readme,
    ),
    _Group(
        id="summary-length",
        title="Description, people and links are as PyPI takes them",
        detail=lambda source: _number(source, "project_urls", "link", "links"),
        rules=lambda source: refused(source, "text"),
    ),
    _Group(
        id="classifier-unknown",
        title="The classifiers exist and agree with requires-python",
        detail=lambda source: _number(source, "classifiers", "classifier", "classifiers") or None,
        rules=classifiers,
    ),
    _Group(
        id="direct-dependency",
        title="The dependencies can be published",
        detail=lambda source: _number(source, "requires_dist", "dependency", "dependencies"),
        rules=lambda source: refused(source, "dependencies"),
    ),
    _Group(
        id="license-expression-invalid",
        title="The licence is stated as PyPI takes it",
        detail=lambda source: source.project.license,
        rules=licence,
    ),
    _Group(
        id="import-name",
        title="The import names are names",
        detail=lambda _: None,
        rules=lambda source: refused(source, "imports"),
    ),
    _Group(
        id="wheel-entry-points",
        title="The scripts have names",
        detail=lambda _: None,
        rules=entry_points,
    ),
    _Group(
        id="sibling-bound",
        title="The repository's other packages go with the version",
        detail=lambda source: ", ".join(one.name for one in source.tree.siblings) or None,
        rules=siblings,
    ),
    _Group(
        id="metadata-version-ahead",
        title="The build is one that PyPI takes",
        detail=lambda source: source.backend,
        rules=build,
    ),
)
