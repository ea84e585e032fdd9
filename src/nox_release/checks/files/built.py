"""Rules over what a build made: its versions and names, and what should not be in it.

Every rule is a function of `Facts`; `check_built` puts them all, with those of `contents` and
`imports`.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks.files.contents import WHEEL_MISSING_MODULES, contents, names_at_the_top
from nox_release.checks.files.imports import imports
from nox_release.core.findings import Finding, Location, Result, Rule, Severity, find, passed
from nox_release.core.words import some
from nox_release.files.distributions import Distribution, version_of_file
from nox_release.project.pyproject import Project

if TYPE_CHECKING:
    from nox_release.checks.files.facts import Facts

_rule = partial(Rule, subject="distributions")

SDIST_STRAY_FILES = _rule(
    "sdist-stray-files",
    Severity.WARNING,
    "the sdist holds only what belongs to the project",
    why="What lies in the tree by accident is published for ever.",
    remedy="Remove the files, or add them to .gitignore (and `exclude` of the backend).",
)
SDIST_HOLDS_SECRETS = _rule(
    "sdist-holds-secrets",
    Severity.ERROR,
    "no file with credentials is in the distributions",
    why="Whatever is uploaded is public at once and for ever; a token in it must be revoked.",
    remedy="Delete it from the tree and from git, revoke what it holds, and exclude it.",
)
VERSION_ZERO = _rule(
    "version-zero",
    Severity.ERROR,
    "the version is not 0.0.0",
    why="0.0.0 is what backends write when they could not find the version; once uploaded it stays.",
    remedy="Give the version in `project.version`, or let the backend see the git tags: "
    "`fetch-depth: 0` in the workflow, a full clone here.",
)
VERSION_MISMATCH = _rule(
    "version-mismatch",
    Severity.ERROR,
    "the files and their metadata have one version",
    why="A version on PyPI can be used once; the wrong one cannot be taken back.",
    remedy="Make them the same: raise the declared version, commit, and tag that commit.",
)
NAME_MISMATCH = _rule(
    "name-mismatch",
    Severity.ERROR,
    "the distributions carry the project's name",
    why="PyPI files an upload under the name in its metadata; another name is another project.",
    remedy="Give the same name in pyproject.toml and in what the backend reads.",
)
VERSION_BETWEEN_TAGS = _rule(
    "version-between-tags",
    Severity.WARNING,
    "HEAD carries the tag of its version",
    why="Without a tag at HEAD the version tool makes a development version, mostly with a local part "
    "that PyPI refuses.",
    remedy="Nothing to do for a look; `nox -s release -- VERSION` makes the tag.",
)
VERSION_FROM_CLOCK = _rule(
    "version-from-clock",
    Severity.WARNING,
    "the version does not depend on when it is built",
    why="What is tagged and what the workflow builds later are then two versions.",
    remedy="State the version in `project.version` or let it come from the tag; or let the workflow "
    'build with `SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"`.',
    link="https://reproducible-builds.org/specs/source-date-epoch/",
)
BUILD_CHANGES_TREE = _rule(
    "build-changes-tracked-files",
    Severity.ERROR,
    "the build leaves the files in git as they are",
    why="A version tool that finds the tree changed makes a development version, even at a tag.",
    remedy="Generated files do not belong into git: `git rm -r --cached FILES`, and add them to "
    ".gitignore.",
    link="https://setuptools-scm.readthedocs.io/",
)
WHEEL_FOR_THIS_MACHINE = _rule(
    "wheel-for-this-machine",
    Severity.WARNING,
    "the wheel can be used on other machines",
    why="PyPI refuses the platform tag of an ordinary Linux build, because the wheel may need "
    "libraries of this machine.",
    remedy="The sdist can be uploaded alone; let cibuildwheel make manylinux wheels in the workflow.",
    link="https://cibuildwheel.pypa.io/",
)
BACKEND_WARNS = _rule(
    "backend-warns",
    Severity.ADVICE,
    "the build backend has nothing to complain about",
    why="What it warns of today it may refuse tomorrow, or leave out silently.",
    remedy="Do what it says; a warning about a missing file usually means one in pyproject.toml.",
)
TWINE_CHECK = _rule(
    "twine-check",
    Severity.ERROR,
    "`twine check --strict` passes",
    why="The description is the project's page on PyPI.",
    remedy="Correct the file that `project.readme` names, and its content type.",
    link="https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/",
)

RULES = (
    SDIST_STRAY_FILES,
    SDIST_HOLDS_SECRETS,
    VERSION_ZERO,
    VERSION_MISMATCH,
    NAME_MISMATCH,
    VERSION_BETWEEN_TAGS,
    VERSION_FROM_CLOCK,
    BUILD_CHANGES_TREE,
    WHEEL_FOR_THIS_MACHINE,
    BACKEND_WARNS,
    TWINE_CHECK,
)


def check_built(facts: Facts) -> Iterator[Result]:
    """Every rule that needs nothing but the files."""
    tagged = f", that of the tag {facts.tag}" if facts.tag else ""
    version = f"version {facts.wheel.file.version}{tagged}"
    yield from _of(_versions(facts), VERSION_MISMATCH, version)
    yield from _names(facts)
    inside = ", ".join(package.name for package in facts.wheel.packages)
    yield from _of(contents(facts), WHEEL_MISSING_MODULES, inside)
    yield from names_at_the_top(facts)
    yield from _stray_in_sdist(facts)
    yield from _this_machine(facts)
    yield from imports(facts)
    yield from _warnings(facts)


def _warnings(facts: Facts) -> Iterator[Finding]:
    """What the backend warns of, in one line each; those that differ in a name alone, together."""
    kinds: dict[str, list[str]] = {}
    for warning in facts.warnings:
        said = _in_one_line(warning)
        kinds.setdefault(_NAMED.sub("…", said.partition(". ")[0]), []).append(said)
    for same in kinds.values():
        others = len(same) - 1
        more = f" ({others} more like it; `build -v` shows all)" if others else ""
        said = textwrap.shorten(same[0], _WARNING_AT_MOST, placeholder=" …")
        yield find(BACKEND_WARNS, f"{_backend(facts.project)} warns: {said}{more}")


_NAMED = re.compile(r"'[^'\n]{1,200}'|\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`")
_RULER = re.compile(r"^[!*=#~\s-]*$")
_IN_A_BOX = re.compile(r"^#(?:\s.{0,200}\s)?#$")


def _backend(project: Project) -> str:
    return re.split(r"[.:]", project.build_backend)[0]


def _in_one_line(warning: str) -> str:
    """What a warning says, without the boxes that setuptools draws around it and in it."""
    parts: list[list[str]] = [[]]
    for line in map(str.strip, warning.splitlines()):
        if _RULER.match(line) or _IN_A_BOX.match(line):
            parts.append([])
        else:
            parts[-1].append(line)
    said = [" ".join(part) for part in parts if part]
    ended = [text if text[-1] in ".:;!?" else f"{text}." for text in said[:-1]]
    return " ".join([*ended, *said[-1:]])


_WARNING_AT_MOST = 260


def _of(found: Iterator[Finding], rule: Rule, detail: str) -> Iterator[Result]:
    """The findings, or, when there are none, that the rule was looked at."""
    findings = tuple(found)
    if findings:
        yield from findings
    else:
        yield passed(rule, detail)


def check_tag(tag: str, project: Project, version: Version) -> Iterator[Finding]:
    """Whether a tag is that of the version."""
    if not tag_fits(tag, project, version):
        yield find(
            VERSION_MISMATCH,
            f"The tag {tag} is not the tag of version {version}, which would be "
            f"`{project.settings.tag(project.name, str(version))}`.",
            fix=_other_format(tag, project, version),
        )


def _versions(facts: Facts) -> Iterator[Finding]:
    project, tag = facts.project, facts.tag
    for distribution in facts.distributions:
        version = distribution.version
        try:
            parsed = Version(version)
        except ValueError:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` has the version {version!r}, which is not PEP 440.",
            )
            continue
        if parsed == Version("0.0.0") and not parsed.is_prerelease:
            yield find(VERSION_ZERO, f"`{distribution.filename}` is version {version}.")
        if project.version is not None and Version(project.version) != parsed:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` is version {version}, but `project.version` is "
                f"{project.version}.",
                where=Location(file="pyproject.toml", key="project.version"),
            )
        in_filename = version_of_file(distribution.filename)
        if in_filename is not None and in_filename != parsed:
            yield find(
                VERSION_MISMATCH,
                f"`{distribution.filename}` says {in_filename} in its name and {version} inside.",
            )
        wrong = tuple(check_tag(tag, project, parsed)) if tag is not None else ()
        if wrong:
            yield from wrong
            return
    wheel = facts.wheel.file
    if facts.sdist is not None and facts.sdist.version != wheel.version:
        yield find(
            VERSION_MISMATCH,
            f"The sdist is version {facts.sdist.version} and the wheel made from it "
            f"{wheel.version}.",
            fix="Let the sdist carry the version it was made with (PKG-INFO), so that building "
            "from it needs no git.",
        )
    if facts.version_now not in (None, wheel.version):
        yield find(
            VERSION_FROM_CLOCK,
            f"By the commit's date the version is {wheel.version}, by the clock {facts.version_now}.",
        )
    if project.version_from_tags and is_between_tags(wheel.version):
        yield from _between_tags(facts)


def _between_tags(facts: Facts) -> Iterator[Finding]:
    tags = facts.tags if facts.tag is None else (facts.tag,)
    if tags and facts.changed:
        yield find(
            BUILD_CHANGES_TREE,
            f"HEAD carries the tag {tags[0]}, but the build changes {some(facts.changed)}, "
            f"which git tracks, and so the version became {facts.wheel.file.version}.",
            fix=f"git rm -r --cached {' '.join(_folders(facts.changed))}, add to .gitignore, "
            "commit, and tag that commit.",
        )
    elif facts.tag is None:
        yield find(
            VERSION_BETWEEN_TAGS,
            f"The version is {facts.wheel.file.version}, "
            + (
                f"though HEAD carries the tag {tags[0]}."
                if tags
                else "because HEAD carries no tag."
            ),
        )


def _folders(paths: Sequence[str]) -> tuple[str, ...]:
    """Paths to name in a command; generated folders as a whole."""
    return tuple(
        dict.fromkeys(
            path.partition(".egg-info/")[0] + ".egg-info" if ".egg-info/" in path else path
            for path in paths
        )
    )


def tag_fits(tag: str, project: Project, version: Version) -> bool:
    """Whether `tag` is, by the project's format, the tag of `version` however that is written."""
    before, _, after = project.settings.tag_format.partition("{version}")
    for name in (project.name, project.normalized_name):
        start, end = before.format(name=name), after.format(name=name)
        if tag.startswith(start) and tag.endswith(end) and len(tag) > len(start) + len(end):
            written = tag[len(start) : len(tag) - len(end)]
            try:
                return Version(written) == version
            except ValueError:
                continue
    return False


def _other_format(tag: str, project: Project, version: Version) -> str:
    """The remedy where only the form of the tag is another one."""
    form = project.settings.tag_format_of(tag, project.name)
    if form is None:
        return ""
    settings = replace(project.settings, tag_format=form)
    if not tag_fits(tag, replace(project, settings=settings), version):
        return ""
    return f'If your tags look like that, say so: `[tool.nox-release] tag-format = "{form}"`.'


def is_between_tags(version: str) -> bool:
    """Whether a version tool would make this version away from a tag."""
    try:
        parsed = Version(version)
    except ValueError:
        return False
    return parsed.local is not None or parsed.is_devrelease


def _names(facts: Facts) -> Iterator[Finding]:
    if not facts.project.name:
        return
    for distribution in facts.distributions:
        if canonicalize_name(distribution.name) != facts.project.normalized_name:
            yield find(
                NAME_MISMATCH,
                f"`{distribution.filename}` is of the project `{distribution.name}`, but "
                f"pyproject.toml says `{facts.project.name}`.",
                where=Location(file="pyproject.toml", key="project.name"),
            )


_ACCIDENTS = re.compile(
    r"^[=<>~!]=?[\d.]*$"  # `pip install x>=2.0` without quotes makes a file called `=2.0`
    r"|(^|/)(__pycache__|node_modules|\.venv|\.tox|\.nox|\.mypy_cache|\.pytest_cache|\.ruff_cache"
    r"|\.DS_Store|Thumbs\.db|\.coverage|pyvenv\.cfg)(/|$)"
    r"|\.(pyc|orig|rej|swp)$|~$|^(build/lib|dist)/"
)
_SECRETS = frozenset({".pypirc", ".netrc", "id_rsa", "id_ed25519", "id_ecdsa", ".env"})


def _stray_in_sdist(facts: Facts) -> Iterator[Finding]:
    inside = facts.sdist_files
    untracked = set(facts.untracked) & set(inside)
    secret = sorted(
        {path for path in inside if path in _SECRETS and (path != ".env" or path in untracked)}
        | {p for p in facts.wheel.paths if p.split("/")[-1] in _SECRETS - {".env"}}
    )
    if secret:
        yield find(SDIST_HOLDS_SECRETS, f"The distributions hold {some(secret)}.")
    # What the backend itself adds (uv_build: `pyproject.toml.orig`) is no accident.
    ours = set(facts.tree) | set(facts.untracked) if facts.tree else set(inside)
    accidents = {path for path in inside if path in ours and _ACCIDENTS.search(path)}
    stray = sorted(accidents | untracked - set(secret))
    if stray:
        yield find(
            SDIST_STRAY_FILES,
            f"`{facts.distributions[0].filename}` holds {some(stray)}"
            + (", unknown to git." if set(stray) <= untracked else "."),
        )


def _this_machine(facts: Facts) -> Iterator[Finding]:
    if not is_uploadable(facts.wheel.file):
        tag = facts.wheel.filename.removesuffix(".whl").rpartition("-")[2]
        yield find(
            WHEEL_FOR_THIS_MACHINE,
            f"`{facts.wheel.filename}` has compiled parts and fits only machines like this one "
            f"(`{tag}`).",
            refusal=f"400 Binary wheel '{facts.wheel.filename}' has an unsupported platform tag "
            f"'{tag}'.",
        )


def is_uploadable(distribution: Distribution) -> bool:
    """Whether PyPI takes it as far as the platform goes: plain `linux_…` wheels it does not.

    Source: https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    platform = distribution.filename.removesuffix(".whl").rpartition("-")[2]
    return distribution.kind != "wheel" or not any(
        tag.startswith("linux_") for tag in platform.split(".")
    )
