"""Reading `.github/workflows` from the disk, or from a commit."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nox_release.findings import Finding
from nox_release.publishing import (
    derive_publisher,
    explain_remote,
    parse_remote,
    spelt_by_github,
)
from nox_release.workflow_syntax import (
    WORKFLOWS,
    Step,
    UnreadableWorkflow,
    Workflow,
    parse_composite,
    parse_workflow,
    unreadable,
)
from nox_release.yaml_nodes import UnreadableYAML, check_size

if TYPE_CHECKING:
    from nox_release.git import Repository
    from nox_release.process import Runner
    from nox_release.project import Settings
    from nox_release.publishing import Derivation

MAX_FILES = 200


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
        return parse_workflow(path.read_bytes(), file=file)
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
    for mode, size, file in _listed(root, commit, f"{WORKFLOWS}/", runner):
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


def _listed(root: Path, commit: str, folder: str, runner: Runner) -> list[tuple[str, int, str]]:
    """Mode, size and path of everything directly in `folder` of the commit."""
    listing = runner.run(
        ["git", "ls-tree", "-z", "--long", "--full-tree", f"{commit}^{{commit}}", "--", folder],
        cwd=root,
    )
    entries = []
    for entry in filter(None, listing.stdout.split("\0")):
        mode, _, _, rest = entry.split(None, 3)
        size, _, file = rest.partition("\t")
        entries.append((mode, int(size) if size.strip().isdigit() else 0, file))
    return entries


def _shown(root: Path, commit: str, file: str, runner: Runner) -> bytes:
    text = runner.run(["git", "cat-file", "blob", f"{commit}:{file}"], cwd=root).stdout
    # What is not UTF-8 was replaced on the way: make it unreadable again rather than invented.
    return text.replace("\ufffd", "\udcff").encode("utf-8", errors="surrogateescape")


def read_actions(
    root: Path, workflows: tuple[Workflow | Finding, ...]
) -> dict[str, tuple[Step, ...]]:
    """The steps of the repository's composite actions that `workflows` use, by folder.

    A folder that cannot be read, or leads out of the repository, is left out: what it does is then
    not known.
    """
    found: dict[str, tuple[Step, ...]] = {}
    base = root.resolve()
    for workflow in workflows:
        if isinstance(workflow, Finding):
            continue
        for step in (step for job in workflow.jobs for step in job.steps):
            if step.uses is None or step.uses.kind != "local":
                continue
            folder = step.uses.path.strip("/")
            if folder in found or ".." in PurePosixPath(folder).parts:
                continue
            for name in ("action.yml", "action.yaml"):
                path = root / folder / name
                with contextlib.suppress(OSError, UnreadableYAML, UnreadableWorkflow):
                    if path.is_file() and path.resolve().is_relative_to(base):
                        check_size(path.stat().st_size)
                        found[folder] = parse_composite(path.read_bytes(), file=f"{folder}/{name}")
    return found


def github_remote(repository: Repository, settings: Settings) -> tuple[str, str] | str:
    """Owner and repository as the remote spells them, or the reason why there are none.

    The remote is the one set, the one that the branch follows, `origin`, or the only one.

    Raises:
        CommandError: git could not be asked.
    """
    names = repository.remotes()
    branch = repository.branch()
    followed = repository.upstream(branch) if branch else None
    usual = "origin" if "origin" in names or len(names) != 1 else names[0]
    name = settings.remote or (followed[0] if followed and followed[0] in names else usual)
    url = repository.remote_url(name)
    if url is None:
        return f"git has no remote `{name}`"
    return parse_remote(url) or explain_remote(url)


def read_publisher(
    repository: Repository,
    settings: Settings,
    *,
    commit: str | None = None,
    full_name: str | None = None,
) -> Derivation:
    """The trusted publisher that a checkout stands for, as it lies or as `commit` has it.

    `full_name` is `owner/name` as GitHub answers it, where it was asked.

    Raises:
        CommandError: git could not be asked.
    """
    workflows = read_workflows(repository.root, commit=commit, runner=repository.runner)
    slug = github_remote(repository, settings)
    findings: tuple[Finding, ...] = ()
    if not isinstance(slug, str):
        slug, findings = spelt_by_github(slug, full_name)
    owner, name = (None, None) if isinstance(slug, str) else slug
    derived = derive_publisher(
        workflows,
        owner=owner,
        repository=name,
        settings=settings,
        actions=read_actions(repository.root, workflows),
    )
    return replace(derived, results=(*findings, *derived.results))
