"""The README that becomes the project's page, and what it tells people to install."""

import difflib
import posixpath
import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name

from nox_release.checks.source.links import relative_addresses
from nox_release.checks.source.rules import README_MISSING, README_OTHER
from nox_release.checks.source.subject import BACKENDS, Source, is_absent, readme_path
from nox_release.core.findings import Finding, Severity, find
from nox_release.project.version_places import package_folders
from nox_release.project.workspace import needs_of


def readme(source: Source) -> Iterator[Finding]:
    path = readme_path(source.project)
    if path is None:
        if "readme" not in source.project.dynamic and "readme" not in source.table:
            there = sorted(
                name
                for name in source.tree.names
                if re.fullmatch(r"readme(\.(md|rst|txt))?", name, re.IGNORECASE)
            )
            private = any(one.startswith("Private ::") for one in source.project.classifiers)
            if there and source.table and not private:
                yield find(
                    README_MISSING,
                    f"`project.readme` is not set, so `{there[0]}` will not be on the project's "
                    "page.",
                    where=source.at("project"),
                    fix=f'Add: readme = "{there[0]}"',
                    severity=Severity.WARNING,
                )
        return
    if is_absent(source, path):
        ignored = (source.tree.files.read(f"{source.tree.prefix}.gitignore") or b"").decode(
            errors="replace"
        )
        names = {line.strip().strip("/*") for line in ignored.splitlines()}
        if names & {path, *path.split("/")}:
            return  # made before the build
        key = ("project", "readme") if source.table else ("tool", "poetry", "readme")
        # Tried one by one, last in November 2026: setuptools alone warns, and builds an empty page.
        fails = source.backend in BACKENDS.values() and source.backend != "setuptools"
        yield find(
            README_MISSING,
            f"`{path}` is not there.",
            where=source.at(*key),
            severity=None if fails else Severity.WARNING,
        )
        return
    yield from relative_addresses(source, path)
    yield from _foreign_install_line(source, path)


_INSTALL = re.compile(
    r"(?:\bpip[23x]?|\bpip3\.\d+|\buv tool|\buv pip|\bpython\d? -m pip) install\s+(?P<what>[^`\n]+)"
    r"|\b(?:uv|poetry|pdm|rye) add\s+(?P<added>[^`\n]+)"
)


_TAKES_VALUE = frozenset({"-r", "-c", "-i", "-f", "-t", "--index-url", "--extra-index-url"})


def installed_names(text: str) -> Iterator[tuple[str, int]]:
    """The projects that a README's install lines name, with their lines."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _INSTALL.finditer(line):
            what = re.split(r"&&|\|\||[;|#<]|\s\(|\.\s", found["what"] or found["added"])[0]
            words = iter(what.split())
            for word in words:
                bare = word.strip("\"'*,.:()")
                if word in _TAKES_VALUE:
                    next(words, None)
                elif word.startswith("-"):
                    continue
                elif re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?([=<>!~].*)?", bare):
                    name = re.split(r"[\[=<>!~]", bare)[0]
                    if name and not re.search(r"\.(whl|txt|toml|gz|zip)$", name):
                        yield name, number


def _extras(text: str) -> frozenset[str]:
    """`psycopg[pool]` as `psycopg-pool`: the extra of a project that installs its companion."""
    return frozenset(
        canonicalize_name(f"{found[1]}-{extra.strip()}")
        for found in re.finditer(
            r"(?<![A-Za-z0-9._-])([A-Za-z0-9][A-Za-z0-9._-]{0,200})\[([^\[\]\n]{1,200})\]", text
        )
        for extra in found[2].split(",")
    )


def _foreign_install_line(source: Source, path: str) -> Iterator[Finding]:
    own = source.project.normalized_name
    named = [
        (name, line)
        for name, line in installed_names(source.tree.texts.get(path, ""))
        if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name)
    ]
    if not named or any(canonicalize_name(name) == own for name, _ in named):
        return
    if own in _extras(source.tree.texts.get(path, "")):
        return
    needed = {canonicalize_name(one.name) for one in needs_of(source.project)}
    kin = {canonicalize_name(name) for name in _kin(source)}
    for name, line in named:
        other = canonicalize_name(name)
        if other in needed:
            continue
        # A companion's README may well tell how to install what it belongs to.
        is_host = own.startswith(f"{other}-")
        alike = difflib.SequenceMatcher(None, own, other).ratio()
        if other in kin or (alike >= 0.75 and not is_host):
            yield find(
                README_OTHER,
                f"It says to install `{name}`; this project is `{source.project.name}`.",
                where=source.in_file(path, line),
            )
            return


def _kin(source: Source) -> Iterator[str]:
    """Names this project might be confused with: its repository's, its packages'."""
    if source.tree.repository:
        yield source.tree.repository
    for folder in package_folders(source.project.normalized_name, source.tree.names):
        yield posixpath.basename(folder)
    for _, url in source.project.urls:
        found = re.match(r"https://git(?:hub|lab)\.com/[^/]+/([^/#?]+)", url)
        if found:
            yield found[1].removesuffix(".git")
