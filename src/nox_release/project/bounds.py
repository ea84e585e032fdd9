"""What a package asks of another one, rewritten by span so that it takes that one's new version.

The form stays: `==` pins the new version, `>=1,<2` becomes `>=2,<3`. Where no such rewriting is known
to be right, there is none. Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.core.values import dataclass
from nox_release.core.versions import parse_version
from nox_release.project.documents import Document, Edit
from nox_release.project.toml_lines import find_lines

_CLAUSE = re.compile(r"(?P<operator>===|~=|==|!=|<=|>=|<|>)\s*(?P<version>[^\s,;()\"']+)")
_RELEASE = re.compile(r"v?(?:\d+!)?(?P<numbers>\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One requirement of a pyproject.toml: what stands from `start` up to `end` is `text`. One that is
    not `published` is only for working on the package.
    """

    name: str
    requirement: Requirement
    text: str
    file: str
    start: int
    end: int
    published: bool = True

    def takes(self, version: Version) -> bool:
        return self.requirement.specifier.contains(version, prereleases=True)

    def rewritten(self, version: str) -> Edit | None:
        """The edit after which it takes `version`; `None`: none is known to be right."""
        marked = _POETRY.fullmatch(self.text)
        if marked is not None:
            numbers = marked["version"].count(".") + 1
            text: str | None = version
            if marked["mark"]:
                text = marked["mark"] + _cut(Version(version), numbers)
        elif self.text[0] in "<>=!~":  # Poetry has the name before it
            text = widened(f"x{self.text}", version)
            text = text and text[1:]
        else:
            text = widened(self.text, version)
        if text is None:
            return None
        return Edit(file=self.file, start=self.start, end=self.end, text=text)


def needs_in(document: Document) -> tuple[Need, ...]:
    """What `project.dependencies`, the extras, the groups and Poetry's tables of a pyproject.toml ask for."""
    found = []
    for path, (start, end) in find_lines(document.text).spans.items():
        quoted = document.text[start:end]
        kind = _kind(path)
        if not kind or not quoted.startswith(('"', "'")):
            continue
        width = 3 if quoted.startswith(('"""', "'''")) else 1
        text = quoted[width:-width]
        try:
            requirement = (
                _of_poetry(str(path[-1 if path[-1] != "version" else -2]), text)
                if kind == "poetry"
                else Requirement(text.replace('\\"', '"'))
            )
        except (InvalidRequirement, InvalidVersion):
            continue
        found.append(
            Need(
                name=canonicalize_name(requirement.name),
                requirement=requirement,
                text=text,
                file=document.file,
                start=start + width,
                end=end - width,
                published=kind != "group" and "group" not in path,
            )
        )
    return tuple(found)


def _kind(path: tuple[str | int, ...]) -> str:
    """Which table a string at this path asks for a package in."""
    if path[:2] == ("project", "dependencies") and len(path) == 3:
        return "listed"
    if path[:2] == ("project", "optional-dependencies") and len(path) == 4:
        return "listed"
    if path[0] == "dependency-groups" and len(path) == 3:
        return "group"
    own = path[2:3] == ("dependencies",) or path[2:3] + path[4:5] == ("group", "dependencies")
    rest = path[3 if path[2:3] == ("dependencies",) else 5 :]
    named = len(rest) == 1 or (len(rest) == 2 and rest[1] == "version")
    return "poetry" if path[:2] == ("tool", "poetry") and own and named else ""


# https://python-poetry.org/docs/dependency-specification/#version-constraints
_POETRY = re.compile(r"(?P<mark>[\^~]?)(?P<version>\d+(?:\.\d+){0,5}(?:(?:a|b|rc)\d+)?)")


def _of_poetry(name: str, text: str) -> Requirement:
    """The same in the words of Python's packaging: `^1.4` is `>=1.4,<2`."""
    marked = _POETRY.fullmatch(text)
    if marked is None:
        return Requirement(f"{name}{text}")
    if not marked["mark"]:
        return Requirement(f"{name}=={text}")
    release = Version(marked["version"]).release
    place = min(1, len(release) - 1)
    if marked["mark"] == "^":
        place = next((at for at, number in enumerate(release) if number), len(release) - 1)
    upper = ".".join(map(str, (*release[:place], release[place] + 1)))
    return Requirement(f"{name}>={marked['version']},<{upper}")


def widened(requirement: str, version: str) -> str | None:
    """The requirement in the same form, taking `version`; `None` where that form is not known.

    A bound that excludes the version moves to it, and a lower bound beside an upper one that moved
    moves along.
    """
    head, semicolon, marker = requirement.partition(";")
    wanted = Version(version)
    clauses = list(_CLAUSE.finditer(head))
    try:
        excluding = [
            one for one in clauses if not Specifier(one[0]).contains(wanted, prereleases=True)
        ]
    except InvalidSpecifier:
        return None
    moved = any(one["operator"] in ("<", "<=") for one in excluding)
    parts, at = [], 0
    for one in clauses:
        along = moved and one["operator"] == ">="
        text = _moved(one, wanted, version) if one in excluding or along else one["version"]
        if text is None:
            return None
        parts += [head[at : one.start("version")], text]
        at = one.end("version")
    text = "".join([*parts, head[at:], semicolon, marker])
    try:
        takes = Requirement(text.replace('\\"', '"')).specifier.contains(wanted, prereleases=True)
    except InvalidRequirement:
        return None
    return text if takes else None


def _moved(clause: re.Match[str], wanted: Version, spelled: str) -> str | None:
    """The version of a clause after which it takes `wanted`, in as many numbers as before."""
    operator, text = clause["operator"], clause["version"]
    if operator in ("==", "===", "<=") and not text.endswith(".*"):
        return spelled
    numbers = _RELEASE.match(text)
    if numbers is None:
        return None
    length = numbers["numbers"].count(".") + 1
    if operator == "==":
        return f"{_cut(wanted, length)}.*"
    if operator in ("~=", ">="):
        before = parse_version(text)
        if before is None or before > wanted:  # it asks for what comes later still
            return None
        lower = _cut(wanted, length)
        if Version(lower) > wanted:  # a pre-release: the number alone would exclude it
            lower += _suffix(wanted)
        return lower
    if operator == "<":
        return _above(text, wanted, length, suffix=text[numbers.end() :])
    return None


def _above(text: str, wanted: Version, length: int, *, suffix: str) -> str | None:
    """The next upper bound: the last number that was not zero counts on from `wanted`."""
    before = parse_version(text)
    if before is None:
        return None
    place = max((at for at, number in enumerate(before.release) if number), default=0)
    numbers = [*wanted.release, *[0] * length][:length]
    raised = [*numbers[:place], numbers[place] + 1, *[0] * (length - place - 1)]
    return _epoch(wanted) + ".".join(map(str, raised)) + suffix


def _cut(version: Version, length: int) -> str:
    numbers = [*version.release, *[0] * length][:length]
    return _epoch(version) + ".".join(map(str, numbers))


def _suffix(version: Version) -> str:
    return str(version).removeprefix(_epoch(version) + ".".join(map(str, version.release)))


def _epoch(version: Version) -> str:
    return f"{version.epoch}!" if version.epoch else ""


def excluded(needs: tuple[Need, ...], name: str, version: Version) -> Iterator[Need]:
    """Those needs of the package `name` that exclude `version`."""
    wanted = canonicalize_name(name)
    return (one for one in needs if one.name == wanted and not one.takes(version))
