"""Reading `.github/workflows` from the disk, or from a commit."""

import contextlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
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
Read = Callable[[], bytes]
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
    try:
        there = _files(root, [f"{WORKFLOWS}/"], commit, runner)
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (unreadable(WORKFLOWS, "cannot be listed", reason=_reason(error)),)
    names = sorted(name for name in there if name.endswith((".yml", ".yaml")))
    found = [_workflow(name, there[name]) for name in names[:MAX_FILES]]
    if len(names) > MAX_FILES:
        said = f"has {len(names)} files; the first {MAX_FILES} were read"
        found.append(unreadable(WORKFLOWS, said))
    return tuple(found)


def _workflow(file: str, read: Read) -> Workflow | Finding:
    try:
        return parse_workflow(read(), file=file)
    except OSError as error:
        return unreadable(file, "cannot be read", reason=_reason(error))
    except UnreadableYAML as error:
        return unreadable(file, error.message, reason=error.reason)
    except UnreadableWorkflow as error:
        return error.finding


def _reason(error: OSError) -> str:
    return f"{error.strerror or type(error).__name__}."


def _files(
    root: Path, paths: Sequence[str], commit: str | None, runner: Runner | None
) -> dict[str, Read]:
    """Those of `paths` that are there, each with what reads it; of a folder (`/` at its end),
    everything directly in it.

    Raises:
        CommandError: git cannot show the commit.
        OSError: the folder cannot be listed.
    """
    if commit is not None:
        if runner is None:
            raise TypeError("a commit is read through git: give a runner")
        return _files_of_commit(root, paths, commit, replace(runner, child=GIT))
    names = [
        name
        for path in paths
        for name in (
            [path + one for one in os.listdir(root / path)] if path.endswith("/") else [path]  # noqa: PTH208
        )
    ]
    return {
        name: partial(_from_disk, root / name) for name in names if os.path.lexists(root / name)
    }


def _from_disk(path: Path) -> bytes:
    if not path.is_file():
        raise UnreadableYAML("is no file that can be read")
    check_size(path.stat().st_size)
    return read_file(path)


def _files_of_commit(
    root: Path, paths: Sequence[str], commit: str, runner: Runner
) -> dict[str, Read]:
    def read(mode: str, size: str, file: str) -> bytes:
        if not mode.startswith("100"):
            raise UnreadableYAML(f"is no file in commit {commit[:9]}")
        check_size(int(size))
        text = runner.run(["git", "cat-file", "blob", f"{commit}:{file}"], cwd=root).stdout
        # What is not UTF-8 was replaced on the way: make it unreadable again rather than invented.
        return text.replace("\ufffd", "\udcff").encode("utf-8", errors="surrogateescape")

    listing = runner.run(
        ["git", "ls-tree", "-z", "--long", "--full-tree", f"{commit}^{{commit}}", "--", *paths],
        cwd=root,
    )
    there: dict[str, Read] = {}
    for entry in filter(None, listing.stdout.split("\0")):
        mode, _, _, rest = entry.split(None, 3)
        size, _, file = rest.partition("\t")
        there[file] = partial(read, mode, size, file)
    return there


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
    wanted = {name: _names_of(name) for name in (*_action_folders(workflows), *_scripts(workflows))}
    names = [name for each in wanted.values() for name in each]
    there = _files(root, names, commit, runner) if names else {}
    found: dict[str, tuple[Step, ...]] = {}
    for folder, file in ((folder, name) for folder, each in wanted.items() for name in each):
        leads_out = commit is None and not (root / file).resolve().is_relative_to(root.resolve())
        if folder in found or file not in there or leads_out:
            continue
        with contextlib.suppress(OSError, UnreadableYAML, UnreadableWorkflow):
            content = there[file]()
            if folder == file:
                commands = commands_in(file, content.decode(errors="replace"))
                content = json.dumps({"runs": {"steps": [{"run": commands}]}}).encode()
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
