"""The checklist, live: what is ready for a release, what is not, what is not known, and the
one thing to do next. Reads only: nothing is changed here, on GitHub or on the index.

    nox -s check-project                  this project, and its files in dist/
    nox -s check-project -- --build       the same, with files built for it
    nox -s check-project -- dist/*        these files, with no project around
    nox -s check-project -- --exchange    a run that proves trusted publishing

The exit status is 1 when a release would fail.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nox_release.checks.release.asked import DISTRIBUTIONS_CHECKED
from nox_release.core.errors import ConfigurationError, NoxReleaseError
from nox_release.core.findings import Finding, Result, errors_in, findings_in, passed, ranked
from nox_release.edges.aside import temporary_folder
from nox_release.edges.context import Context
from nox_release.operations import options as shared
from nox_release.operations.asking import asking
from nox_release.operations.check_screen import in_order, show
from nox_release.operations.checklist import Checklist
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from packaging.version import Version

    from nox_release.operations.built import Built


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="check these sdists and wheels, nothing else"
    )
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_json(parser)
    parser.add_argument(
        "--tag", metavar="TAG", help="with files: they have to be of the version this tag names"
    )
    shared.add_flag(parser, "--build", "build first, into a temporary folder")
    shared.add_flag(
        parser,
        "--pending-publisher",
        "a pending publisher is registered: a project that is not there yet is fine",
    )
    shared.add_flag(
        parser,
        "--exchange",
        "prove trusted publishing: start a run that only exchanges a token, and follow it",
    )
    shared.add_flag(parser, "--open", "open the page of the next step in the browser")
    shared.add_yes(parser)


def main(context: Context, options: argparse.Namespace) -> int:
    """0 when nothing that was found would make a release fail."""
    if options.files:
        return _check_files(context, options)
    if options.exchange:
        from nox_release.operations.exchange import prove_by_run

        return prove_by_run(context, shared.load_project(context, options), yes=options.yes)
    projects = shared.load_projects(context, options)
    checklists = make_checklists(context, options, projects)
    if options.json:
        context.console.json(_document(checklists))
    else:
        show(context.console, checklists)
        for checklist in checklists:
            if options.open and checklist.step.page:
                context.console.open_page(checklist.step.page)
    findings = (one for checklist in checklists for one in findings_in(checklist.results))
    context.console.annotate(ranked(findings))
    return int(any(not checklist.ready for checklist in checklists))


def make_checklists(
    context: Context, options: argparse.Namespace, projects: Sequence[Project]
) -> list[Checklist]:
    """One checklist for each project; the index is asked about all of them at once."""
    builds = [_build(context, project) if options.build else None for project in projects]
    projects = [
        project
        if project.name or built is None or isinstance(built, NoxReleaseError)
        else replace(project, name=built.project.name)
        for project, built in zip(projects, builds, strict=True)
    ]
    names = ", ".join(project.name or project.root.name for project in projects)
    with context.console.waiting(f"Asking about {names}"), asking(context, projects) as asked:
        # While GitHub answers.
        from nox_release.operations.checklist import Wanted, make_checklist
        from nox_release.operations.looking import Wish

        return [
            make_checklist(
                context,
                project,
                one,
                Wanted(
                    built=built,
                    wish=Wish(pending_publisher=options.pending_publisher),
                    arguments=_arguments(options, project, len(projects)),
                ),
            )
            for project, one, built in zip(projects, asked, builds, strict=True)
        ]


def _build(context: Context, project: Project) -> Built | NoxReleaseError:
    """What a build into a temporary folder makes; its files are gone afterwards."""
    from nox_release.operations.build import build

    with temporary_folder("check") as aside:
        try:
            return build(context, project, destination=aside)
        except NoxReleaseError as error:
            return error


def _arguments(options: argparse.Namespace, project: Project, count: int) -> tuple[str, ...]:
    """The options that other sessions need, too, to mean the same project and index."""
    given = ["--index", options.index] if options.index else []
    if options.package or count > 1:
        given += ["--package", options.package or project.name]
    return tuple(given)


def _document(checklists: Sequence[Checklist]) -> dict[str, Any]:
    """The `--json` document; ids in it are stable, see .github/RULES.md."""
    from nox_release.edges.as_json import result_as_json

    return {
        "operation": "check-project",
        "ready": all(checklist.ready for checklist in checklists),
        "projects": [
            {
                "name": checklist.project.name,
                "version": checklist.version,
                "index": checklist.project.settings.index.name,
                "ready": checklist.ready,
                "publisher": None
                if checklist.publisher is None
                else {
                    "owner": checklist.publisher.owner,
                    "repository": checklist.publisher.repository,
                    "workflow": checklist.publisher.workflow,
                    "environment": checklist.publisher.environment,
                },
                "results": [result_as_json(result) for result in in_order(checklist.results)],
                "next": {
                    "kind": checklist.step.kind,
                    "text": checklist.step.text,
                    "command": checklist.step.command or None,
                    "page": checklist.step.page or None,
                    "otherwise": checklist.step.otherwise or None,
                    "values": dict(checklist.step.values),
                },
            }
            for checklist in checklists
        ],
    }


# --- files with no project around them --------------------------------------------------------


def _check_files(context: Context, options: argparse.Namespace) -> int:
    from nox_release.edges.as_json import result_as_json
    from nox_release.edges.screen import size_in_words
    from nox_release.observing.distributions import check_distributions
    from nox_release.operations.checklist import relative_to
    from nox_release.project.pyproject import PYPI, parse_index

    paths = [context.path(name) for name in options.files]
    missing = [name for name, path in zip(options.files, paths, strict=True) if not path.is_file()]
    if missing:
        raise ConfigurationError(
            "There is no such file.", problems=[f"`{name}` is not a file" for name in missing]
        )
    index = parse_index(options.index) if options.index else None
    title = (index or PYPI).title
    findings = [
        relative_to(finding, context.root) for finding in check_distributions(paths, index=index)
    ]
    if options.tag:
        findings += _of_another_version(paths, options.tag)
    failed = errors_in(findings)
    fine = [
        passed(
            DISTRIBUTIONS_CHECKED,
            size_in_words(path.stat().st_size),
            title=f"{title} would take `{path.name}`",
        )
        for path in paths
        if not any(one.where and path.name in one.where.file for one in failed)
    ]
    results: list[Result] = [*findings, *fine]
    console = context.console
    if options.json:
        console.json(
            {
                "operation": "check-project",
                "ready": not failed,
                "files": [path.name for path in paths],
                "results": [result_as_json(result) for result in results],
            }
        )
    else:
        console.results(results)
        console.line()
        count = f"{len(paths)} file{'s' * (len(paths) != 1)} checked"
        if failed:
            errors = f"{len(failed)} error{'s' * (len(failed) > 1)}"
            console.mark("error", f"{title} would refuse something here. {count}, {errors}.")
        else:
            console.mark("done", f"{title} would take what is here. {count}.")
    console.annotate(findings)
    return int(bool(failed))


def _of_another_version(paths: Sequence[Path], tag: str) -> list[Finding]:
    """Files whose version is not the one in `tag`, whatever stands before it there."""
    from nox_release.checks.files.built import VERSION_MISMATCH
    from nox_release.core.findings import Location, find
    from nox_release.files.distributions import version_of_file

    wanted = _version_in(tag)
    if wanted is None:
        return [find(VERSION_MISMATCH, f"The tag `{tag}` names no version.")]
    return [
        find(
            VERSION_MISMATCH,
            f"`{path.name}` is not of version {wanted}, which the tag `{tag}` names.",
            where=Location(file=path.name),
        )
        for path in paths
        if version_of_file(path.name) not in (None, wanted)
    ]


def _version_in(tag: str) -> Version | None:
    """The version that a tag such as `v1.2.0` or `demo-v1.2.0` ends in."""
    from packaging.version import Version

    for start in [0, *(found.end() for found in re.finditer(r"[-_/@]|(?<=[a-z])(?=\d)", tag))]:
        try:
            return Version(tag[start:])
        except ValueError:
            continue
    return None
