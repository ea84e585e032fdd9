"""The version of a crate that maturin builds: in Cargo.toml, in its workspace's, and in Cargo.lock.

https://doc.rust-lang.org/cargo/reference/workspaces.html#the-package-table
"""

import posixpath
import re
from collections.abc import Iterator

from nox_release.project.documents import Document, Files
from nox_release.project.literals import Place, find_toml, place_in, toml_place
from nox_release.project.toml import parse_toml

# A crate of the workspace has no `source`.
_LOCKED = re.compile(
    r'(?m)^\[\[package\]\]\r?\nname = "(?P<name>[^"\n]+)"\r?\nversion = "(?P<version>[^"\n]+)"\r?\n'
    r"(?!source = )"
)
_INHERITED = re.compile(r"(?m)^version(?:\.workspace|\s*=\s*\{\s*workspace)\s*=\s*true")


def cargo_place(files: Files, path: str | None) -> Place | None:
    """The version of the crate whose manifest is at `path`, or where maturin looks for it."""
    manifest = _manifest(files, path)
    if manifest is None:
        return None
    own = toml_place(manifest, find_toml(manifest), "package", "version")
    if own is not None:
        return own
    for _, document in files.above("Cargo.toml", posixpath.dirname(manifest.file)):
        place = toml_place(document, find_toml(document), "workspace", "package", "version")
        if place is not None:
            return place
    return None


def cargo_lock_places(files: Files, path: str | None) -> Iterator[Place]:
    """The lines of Cargo.lock about that crate, and those that share its workspace's version."""
    manifest = _manifest(files, path)
    if manifest is None:
        return
    crates = frozenset(_crates(files, manifest))
    for _, lock in files.above("Cargo.lock", posixpath.dirname(manifest.file)):
        for found in _LOCKED.finditer(lock.text):
            if found["name"] in crates:
                place = place_in(lock, found["name"], *found.span("version"))
                if place is not None:
                    yield place
        return


def _manifest(files: Files, path: str | None) -> Document | None:
    """https://www.maturin.rs/config.html"""
    for name in (path, "Cargo.toml", "rust/Cargo.toml"):
        document = files.own(name) if name else None
        if document is not None:
            return document
    return None


def _crates(files: Files, manifest: Document) -> Iterator[str]:
    yield from _name(manifest)
    if not _INHERITED.search(manifest.text):
        return
    for name in sorted(files.names):
        if posixpath.basename(name) == "Cargo.toml":
            document = files.document(name)
            if document is not None and _INHERITED.search(document.text):
                yield from _name(document)


def _name(manifest: Document) -> Iterator[str]:
    try:
        package = parse_toml(manifest.text).get("package")
    except ValueError:
        return
    if isinstance(package, dict) and isinstance(package.get("name"), str):
        yield package["name"]
