"""The page that lists every rule: what it says, why it matters, what to do.

    python -m nox_release.checks.reference

writes `.github/RULES.md` again; a test keeps that page and the rules equal.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import nox_release
from nox_release.core.findings import SUBJECTS, Rule, Severity
from nox_release.core.words import sentence

PAGE = Path(".github") / "RULES.md"

# Ways in, which do something when they are imported.
_NOT_IMPORTED = ("nox_release.__main__",)

_HEAD = """\
# Rules

Every line of the checklist has an id that does not change; `--json` and the annotations in GitHub
Actions carry it. An **error** stops a release or would lose it, a **warning** weakens it, **advice**
may be passed over. What got no answer is *not known*, which is neither.

This page is made from the rules themselves: `python -m nox_release.checks.reference`.
"""

_ABOUT = {
    "project": "What pyproject.toml and the files around it tell before anything is built.",
    "distributions": "What the built sdist and wheels tell. The names of PyPI's own rules are "
    "those under which its refusals are known here.",
    "index": "What the index holds already.",
    "GitHub": "What git and GitHub know about the commit, the tag and the repository.",
    "workflow": "What the publishing workflow says.",
    "trusted publisher": "Who may publish without a token.",
}


def all_rules() -> tuple[Rule, ...]:
    """Every rule in the `RULES` of a module, once, in the order of subjects, severities and ids."""
    modules = pkgutil.walk_packages(nox_release.__path__, f"{nox_release.__name__}.")
    found: dict[Rule, None] = {}
    for module in modules:
        if module.name not in _NOT_IMPORTED:
            for rule in getattr(importlib.import_module(module.name), "RULES", ()):
                found.setdefault(rule)
    return tuple(sorted(found, key=_place))


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.ADVICE: 2}


def _place(rule: Rule) -> tuple[int, int, str]:
    subject = SUBJECTS.index(rule.subject) if rule.subject in SUBJECTS else len(SUBJECTS)
    return subject, _ORDER[rule.severity], rule.id


def render(rules: Iterable[Rule]) -> str:
    """The page as Markdown; each id is a heading, so that `RULES.md#id` leads to it."""
    known = tuple(rules)
    subjects = list(dict.fromkeys([*SUBJECTS, *(rule.subject for rule in known)]))
    parts = [_HEAD]
    parts.append(_contents(known, subjects))
    for subject in subjects:
        group = [rule for rule in known if rule.subject == subject]
        if group:
            parts.append(f"## {subject[0].upper()}{subject[1:]}\n\n{_ABOUT.get(subject, '')}\n")
            parts.extend(f"### {rule.id}\n\n{_entry(rule)}" for rule in group)
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _contents(rules: Sequence[Rule], subjects: Sequence[str]) -> str:
    lines = ["| subject | errors | warnings | advice |", "|---|---|---|---|"]
    for subject in subjects:
        group = [rule for rule in rules if rule.subject == subject]
        if group:
            counts = [
                str(sum(rule.severity is severity for rule in group)) for severity in Severity
            ]
            anchor = subject.lower().replace(" ", "-")
            name = f"{subject[0].upper()}{subject[1:]}"
            lines.append(f"| [{name}](#{anchor}) | " + " | ".join(counts) + " |")
    return "\n".join(lines) + "\n"


def render_rule(rule: Rule) -> str:
    """One rule, as the terminal shows it."""
    return f"{rule.id} ({rule.severity}): {_entry(rule, emphasis='')}"


def _entry(rule: Rule, *, emphasis: str = "*") -> str:
    severity = f" {emphasis}{rule.severity}{emphasis}" if emphasis else ""
    lines = [f"{sentence(rule.title)}{severity}", ""]
    if rule.why:
        lines.append(f"- Why: {rule.why}")
    if rule.remedy:
        lines.append(f"- What to do: {rule.remedy}")
    if rule.link:
        lines.append(f"- See: <{rule.link}>")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Write the page, to the path given or to its place below the current folder."""
    path = Path(arguments[0]) if arguments else PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(all_rules()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
