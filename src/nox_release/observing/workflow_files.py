"""Reading `.github/workflows` from the disk, or from a commit."""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nox_release.core.errors import ConfigurationError
from nox_release.core.findings import Finding
from nox_release.core.reading import read_file
from nox_release.edges.children import GIT
from nox_release.edges.git import Repository
from nox_release.edges.git_settings import read_git_settings
from nox_release.edges.process import Runner
from nox_release.observing.place import choose_remote
from nox_release.project.pyproject import Project, Settings
from nox_release.project.remotes import explain_remote, parse_remote
from nox_release.workflows.syntax import (
    WORKFLOWS,
    Step,
    UnreadableWorkflow,
    Workflow,
    parse_composite,
    parse_workflow,
    unreadable,
)
from nox_release.workflows.tree_scripts import commands_in, scripts_of
from nox_release.workflows.yaml_nodes import UnreadableYAML, check_size

MAX_FILES = 200
MAX_SCRIPTS = 50
_ACTION_FILES = ("action.yml", "action.yaml")  # where both are, GitHub takes the first


def read_workflows(
    root: Path, *, commit: str | None = None, runner: Runner | None = None
) -> tuple[Workflow | Finding, ...]:
    """Every workflow below the repository's root; a finding for each file that cannot be read.

    With `commit` (and a `runner` for git), what that commit holds rather than the folder. Nothing
    there gives nothing.

    Raises:
        CommandError: git cannot show that commit.
    """
    if commit is not None:
        if runner is None:
            raise TypeError("a commit is read through git: give a runner")
        return _from_commit(root, commit, runner)
    return _from_disk(root)


def _is_workflow(name: str) -> bool:
    return name.endswith((".yml", ".yaml"))


def _from_disk(root: Path) -> tuple[Workflow | Finding, ...]:
    folder = root / WORKFLOWS
    try:
        names = sorted(name for name in os.listdir(folder) if _is_workflow(name))  # noqa: PTH208
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (unreadable(WORKFLOWS, "cannot be listed", reason=_reason(error)),)
    return (
        *(_read(folder / name, f"{WORKFLOWS}/{name}") for name in names[:MAX_FILES]),
        *_too_many(names),
    )


def _too_many(names: list[str]) -> tuple[Finding, ...]:
    if len(names) <= MAX_FILES:
        return ()
    return (unreadable(WORKFLOWS, f"has {len(names)} files; the first {MAX_FILES} were read"),)


def _read(path: Path, file: str) -> Workflow | Finding:
    try:
        if not path.is_file():
            return unreadable(file, "is no file that can be read")
        check_size(path.stat().st_size)
        return parse_workflow(read_file(path), file=file)
    except OSError as error:
        return unreadable(file, "cannot be read", reason=_reason(error))
    except UnreadableYAML as error:
        return unreadable(file, error.message, reason=error.reason)
    except UnreadableWorkflow as error:
        return error.finding


def _reason(error: OSError) -> str:
    return f"{error.strerror or type(error).__name__}."


def _from_commit(root: Path, commit: str, runner: Runner) -> tuple[Workflow | Finding, ...]:
    names = []
    results: list[Workflow | Finding] = []
    for mode, size, file in _listed(root, commit, [f"{WORKFLOWS}/"], runner):
        if not _is_workflow(file) or file.count("/") != 2:
            continue
        names.append(file)
        if len(names) > MAX_FILES:
            continue
        if not mode.startswith("100"):
            results.append(unreadable(file, f"is no file in commit {commit[:9]}"))
            continue
        try:
            check_size(size)
            results.append(parse_workflow(_shown(root, commit, file, runner), file=file))
        except UnreadableYAML as error:
            results.append(unreadable(file, error.message, reason=error.reason))
        except UnreadableWorkflow as error:
            results.append(error.finding)
    return (*results, *_too_many(names))


def _listed(
    root: Path, commit: str, paths: Sequence[str], runner: Runner
) -> list[tuple[str, int, str]]:
    """Mode, size and path of those `paths` that the commit has; of a folder (`/` at its end), of
    everything directly in it.
    """
    listing = replace(runner, child=GIT).run(
        ["git", "ls-tree", "-z", "--long", "--full-tree", f"{commit}^{{commit}}", "--", *paths],
        cwd=root,
    )
    entries = []
    for entry in filter(None, listing.stdout.split("\0")):
        mode, _, _, rest = entry.split(None, 3)
        size, _, file = rest.partition("\t")
        entries.append((mode, int(size) if size.strip().isdigit() else 0, file))
    return entries


def _shown(root: Path, commit: str, file: str, runner: Runner) -> bytes:
    text = (
        replace(runner, child=GIT)
        .run(["git", "cat-file", "blob", f"{commit}:{file}"], cwd=root)
        .stdout
    )
    # What is not UTF-8 was replaced on the way: make it unreadable again rather than invented.
    return text.replace("\ufffd", "\udcff").encode("utf-8", errors="surrogateescape")


def read_actions(
    root: Path,
    workflows: tuple[Workflow | Finding, ...],
    *,
    commit: str | None = None,
    runner: Runner | None = None,
) -> dict[str, tuple[Step, ...]]:
    """The steps of the repository's composite actions that `workflows` use, by folder, and the
    commands of the scripts that they run, as one step each, by path.

    They are read from where the workflows were: from `commit` where it is given, with a `runner`
    for git. A folder that cannot be read, or leads out of the repository, is left out: what it
    does is then not known.

    Raises:
        CommandError: git cannot show that commit.
    """
    folders = (*_action_folders(workflows), *_scripts(workflows))
    if commit is None:
        read = _actions_on_disk(root, folders)
    elif runner is None:
        raise TypeError("a commit is read through git: give a runner")
    else:
        read = _actions_of_commit(root, folders, commit, runner)
    found: dict[str, tuple[Step, ...]] = {}
    for folder, file, content in read:
        with contextlib.suppress(UnreadableYAML, UnreadableWorkflow):
            if folder == file:
                commands = commands_in(file, content.decode(errors="replace"))
                content = json.dumps({"runs": {"steps": [{"run": commands}]}}).encode()  # noqa: PLW2901
            found[folder] = parse_composite(content, file=file)
    return found


def _scripts(workflows: tuple[Workflow | Finding, ...]) -> tuple[str, ...]:
    paths = [
        path
        for workflow in workflows
        if not isinstance(workflow, Finding)
        for job in workflow.jobs
        for step in job.steps
        for path in scripts_of(step)
    ]
    return tuple(dict.fromkeys(paths))[:MAX_SCRIPTS]


def _names_of(wanted: str) -> tuple[str, ...]:
    """The files that may be what is wanted: a script itself, or the file of an action."""
    below = tuple(PurePosixPath(wanted, name).as_posix() for name in _ACTION_FILES)
    return (wanted, *below) if wanted else below


def _action_folders(workflows: tuple[Workflow | Finding, ...]) -> tuple[str, ...]:
    folders = [
        step.uses.path.strip("/")
        for workflow in workflows
        if not isinstance(workflow, Finding)
        for job in workflow.jobs
        for step in job.steps
        if step.uses is not None and step.uses.kind == "local"
    ]
    return tuple(dict.fromkeys(one for one in folders if ".." not in PurePosixPath(one).parts))


def _actions_on_disk(root: Path, folders: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
    base = root.resolve()
    for folder in folders:
        with contextlib.suppress(OSError, UnreadableYAML):
            names = [name for name in _names_of(folder) if (root / name).is_file()]
            for name in names[:1]:
                path = root / name
                if path.resolve().is_relative_to(base):
                    check_size(path.stat().st_size)
                    yield folder, name, read_file(path)


def _actions_of_commit(
    root: Path, folders: Sequence[str], commit: str, runner: Runner
) -> Iterator[tuple[str, str, bytes]]:
    wanted = {folder: _names_of(folder) for folder in folders}
    if not wanted:
        return
    paths = [path for both in wanted.values() for path in both]
    there = {
        file: size
        for mode, size, file in _listed(root, commit, paths, runner)
        if mode.startswith("100")
    }
    for folder, both in wanted.items():
        for file in [path for path in both if path in there][:1]:
            with contextlib.suppress(UnreadableYAML):
                check_size(there[file])
                yield folder, file, _shown(root, commit, file, runner)


def package_in(top: Path, project: Project) -> tuple[str, str]:
    """The project's folder in the repository `top`, and its name."""
    folder = project.root.relative_to(top) if project.root.is_relative_to(top) else Path()
    return folder.as_posix(), project.name


def github_remote(repository: Repository, settings: Settings) -> tuple[str, str] | str:
    """Owner and repository as the remote spells them, or the reason why there are none.

    Raises:
        CommandError: git failed.
    """
    try:
        found = read_git_settings(repository)
        name = choose_remote(found, repository.branch(), settings.remote)
    except ConfigurationError as error:
        return " ".join(f"{error.message} {error.reason}".split())
    url = found.remote_url(name)
    if url is None:
        return f"git has no remote `{name}`"
    return parse_remote(url) or explain_remote(url)
