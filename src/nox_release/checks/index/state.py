"""What the index already holds, against what is about to be released: pure rules over answers.

Source: Warehouse `forklift/legacy.py`, `packaging/services.py` and the database function
`ultranormalize_name` (migration d18d443f89f0) at 6b62157. What got no answer is handed in as
`CouldNotAsk` and comes out as `Skipped`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Protocol

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.checks.files.rules import FILE_EXISTS, SECOND_SDIST
from nox_release.core.answers import CouldNotAsk, known
from nox_release.core.findings import Finding, Result, Rule, Severity, find, passed, skipped
from nox_release.core.values import dataclass
from nox_release.files.distributions import version_of_file
from nox_release.project.names import ultranormalize
from nox_release.project.publisher import TrustedPublisher
from nox_release.project.pyproject import Index
from nox_release.releases.observed import (
    IndexFile,
    IndexProject,
    Maintainer,
    Observed,
    Ownership,
    upload_times,
)

if TYPE_CHECKING:

    class File(Protocol):
        """What is asked of a distribution here."""

        @property
        def filename(self) -> str: ...
        @property
        def kind(self) -> str: ...
        @property
        def size(self) -> int: ...
        @property
        def sha256(self) -> str: ...


KNOWN_AS_OF = date(2026, 8, 21)  # these limits, in Warehouse's source
WINDOW = timedelta(days=14)
"""How long a release takes new files (Warehouse, since 2026-07-08)."""

PROJECT_LIMIT = 10 * 1024**3
"""All files of a project together, unless PyPI raised it for this project."""

_HELP = "https://pypi.org/help/#"
_NAMES = f"{_HELP}project-name"

_rule = partial(Rule, subject="index")

ABSENT = _rule(
    "project-absent",
    Severity.ERROR,
    "The project is on the index",
    why="A trusted publisher belongs to a project. Until the project exists, or a pending "
    "publisher has been registered for exactly this name, every release fails at the token "
    "exchange or at the upload.",
    remedy="Bring it into being once: nox -s first-upload",
    link="https://docs.pypi.org/trusted-publishers/creating-a-project-through-oidc/",
)
ARCHIVED = _rule(
    "project-archived",
    Severity.ERROR,
    "The project is not archived",
    why="An archived project takes no uploads, from nobody.",
    remedy="An owner can end the archiving in the project's settings.",
    link="https://blog.pypi.org/posts/2025-01-30-archival/",
)
QUARANTINED = _rule(
    "project-quarantined",
    Severity.ERROR,
    "The project is not in quarantine",
    why="PyPI's administrators have set the project aside: it cannot be installed, and its "
    "trusted publishers cannot upload.",
    remedy="Write to security@pypi.org; only they can lift it.",
    link="https://blog.pypi.org/posts/2024-12-30-quarantine/",
)
NOT_ALLOWED = _rule(
    "not-allowed-user",
    Severity.ERROR,
    "The project is yours to upload to",
    why="PyPI takes files for a project from its owners and maintainers alone.",
    remedy="Ask one of them to invite you, or choose another `project.name`.",
    link=_NAMES,
)
SAY_WHO_YOU_ARE = "If you go by another name there, say so: `pypi-user` in `[tool.nox-release]`."
NAME_EXISTS = _rule(
    "name-exists",
    Severity.ERROR,
    "The name is not somebody else's project",
    why="Names are compared after normalisation: capitals and `.`, `_`, `-` make no difference, "
    "and a name belongs to the first to use it.",
    remedy="Choose another `project.name`, or have yourself invited to the project. If it is "
    "yours, say so: `pypi-user` in `[tool.nox-release]`.",
    link=_NAMES,
)
TOO_SIMILAR = _rule(
    "name-too-similar",
    Severity.ERROR,
    "The name is not too similar to an existing one",
    why="PyPI refuses a new name that equals an existing one once `.`, `_`, `-` are left out and "
    "l, i, 1 and o, 0 are taken for the same.",
    remedy="Choose another `project.name`.",
    link=_NAMES,
)
RELEASE_CLOSED = _rule(
    "release-closed",
    Severity.ERROR,
    "The release still takes files",
    why="Since July 2026 PyPI takes new files for a version for 14 days only, counted from its "
    "first file.",
    remedy="Raise the version and release that.",
    link="https://blog.pypi.org/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
)
PROJECT_TOO_LARGE = _rule(
    "project-too-large",
    Severity.ERROR,
    "The project stays within PyPI's total size",
    why="All files of a project together may take 10 GiB, unless PyPI has granted more.",
    remedy="Ask for more room, or delete old releases nobody needs (their names stay used).",
    link="https://docs.pypi.org/project-management/storage-limits/",
)
VERSION_EXISTS = _rule(
    "version-exists",
    Severity.WARNING,
    "The version is new",
    why="1.0 and 1.0.0 are the same version to PyPI. What is published cannot be changed.",
    remedy="Raise the version for the next release.",
    link="https://packaging.python.org/en/latest/specifications/version-specifiers/",
)
VERSION_YANKED = _rule(
    "version-yanked",
    Severity.WARNING,
    "The version has not been yanked",
    why="Installers pass over a yanked release unless it is asked for by its exact version.",
    remedy="Raise the version and release that.",
    link="https://docs.pypi.org/project-management/yanking/",
)
VERSION_LOWER = _rule(
    "version-lower",
    Severity.WARNING,
    "The version is higher than the newest one",
    why="`pip install` takes the highest version, so nobody would get this one by default.",
    remedy="Raise the version above the newest, unless this is a fix for an older series.",
    link="https://packaging.python.org/en/latest/specifications/version-specifiers/",
)

RULES = (
    ABSENT,
    ARCHIVED,
    QUARANTINED,
    NOT_ALLOWED,
    NAME_EXISTS,
    TOO_SIMILAR,
    FILE_EXISTS,
    RELEASE_CLOSED,
    SECOND_SDIST,
    PROJECT_TOO_LARGE,
    VERSION_EXISTS,
    VERSION_YANKED,
    VERSION_LOWER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What is about to be released. `uploads` says whether these very bytes will be sent: where a
    workflow builds the files, ours only stand for them.
    """

    name: str
    index: Index
    version: str | None = None
    distributions: Sequence[File] = ()
    uploads: bool = True
    publisher: TrustedPublisher | None = None
    pending_publisher: bool = False


def similar_names(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are too similar to `name` without being the same project."""
    wanted, own = ultranormalize(name), canonicalize_name(name)
    length = len(wanted)
    return tuple(
        other
        for other in names
        # Separators alone differ in length, so a shorter name cannot be equal: a cheap sieve
        # over the half million names of PyPI.
        if len(other) >= length
        and ultranormalize(other) == wanted
        and canonicalize_name(other) != own
    )


def check_index_state(observed: Observed, released: Released, now: datetime) -> tuple[Result, ...]:
    """What the index's answers mean for releasing that version, or those distributions."""
    name, index, project = released.name, released.index, observed.project
    if isinstance(project, CouldNotAsk):
        return (
            skipped(
                ABSENT,
                project.reason,
                title=f"whether {f'`{name}`' if name else 'the project'} is on {index.title}",
                fix="" if name else "nox -s check-project -- --build",
            ),
        )
    if project is None:
        # Which names are too much alike is PyPI's own rule.
        names = observed.names if index.is_like_pypi else None
        return tuple(_absent(name, index, names, pending_publisher=released.pending_publisher))
    return (
        *_existing(project, released),
        *(_ownership(project, observed, released) if index.is_like_pypi else ()),
        *_version(project, observed, released, now),
    )


def _absent(
    name: str,
    index: Index,
    names: Iterable[str] | CouldNotAsk | None,
    *,
    pending_publisher: bool,
) -> Iterator[Result]:
    if pending_publisher or not index.is_like_pypi:
        yield passed(
            ABSENT,
            "the pending publisher you registered creates it"
            if pending_publisher
            else "whatever is uploaded first creates it there",
            title=f"`{name}` is not on {index.title} yet",
        )
    else:
        yield find(
            ABSENT,
            f"`{name}` is not on {index.title} yet, so a release would fail.",
        )
    if names is None:
        return
    title = f"whether `{name}` is too similar to another name"
    if isinstance(names, CouldNotAsk):
        yield skipped(TOO_SIMILAR, names.reason, title=title)
        return
    similar = similar_names(name, names)
    if similar:
        others = ", ".join(f"`{other}`" for other in similar[:3])
        yield find(
            TOO_SIMILAR,
            f"{index.title} will not take the name `{name}`: it is too similar to {others}.",
            refusal=f"The name '{name}' is too similar to an existing project. "
            f"See {_NAMES} for more information.",
        )
    else:
        yield passed(
            TOO_SIMILAR,
            "whether its administrators prohibit the name cannot be asked",
            title=f"No name on {index.title} is too similar to `{name}`",
        )


def quarantined(name: str, index: Index, *, uploads: bool = False) -> Finding:
    """`uploads` tells that an owner's own token is used, which is not refused there."""
    return find(
        QUARANTINED,
        f"`{name}` is in quarantine on {index.title}."
        + (" It would take these files, and nobody could install them." if uploads else ""),
        severity=Severity.WARNING if uploads else None,
        refusal=f"The given token isn't allowed to upload to project '{name}'. "
        f"See {_NAMES} for more information.",
    )


def archived(name: str, index: Index) -> Finding:
    return find(
        ARCHIVED,
        f"`{name}` is archived on {index.title}.",
        fix=f"An owner can end that: {index.api_url}manage/project/{name}/settings/",
        refusal=f"The user isn't allowed to upload to project '{name}'. "
        f"See {_NAMES} for more information.",
    )


def _existing(project: IndexProject, released: Released) -> Iterator[Result]:
    name, status, index = project.name, project.status, released.index
    if status == "quarantined":
        yield quarantined(name, index, uploads=released.uploads)
        return
    if status == "archived":
        yield archived(name, index)
        return
    newest = _newest(project)
    yield passed(
        ABSENT,
        f"newest version {newest}"
        if newest
        else "every release of it is yanked"
        if project.files
        else "without any release yet",
        title=f"`{name}` is on {index.title}",
    )


def _ownership(project: IndexProject, observed: Observed, released: Released) -> Iterator[Result]:
    if project.status == "quarantined":
        return
    index, ours, ownership = released.index, released.publisher, observed.ownership
    publishers = known(observed.publishers) or ()
    slug = ours.slug.lower() if ours else None
    by_us = slug is not None and any(item.repository.lower() == slug for item in publishers)
    whose = owners_in_words(ownership)
    you = observed.maintainer
    if you and whose and ownership is not None and not isinstance(ownership, CouldNotAsk):
        roles = [role for role, who in ownership.roles if who.lower() == you.user.lower()]
        if roles:
            yield passed(
                NOT_ALLOWED,
                roles[0].lower() + (f", by the name in {you.source}" if you.source else ""),
                title=f"You ({you.user}) may upload to it",
            )
            return
        # A name found in a file or keyring says less than provenance from this repository.
        if ownership.organization is None and not (you.source and by_us):
            yield find(
                NOT_ALLOWED,
                f"`{project.name}` belongs to {whose} on {index.title}, and you are {you}.",
                fix=f"{NOT_ALLOWED.remedy} {SAY_WHO_YOU_ARE}" if you.source else "",
                refusal=f"The user '{you.user}' isn't allowed to upload to project "
                f"'{project.name}'. See {_NAMES} for more information.",
            )
            return
    if by_us and slug:
        yield passed(
            NOT_ALLOWED,
            f"{slug} by trusted publishing" + (f"; owned by {whose}" if whose else ""),
            title="Its newest release came from this repository",
        )
        return
    if publishers and slug:
        others = ", ".join(sorted({item.repository for item in publishers}))
        yield find(
            NAME_EXISTS,
            f"`{project.name}` on {index.title} is published from {others}, not from {slug}"
            + (f"; it belongs to {whose}." if whose else "."),
        )
        return
    if observed.made_here:
        yield passed(
            NOT_ALLOWED,
            f"{observed.made_here} was made here just before"
            + (f"; owned by {whose}" if whose else ""),
            title="You have uploaded to it from here",
        )
        return
    namesake = None if you else _namesake(ownership, observed, ours)
    if namesake is not None:
        yield passed(
            NOT_ALLOWED,
            "the name that you, or this repository's owner, have on GitHub",
            title=f"It belongs to {namesake}",
        )
        return
    yield skipped(
        NOT_ALLOWED,
        _unknown_owner(ownership, whose, you, index),
        title="whether you may upload to it",
    )


def _namesake(
    ownership: Ownership | CouldNotAsk | None, observed: Observed, ours: TrustedPublisher | None
) -> str | None:
    """Who has the project and is called like you, or like the repository's owner, on GitHub."""
    if ownership is None or isinstance(ownership, CouldNotAsk):
        return None
    login = known(observed.login)
    names = {login.user.lower() if login else "", ours.owner.lower() if ours else ""} - {""}
    return next((user for _, user in ownership.roles if user.lower() in names), None)


def is_yours(you: Maintainer | None, ownership: Ownership | CouldNotAsk | None) -> bool | None:
    """Whether the project is the maintainer's; `None` when that cannot be known."""
    if you is None or ownership is None or isinstance(ownership, CouldNotAsk):
        return None
    if any(who.lower() == you.user.lower() for _, who in ownership.roles):
        return True
    # Who belongs to an organisation is not public.
    return False if ownership.roles and ownership.organization is None else None


def owners_in_words(ownership: Ownership | CouldNotAsk | None) -> str:
    """Whose the project is, four names at most; empty when that is not known."""
    if ownership is None or isinstance(ownership, CouldNotAsk):
        return ""
    users = list(dict.fromkeys(user for _, user in ownership.roles))
    shown = users[:4] + ([f"{len(users) - 4} more"] if len(users) > 4 else [])
    if ownership.organization:
        shown.insert(0, f"the organisation {ownership.organization}")
    return ", ".join(shown)


def _unknown_owner(
    ownership: Ownership | CouldNotAsk | None, whose: str, you: Maintainer | None, index: Index
) -> str:
    if isinstance(ownership, CouldNotAsk):
        return ownership.reason
    if not whose:
        return f"{index.title} shows no owners of it (a project without releases has none to show)"
    if you:
        return (
            f"it belongs to {whose}; you are {you}, and membership of an organisation is not public"
        )
    return (
        f"it belongs to {whose}. If that is you, set `pypi-user` in `[tool.nox-release]`; "
        "otherwise choose another name"
    )


def _version(
    project: IndexProject, observed: Observed, released: Released, now: datetime
) -> Iterator[Result]:
    index = released.index
    if index.is_like_pypi:
        yield from _total_size(project, released, index)
    version = _parsed(released.version)
    if version is None or project.status == "quarantined":
        return
    there = project.release_files(str(version))
    if there:
        yield from _files(there, released, now, fix=_for_other_bytes(project, observed))
        return
    newest = _newest(project)
    title = f"{version} is not on {index.title} yet"
    if newest is not None and version < newest:
        series = _series(project, version)
        if series is None:
            yield find(
                VERSION_LOWER,
                f"{version} is lower than {newest}, the newest version on {index.title}.",
            )
        else:
            yield passed(VERSION_LOWER, f"follows {series}; the newest is {newest}", title=title)
        return
    yield passed(VERSION_EXISTS, f"follows {newest}" if newest else "the first one", title=title)


_BROKEN_OFF = (
    "If this is what an interrupted first upload left, and its files are not in `dist/` any more: "
    "go on with nox -s release for the next version, or build the missing wheel from the sdist "
    "that the index has"
)


def _for_other_bytes(project: IndexProject, observed: Observed) -> str:
    """What to do about them, where that is not a higher version."""
    if is_yours(observed.maintainer, observed.ownership) is False:
        return f"It belongs to {owners_in_words(observed.ownership)}: {NAME_EXISTS.remedy}"
    is_first = len({version_of_file(file.filename) for file in project.files}) == 1
    return _BROKEN_OFF if is_first else ""


def _files(
    there: Sequence[IndexFile], released: Released, now: datetime, *, fix: str
) -> Iterator[Result]:
    """The rules for a version that has files already."""
    index = released.index
    version = str(released.version)
    known = {file.filename: file for file in there}
    missing = [file for file in released.distributions if file.filename not in known]
    changed = [
        file
        for file in released.distributions
        if file.filename in known and known[file.filename].sha256 not in (None, file.sha256)
    ]
    for file in changed:
        yield find(
            FILE_EXISTS,
            f"`{file.filename}` is on {index.title} already, with other bytes.",
            severity=Severity.ERROR if released.uploads else Severity.ADVICE,
            fix=fix
            if released.uploads
            else "Nothing, when the one there was built by your workflow; otherwise raise the "
            "version.",
            refusal=f"File already exists ('{file.filename}', …). See {FILE_EXISTS.link} "
            "for more information.",
        )
    if index.is_like_pypi:
        yield from _second_sdist(there, missing, version, index)
    closes = closing_time(there) if index.is_like_pypi else None
    if missing and closes is not None and now > closes:
        names = ", ".join(f"`{file.filename}`" for file in missing)
        yield find(
            RELEASE_CLOSED,
            f"{version} takes no more files since {day_of(closes)}, and {names} "
            f"{'is' if len(missing) == 1 else 'are'} not there.",
            refusal="Uploading new files to releases older than 14 days is not allowed.",
        )
        return
    yanked = [file for file in there if file.yanked]
    if len(yanked) == len(there):
        reason = next((f" ({file.yanked})" for file in yanked if isinstance(file.yanked, str)), "")
        yield find(VERSION_YANKED, f"{version} was yanked on {index.title}{reason}.")
    count = f"{len(there)} file{'s' * (len(there) != 1)}"
    if missing and not changed:
        until = f" It takes files until {day_of(closes)}." if closes is not None else ""
        missing_names = ", ".join(f"`{file.filename}`" for file in missing)
        yield find(
            VERSION_EXISTS,
            f"{version} is on {index.title} with {count}; {missing_names} not yet.{until}",
            fix="Running the release again adds what is missing.",
        )
    elif not changed and released.distributions:
        yield passed(
            FILE_EXISTS,
            f"{count}; raise the version for the next release",
            title=f"{version} is on {index.title}, the same bytes as here",
        )
    elif not changed or not released.uploads:
        yield find(VERSION_EXISTS, f"{version} is on {index.title} already, with {count}.")


def _second_sdist(
    there: Sequence[IndexFile], missing: Sequence[File], version: str, index: Index
) -> Iterator[Finding]:
    sdist = next((file.filename for file in there if not file.filename.endswith(".whl")), None)
    for file in missing:
        if sdist is not None and file.kind == "sdist":
            yield find(
                SECOND_SDIST,
                f"{version} has the sdist `{sdist}` on {index.title}; `{file.filename}` would be "
                "a second one.",
                refusal="Only one sdist may be uploaded per release.",
            )


def _total_size(project: IndexProject, released: Released, index: Index) -> Iterator[Finding]:
    known = {file.filename for file in project.files}
    new = sum(file.size for file in released.distributions if file.filename not in known)
    held = sum(file.size or 0 for file in project.files)
    if new and held + new > PROJECT_LIMIT:
        yield find(
            PROJECT_TOO_LARGE,
            f"`{project.name}` holds {held / 1024**3:.2f} GiB on {index.title}; with the "
            f"{new / 1024**2:.0f} MiB of this release it passes the usual 10 GiB (as "
            f"of {KNOWN_AS_OF}).",
            # A project may have been granted more, which nothing public tells.
            severity=Severity.WARNING if held > PROJECT_LIMIT else Severity.ERROR,
            refusal=f"Project size too large. Limit for project '{project.name}' total size is "
            "10 GB.",
        )


def closing_time(files: Iterable[IndexFile]) -> datetime | None:
    """When the release with these files stops taking more; `None` when no file tells its time."""
    times = upload_times(files)
    return min(times) + WINDOW if times else None


def day_of(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def _parsed(version: str | None) -> Version | None:
    try:
        return None if version is None else Version(version)
    except InvalidVersion:
        return None


def _versions(project: IndexProject) -> tuple[Version, ...]:
    """The versions with a file that has not been yanked."""
    yanked: dict[Version, bool] = {}
    for file in project.files:
        version = version_of_file(file.filename)
        if version is not None:
            yanked[version] = yanked.get(version, True) and bool(file.yanked)
    return tuple(version for version, gone in yanked.items() if not gone)


def _newest(project: IndexProject) -> Version | None:
    """The highest version; pre-releases count only where there is nothing else."""
    versions = _versions(project)
    final = [version for version in versions if not version.is_prerelease]
    return max(final or versions, default=None)


def _series(project: IndexProject, version: Version) -> Version | None:
    """The version that `version` continues: the highest below it with the same first number."""
    below = [
        other
        for other in _versions(project)
        if other < version and other.epoch == version.epoch and other.major == version.major
    ]
    return max(below, default=None)
