"""Several packages of one repository released together: which of them, as which versions, with which
requirements rewritten, and in which order. Pure: values in, a plan out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError
from itertools import permutations
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name

from nox_release.core.values import dataclass, replace
from nox_release.core.versions import parse_version
from nox_release.core.words import counted, some
from nox_release.project.bounds import Need, excluded
from nox_release.project.documents import Edit
from nox_release.project.versions import Choice, Line, Refusal, choose_version
from nox_release.project.workspace import Sibling, layers, same_tag

if TYPE_CHECKING:
    from packaging.version import Version


PENDING_AT_MOST = 3  # pending publishers of one account at a time: pypi/warehouse accounts/views.py


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A package that has no part in it, and why."""

    name: str
    version: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One published package as it is. `choice` is the version that its commits since the release make
    (`None`: there are none), `needs` what its pyproject.toml asks for, `places` where its version is
    written. `has_tags` tells whether there are tags of its own, or settings that name them.
    """

    package: Sibling
    line: Line
    choice: Choice | None = None
    needs: tuple[Need, ...] = ()
    places: frozenset[tuple[str, int]] = frozenset()
    has_tags: bool = True

    @property
    def name(self) -> str:
        return self.package.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One requirement of a package as it is, the version that it excludes, and its rewriting."""

    before: str
    excludes: str
    edit: Edit

    @property
    def is_pin(self) -> bool:
        return "==" in self.before.partition(";")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One package's part: from the version `before` to `version`, for which reason."""

    name: str
    folder: str
    before: str
    version: Version
    stands: Literal["next", "prepared"]
    why: str
    bounds: tuple[Bound, ...] = ()

    @property
    def is_to_be_made(self) -> bool:
        return self.stands == "next" or bool(self.bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The plan: each turn after those that it needs; `layers` are the names of those that can go at the
    same time, `problems` why it cannot be carried out, `notes` what is left undone by it.
    """

    turns: tuple[Turn, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def to_make(self) -> tuple[Turn, ...]:
        return tuple(turn for turn in self.turns if turn.is_to_be_made)

    def before(self, name: str) -> frozenset[str]:
        """Those of earlier layers, by normalized names."""
        own = next((at for at, layer in enumerate(self.layers) if name in layer), 0)
        return frozenset(canonicalize_name(one) for layer in self.layers[:own] for one in layer)


def plan_together(
    members: Sequence[Member],
    left_out: Iterable[LeftOut] = (),
    *,
    tags: Iterable[str] = (),
    edits: bool = True,
) -> Together:
    """Those with something new, and those that have to follow because what they ask for excludes a
    version that comes; each after those it needs. `tags` are all that lead to this commit. Without
    `edits` those that would have to follow stay as they are, and are named.
    """
    apart = tuple(left_out)
    problems = [
        *shared_tags(members),
        *shared_sources(members),
        *one_tag_for_all(members, tags),
    ]
    try:
        ordered = layers(member.package for member in members)
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        return Together(left_out=apart, problems=(*problems, f"They need each other: {circle}"))
    still = members if edits else [replace(member, needs=()) for member in members]
    by_name = {str(canonicalize_name(member.name)): member for member in still}
    coming, wrong = _turns([by_name[name] for layer in ordered for name in layer])
    own = (tuple(coming[name].name for name in layer if name in coming) for layer in ordered)
    notes = () if edits else (one for member in members for one in _too_narrow(member, coming))
    return Together(
        turns=tuple(coming[name] for layer in ordered for name in layer if name in coming),
        layers=tuple(filter(None, own)),
        left_out=apart,
        problems=(*problems, *wrong),
        notes=tuple(notes),
    )


def _turns(members: Sequence[Member]) -> tuple[dict[str, Turn], list[str]]:
    """Every turn by normalized name, and what is wrong. An extra may ask for what comes later in the
    order, so it is gone through until no further package has to follow.
    """
    coming: dict[str, Turn] = {}
    while True:
        known, problems = len(coming), []
        for member in members:
            name = canonicalize_name(member.name)
            turn = _turn(member, tuple(one for key, one in coming.items() if key != name))
            if isinstance(turn, Turn):
                coming[name] = turn
            else:
                problems += turn
        if len(coming) == known:
            return coming, problems


def _too_narrow(member: Member, coming: Mapping[str, Turn]) -> Iterator[str]:
    for turn in coming.values():
        for need in excluded(member.needs, turn.name, turn.version):
            if need.published:
                yield f"{member.name} asks for `{need.text}`, which excludes {turn.version}"


def _turn(member: Member, coming: tuple[Turn, ...]) -> Turn | list[str]:
    """What becomes of one package, once that is known of all it needs; else problems, if any."""
    bounds, problems, follows = [], [], False
    for turn in coming:
        for need in excluded(member.needs, turn.name, turn.version):
            edit = need.rewritten(str(turn.version))
            if edit is None and not need.published:
                continue
            if edit is None:
                problems.append(
                    f"{member.name} asks for `{need.text}`, which excludes {turn.version}; how it is to "
                    "read then is not sure: change it yourself"
                )
            else:
                bounds.append(Bound(before=need.text, excludes=str(turn.version), edit=edit))
                follows = follows or need.published
    if problems:
        return problems
    choice = member.choice
    if choice is None and not follows:
        return []
    chosen = choice or follow(member.line)
    if isinstance(chosen, Refusal):
        return [f"{member.name} has to follow, and its next version is not sure: {chosen.reason}"]
    return Turn(
        name=member.name,
        folder=member.package.folder,
        before=str(member.line.stated or member.line.released or ""),
        version=chosen.version,
        stands="prepared" if chosen.stands == "prepared" else "next",
        why=_why(member, bounds),
        bounds=tuple(bounds),
    )


def follow(line: Line) -> Choice | Refusal:
    """The version of a package that has to follow: what is prepared, else the next patch."""
    chosen = choose_version(("patch",), replace(line, moved=True))
    stated = line.stated
    if isinstance(chosen, Refusal) and stated is not None and not stated.is_devrelease:
        return choose_version((str(stated),), line)
    return chosen


def _why(member: Member, bounds: Sequence[Bound]) -> str:
    reasons = []
    if member.choice is not None and member.line.released is None:
        reasons.append("its first release")
    elif member.choice is not None and member.choice.version == member.line.released:
        reasons.append("begun, not finished")
    elif member.choice is not None and member.choice.stands == "prepared":
        reasons.append("prepared")
    elif member.choice is not None:
        reasons.append(counted(member.line.commits, "commit"))
    for bound in bounds:
        verb = "" if bound.is_pin else f" excludes {bound.excludes}"
        reasons.append(f"`{bound.before}`{verb}")
    said = "; ".join(reasons)
    return f"must follow: {said}" if member.choice is None else said


# --- what cannot be released one by one ------------------------------------------------------


def shared_tags(members: Sequence[Member]) -> list[str]:
    """Pairs of packages of which a tag of one is a tag of the other, too."""
    found: dict[frozenset[str], str] = {}
    for one, other in permutations([member.package for member in members], 2):
        form = one.tag_format
        if form is None or not same_tag((other,), name=one.name, tag_format=form):
            continue
        tag = form.format(name=one.name, version="1.0.0")
        said = f"a tag such as `{tag}` is one of {one.name} and of {other.name}"
        found.setdefault(frozenset((one.name, other.name)), said)
    return list(found.values())


def shared_sources(members: Sequence[Member]) -> list[str]:
    """Packages that take their version from one place: they can only go together."""
    by_place: dict[tuple[str, int], list[str]] = {}
    for member in members:
        for place in member.places:
            by_place.setdefault(place, []).append(member.name)
    found = {tuple(names): file for (file, _), names in by_place.items() if len(names) > 1}
    return [
        f"{some(names)} take their version from one place, `{file}`"
        for names, file in found.items()
    ]


def one_tag_for_all(members: Sequence[Member], tags: Iterable[str]) -> list[str]:
    """Packages without tags of their own that state the version of a tag without a name."""
    plain = {
        version: tag
        for tag in tags
        if (version := parse_version(tag.removeprefix("v"))) is not None
    }
    alike: dict[str, list[str]] = {}
    for member in members:
        tag = plain.get(member.line.stated) if member.line.stated else None
        if tag is not None and not member.has_tags:
            alike.setdefault(tag, []).append(member.name)
    return [
        f"the tag `{tag}` is of {some(names)}: they have one version, and no tags of their own"
        for tag, names in alike.items()
        if len(names) > 1
    ]
