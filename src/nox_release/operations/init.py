"""Write noxfile.py and .github/workflows/publish.yml for this project.

Without a noxfile.py: uvx nox-release init, or pipx run nox-release init.

Everything is found out from pyproject.toml and the git remote, shown, and written when you agree.
A noxfile.py or .gitignore that exists gets a few lines more when you agree; a workflow that exists
stays as it is, and you see what this tool would change in it.
"""

import argparse
import os
import re
import shlex

from nox_release.core.errors import Declined
from nox_release.core.findings import Finding
from nox_release.edges.context import Context
from nox_release.edges.git import Repository
from nox_release.edges.git_settings import read_git_settings
from nox_release.observing.publishers import derive_in
from nox_release.observing.workflow_files import package_in, read_workflows
from nox_release.operations import options as shared
from nox_release.operations.init_files import (
    Place,
    Proposal,
    find_place,
    propose_gitignore,
    propose_noxfile,
    propose_packages,
    propose_release,
    propose_workflow,
    text_of,
    write,
)
from nox_release.operations.looking import named
from nox_release.operations.next_step import command
from nox_release.project.pyproject import Project, read_pyproject
from nox_release.scaffold.publish import guarded_repository
from nox_release.workflows.publishing import Derivation
from nox_release.workflows.syntax import Workflow


def add_options(parser: argparse.ArgumentParser) -> None:
    shared.add_index(parser)
    shared.add_package(parser)
    shared.add_yes(parser)
    parser.add_argument(
        "--environment",
        metavar="NAME",
        help="the GitHub environment of the publish job (default: pypi)",
    )
    parser.add_argument(
        "--workflow",
        metavar="FILE",
        help="the name of the workflow file (default: publish.yml)",
    )
    parser.add_argument(
        "--on",
        choices=("release", "tag"),
        default="release",
        help="what starts the workflow: the published GitHub release, or the tag; with the tag the "
        "GitHub release is made last, with its files",
    )
    shared.add_flag(
        parser,
        "--release-workflow",
        "write release.yml, too: the session `release` as a button on GitHub",
    )
    shared.add_flag(
        parser, "--diff", "show what this tool would change in a workflow that publishes already"
    )


def main(context: Context, options: argparse.Namespace) -> int:
    """Show, ask, write what is not there yet, and name the one next step."""
    packages = None if options.package else propose_packages(context.root)
    if packages is not None and _take_packages(context, packages, options):
        return 0
    project = named(context, shared.load_project(context, options))
    place = find_place(context, project)
    package = package_in(place.top, project)
    derivation = derive_in(place.top, project.settings, place.slug, package=package).derivation
    root = context.root.resolve()
    proposals = [
        propose_noxfile(context.root),
        propose_workflow(project, place, derivation, options, root=root),
    ]
    if options.release_workflow:
        proposals.append(propose_release(project, place, derivation, options, root=root))
    ignored = propose_gitignore(project, place)
    if ignored is not None:
        proposals.append(ignored)
    _show(context, project, place, derivation, proposals)
    wanted = [proposal for proposal in proposals if proposal.is_written]
    if wanted:
        context.console.line()
        context.console.confirm(_question(wanted), yes=options.yes)
        _write(context, wanted)
    if not project.version_from_tags:
        _propose_check(context, place)
    _next_step(context, place, proposals)
    return 0


def _question(wanted: list[Proposal]) -> str:
    new = " and ".join(one.shown for one in wanted if one.is_new)
    added = " and ".join(one.shown for one in wanted if not one.is_new)
    parts = [f"write {new}"] if new else []
    parts += [f"add these lines to {added}"] if added else []
    question = ", and ".join(parts)
    return f"{question[0].upper()}{question[1:]}?"


def _take_packages(context: Context, proposal: Proposal, options: argparse.Namespace) -> bool:
    """Whether the packages of uv's workspace are named in the settings now. Those around a project
    of its own are not published unasked: without an answer that project alone is meant.
    """
    console, alone = context.console, "project" not in read_pyproject(context.root)
    console.title(proposal.shown)
    console.line("The workspace has several packages. To publish those that can be, add:")
    console.line()
    _lines(context, proposal.difference)
    if proposal.note:
        console.line()
        console.line(proposal.note)
    if not alone and (options.yes or not console.interactive or not proposal.is_written):
        return False
    console.line()
    try:
        console.confirm(_question([proposal]), yes=options.yes)
    except Declined:
        if alone:
            raise
        return False
    _write(context, [proposal])
    projects = shared.load_projects(context, options)
    console.line()
    console.next_step(
        "Next: Write the workflow of each package that you publish.",
        *(command("init", ["--package", project.name]) for project in projects),
    )
    return True


def _write(context: Context, proposals: list[Proposal]) -> None:
    for proposal in proposals:
        write(proposal)
        done = "written" if proposal.is_new else "changed"
        context.console.mark("done", f"{proposal.shown} {done}")


def _show(
    context: Context,
    project: Project,
    place: Place,
    derivation: Derivation,
    proposals: list[Proposal],
) -> None:
    console = context.console
    console.title(f"Publishing {project.name} to {project.settings.index.title}")
    if place.slug:
        console.mark("ok", f"on GitHub as {'/'.join(place.slug)}")
    else:
        console.mark("not known", f"owner and repository on GitHub: {place.reason}")
        workflow = proposals[1].text
        if workflow is not None and guarded_repository(workflow) is None:
            console.line(
                "So the workflow goes without `github.repository == 'OWNER/REPOSITORY'`, which "
                "keeps it from running in forks. When there is a remote on GitHub, `nox -s init` "
                "shows where that belongs.",
                indent=2,
            )
    for finding in place.findings:
        console.finding(finding)
    for result in derivation.results:
        if isinstance(result, Finding) and result.id != "publish-workflow-missing":
            console.finding(result)
    if derivation.job is not None:
        console.mark("ok", f"{derivation.job.where} uploads with {derivation.job.tool}")
    for proposal in proposals:
        console.title(proposal.shown)
        if proposal.is_new and proposal.text is not None:
            _lines(context, proposal.text.splitlines())
            if proposal.note:
                console.line()
                console.line(proposal.note)
        elif proposal.is_written:
            console.line("is there already. These lines are added:")
            console.line()
            _lines(context, proposal.difference)
        elif proposal.differs:
            console.line("is there already and stays as it is. What this tool would change:")
            console.line()
            _lines(context, proposal.difference)
        else:
            console.line(proposal.note or "is as it should be.")


def _lines(context: Context, lines: list[str]) -> None:
    for line in lines:
        context.console.quote(line, indent=2 if line else 0)


_CHECKED = re.compile(r"\bprepare (?:-- )?--check\b|\bid: prepare-check\b")
_HOOK = """\
  - repo: local
    hooks:
      - id: prepare-check
        name: the version is the same everywhere
        entry: nox-release prepare --check
        language: python
        additional_dependencies: [nox-release]
        pass_filenames: false
"""


def _propose_check(context: Context, place: Place) -> None:
    """The lines by which pre-commit, or CI, keeps all places of the version equal."""
    hooks = text_of(place.top / ".pre-commit-config.yaml")
    read = [one for one in read_workflows(place.top) if isinstance(one, Workflow)]
    tests = [one for one in read if one.event("pull_request") is not None]
    if any(_CHECKED.search(text) for text in (hooks or "", *(one.text for one in tests))):
        return
    if hooks is not None:
        where, lines = ".pre-commit-config.yaml", _HOOK
    elif tests:
        where, lines = tests[0].file, "      - run: pipx run nox-release prepare --check"
    else:
        return
    context.console.line()
    context.console.line(f"So that every place of the version stays equal, add to {where}:")
    _lines(context, lines.splitlines())


def _push(repository: Repository) -> str:
    """The push of a branch, which may be its first."""
    settings, branch = read_git_settings(repository), repository.branch()
    if branch is None or settings.upstream(branch) is not None or len(settings.remotes) != 1:
        return "git push"
    return shlex.join(["git", "push", "--set-upstream", settings.remotes[0], branch])


def _next_step(context: Context, place: Place, proposals: list[Proposal]) -> None:
    written = [proposal for proposal in proposals if proposal.is_written]
    changed = [proposal.shown for proposal in proposals if proposal.differs]
    console = context.console
    console.line()
    if changed:
        console.line(f"Take over what you want of the changes to {' and '.join(changed)}.")
    if written:
        files = shlex.join(os.path.relpath(one.path, context.root) for one in written)
        console.next_step(
            "Next: Commit what was written, push it, and check the project.",
            f'git add {files} && git commit -m "Publish with nox-release"',
            *([_push(place.repository)] if place.slug and place.repository else []),
            "nox -s check-project",
        )
    else:
        console.mark("step", "Next: nox -s check-project")
