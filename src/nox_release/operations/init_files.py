"""The files that `init` proposes: the text of each, or what keeps it from being written."""

import argparse
import difflib
import os
import shutil
from pathlib import Path

from nox_release.core.errors import CommandError, ConfigurationError, ForgeError, NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.core.reading import read_file, read_text
from nox_release.core.values import dataclass
from nox_release.edges.context import Context
from nox_release.edges.git import Repository
from nox_release.observing.siblings import folders_of
from nox_release.observing.source_tree import read_source_tree
from nox_release.observing.workflow_files import (
    github_remote,
    package_in,
)
from nox_release.operations.options import table_of
from nox_release.project.pyproject import Project, read_project, read_pyproject
from nox_release.project.toml import parse_toml
from nox_release.project.workspace import member_patterns, why_kept_back, with_packages
from nox_release.scaffold.noxfile import TEXT, extend_noxfile
from nox_release.scaffold.publish import (
    SECRETS,
    PublishPlan,
    Wanted,
    guarded_repository,
    plan_publish,
    publish_workflow,
)
from nox_release.scaffold.release import release_workflow
from nox_release.workflows.build_folders import builds_package
from nox_release.workflows.publishing import (
    Derivation,
    for_index,
    proposed_file,
    spelt_by_github,
)
from nox_release.workflows.syntax import WORKFLOWS

# In every workflow that this command has written.
_OURS = "nox-release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One file: its text, or what keeps it from being written.

    `existing` is the text that is there; it stays, unless this one `adds` to it alone.
    """

    path: Path
    shown: str
    text: str | None
    existing: str | None = None
    adds: bool = False
    note: str = ""

    @property
    def is_new(self) -> bool:
        return self.text is not None and self.existing is None

    @property
    def is_written(self) -> bool:
        """Whether it is written once a person agrees."""
        return self.is_new or (self.adds and self.text is not None and self.text != self.existing)

    @property
    def differs(self) -> bool:
        """Whether a person has to take over what they want of it."""
        different = self.text is not None and self.existing is not None
        return different and self.text != self.existing and not self.adds

    @property
    def difference(self) -> list[str]:
        return [
            line.rstrip("\n")
            for line in difflib.unified_diff(
                (self.existing or "").splitlines(keepends=True),
                (self.text or "").splitlines(keepends=True),
                f"a/{self.shown}",
                f"b/{self.shown}",
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the project is: `slug` is `None` and `reason` says why when it is not on GitHub."""

    top: Path
    repository: Repository | None
    slug: tuple[str, str] | None
    reason: str = ""
    findings: tuple[Finding, ...] = ()


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
        forge = Forge("/".join(slug), context.runner, repository.root, at_first=1)
        found = forge.repository()
    except ForgeError:
        return None
    return None if found is None else found.full_name


def propose_noxfile(root: Path) -> Proposal:
    """noxfile.py with this tool's sessions."""
    from nox_release.operations import OPERATIONS

    path = root / "noxfile.py"
    existing = text_of(path, with_line_ends=True)
    if existing is None:
        return Proposal(path=path, shown="noxfile.py", text=TEXT)
    change = extend_noxfile(existing, names=tuple(OPERATIONS))
    note = change.problem or ("has this tool's sessions already" if change.text is None else "")
    return Proposal(
        path=path, shown="noxfile.py", text=change.text, existing=existing, adds=True, note=note
    )


def propose_packages(root: Path) -> Proposal | None:
    """pyproject.toml with the packages of uv's workspace that are meant for an index as `packages`;
    `None` where they are named already, or there are none.
    """
    pyproject = read_pyproject(root)
    members = member_patterns(pyproject)
    if members is None or table_of(pyproject).get("packages"):
        return None
    found = dict.fromkeys((*(["."] if "project" in pyproject else []), *folders_of(root, *members)))
    whys = {one: why_kept_back(read_project(root / one)) for one in found}
    folders = [one for one, why in whys.items() if not why]
    if not set(folders) - {"."}:
        return None
    path = root / "pyproject.toml"
    existing = text_of(path, with_line_ends=True) or ""
    text = with_packages(existing, folders)
    try:
        parse_toml(text)
    except ValueError:  # the table is there in another form
        return None
    note = "; ".join(f"{one} is left out: {why}" for one, why in whys.items() if why)
    return Proposal(path=path, shown=path.name, text=text, existing=existing, adds=True, note=note)


def propose_gitignore(project: Project, place: Place) -> Proposal | None:
    """The folder of what is built, for git to pass over; `None` where it does already."""
    repository = place.repository
    if repository is None:
        return None
    folder = project.root.resolve().relative_to(place.top.resolve()) / "dist"
    try:
        wanted = ("check-ignore", "--quiet", "--no-index", "--", f"{folder.as_posix()}/x")
        if repository.git(*wanted, check=False).returncode == 0:
            return None
    except NoxReleaseError:
        return None
    path = place.top / ".gitignore"
    existing = text_of(path, with_line_ends=True)
    newline = "\r\n" if "\r\n" in (existing or "") else "\n"
    before = existing or ""
    if before and not before.endswith("\n"):
        before += newline
    text = f"{before}/{folder.as_posix()}{newline}"
    return Proposal(path=path, shown=".gitignore", text=text, existing=existing, adds=True)


def propose_workflow(
    project: Project,
    place: Place,
    derivation: Derivation,
    options: argparse.Namespace,
    *,
    root: Path,
) -> Proposal:
    """The publish workflow, unless another file publishes already."""
    plan, path = _planned(project, place, derivation, options, root=root)
    shown = f"{WORKFLOWS}/{plan.filename}"
    publishing = sorted(
        {
            job.workflow.file
            for job in for_index(derivation.jobs, project.settings.index.name)
            if not plan.package
            or builds_package(job.workflow, plan.folder, project.name) is not False
        }
    )
    existing = text_of(path)
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
            f"upload{'s' * (len(others) == 1)} already, and a second workflow would upload the "
            f"same files to {title} again",
        )
    besides = sorted({job.workflow.file for job in derivation.jobs} - {shown, *publishing})
    note = ""
    if besides and not plan.package:
        note = f"A release starts {' and '.join(besides)}, too, as long as it is there."
    if not plan.index.is_like_pypi:
        where = (
            f"https://github.com/{'/'.join(place.slug)}/settings/environments" if place.slug else ""
        )
        note += (
            f"\nSet its secrets, {' and '.join(SECRETS)}, in the environment `{plan.environment}`"
        )
        note = f"{note}{f': {where}' if where else ' on GitHub.'}".strip()
    text = publish_workflow(plan)
    return Proposal(path=path, shown=shown, text=text, existing=existing, note=note)


def propose_release(
    project: Project,
    place: Place,
    derivation: Derivation,
    options: argparse.Namespace,
    *,
    root: Path,
) -> Proposal:
    """The workflow that makes a release when a person asks for one on GitHub."""
    plan, path = _planned(project, place, derivation, options, root=root)
    path = path.with_name("release.yml")
    text = release_workflow(plan)
    return Proposal(path=path, shown=f"{WORKFLOWS}/release.yml", text=text, existing=text_of(path))


def _planned(
    project: Project,
    place: Place,
    derivation: Derivation,
    options: argparse.Namespace,
    *,
    root: Path,
) -> tuple[PublishPlan, Path]:
    """What the publish workflow has to do, and where it stands.

    `root` is the folder whose `[tool.nox-release] packages` may have named the project.
    """
    alone = project.root == root and not options.package
    package = "" if alone else project.root.relative_to(root).as_posix()
    filename = options.workflow or proposed_file(
        project.settings, package_in(place.top, project), derivation.jobs
    )
    if not filename.endswith((".yml", ".yaml")) or Path(filename).name != filename:
        raise ConfigurationError(
            f"`--workflow {filename}` is not a workflow's file name.",
            hint="A name such as publish.yml, without a folder.",
        )
    shown = f"{WORKFLOWS}/{filename}"
    path = place.top / shown
    folder = project.root.relative_to(place.top).as_posix() if project.root != place.top else ""
    existing = text_of(path)
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


def text_of(path: Path, *, with_line_ends: bool = False) -> str | None:
    """A file's text, `with_line_ends` of its own; `None` when there is none.

    Raises:
        NoxReleaseError: it is there and cannot be read.
    """
    try:
        return read_file(path).decode("utf-8") if with_line_ends else read_text(path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise NoxReleaseError(f"{path.name} cannot be read.", reason=str(error)) from None


def write(proposal: Proposal) -> None:
    """Write a new file, or add to one; what others have written meanwhile is left alone.

    Raises:
        NoxReleaseError: it cannot be written, or is no longer what was shown.
    """
    path, text = proposal.path, proposal.text or ""
    if proposal.adds and text_of(path, with_line_ends=True) != proposal.existing:
        raise NoxReleaseError(
            f"{proposal.shown} has changed meanwhile, and stays as it is.",
            hint="Run the same command again.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if proposal.existing is None:
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
            return
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        partial.write_bytes(text.encode())
        shutil.copymode(path, partial)
        partial.replace(path)
    except OSError as error:
        raise NoxReleaseError(
            f"{proposal.shown} could not be written.", reason=str(error)
        ) from None
