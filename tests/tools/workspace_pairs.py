"""Replay pairs of releases of public workspaces: can each package be installed after every step?

usage: python tests/tools/workspace_pairs.py [--pairs N] [--show] GIT_DIRECTORY...

Each argument is a repository's git directory. Its history is read commit by commit along the first
parents: where a package's `project.version` rose, it was released. A pair is such a release, and the
next one of a package which needs it, no more than 100 commits later. The two, and what was released by
the commit of the second, are put in our order, and released one after the other: what is on the index
then is every version before, and those of the order so far. Beside it stands the order of the names.

The second half of the table is about requirements: of those that excluded the new version and were
changed by hand with it, how many ours takes, and how many are the same text.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.core.errors import ConfigurationError
from nox_release.project.bounds import needs_in, widened
from nox_release.project.documents import Document
from nox_release.project.pyproject import parse_project
from nox_release.project.toml import parse_toml
from nox_release.project.workspace import Sibling, extras_of, layers, needs_of

ELSEWHERE = ("test", "example", "template", "docs/", "fixture", "sample", "cookbook")
APART = 100  # commits between the two of a pair


@dataclass(frozen=True)
class Package:
    """One package as one commit has it."""

    name: str
    version: Version
    sibling: Sibling
    needs: tuple


@dataclass(frozen=True)
class Event:
    """A version that a commit brought: the state of the repository after it."""

    number: int
    commit: str
    before: Package
    after: Package


@dataclass(frozen=True)
class Pair:
    """The release of a package, `second`, that needs `first`, the newest of that name; `coming` are
    all that are released with them, and `published` what the index had before.
    """

    first: Event
    second: Event
    coming: dict[str, Package]
    state: dict[str, Package]
    published: dict[str, frozenset[Version]]


def git(directory, *arguments):
    done = subprocess.run(
        ["git", f"--git-dir={directory}", *arguments], check=True, capture_output=True
    )
    return done.stdout.decode("utf-8", "replace")


def package_of(path, text):
    """The package that a pyproject.toml describes; `None` where it states no version."""
    try:
        project = parse_project(parse_toml(text), root=Path(path).parent)
        version = Version(project.version or "")
    except (ConfigurationError, ValueError, TypeError, InvalidVersion):
        return None
    if not project.name or version.is_devrelease:
        return None
    sibling = Sibling(
        name=project.name,
        folder=str(Path(path).parent),
        needs=needs_of(project),
        extras=extras_of(project),
    )
    found = needs_in(Document(file=path, text=text))
    return Package(canonicalize_name(project.name), version, sibling, found)


def changes(directory):
    """Number, commit and the pyproject.toml files that it changed, the oldest commit first."""
    form = ["log", "--first-parent", "--reverse", "-m", "--name-only", "--format=%x00%H"]
    for number, block in enumerate(git(directory, *form, "--", "*pyproject.toml").split("\0")[1:]):
        commit, *paths = block.split()
        yield (
            number,
            commit,
            [one for one in paths if not any(word in one.lower() for word in ELSEWHERE)],
        )


def texts(directory, wanted):
    """Many files of many commits in one question."""
    asked = "".join(f"{commit}:{path}\n" for commit, path in wanted)
    done = subprocess.run(
        ["git", f"--git-dir={directory}", "cat-file", "--batch"],
        input=asked.encode(), check=True, capture_output=True,
    ).stdout  # fmt: skip
    at = 0
    for one in wanted:
        end = done.index(b"\n", at)
        head = done[at:end].split()
        if head[-1] == b"missing":
            at = end + 1
            continue
        size = int(head[2])
        yield one, done[end + 1 : end + 1 + size].decode("utf-8", "replace")
        at = end + 1 + size + 1


def pairs_of(directory):
    """Every pair in the history, the newest first."""
    listed = list(changes(directory))
    found = dict(
        texts(directory, [(commit, path) for _, commit, paths in listed for path in paths])
    )
    state: dict[str, Package] = {}
    published: dict[str, set[Version]] = {}
    events: list[Event] = []
    pairs = []
    for number, commit, paths in listed:
        fresh = []
        for path in paths:
            text = found.get((commit, path))
            package = package_of(path, text) if text is not None else None
            if package is None:
                state.pop(path, None)
                continue
            before = state.get(path)
            state[path] = package
            if (
                before is not None
                and before.name == package.name
                and package.version > before.version
            ):
                fresh.append(Event(number, commit, before, package))
        newest = {one.after.name: one for one in (*events, *fresh) if number - one.number <= APART}
        now = {one.name: one for one in state.values()}
        for second in fresh:
            for first in newest.values():
                if first is second or not any(
                    need.name == first.after.name for need in second.after.needs
                ):
                    continue
                coming = {one.after.name: one.after for one in (first, *fresh)}
                known = {
                    name: frozenset(
                        versions - {coming[name].version} if name in coming else versions
                    )
                    for name, versions in published.items()
                }
                pairs.append(Pair(first, second, coming, now, known))
        events += fresh
        for package in state.values():
            published.setdefault(package.name, set()).add(package.version)
    return pairs[::-1]


def installs(package, available):
    """Whether the index has what a package needs of its repository, extras apart."""
    return all(
        any(need.specifier.contains(version, prereleases=True) for version in available[name])
        for need in package.sibling.needs
        if (name := canonicalize_name(need.name)) in available
    )


def holds(order, pair):
    """Whether each package of an order can be installed when it is released."""
    available = {name: set(pair.published.get(name, ())) for name in pair.state}
    for name in order:
        available.setdefault(name, set()).add(pair.coming[name].version)
        if not installs(pair.coming[name], available):
            return False
    return True


def our_order(pair):
    packages = [pair.coming.get(name, package).sibling for name, package in pair.state.items()]
    return [name for layer in layers(packages) for name in layer if name in pair.coming]


def bound_of(pair):
    """Of a requirement that excluded the first one's new version: what ours and theirs became."""
    wanted = pair.first.after
    old = [
        need
        for need in pair.second.before.needs
        if need.name == wanted.name and not need.takes(wanted.version)
    ]
    new = [
        need
        for need in pair.second.after.needs
        if need.name == wanted.name and need.takes(wanted.version)
    ]
    if len(old) != 1 or len(new) != 1:
        return None
    ours = widened(old[0].text, str(wanted.version))
    return old[0].text, ours, new[0].text


def measure(directory, at_most, *, show):
    counts = dict.fromkeys(("pairs", "ours", "by name", "bounds", "taken", "same"), 0)
    for pair in pairs_of(directory)[:at_most]:
        try:
            order = our_order(pair)
        except ValueError as error:  # a circle
            print(f"  {pair.second.commit[:9]} {error}")
            continue
        counts["pairs"] += 1
        ours = holds(order, pair)
        counts["ours"] += ours
        counts["by name"] += holds(sorted(order), pair)
        bound = bound_of(pair)
        if bound is not None:
            counts["bounds"] += 1
            counts["taken"] += bound[1] is not None
            counts["same"] += "".join(str(bound[1]).split()) == "".join(bound[2].split())
        if show and (not ours or bound is not None):
            what = f"{pair.first.after.name} {pair.first.after.version}, {pair.second.after.name} {pair.second.after.version}"
            print(
                f"  {pair.second.commit[:9]} {what}: {'installs' if ours else 'DOES NOT INSTALL'} {bound or ''}"
            )
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("directories", nargs="+", type=Path, metavar="GIT_DIRECTORY")
    parser.add_argument("--pairs", type=int, default=20, help="of each repository at most")
    parser.add_argument("--show", action="store_true", help="each pair with a bound, or that fails")
    options = parser.parse_args()
    total: dict[str, int] = {}
    rows = []
    for directory in options.directories:
        counts = measure(directory, options.pairs, show=options.show)
        name = directory.parent.name if directory.name == "repo" else directory.stem
        rows.append((name.replace("+", "/"), counts))
        total = {key: total.get(key, 0) + value for key, value in counts.items()}
    for name, counts in (*rows, ("all", total)):
        print(f"{name:<45}" + "  ".join(f"{key} {value:>3}" for key, value in counts.items()))
    return int(total.get("ours", 0) < total.get("pairs", 0))


if __name__ == "__main__":
    sys.exit(main())
