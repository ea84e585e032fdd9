"""Write noxfile.py and .github/workflows/publish.yml for this project.

Without a noxfile.py: uvx nox-release init, or pipx run nox-release init.

Everything is found out from pyproject.toml and the git remote, shown, and written when you agree.
A file that exists is never overwritten: you see what would change in it.
"""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nox_release.core.errors import CommandError, ConfigurationError, ForgeError, NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.core.reading import read_text
from nox_release.observing.source_tree import read_source_tree
from nox_release.observing.workflow_files import (
    github_remote,
    package_in,
    read_actions,
    read_workflows,
)
from nox_release.operations import options as shared
from nox_release.operations.looking import named
from nox_release.scaffold.noxfile import TEXT, extend_noxfile
from nox_release.scaffold.publish import (
    Wanted,
    guarded_repository,
    plan_publish,
    publish_workflow,
    workflow_name,
)
from nox_release.scaffold.release import release_workflow
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.publishing import derive_publisher, for_index, spelt_by_github
from nox_release.workflows.syntax import WORKFLOWS

if TYPE_CHECKING:
    import argparse

    from nox_release.edges.context import Context
    from nox_release.edges.git import Repository
    from nox_release.project.pyproject import Project
    from nox_release.scaffold.publish import PublishPlan
    from nox_release.workflows.publishing import Derivation

# In every workflow that this command has written.
_OURS = "nox-release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One file: its text, or what keeps it from being written.

    `path` is relative to the repository or the project. `existing` is the text that is there.
    """

    path: Path
    shown: str
    text: str | None
    existing: str | None = None
    note: str = ""

    @property
    def is_new(self) -> bool:
        return self.text is not None and self.existing is None

    @property
    def differs(self) -> bool:
        return self.text is not None and self.existing is not None and self.text != self.existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the project is: `slug` is `None` and `reason` says why when it is not on GitHub."""

    top: Path
    repository: Repository | None
    slug: tuple[str, str] | None
    reason: str = ""
    findings: tuple[Finding, ...] = ()


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
    parser.add_argument(
        "--release-workflow",
        action="store_true",
        help="write release.yml, too: the session `release` as a button on GitHub",
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="show what this tool would change in a workflow that publishes already",
    )


def main(context: Context, options: argparse.Namespace) -> int:
    """Show, ask, write what is not there yet, and name the one next step."""
    project = named(context, shared.load_project(context, options))
    place = find_place(context, project)
    derivation = _derive(place, project)
    proposals = (
        propose_noxfile(context.root),
        propose_workflow(project, place, derivation, options, root=context.root.resolve()),
        *(
            (propose_release(project, place, options, root=context.root.resolve()),)
            if options.release_workflow
            else ()
        ),
    )
    _show(context, project, place, derivation, proposals)
    new = [proposal for proposal in proposals if proposal.is_new]
    if new:
        names = " and ".join(proposal.shown for proposal in new)
        context.console.line()
        context.console.confirm(f"Write {names}?", yes=options.yes)
        for proposal in new:
            _write(proposal)
            context.console.mark("done", f"{proposal.shown} written")
    _next_step(context, place, proposals)
    return 0


def find_place(context: Context, project: Project) -> Place:
    """The repository and its name on GitHub; asking git or gh may fail without harm here."""
    from nox_release.edges.git import find_repository

    try:
        repository = find_repository(project.root, context.runner)
    except CommandError as error:
        why = " ".join(f"{error.message} {error.reason}".split())
        return Place(top=context.root.resolve(), repository=None, slug=None, reason=why)
    if repository is None:
        return Place(
            top=context.root.resolve(),
            repository=None,
            slug=None,
            reason="This is not a git repository yet.",
        )
    slug = github_remote(repository, project.settings)
    if isinstance(slug, str):
        return Place(top=repository.root, repository=repository, slug=None, reason=slug)
    spelt, findings = spelt_by_github(slug, _full_name(context, repository, slug))
    return Place(top=repository.root, repository=repository, slug=spelt, findings=findings)


def _full_name(context: Context, repository: Repository, slug: tuple[str, str]) -> str | None:
    """What GitHub calls the repository; `None` when it cannot be asked, which is no obstacle."""
    from nox_release.edges.forge import Forge
    from nox_release.edges.gh import find_gh

    if find_gh(context.environ) is None:
        return None
    try:
        found = Forge("/".join(slug), context.runner, repository.root).repository()
    except ForgeError:
        return None
    return None if found is None else found.full_name


def _derive(place: Place, project: Project) -> Derivation:
    workflows = read_workflows(place.top)
    owner, name = place.slug or (None, None)
    return derive_publisher(
        workflows,
        owner=owner,
        repository=name,
        settings=project.settings,
        actions=read_actions(place.top, workflows),
        package=package_in(place.top, project),
    )


def propose_noxfile(root: Path) -> Proposal:
    """noxfile.py with this tool's sessions."""
    from nox_release.operations import OPERATIONS

    path = root / "noxfile.py"
    existing = _text(path)
    if existing is None:
        return Proposal(path=path, shown="noxfile.py", text=TEXT)
    change = extend_noxfile(existing, names=tuple(OPERATIONS))
    note = change.problem or ("has this tool's sessions already" if change.text is None else "")
    return Proposal(path=path, shown="noxfile.py", text=change.text, existing=existing, note=note)


def propose_workflow(
    project: Project,
    place: Place,
    derivation: Derivation,
    options: argparse.Namespace,
    *,
    root: Path,
) -> Proposal:
    """The publish workflow, unless another file publishes already."""
    plan, path = _planned(project, place, options, root=root)
    shown = f"{WORKFLOWS}/{plan.filename}"
    publishing = sorted(
        {
            job.workflow.file
            for job in for_index(derivation.jobs, project.settings.index.name)
            if not plan.package
            or builds_package(job.workflow, plan.folder, project.name) is not False
        }
    )
    existing = _text(path)
    if shown in publishing and not options.diff and _OURS not in (existing or ""):
        return Proposal(
            path=path,
            shown=shown,
            text=None,
            existing=existing,
            note="publishes already: left alone (`nox -s init -- --diff` shows ours)",
        )
    others = [file for file in publishing if file != shown]
    if others and existing is None:
        title = project.settings.index.title
        return Proposal(
            path=path,
            shown=shown,
            text=None,
            note=f"not needed: {' and '.join(others)} "
            f"upload{'s' * (len(others) == 1)} already, and two workflows that "
            f"upload to {title} get into each other's way",
        )
    return Proposal(path=path, shown=shown, text=publish_workflow(plan), existing=existing)


def propose_release(
    project: Project, place: Place, options: argparse.Namespace, *, root: Path
) -> Proposal:
    """The workflow that makes a release when a person asks for one on GitHub."""
    plan, path = _planned(project, place, options, root=root)
    path = path.with_name("release.yml")
    text = release_workflow(plan)
    return Proposal(path=path, shown=f"{WORKFLOWS}/release.yml", text=text, existing=_text(path))


def _planned(
    project: Project, place: Place, options: argparse.Namespace, *, root: Path
) -> tuple[PublishPlan, Path]:
    """What the publish workflow has to do, and where it stands.

    `root` is the folder whose `[tool.nox-release] packages` may have named the project.
    """
    alone = project.root == root and not options.package
    package = "" if alone else project.root.relative_to(root).as_posix()
    filename = options.workflow or workflow_name(project, package=package)
    if not filename.endswith((".yml", ".yaml")) or Path(filename).name != filename:
        raise ConfigurationError(
            f"`--workflow {filename}` is not a workflow's file name.",
            hint="A name such as publish.yml, without a folder.",
        )
    shown = f"{WORKFLOWS}/{filename}"
    path = place.top / shown
    folder = project.root.relative_to(place.top).as_posix() if project.root != place.top else ""
    existing = _text(path)
    tree = read_source_tree(project)
    plan = plan_publish(
        project,
        Wanted(
            filename=filename,
            environment=options.environment,
            folder="" if folder == "." else folder,
            package=package,
            on=options.on,
        ),
        tool=_requirement(),
        # What is there already knows better than nobody.
        repository="/".join(place.slug) if place.slug else guarded_repository(existing or ""),
        setup_py=tree.texts.get("setup.py"),
        names=tree.names,
    )
    return plan, path


def _requirement() -> str:
    from importlib.metadata import version

    return f"nox-release=={version('nox-release')}"


def _text(path: Path) -> str | None:
    """A file's text; `None` when there is none.

    Raises:
        NoxReleaseError: it is there and cannot be read.
    """
    try:
        return read_text(path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise NoxReleaseError(f"{path.name} cannot be read.", reason=str(error)) from None


def _show(
    context: Context,
    project: Project,
    place: Place,
    derivation: Derivation,
    proposals: tuple[Proposal, ...],
) -> None:
    console = context.console
    console.title(f"Publishing {project.name} to {project.settings.index.title}")
    if place.slug:
        console.mark("ok", f"on GitHub as {'/'.join(place.slug)}")
    else:
        console.mark("not known", f"owner and repository on GitHub: {place.reason}")
        workflow = proposals[-1].text
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
        elif proposal.differs:
            console.line("is there already and stays as it is. What this tool would change:")
            console.line()
            _lines(context, _difference(proposal))
        else:
            console.line(proposal.note or "is as it should be.")


def _lines(context: Context, lines: list[str]) -> None:
    for line in lines:
        context.console.quote(line, indent=2 if line else 0)


def _difference(proposal: Proposal) -> list[str]:
    return [
        line.rstrip("\n")
        for line in difflib.unified_diff(
            (proposal.existing or "").splitlines(keepends=True),
            (proposal.text or "").splitlines(keepends=True),
            f"a/{proposal.shown}",
            f"b/{proposal.shown}",
        )
    ]


def _write(proposal: Proposal) -> None:
    """Write a new file; one that has come into being meanwhile is left alone."""
    try:
        proposal.path.parent.mkdir(parents=True, exist_ok=True)
        with proposal.path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(proposal.text or "")
    except OSError as error:
        raise NoxReleaseError(
            f"{proposal.shown} could not be written.", reason=str(error)
        ) from None


def _next_step(context: Context, place: Place, proposals: tuple[Proposal, ...]) -> None:
    written = [proposal.shown for proposal in proposals if proposal.is_new]
    changed = [proposal.shown for proposal in proposals if proposal.differs]
    console = context.console
    console.line()
    if changed:
        console.line(f"Take over what you want of the changes to {' and '.join(changed)}.")
    if written:
        files = shlex.join(written)
        console.mark("step", "Next: Commit what was written, push it, and check the project.")
        console.paste(f'git add {files} && git commit -m "Publish with nox-release"', indent=4)
        if place.slug:
            console.paste("git push", indent=4)
        console.paste("nox -s check-project", indent=4)
    else:
        console.mark("step", "Next: nox -s check-project")
