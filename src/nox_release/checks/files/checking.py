"""The check of distribution files, with no project around them: every violation at once.

Opens the files, several at a time, and asks `checks.upload` for PyPI's verdicts; what PyPI takes
and others do not is added as warnings.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks import upload
from nox_release.checks.files.examined import Examined, examples
from nox_release.checks.files.refused import refusals
from nox_release.checks.files.remarks import remarks
from nox_release.checks.files.rules import BY_ID, RULES
from nox_release.checks.upload import Form
from nox_release.core.findings import Finding, Location, Severity, find, ranked
from nox_release.core.values import dataclass, replace
from nox_release.files.archives import (
    UnreadableDistributionError,
    kind_of,
    read_archive,
    read_digests,
    read_sha256,
)
from nox_release.files.distributions import Archive, Kind

__all__ = ["RULES", "Checked", "check_distributions", "examine", "form_of", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file with what was found in it. The attributes serve `checks.index.state`."""

    path: Path
    size: int
    sha256: str
    form: Form
    findings: tuple[Finding, ...]
    archive: Archive | None = None

    @property
    def filename(self) -> str:
        return self.path.name

    @property
    def kind(self) -> Kind:
        return kind_of(self.path.name)

    @property
    def name(self) -> str:
        return canonicalize_name(self.form.get("name", ("",))[0])

    @property
    def version(self) -> Version | None:
        try:
            return Version(self.form.get("version", ("",))[0])
        except ValueError:
            return None

    @property
    def is_refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def form_of(path: Path) -> dict[str, tuple[str, ...]]:
    """The fields that twine 7 sends for a file, also for files that twine itself would refuse."""
    return upload.form_from(read_archive(path, path.name), path.name)


def check_distributions(paths: Iterable[str | os.PathLike[str]]) -> tuple[Finding, ...]:
    """Every violation in every file, and between them."""
    return judge(examine(paths))


def judge(checked: Sequence[Checked]) -> tuple[Finding, ...]:
    """What was found in each file, and what is wrong between them."""
    return ranked([*(one for each in checked for one in each.findings), *_together(checked)])


def examine(paths: Iterable[str | os.PathLike[str]]) -> tuple[Checked, ...]:
    """Each file with what was found in it, several at a time."""
    return tuple(_check_each([Path(path) for path in paths]))


def _check_each(paths: Sequence[Path]) -> list[Checked]:
    if len(paths) < 2:
        return [_check(path) for path in paths]
    # Threads are enough: hashing, decompressing and reading let go of the interpreter.
    with ThreadPoolExecutor(max_workers=min(len(paths), os.cpu_count() or 1)) as pool:
        return list(pool.map(_check, paths))


def _check(path: Path) -> Checked:
    try:
        archive = read_archive(path, path.name)
        # What is too large to be looked into is not read for its digest either.
        sha256 = read_sha256(path) if archive.kind else ""
    except (OSError, UnreadableDistributionError) as error:
        problem = getattr(error, "reason", "") or str(error)
        finding = find(
            BY_ID["file-unreadable"],
            f"`{path.name}` cannot be read: {problem}.",
            where=Location(file=path.as_posix()),
        )
        return Checked(path=path, size=0, sha256="", form={}, findings=(finding,))
    form = upload.form_from(archive, path.name)
    examined = Examined.of(path, archive, form)
    findings = (*refusals(examined), *remarks(examined))
    return Checked(
        path=path,
        size=archive.size,
        sha256=sha256,
        form=form,
        findings=findings,
        archive=archive,
    )


# --- several files -------------------------------------------------------------------------------


def _together(checked: Sequence[Checked]) -> Iterator[Finding]:
    yield from _same(checked)
    releases: dict[tuple[str, Version], list[Checked]] = defaultdict(list)
    for each in checked:
        if each.version is not None:
            releases[each.name, each.version].append(each)
    for (name, version), files in releases.items():
        sdists = [each for each in files if each.kind == "sdist"]
        for second in sdists[1:]:
            yield _between(
                "second-sdist",
                second,
                f"`{second.filename}` is a second sdist of {name} {version}, beside "
                f"`{sdists[0].filename}`.",
                "400 Only one sdist may be uploaded per release.",
            )
        refused = [each for each in files if each.is_refused]
        if refused and len(refused) < len(files):
            yield _between(
                "half-release",
                refused[0],
                f"PyPI would refuse {examples([each.filename for each in refused], 'file')} of "
                f"{name} {version} and take the other{'s' * (len(files) - len(refused) != 1)}.",
            )
    for name in dict.fromkeys(name for name, _ in releases):
        versions = sorted(version for other, version in releases if other == name)
        if len(versions) > 1:
            newest = releases[name, versions[-1]][0]
            yield _between(
                "several-versions",
                newest,
                f"There are files of {len(versions)} versions of {name}: "
                f"{', '.join(map(str, versions))}.",
            )


def _same(checked: Sequence[Checked]) -> Iterator[Finding]:
    names: dict[str, Checked] = {}
    contents: dict[str, Checked] = {}
    for each in checked:
        if not each.sha256:
            continue
        named = names.setdefault(each.filename, each)
        first = contents.setdefault(each.sha256, each)
        if named.sha256 != each.sha256:
            yield _between(
                "file-exists",
                each,
                f"`{each.path.as_posix()}` and `{named.path.as_posix()}` have one name and "
                "different content.",
                _file_exists(each),
            )
        elif first.filename != each.filename:
            yield _between(
                "same-content",
                each,
                f"`{each.filename}` has the same content as `{first.filename}`.",
                _file_exists(each),
            )


def _file_exists(each: Checked) -> str:
    _, blake2_256 = read_digests(each.path)
    return (
        f"400 File already exists ({each.filename!r}, with blake2_256 hash {blake2_256!r}). "
        "See https://pypi.org/help/#file-name-reuse for more information."
    )


def _between(rule: str, each: Checked, message: str, refusal: str = "") -> Finding:
    known = BY_ID[rule]
    if known.subject == "index":  # the other file is here as well
        known = replace(known, subject="distributions", remedy="Upload one of them.")
    return find(known, message, where=Location(file=each.path.as_posix()), refusal=refusal)
