"""Gives the inputs of public reports to the product, and prints what it answers beside what is right.

usage: python tests/tools/public_reports.py [FILE …] [--only ID …] [--show]

A file of `tests/data/reports` has a case for each report. A case begins with `=== ID WHAT TITLE`,
where WHAT is `build`, `check`, `diagnose` or `prepare:WORD`. Then come lines about what is right:

    + error,warning RULE|RULE: TEXT   a finding of such a severity, of one of these rules, with this text
    - RULE                            no error and no warning of this rule
    - error                           no error at all (or no warning)
    + first TEXT|TEXT                 the first diagnosis says one of these
    + text TEXT, + out TEXT           the answer says it
    + diff TEXT, - diff TEXT          the commit that `prepare` makes has it, or has not
    open WHY                          it is known that the answer is not right
    remote NAME ADDRESS, tag NAME     one more remote; a tag of the first of three commits

and `--- PATH` before each file of the tree. What a case leaves out of a project is added.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "reports"
COMMON = {
    "pyproject.toml": """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "thing"
version = "1.0.0"
description = "d"
readme = "README.md"
requires-python = ">=3.10"
license = "MIT"
""",
    "src/thing/__init__.py": "",
}
ALWAYS = {
    "README.md": "# thing\n\nA thing.\n",
    "LICENSE": "MIT\n",
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n- A thing.\n",
    ".gitignore": "dist/\n",
}
WORKFLOW = """name: publish
on:
  release:
    types: [published]
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: pipx run build
      - uses: actions/upload-artifact@v7
        with:
          name: dist
          path: dist/
  publish:
    needs: build
    runs-on: ubuntu-latest
    environment: pypi
    permissions:
      id-token: write
    steps:
      - uses: actions/download-artifact@v8
        with:
          name: dist
          path: dist/
      - uses: pypa/gh-action-pypi-publish@release/v1
"""
NOWHERE = "http://127.0.0.1:9/"


@dataclass
class Report:
    """One case: what was given, and what is right."""

    id: str
    what: str
    title: str
    wanted: list[str] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    remotes: list[list[str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    open: str = ""
    files: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Report]:
    """Return the cases of one file."""
    reports: list[Report] = []
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("=== "):
            number, what, title = line[4:].rstrip("\n").split(" ", 2)
            reports.append(Report(number, what, title))
            name = ""
        elif not reports:
            continue
        elif line.startswith("--- "):
            name = line[4:].rstrip("\n")
            reports[-1].files[name] = ""
        elif name:
            reports[-1].files[name] += line
        elif line.startswith("remote "):
            reports[-1].remotes.append(line.split()[1:])
        elif line.startswith("open "):
            reports[-1].open = line[5:].rstrip("\n")
        elif line.startswith("tag "):
            reports[-1].tags.append(line.split()[1])
        elif line.strip():
            kept = reports[-1].wanted if line[0] == "+" else reports[-1].unwanted
            kept.append(line[2:].rstrip("\n"))
    return reports


def tree(report: Report, folder: Path) -> None:
    """Put the project of a case under git."""
    files = dict(report.files)
    if "pyproject.toml" not in files and "setup.py" not in files:
        files = {**COMMON, **files}
    if report.what.startswith("prepare"):
        files = {".github/workflows/publish.yml": WORKFLOW, **files}
    for name, text in {**ALWAYS, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x7fELF\2\1\1" if text == "ELF\n" else text.encode())
    remotes = [["origin", "https://github.com/acme/thing.git"], *report.remotes]
    for command in (
        ["init", "-q", "-b", "main", "."],
        ["config", "user.email", "m@example.org"],
        ["config", "user.name", "M"],
        *(["remote", "add", *remote] for remote in remotes),
        ["add", "-A"],
        ["commit", "-qm", "first"],
        *(["tag", tag] for tag in report.tags),
    ):
        run_git(folder, *command)
    for name in ("more", "most") if report.tags else ():
        (folder / name).write_text("more\n", encoding="utf-8")
        run_git(folder, "add", "-A")
        run_git(folder, "commit", "-qm", "more")


def run(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "nox_release", *arguments]
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return done.stdout if "--json" in arguments else done.stdout + done.stderr


def findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    projects = document.get("projects", [document])
    if error := document.get("error"):  # a build that failed has no results
        return [{**error, "severity": "error", "id": "build-fails"}]
    return [
        result
        for project in projects
        for result in project.get("results", [])
        if result["status"] == "finding"
    ]


def answer(report: Report, folder: Path) -> dict[str, Any]:
    """Return what the product answers, in the words that the cases use."""
    if report.what == "diagnose":
        (folder / "log").write_text(report.files["log"], encoding="utf-8")
        text = run(folder, "diagnose", "--json", "log")
        diagnoses = json.loads(text)["diagnoses"]
        first = json.dumps(diagnoses[:1], ensure_ascii=False)
        return {"first": first, "text": text, "findings": []}
    tree(report, folder)
    what, _, word = report.what.partition(":")
    if what == "prepare":
        out = run(folder, "prepare", word, "--yes", "--no-build", "--index", NOWHERE)
        shown = ["git", "show", "--format="]
        diff = subprocess.run(shown, cwd=folder, capture_output=True, text=True, check=True).stdout
        lines = [line for line in diff.splitlines() if line.startswith("+")]
        prepared = run_git(folder, "log", "-1", "--format=%s").strip() not in ("first", "more")
        return {"out": out, "diff": "\n".join(lines) if prepared else "", "findings": []}
    arguments = ("build",) if what == "build" else ("check-project", "--index", NOWHERE)
    text = run(folder, *arguments, "--json")
    return {"text": text, "findings": findings(json.loads(text))}


def run_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def holds(wish: str, given: dict[str, Any]) -> bool:
    """Whether the answer has what a line asks for."""
    kind, _, rest = wish.partition(" ")
    if kind in ("first", "text", "out", "diff"):
        return any(part.lower() in given.get(kind, "").lower() for part in rest.split("|"))
    rules, _, text = rest.partition(": ")
    return any(
        one["severity"] in kind.split(",")
        and (rules == "*" or one["id"] in rules.split("|"))
        and (text in (".", "") or text.lower() in json.dumps(one, ensure_ascii=False).lower())
        for one in given["findings"]
    )


def offends(wish: str, given: dict[str, Any]) -> bool:
    """Whether the answer has what a line rules out."""
    if wish.startswith("diff "):
        return wish[5:] in given["diff"]
    hard = [one for one in given["findings"] if one["severity"] in ("error", "warning")]
    return any(wish in (one["id"], one["severity"]) for one in hard)


def verdict(report: Report, given: dict[str, Any]) -> str:
    """Return right, partly, missed, or false."""
    if any(offends(wish, given) for wish in report.unwanted):
        return "false"
    held = [holds(wish, given) for wish in report.wanted]
    named = {
        rule for wish in report.wanted for rule in wish.partition(": ")[0].split(" ")[-1].split("|")
    }
    near = any(one["id"] in named for one in given["findings"])
    return "right" if all(held) else "partly" if any(held) or near else "missed"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(DATA.glob("*.txt")))
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--show", action="store_true", help="print the findings of each case")
    options = parser.parse_args()
    worst = 0
    for path in options.files:
        counts: dict[str, int] = {}
        for report in read(path):
            if options.only and report.id not in options.only:
                continue
            with tempfile.TemporaryDirectory(prefix="report-") as folder:
                given = answer(report, Path(folder))
            said = verdict(report, given)
            counts[said] = counts.get(said, 0) + 1
            ids = sorted({f"{one['severity'][0]}:{one['id']}" for one in given["findings"]})
            print(f"{said:7} {report.id} {report.title}\n        {' '.join(ids)}", flush=True)
            if options.show:
                for one in given["findings"]:
                    print(
                        "       ", one["severity"], one["id"], one["message"], "→", one.get("fix")
                    )
                print(given.get("out", given.get("first", "")), given.get("diff", ""))
        print(f"{path.name}: " + ", ".join(f"{n} {said}" for said, n in sorted(counts.items())))
        worst = max(worst, len(counts) > 1 or "right" not in counts)
    return worst


if __name__ == "__main__":
    sys.exit(main())
