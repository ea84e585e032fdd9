"""Which version comes next: words as uv has them, counted from what is released.

https://docs.astral.sh/uv/guides/package/#updating-your-version
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from packaging.version import Version

from nox_release.core.values import dataclass
from nox_release.core.versions import parse_version
from nox_release.core.words import guess

RELEASE_WORDS = ("major", "minor", "patch")
SUFFIX_WORDS = ("alpha", "beta", "rc", "post", "dev")
WORDS = (*RELEASE_WORDS, "stable", *SUFFIX_WORDS)
_LETTERS: dict[str, Literal["a", "b", "rc"]] = {"alpha": "a", "beta": "b", "rc": "rc"}
_FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a word counts from: the newest `released` version of this line, and what the tree says.

    `moved` tells whether there are commits since that release which are more than the way back to
    development; `commits` counts them, where it was asked. `kept` are the numbers that no version of a maintenance branch may leave: (1, 4).
    """

    released: Version | None
    stated: Version | None = None
    moved: bool = True
    commits: int = 0
    kept: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The version that is meant, and how far it is: `prepared` stands in the tree already,
    `released` has its tag or its files.
    """

    version: Version
    stands: Literal["next", "prepared", "released"] = "next"
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why no version follows from what was asked for, and what to ask for instead."""

    reason: str
    hint: str = ""


def is_words(arguments: Sequence[str]) -> bool:
    """Whether words were given, and not a version."""
    return all(argument in WORDS for argument in arguments)


def choose_version(arguments: Sequence[str], line: Line) -> Choice | Refusal:
    """The version that `arguments` (words, or one version) mean on this line."""
    chosen = _choose(arguments, line)
    if isinstance(chosen, Refusal) or line.kept is None:
        return chosen
    if chosen.version.release[: len(line.kept)] == line.kept:
        return chosen
    return Refusal(
        reason=f"{chosen.version} is above the line of this branch, {_dotted(line.kept)}.",
        hint="patch stays on it; other versions come from the branch that they belong to.",
    )


def _choose(arguments: Sequence[str], line: Line) -> Choice | Refusal:
    if not is_words(arguments):
        return _explicit(arguments, line)
    refused = _unfit(arguments)
    if refused is not None:
        return refused
    if not line.moved and line.released is not None and list(arguments) != ["dev"]:
        return Choice(version=line.released, stands="released")
    wanted = _advance(arguments, line)
    if isinstance(wanted, Refusal):
        return wanted
    if line.stated is not None and line.stated > wanted.version:
        return Refusal(
            reason=f"`{' '.join(arguments)}` after {line.released or 'no release'} is "
            f"{wanted.version}, and the tree says {line.stated}, which is higher.",
            hint=f"Say which one: {wanted.version} or {line.stated}.",
        )
    if line.stated == wanted.version:
        return Choice(version=wanted.version, stands="prepared", note=wanted.note)
    return wanted


def _explicit(arguments: Sequence[str], line: Line) -> Choice | Refusal:
    version = parse_version(arguments[0])
    if version is None or len(arguments) != 1:
        wrong = next((one for one in arguments if one not in WORDS), arguments[0])
        return Refusal(
            reason=f"`{wrong}` is neither a version nor one of {', '.join(WORDS)}."
            f"{guess(wrong, WORDS)}",
            hint="A version follows PEP 440, such as 1.4.0 or 2.0rc1.",
        )
    if version.local is not None:
        return Refusal(
            reason=f"{version} has the local part `+{version.local}`, which no index takes.",
            hint=f"Release {version.public}.",
        )
    if line.released is not None and version < line.released:
        return Refusal(
            reason=f"{version} is below {line.released}, which is released.",
            hint="A version between two that are released comes from a branch of its own line, "
            "such as 1.4.x.",
        )
    if version == line.released:
        return Choice(version=version, stands="released")
    note, before = "", str(line.released or "")
    if (
        before
        and re.fullmatch(r"\d+", str(version).removeprefix(before))
        and str(version) != before
    ):
        dotted = f"{before}.{str(version).removeprefix(before)}"
        note = f"it comes long after {before}, and every later version must be higher; is {dotted} meant?"
    stands: Literal["next", "prepared"] = "prepared" if version == line.stated else "next"
    return Choice(version=version, stands=stands, note=note)


def _unfit(words: Sequence[str]) -> Refusal | None:
    """Words that do not go together."""
    several = f"`{' '.join(words)}` cannot be combined."
    if sum(word in RELEASE_WORDS for word in words) > 1:
        return Refusal(reason=several, hint="One of major, minor and patch; then rc, for one.")
    if sum(word in SUFFIX_WORDS for word in words) > 1:
        return Refusal(reason=several, hint="One of alpha, beta, rc, post and dev.")
    if "stable" in words and len(words) > 1:
        return Refusal(reason=several, hint="`stable` drops a suffix; it stands alone.")
    if len(words) > 1 and "post" in words:
        return Refusal(
            reason=several, hint="`post` follows a release that is out: it stands alone."
        )
    return None


def _advance(words: Sequence[str], line: Line) -> Choice | Refusal:
    start = line.released or Version("0")
    release = next((word for word in words if word in RELEASE_WORDS), None)
    suffix = next((word for word in words if word in SUFFIX_WORDS), None)
    if words[0] == "stable":
        return _stable(line)
    if release is not None:
        raised = _raised(start, RELEASE_WORDS.index(release))
        note = ""
        if start.is_prerelease and Version(start.base_version) < raised:
            note = f"skips {start.base_version}, of which {start} is out; `stable` makes that one"
        elif line.stated is not None and line.stated < start:
            note = f"{start} is out already, and the tree states {line.stated}"
        return Choice(version=_with(raised, suffix, 1) if suffix else raised, note=note)
    if suffix == "dev":
        return Choice(version=_back_to_development(start, line.stated))
    if suffix == "post":
        if line.released is None:
            return Refusal(reason="Nothing is released that a `post` could follow.")
        return Choice(version=_with(_without_post(start), "post", (start.post or 0) + 1))
    return _continued(str(suffix), line)


def _stable(line: Line) -> Choice | Refusal:
    base = line.released if line.released and line.released.is_prerelease else line.stated
    if base is not None and not base.is_prerelease and base > (line.released or Version("0")):
        return Choice(version=base)  # what it has dropped already
    if base is None or not base.is_prerelease:
        return Refusal(
            reason=f"`stable` drops a suffix, and {base or 'no version'} has none.",
            hint="patch, minor or major raise it.",
        )
    return Choice(version=Version(base.base_version))


def _continued(suffix: str, line: Line) -> Choice | Refusal:
    """The next pre-release of a version of which some are out, or which the tree is heading for."""
    start = line.released
    if start is None or not start.is_prerelease:
        heading = line.stated
        if heading is not None and heading.is_prerelease and (start is None or heading > start):
            start = heading if heading.pre is not None else Version(heading.base_version)
            if heading.pre is None or heading.pre[0] != _LETTERS[suffix]:
                return Choice(version=_with(Version(heading.base_version), suffix, 1))
            return Choice(version=heading)
        return Refusal(
            reason=f"{suffix} of what? {start or 'Nothing'} is "
            + ("released." if start else "released yet."),
            hint=f"`minor {suffix}`, for one.",
        )
    letter = _LETTERS[suffix]
    if start.pre is not None and start.pre[0] > letter:
        return Refusal(
            reason=f"{start} is released, and `{suffix}` would go back before it.",
            hint="`rc` or `stable`.",
        )
    number = start.pre[1] + 1 if start.pre is not None and start.pre[0] == letter else 1
    return Choice(version=_with(Version(start.base_version), suffix, number))


def _back_to_development(start: Version, stated: Version | None) -> Version:
    if stated is not None and stated.is_devrelease and stated > start:
        return stated
    if start.is_prerelease:
        return (
            _with(Version(start.base_version), "dev", 0)
            if start.pre is None
            else Version(
                f"{_epoch(start)}{_dotted(start.release)}{start.pre[0]}{start.pre[1] + 1}.dev0"
            )
        )
    return _with(_raised(start, 2), "dev", 0)


def _raised(version: Version, place: int) -> Version:
    """With the number at `place` raised and those behind it at zero, and without a suffix."""
    numbers = [*version.release, *[0] * (place + 1 - len(version.release))]
    raised = [*numbers[:place], numbers[place] + 1, *[0] * (len(numbers) - place - 1)]
    return Version(_epoch(version) + _dotted(raised))


def _without_post(version: Version) -> Version:
    pre = "".join(map(str, version.pre)) if version.pre else ""
    return Version(_epoch(version) + _dotted(version.release) + pre)


def _with(version: Version, suffix: str | None, number: int) -> Version:
    form = {"post": ".post", "dev": ".dev"}.get(str(suffix)) or _LETTERS[str(suffix)]
    return Version(f"{version}{form}{number}")


def _epoch(version: Version) -> str:
    return f"{version.epoch}!" if version.epoch else ""


def _dotted(numbers: Iterable[int]) -> str:
    return ".".join(map(str, numbers))


# --- how a project writes them --------------------------------------------------------------------


def is_calendar(version: Version) -> bool:
    """Whether the version starts with a year."""
    return _FIRST_YEAR <= version.major < _FIRST_YEAR + 100


def may_tell_the_time(version: Version, year: int) -> bool:
    """Whether a number in it may come from a date in `year`, such as 2026, 26 or 20261126."""
    numbers = {int(number) for number in re.findall(r"\d+", str(version))}
    return bool(numbers & {year, year % 100}) or any(number >= 100_000 for number in numbers)


def calendar_version(today: dt.date, like: str) -> str | None:
    """Today's version in the form of `like`, such as 2026.11, 26.11.0 or 2026.08.17.

    `None` where `like` does not start with a year and a month.
    """
    parts = re.sub(r"^v", "", like).split(".")
    version = parse_version(like)
    if version is None or version.is_prerelease or len(parts) < 2:
        return None
    whole = is_calendar(version)
    if not whole and not (19 <= version.major <= today.year % 100):
        return None
    if not 1 <= version.minor <= 12:
        return None
    year = str(today.year if whole else today.year % 100)
    month = f"{today.month:02}" if parts[1].startswith("0") else str(today.month)
    rest = parts[2:]
    is_day = len(rest) == 1 and whole and bool(re.fullmatch(r"0\d|[12]\d|3[01]", rest[0]))
    if is_day:
        rest = [f"{today.day:02}"]
    elif rest:
        same = (version.major, version.minor) == (int(year), today.month)
        rest = [str(int(rest[0]) + 1) if same else "0", *["0"] * (len(rest) - 1)]
    return ".".join([year, month, *rest])


def spelled(version: Version, known: Sequence[str]) -> str:
    """The version in the form in which a project writes its own, the newest of `known` first.

    Where a release ends in zeros, the project's other such releases say how many it writes; where
    a calendar's numbers are padded, these are, too.
    """
    numbers = [str(number) for number in version.release]
    length = _length_of_round_ones(known)
    if length and not any(version.release[length:]):
        numbers = (numbers + ["0"] * length)[:length]
    newest = parse_version(known[0]) if known else None
    if newest is not None and is_calendar(newest):
        for place, part in enumerate(re.findall(r"\d+", known[0])[: len(numbers)]):
            if part.startswith("0"):
                numbers[place] = numbers[place].zfill(len(part))
    suffix = str(version).removeprefix(_epoch(version) + _dotted(version.release))
    return _epoch(version) + ".".join(numbers) + suffix


def _length_of_round_ones(known: Sequence[str]) -> int:
    """How many numbers the newest release without a patch is written with; 0: there is none."""
    for text in known:
        version = parse_version(text)
        if version and not version.is_prerelease and not any(version.release[2:]):
            return len(version.release)
    return 0


_MAINTENANCE = re.compile(
    r"(?:.*[/-])?v?(?P<numbers>\d+(?:\.\d+)*)(?P<open>\.x|-maintenance|-stable)?", re.IGNORECASE
)


def line_of_branch(branch: str) -> tuple[int, ...] | None:
    """The numbers with which a maintenance branch's versions begin: (1, 4) of 1.4.x.

    `None` for other branches, on which every version may follow.
    """
    found = _MAINTENANCE.fullmatch(branch)
    if found is None or ("." not in found["numbers"] and not found["open"]):
        return None
    return tuple(map(int, found["numbers"].split(".")))


def following(text: str | None) -> str:
    """Some version after the one that is stated."""
    version = parse_version(text or "0")
    return str(_raised(version, 2)) if version is not None else "0.0.1"
