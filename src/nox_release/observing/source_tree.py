"""Reading a project's folder: every name in it, and the texts that source rules look at."""

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nox_release.checks.source.subject import SourceTree, named_files
from nox_release.core.reading import read_file
from nox_release.observing.siblings import find_siblings
from nox_release.project.documents import Files
from nox_release.project.pyproject import Project
from nox_release.project.version_places import VERSION_FILES, package_folders

MAX_NAMES = 50_000
MAX_TEXT = 2_000_000

_ALWAYS = ("pyproject.toml", "setup.py", "setup.cfg", ".bumpversion.cfg", "uv.lock")
# Made by tools, never part of what is released, and large.
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "env", "site-packages", "target"})


def read_source_tree(project: Project, *, top: Path | None = None, slug: str = "") -> SourceTree:
    """The tree of `project` in its folder; `top` is the repository's root, for places in findings."""
    root = project.root
    names: set[str] = set()
    complete = True
    for name in walk(str(root)):
        names.add(name)
        if len(names) >= MAX_NAMES:
            complete = False
            break
    wanted = {*_ALWAYS, *named_files(project)}
    for folder in package_folders(project.normalized_name, names):
        wanted.update(f"{folder}/{name}" for name in VERSION_FILES)
    texts = {name: text for name in wanted & names if (text := _read(root / name)) is not None}
    prefix = ""
    if top is not None and top != root and root.is_relative_to(top):
        prefix = root.relative_to(top).as_posix() + "/"
    return SourceTree(
        texts=texts,
        names=frozenset(names),
        prefix=prefix,
        complete=complete,
        slug=slug,
        whole=files_below(top or root, names, prefix),
        siblings=find_siblings(project, top),
    )


_ABOVE = ("uv.lock", "Cargo.lock", "Cargo.toml")


def files_below(top: Path, names: Iterable[str], prefix: str = "") -> Files:
    """The project's files by their paths from `top`, with the lock files and workflows above it."""
    found = {prefix + name for name in names}
    folders = ["", *(prefix[: cut.end()] for cut in re.finditer("/", prefix))]
    found.update(f"{folder}{name}" for folder in folders for name in _ABOVE)
    if prefix:
        workflows = top / ".github" / "workflows"
        with contextlib.suppress(OSError):
            found.update(f".github/workflows/{path.name}" for path in workflows.iterdir())

    def read(name: str) -> bytes | None:
        path = top / name
        try:
            return None if path.is_symlink() else read_file(path)
        except OSError:
            return None

    return Files(names=frozenset(found), read=read, prefix=prefix)


def walk(root: str) -> Iterator[str]:
    """Every file below `root`, by its path from there with `/`."""
    folders = [("", root)]
    while folders:
        prefix, path = folders.pop()
        try:
            entries = list(os.scandir(path))
        except OSError:
            continue
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if not _is_folder(entry):
                yield name
            elif entry.name not in _PASSED_OVER and (
                not entry.name.startswith(".") or entry.name == ".github"
            ):
                folders.append((f"{name}/", entry.path))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _read(path: Path) -> str | None:
    """A text of reasonable size; what is not UTF-8 shows as replacement characters."""
    try:
        return read_file(path, at_most=MAX_TEXT).decode("utf-8", errors="replace")
    except OSError:
        return None


def reader_of(root: Path) -> Callable[[str], bytes | None]:
    """A function that reads a file below `root` by its path from there."""

    def read(name: str) -> bytes | None:
        path = root / name
        try:
            return None if path.is_symlink() else path.read_bytes()
        except OSError:
            return None

    return read
