"""Whether every place of a project's version says the same: read only, for CI and pre-commit."""

from collections.abc import Iterator, Sequence
from typing import Any

from nox_release.checks.source.places import check_news, check_places
from nox_release.checks.source.rules import CHANGELOG_UNPARSED, VERSION_DISAGREES
from nox_release.core.findings import Finding, Location, find
from nox_release.edges.as_json import finding_as_json
from nox_release.edges.context import Context
from nox_release.edges.git import find_repository
from nox_release.observing.source_tree import files_below, walk
from nox_release.project.documents import Files
from nox_release.project.pyproject import Project
from nox_release.project.version_places import Places, find_places


def check(context: Context, projects: Sequence[Project], *, json: bool) -> int:
    """0 when all places of every project agree, 1 when one does not."""
    documents: list[dict[str, Any]] = []
    failed = False
    for project in projects:
        files = files_of(context, project)
        places = find_places(project, files)
        findings = list(_findings(project, places, files))
        failed = failed or bool(findings)
        documents.append(_document(project, places, findings))
        if not json:
            _show(context, project, places, findings)
        context.console.annotate(findings)
    if json:
        context.console.json({"operation": "prepare", "agrees": not failed, "projects": documents})
    return int(failed)


def files_of(context: Context, project: Project) -> Files:
    """The files among which the places of a version are looked for."""
    repository = find_repository(project.root, context.runner)
    if repository is None:
        return files_below(project.root, walk(str(project.root)))
    below = project.root.relative_to(repository.root).as_posix()
    prefix = "" if below == "." else f"{below}/"
    names = (name.removeprefix(prefix) for name in repository.tracked() if name.startswith(prefix))
    return files_below(repository.root, names, prefix)


def _findings(project: Project, places: Places, files: Files) -> Iterator[Finding]:
    yield from check_places(places, files)
    for problem in places.problems:
        yield find(
            VERSION_DISAGREES,
            f"{problem[:1].upper()}{problem[1:]}: `tool.nox-release.version-files` names it.",
            where=Location(
                file=f"{files.prefix}pyproject.toml", key="tool.nox-release.version-files"
            ),
            fix="Write the version there, or name one place of it, as FILE:KEY.",
        )
    yield from (one for one in check_news(project, files) if one.id != CHANGELOG_UNPARSED.id)


def _show(context: Context, project: Project, places: Places, findings: Sequence[Finding]) -> None:
    console = context.console
    for finding in findings:
        console.finding(finding)
    declared = places.declared
    if declared is None:
        said = "comes from tags" if project.version_from_tags else "is found by the build alone"
        if not findings:
            console.mark("done", f"The version of {project.name} {said}: no file states it.")
        return
    if not findings:
        where = ", ".join(f"{place.file}:{place.line}" for place in places.all)
        console.mark("done", f"{project.name} {declared.stated}, wherever it is written: {where}")


def _document(project: Project, places: Places, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "name": project.name,
        "version": places.declared.stated if places.declared else None,
        "places": [
            {"file": place.file, "line": place.line, "key": place.key, "version": place.text}
            for place in (*places.all, *places.disagreeing)
        ],
        "results": [finding_as_json(finding) for finding in findings],
    }
