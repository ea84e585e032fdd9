"""Dates as people write them in changelogs, and the same form for another day."""

import datetime as dt
import re

from nox_release.core.values import dataclass

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = "(?P<month>" + "|".join(f"{one}|{one[:3]}\\.?" for one in _MONTHS) + r"|Sept\.?)"
_DAY = r"(?P<day>\d{1,2})(?P<ordinal>st|nd|rd|th)?"
_FORMS = tuple(
    rf"(?i)(?<![\w.]){form}(?!\w)"
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/])(?P<number>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})",
        rf"{_MONTH} +{_DAY}(?P<comma>,?) +(?P<year>\d{{4}})",
        rf"{_DAY} +(?:of +)?{_MONTH}(?P<comma>,?) +(?P<year>\d{{4}})",
        rf"{_MONTH}(?P<comma>,?) +(?P<year>\d{{4}})",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date in a text: from `start` up to `end`."""

    start: int
    end: int
    found: re.Match[str]
    month_first: bool

    def like_this(self, day: dt.date) -> str:
        """Another day in the same form."""
        values = {key: value for key, value in self.found.groupdict().items() if value}
        parts: list[tuple[int, int, str]] = []
        for key, value in values.items():
            parts.append((*self.found.span(key), self._part(key, value, day)))
        text, at = [], self.start
        for start, end, new in sorted(parts):
            text += [self.found.string[at:start], new]
            at = end
        return "".join([*text, self.found.string[at : self.end]])

    def _part(self, key: str, value: str, day: dt.date) -> str:
        month_first = (key == "first") == self.month_first
        if key == "year":
            return str(day.year)
        if key == "month":
            return _month_like(value, day.month)
        if key == "ordinal":
            return _ordinal(day.day)
        if key == "number" or (key in ("first", "second") and month_first):
            return self._number(value, day.month)
        if key in ("day", "first", "second"):
            return self._number(value, day.day)
        return value

    def _number(self, example: str, number: int) -> str:
        """With a zero before it where the example has one, or in digits alone might have."""
        only_digits = "month" not in self.found.groupdict()
        padded = example.startswith("0") or (only_digits and len(example) == 2)
        return f"{number:02}" if padded else str(number)


def find_date(text: str, *, around: str = "") -> Dated | None:
    """The first date in `text`. Whether 1/2/2026 is in January, other dates `around` may tell."""
    found = [match for form in _FORMS if (match := re.search(form, text))]
    if not found:
        return None
    first = min(found, key=lambda match: (match.start(), -match.end()))
    return Dated(
        start=first.start(),
        end=first.end(),
        found=first,
        month_first=_month_comes_first(first.groupdict().get("mark"), around or text),
    )


def is_of_another_day(text: str, planned: str, original: str) -> bool:
    """Whether `text` is what is `planned` in place of `original`, but for the date in new lines."""
    ours, theirs, old = text.splitlines(), planned.splitlines(), set(original.splitlines())
    return len(ours) == len(theirs) and all(
        one == other or (other not in old and _is_dated_otherwise(one, other))
        for one, other in zip(ours, theirs, strict=True)
    )


def _is_dated_otherwise(line: str, other: str) -> bool:
    if len({*line, *other}) == 1:  # the rule below a heading is as long as that is
        return True
    ours, theirs = find_date(line), find_date(other)
    return (
        ours is not None
        and theirs is not None
        and line[: ours.start] == other[: theirs.start]
        and line[ours.end :] == other[theirs.end :]
    )


def _month_comes_first(mark: str | None, text: str) -> bool:
    if mark != "/":
        return False
    pairs = [(int(m["first"]), int(m["second"])) for m in re.finditer(_FORMS[1], text)]
    return not any(first > 12 for first, _ in pairs)


def _month_like(example: str, month: int) -> str:
    name = _MONTHS[month - 1]
    if example.rstrip(".").title() not in _MONTHS:
        name = name[:3] + ("." if example.endswith(".") else "")
    return name.upper() if example.isupper() else name.lower() if example.islower() else name


def _ordinal(day: int) -> str:
    if 10 < day % 100 < 14:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
