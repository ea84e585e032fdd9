"""An observer who knows everything: what of a release is not as it has to be, and what is double.

It looks into the memory and the disk of the stand-ins (the index's catalogue, GitHub's lists, the
bare repository) and asks nothing over HTTP. None of its judgement comes from `nox_release`, so
that the product's idea of "done" is compared with another one.
"""

from __future__ import annotations

import hashlib
import itertools
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be true: exactly these files under this version, and how they came there.

    `bytes_of` maps filename to sha256. `publisher` is (repository, workflow, environment) of the
    provenance that each file with provenance has to show. A story without a tag has no GitHub
    release and no run either; `earlier` are the tags that were there before.
    """

    name: str
    version: str
    bytes_of: dict[str, str]
    tag: str = ""
    commit: str = ""
    earlier: tuple[str, ...] = ()
    workflow: str = ""
    publisher: tuple[str, str, str | None] | None = None


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def missing(world, wanted):
    """Everything that keeps the release from being done; nothing when it is."""
    return [*_files(world, wanted), *(_forge(world, wanted) if wanted.tag else ())]


def doubled(world, wanted):
    """Whatever is there more than once, or that nobody asked for."""
    names = [one.filename for one in _stored(world, wanted)]
    extra = sorted(set(names) - set(wanted.bytes_of))
    if extra:
        yield f"files that nobody built: {extra}"
    if len(names) != len(set(names)):
        yield f"a file twice: {sorted(names)}"
    if len(world.github.releases) > 1:
        yield f"{len(world.github.releases)} GitHub releases"
    made = sorted(set(tags(world)) - set(wanted.earlier))
    if len(made) > 1:
        yield f"tags {made}"
    runs = [run for run in world.github.runs if wanted.workflow and run.path == wanted.workflow]
    uploads = [run for run in runs if run.conclusion == "success" and run.event != "workflow_dispatch"]  # fmt: skip
    if len(uploads) > 1:
        yield f"{len(uploads)} runs that published"


def _git(world, *arguments, cwd=None):
    return subprocess.run(
        ["git", *arguments],
        cwd=cwd or world.remote, env=world.environ, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def raised(world, old, new):
    """The commits of the remote's main that took the version from `old` to `new`, newest first."""
    listed = _git(world, "log", "--first-parent", "--format=%H %P", "main").splitlines()
    states = {}
    for line in listed:
        commit = line.split()[0]
        text = _git(world, "show", f"{commit}:pyproject.toml")
        states[commit] = next((one for one in (old, new) if f'version = "{one}"' in text), None)
    commits = list(states)
    return [
        commit
        for commit, before in itertools.pairwise(commits)
        if (states[before], states[commit]) == (old, new)
    ]


def unprepared(world, old, new):
    """What of the version's commit is not as it has to be: one on main, here too, whole."""
    there = raised(world, old, new)
    if not there:
        yield f"no commit on main states {new}"
        return
    changelog, lock = (
        _git(world, "show", f"{there[0]}:{one}") for one in ("CHANGELOG.md", "uv.lock")
    )
    if changelog.count(f"## [{new}] - ") != 1 or changelog.count("## [Unreleased]") != 1:
        yield "the changelog is not promoted once"
    if lock.count(f'version = "{new}"') != 1 or lock.count(f'version = "{old}"') != 1:
        yield "the lock is not as it has to be"
    if there[0] not in _git(world, "rev-list", "main", cwd=world.clone).split():
        yield "the version's commit is not here"
    if _git(world, "status", "--porcelain", cwd=world.clone):
        yield "the tree here is not clean"


def tags(world):
    """The remote's tags, each with every object id that leads to its commit."""
    listed = _git(
        world,
        "for-each-ref",
        "--format=%(refname:strip=2) %(objectname) %(*objectname)",
        "refs/tags",
    )
    return {name: ids for name, *ids in (line.split() for line in listed.splitlines())}


def _project(world, wanted):
    return world.index.catalogue.projects.get(wanted.name)


def _stored(world, wanted):
    project = _project(world, wanted)
    releases = project.releases.values() if project else ()
    return [one for release in releases for one in release.files]


def _files(world, wanted):
    project = _project(world, wanted)
    if project is None:
        yield "there is no such project"
        return
    if project.status.startswith("quarantine") and project.status != "quarantine-exit":
        yield "the project is in quarantine"
    release = next((r for r in project.releases.values() if r.version == wanted.version), None)
    if release is None:
        yield "there is no such release on the index"
        return
    if release.quarantined:
        yield "the release is in quarantine"
    if release.yanked:
        yield "the release is yanked"
    there = {one.filename: one for one in release.files}
    if sorted(there) != sorted(wanted.bytes_of):
        yield f"files {sorted(there)} instead of {sorted(wanted.bytes_of)}"
    for name, one in there.items():
        if wanted.bytes_of.get(name, one.sha256) != one.sha256:
            yield f"{name} has other bytes"
        on_disk = world.index.catalogue.directory / "packages" / one.path
        if name in world.index.catalogue.withheld or sha256(on_disk) != one.sha256:
            yield f"{name} cannot be downloaded"
        if one.provenance is not None and wanted.publisher is not None:
            yield from _provenance(name, one.provenance, wanted.publisher)


def _provenance(name, document, publisher):
    for bundle in document["attestation_bundles"]:
        shown = bundle["publisher"]
        seen = shown["repository"], shown["workflow"], shown["environment"]
        if seen != publisher:
            yield f"{name} was published by {seen}"


def _forge(world, wanted):
    there = tags(world)
    if wanted.commit not in there.get(wanted.tag, ()):
        yield f"the tag is not on {wanted.commit[:7]}: {there}"
    releases = [one for one in world.github.releases if one.tag == wanted.tag]
    if [one.draft for one in releases] != [False]:
        yield f"GitHub releases: {[(one.tag, one.draft) for one in world.github.releases]}"
