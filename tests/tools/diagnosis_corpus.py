"""How well the catalogue does on the logs of `tests/data/logs`: `nox -s diagnoses`.

Prints, for the corpus and for each hold-out, the share with the right cause first, how many are
wrong and said to be certain, and how much of what is said to be certain is right; then the same by
tool and by kind, and every miss.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import nox_release
from nox_release.diagnosis.engine import read
from nox_release.diagnosis.unexplained import first_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

LOGS = Path(__file__).parents[1] / "data" / "logs"
_HEADING = re.compile(r"^=== (\S+) (.+)$", re.MULTILINE)
_TELLING = re.compile(r"^»(.+)$", re.MULTILINE)
_KINDS = {
    "wh": "refused by the index",
    "oi": "trusted publishing",
    "ga": "publishing action",
    "tw": "upload",
    "up": "upload",
    "uv": "uv",
    "bd": "build",
    "be": "build backend",
    "sh": "build",
    "cw": "platform wheels",
    "aw": "platform wheels",
    "dl": "platform wheels",
    "dv": "platform wheels",
    "mt": "platform wheels",
    "gt": "git",
    "gh": "GitHub",
    "gr": "GitHub Actions",
    "rt": "release tools",
    "unknown": "unknown failures",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One excerpt: what it should be diagnosed as (one of `expected`; none for a clean log).

    `unknown` among them: no diagnosis is right, and the error lines are shown. `telling` is the line
    that has to be among them, which begins with `»` in the file.
    """

    name: str
    expected: tuple[str, ...]
    tool: str
    text: str
    file: str
    telling: str = ""

    @property
    def held_out(self) -> bool:
        return self.file.startswith("holdout")

    @property
    def kind(self) -> str:
        return _KINDS.get(self.expected[0].partition("-")[0], "other") if self.expected else "clean"


def read_cases() -> list[Case]:
    """Every case of the corpus."""
    cases = []
    for path in sorted(LOGS.glob("*.txt")):
        content = path.read_text(encoding="utf-8")
        headings = list(_HEADING.finditer(content))
        for heading, following in zip(headings, [*headings[1:], None], strict=True):
            text = content[heading.end() + 1 : following.start() if following else None]
            ids = () if heading[1] == "clean" else tuple(heading[1].split("|"))
            line = content.count("\n", 0, heading.start()) + 1
            telling = _TELLING.search(text)
            cases.append(
                Case(
                    name=f"{path.name}:{line}:{heading[1]}",
                    expected=ids,
                    tool=heading[2],
                    text=_TELLING.sub(r"\1", text).replace("␛", "\x1b").replace("⇥", "\t"),
                    file=path.stem,
                    telling=telling[1] if telling else "",
                )
            )
    return cases


@cache
def diagnosed(text: str) -> tuple[nox_release.Diagnosis, ...]:
    """Every diagnosis of a log, worked out once."""
    return tuple(nox_release.diagnose(text))


def first(text: str) -> tuple[str, str] | None:
    """The id and the confidence of the first diagnosis."""
    found = diagnosed(text)
    return (found[0].id, found[0].confidence) if found else None


def in_a_longer_log(case: Case, clean: list[Case], *, number: int = 0) -> Case:
    """The case as a run of GitHub Actions shows it: steps that went well before it and after it."""
    step = "##[group]Run step {}\n##[endgroup]\n{}\n".format
    around = [clean[(7 * number + 11 * place) % len(clean)].text for place in range(4)]
    failed = f"{case.text}\n##[error]Process completed with exit code 1."
    text = "".join(step(place, part) for place, part in enumerate((*around[:3], failed, around[3])))
    return replace(case, text=text)


def is_right(case: Case) -> bool:
    """Whether the first diagnosis is an expected one, or nothing was found where nothing should be."""
    found = first(case.text)
    if found is None:
        return not case.expected or "unknown" in case.expected
    return found[0] in case.expected


def is_misleading(case: Case) -> bool:
    """Whether the first diagnosis is wrong and says that it is certain."""
    found = first(case.text)
    return found is not None and found[1] == "certain" and found[0] not in case.expected


def is_told(case: Case) -> bool:
    """Whether the telling line is among those that are shown where no cause is known."""
    (line,) = read(case.telling).lines
    return line.text.strip()[:300] in first_errors(case.text)


def calibration(cases: Iterable[Case]) -> dict[str, tuple[int, int]]:
    """For each confidence: how many first diagnoses were right, of how many."""
    counted: dict[str, tuple[int, int]] = {}
    for case in cases:
        if found := first(case.text):
            right, of = counted.get(found[1], (0, 0))
            counted[found[1]] = (right + (found[0] in case.expected), of + 1)
    return counted


def _report(title: str, cases: list[Case]) -> None:
    right = [case for case in cases if is_right(case)]
    wrong = [case for case in cases if is_misleading(case)]
    share = 100 * len(right) / len(cases)
    sys.stdout.write(
        f"{title}: {len(right)} of {len(cases)} right ({share:.1f} %), {len(wrong)} confidently wrong\n"
    )


def _report_calibration(cases: list[Case]) -> None:
    counted = calibration(cases)
    for name in ("certain", "likely", "possible"):
        right, of = counted.get(name, (0, 0))
        if of:
            sys.stdout.write(
                f"  said to be {name}: {right} of {of} right ({100 * right / of:.1f} %)\n"
            )


def main() -> None:
    cases = read_cases()
    failing = [case for case in cases if case.expected]
    parts = {"corpus": [case for case in failing if not case.held_out]}
    for name in sorted({case.file for case in cases if case.held_out}):
        parts[name] = [case for case in failing if case.file == name]
    for title, part in parts.items():
        _report(title, part)
        _report_calibration(part)
    _report("clean logs", [case for case in cases if not case.expected])
    clean = [case for case in cases if not case.expected]
    longer = [in_a_longer_log(case, clean, number=number) for number, case in enumerate(failing)]
    unknown = [case for case in longer if case.telling and first(case.text) is None]
    told = sum(is_told(case) for case in unknown)
    sys.stdout.write(
        f"failures without a diagnosis whose telling line is shown: {told} of {len(unknown)}"
        f" ({100 * told / len(unknown):.1f} %)\n"
    )
    _report(
        "every log between steps that went well",
        longer,
    )
    sys.stdout.write("by kind\n")
    for kind, _ in Counter(case.kind for case in failing).most_common():
        _report(f"  {kind}", [case for case in failing if case.kind == kind])
    sys.stdout.write("by tool\n")
    for tool, _ in Counter(case.tool for case in failing).most_common():
        _report(f"  {tool}", [case for case in failing if case.tool == tool])
    for case in cases:
        if not is_right(case):
            found = [f"{d.id} ({d.confidence})" for d in nox_release.diagnose(case.text)]
            sys.stdout.write(f"miss: {case.name} -> {', '.join(found) or 'nothing'}\n")


if __name__ == "__main__":
    main()
