"""How well the catalogue does on the logs of `tests/data/logs`: `python tests/tools/diagnosis_corpus.py`.

Prints the share with the right cause first, overall and by tool, every miss, and the same for the
logs that were put aside before the catalogue was tuned.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import nox_release

LOGS = Path(__file__).parents[1] / "data" / "logs"
_HEADING = re.compile(r"^=== (\S+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One excerpt: what it should be diagnosed as (one of `expected`; none for a clean log)."""

    name: str
    expected: tuple[str, ...]
    tool: str
    text: str
    held_out: bool


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
            cases.append(
                Case(
                    name=f"{path.name}:{line}:{heading[1]}",
                    expected=ids,
                    tool=heading[2],
                    text=text.replace("␛", "\x1b").replace("⇥", "\t"),
                    held_out=path.name.startswith("holdout"),
                )
            )
    return cases


def is_right(case: Case) -> bool:
    """Whether the first diagnosis is an expected one, or nothing was found in a clean log."""
    found = nox_release.diagnose(case.text)
    return found[0].id in case.expected if found else not case.expected


def is_misleading(case: Case) -> bool:
    """Whether the first diagnosis is wrong and says that it is certain."""
    found = nox_release.diagnose(case.text)
    return bool(found) and found[0].confidence == "certain" and found[0].id not in case.expected


def _report(title: str, cases: list[Case]) -> None:
    right = [case for case in cases if is_right(case)]
    wrong = [case for case in cases if is_misleading(case)]
    share = 100 * len(right) / len(cases)
    sys.stdout.write(
        f"{title}: {len(right)} of {len(cases)} right ({share:.1f} %), {len(wrong)} confidently wrong\n"
    )


def main() -> None:
    cases = read_cases()
    failing = [case for case in cases if case.expected]
    _report("failing logs", failing)
    _report("clean logs", [case for case in cases if not case.expected])
    _report("held out", [case for case in cases if case.held_out])
    for tool, _ in Counter(case.tool for case in failing).most_common():
        _report(f"  {tool}", [case for case in failing if case.tool == tool])
    for case in cases:
        if not is_right(case):
            found = [f"{d.id} ({d.confidence})" for d in nox_release.diagnose(case.text)]
            sys.stdout.write(f"miss: {case.name} -> {', '.join(found) or 'nothing'}\n")


if __name__ == "__main__":
    main()
