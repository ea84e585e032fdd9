"""What a build shows: at a glance to a person, as a document to a program."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nox_release.checks.files.built import is_uploadable
from nox_release.core.findings import Result, Skipped
from nox_release.edges.as_json import result_as_json
from nox_release.edges.console import Console
from nox_release.edges.screen import size_in_words
from nox_release.files.distributions import Distribution
from nox_release.operations.built import Built, shown_folder


def show(console: Console, built: Built, *, root: Path) -> None:
    """What was made and what is inside, then what was found.

    Folders are shown as seen from `root`.
    """
    project = built.project
    origin = f"from commit {built.commit[:7]}" if built.commit else "from the working tree"
    console.title(f"{project.name} {built.version}, {origin}")
    if built.left_out:
        some = ", ".join(built.left_out[:3]) + (", …" if len(built.left_out) > 3 else "")
        console.mark(
            "advice",
            f"Not in it, because {'they differ' if len(built.left_out) > 1 else 'it differs'} from "
            f"that commit: {some} (`--working-tree` builds the working tree)",
        )
    show_files(console, built.distributions)
    console.line()
    console.table(("", ""), _inside(built))
    console.results(_gathered(built.results))
    console.line()
    seconds = sum(took for _, took in built.seconds)
    folder = shown_folder(built.distributions[0].path.parent, root)
    if built.errors:
        count = len(built.errors)
        console.mark(
            "error",
            f"{count} problem{'s' * (count != 1)} would break the release; the files were not "
            "moved into dist/.",
        )
        return
    console.mark("done", f"{len(built.distributions)} files in {folder} after {seconds:.1f} s.")


def show_next(console: Console, *, failed: bool) -> None:
    """The one next step, whatever the number of packages."""
    if failed:
        console.mark("step", "Next: fix the first of them, and run `nox -s build` again.")
    else:
        console.mark("step", "Next: nox -s check-project")


def show_files(console: Console, distributions: Iterable[Distribution]) -> None:
    """Each file by its name, size and hash."""
    for one in distributions:
        console.line(f"{one.filename}  {size_in_words(one.size)}")
        console.line(f"sha256 {one.sha256}", indent=2, style="dim")


def _gathered(results: Iterable[Result]) -> Iterator[Result]:
    """Checks that could not be made for one and the same reason, as one line."""
    unknown: dict[str, list[Skipped]] = {}
    for result in results:
        if isinstance(result, Skipped):
            unknown.setdefault(result.reason, []).append(result)
        else:
            yield result
    for same in unknown.values():
        yield replace(same[0], title="; ".join(one.title for one in same))


def _inside(built: Built) -> list[tuple[str, str]]:
    wheel = built.distributions[-1]
    metadata = wheel.metadata
    packages = [
        f"{package.name} ({_count(package.files, 'file')}"
        + (f", {_count(package.subpackages, 'subpackage')}" if package.subpackages else "")
        + ")"
        for package in built.wheel.packages
    ]
    scripts = [f"{one.name} = {one.target}" for one in built.wheel.commands]
    requires = [value for value in metadata.values("Requires-Dist") if "extra ==" not in value]
    extras = metadata.values("Provides-Extra")
    rows = [
        ("import", ", ".join(packages) or "nothing"),
        ("commands", "\n".join(scripts) or "none"),
        ("Python", metadata.value("Requires-Python") or "any (no `requires-python`)"),
        ("needs", ", ".join(requires) or "nothing else"),
    ]
    if extras:
        rows.append(("extras", ", ".join(extras)))
    return rows


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def as_json(built: Built) -> dict[str, Any]:
    """The document of `--json`."""
    return {
        "project": built.project.name,
        "version": built.version,
        "commit": built.commit,
        "tag": built.tag,
        "left_out": list(built.left_out),
        "placed": built.placed,
        "distributions": [
            {
                "filename": one.filename,
                "kind": one.kind,
                "path": str(one.path),
                "size": one.size,
                "sha256": one.sha256,
                "uploadable": is_uploadable(one),
            }
            for one in built.distributions
        ],
        "packages": [
            {"name": package.name, "files": package.files} for package in built.wheel.packages
        ],
        "scripts": {one.name: one.target for one in built.wheel.commands},
        "seconds": {name: round(took, 3) for name, took in built.seconds},
        "results": [result_as_json(result) for result in built.results],
    }
