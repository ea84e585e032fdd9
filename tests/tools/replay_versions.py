"""Replay the version commits of public projects: what people did, and what `prepare` plans.

usage: python tests/tools/replay_versions.py [--limit N] [--show KIND] [--json FILE] [--trees]
                                             GIT_DIRECTORY...

Each argument is a repository's git directory. Commits that changed the project's version are found
in its history by their diffs alone; at the parent of each, the edits for the new version are
planned, and compared with the commit: the set of files, and the lines with the version. Commits after
which the tree says itself that the version is in development, in a tuple beside it, are none.

With `--trees`, the newest commit of each project is built with the edits in place of the person's, and
the version of the sdist compared; and of the newest one that edits a uv.lock, `uv lock --check` has to
pass if it passed before. Where the tree is refused without the edits, too, nothing is known.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import difflib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.utils import parse_sdist_filename
from packaging.version import InvalidVersion, Version

from nox_release.core.errors import ConfigurationError
from nox_release.project.changelog import parse_sections
from nox_release.project.changelog_edits import Kind
from nox_release.project.documents import Files
from nox_release.project.preparing import plan_version
from nox_release.project.pyproject import parse_project, parse_setup_cfg, parse_setup_py
from nox_release.project.toml import parse_toml
from nox_release.project.version_places import find_places

WHERE = (
    "pyproject.toml", "setup.py", "setup.cfg", "Cargo.toml", "meson.build", "package.json",
    ":(glob)**/__init__.py", ":(glob)**/*version*.py", ":(glob)**/__about__.py",
    ":(glob)**/VERSION*", ":(glob)**/*meta*.py", ":(glob)*.py", ":(glob)**/VERSION.txt",
)  # fmt: skip
ASSIGNED = re.compile(
    r"""^\s*["']?(?:__version__|version|VERSION|__VERSION__|current_version)["']?\s*(?::\s*[\w.]+\s*)?"""
    r"""[=:]\s*[^=]"""
)
TOKEN = re.compile(
    r"(?<![\w.])v?(\d+(?:\.\d+)+(?:[-_.]?(?:a|b|c|rc|alpha|beta|pre|post|dev)[-_.]?\d*)*(?:\+\w+)?)(?![\w.]\d|\w)"
)
ELSEWHERE = re.compile(
    r"(^|/)(tests?|docs?|examples?|vendor|_vendor|_vendored|patched|third_party|samples|news)/"
)
CHANGELOG = re.compile(
    r"(^|/)(change(s|log)?|history|news|release(s|[-_]?notes)?|whats[-_]?new)[^/]*$", re.IGNORECASE
)


@dataclass
class Outcome:
    repository: str
    commit: str
    old: str
    new: str
    verdict: str
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    note: str = ""
    kind: str = ""
    missing_lines: dict[str, list[str]] = field(default_factory=dict)


class History:
    """One git directory, read without a work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.parent.name if folder.name in ("repo", ".git") else folder.name
        self.batch = subprocess.Popen(
            ["git", "-C", str(folder), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), "-c", "core.quotePath=false", *arguments],
            capture_output=True,
            check=False,
        )
        return done.stdout.decode("utf-8", "surrogateescape")

    def read(self, commit: str, file: str) -> bytes | None:
        if "\n" in file:
            return None
        self.batch.stdin.write(f"{commit}:{file}\n".encode())
        self.batch.stdin.flush()
        head = self.batch.stdout.readline().split()
        if head[-1] == b"missing" or head[-2] != b"blob":
            if head[-1] != b"missing":
                self.batch.stdout.read(int(head[-1]) + 1)
            return None
        raw = self.batch.stdout.read(int(head[-1]))
        self.batch.stdout.read(1)
        return raw

    def files(self, commit: str) -> Files:
        names = frozenset(
            filter(None, self.git("ls-tree", "-r", "-z", "--name-only", commit).split("\0"))
        )
        return Files(names=names, read=lambda file: self.read(commit, file))

    def version_commits(self, limit: int) -> list[tuple[str, str, str]]:
        """Commit, version before, version after; the newest first."""
        text = self.git(
            "log", "--no-merges", "-n", "6000", "-U0", "--no-color", "--no-ext-diff", "--no-renames",
            "--format=%x00%H", "-p", "--", *WHERE,
        )  # fmt: skip
        found = []
        for part in text.split("\0")[1:]:
            commit, _, diff = part.partition("\n")
            pair = next(iter(_pairs(diff)), None)
            if pair is not None:
                found.append((commit.strip(), *pair))
            if len(found) >= limit:
                break
        return found


def hunks(diff: str):
    """File, removed lines and added lines of every hunk."""
    file, removed, added = "", [], []
    for line in diff.split("\n"):
        if line.startswith(("diff --git", "@@ ")):
            if removed or added:
                yield file, removed, added
            removed, added = [], []
        elif line.startswith("+++ "):
            file = line[6:].rstrip("\t")
        elif line.startswith("--- "):
            if line != "--- /dev/null":
                file = line[6:].rstrip("\t")
        elif line.startswith("-"):
            removed.append(line[1:])
        elif line.startswith("+"):
            added.append(line[1:])
    if removed or added:
        yield file, removed, added


def _pairs(diff: str):
    """Versions before and after, where one line changed by nothing else."""
    for file, removed, added in hunks(diff):
        if ELSEWHERE.search(file) or file.count("/") > 3:
            continue
        for before in removed:
            whole = re.search(r"VERSION(\.txt)?$", file)
            if not whole and not ASSIGNED.match(before):
                continue
            for after in added:
                pair = _same_but_version(before, after)
                if pair:
                    yield pair


def _same_but_version(before: str, after: str) -> tuple[str, str] | None:
    old, new = TOKEN.search(before), TOKEN.search(after)
    if not old or not new or old[1] == new[1]:
        return None
    if before[: old.start(1)] != after[: new.start(1)]:
        return None
    if re.sub(r"['\"].*", "", before[old.end(1) :].strip()) != re.sub(
        r"['\"].*", "", after[new.end(1) :].strip()
    ):
        return None
    try:
        Version(old[1]), Version(new[1])
    except InvalidVersion:
        return None
    return old[1], new[1]


def _bounded(version: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.])(v?){re.escape(version)}(?!\w|\.\d)")


def human_lines(diff: str, old: str, new: str) -> tuple[dict[str, list[str]], set[str]]:
    """The lines whose version was raised, by file; and the changelogs that got a heading."""
    lines: dict[str, list[str]] = collections.defaultdict(list)
    logs: set[str] = set()
    numbers = (_numbers(old), _numbers(new))
    for file, removed, added in hunks(diff):
        for line in added:
            if _bounded(new).search(line):
                if CHANGELOG.search(file) and not file.endswith(".py"):
                    logs.add(file)
                    continue
                back = _bounded(new).sub(lambda m: m[1] + old, line)
                if any(back == other for other in removed):
                    lines[file].append(line)
            elif (
                numbers[1]
                and numbers[1] in re.sub(r"\s", "", line)
                and "version" in line.lower()
                and any(numbers[0] in re.sub(r"\s", "", r) for r in removed)
            ):
                lines[file].append(line)
    return lines, logs


def _numbers(version: str) -> str:
    release = Version(version).release
    return ",".join(map(str, release)) if len(release) > 2 else ""


def replay(
    history: History, commit: str, old: str, new: str, entries: tuple[str, ...] = ()
) -> Outcome | None:
    parent = f"{commit}^"
    plan = plan_at(history, commit, new, entries)
    if plan is None or begins_development(history, commit):
        return None
    diff = history.git("diff", "-U0", "--no-color", "--no-ext-diff", "--no-renames", parent, commit)
    human, logs = human_lines(diff, old, new)
    outcome = Outcome(history.name, commit, old, new, "same")
    ours = {change.file: change for change in plan.changes}
    if plan.changelog_edit.kind is Kind.FRAGMENTS:
        human = {file: lines for file, lines in human.items() if not CHANGELOG.search(file)}
        logs = set()
    outcome.kind = plan.changelog_edit.kind.name
    if plan.changelog_edit.unparsed:
        outcome.note += f"unparsed: {plan.changelog_edit.unparsed}"
    wanted = set(human) | logs
    outcome.missing = sorted(wanted - set(ours))
    outcome.extra = sorted(set(ours) - wanted)
    unequal = [
        file
        for file in sorted(set(human) & set(ours))
        if not set(human[file]) <= set(ours[file].after.decode("utf-8", "replace").split("\n"))
    ]
    if plan.places.version is not None and plan.places.version != Version(old):
        outcome.note += f" found {plan.places.declared.text} in {plan.places.declared.file}"
    if unequal:
        outcome.note += f" lines differ in {', '.join(unequal)}"
    harm = [text for change in plan.changes if (text := damage(change, plan, old, new))]
    outcome.note += " ".join(harm)
    outcome.missing_lines = {file: human[file] for file in outcome.missing if file in human}
    if harm:
        outcome.verdict = "damaged"
    elif outcome.missing or unequal:
        outcome.verdict = "worse"
    elif outcome.extra:
        outcome.verdict = "better"
    return outcome


def plan_at(history: History, commit: str, new: str, entries: tuple[str, ...]):
    """The edits at the parent of a commit; `None` where no project is read there."""
    files = history.files(f"{commit}^")
    project = read_project_at(files)
    if project is None:
        return None
    there = tuple(entry for entry in entries if entry.partition(":")[0] in files.names)
    project = replace(project, settings=replace(project.settings, version_files=there))
    stamp = int(history.git("show", "-s", "--format=%ct", commit).split()[-1])
    today = dt.datetime.fromtimestamp(stamp, tz=dt.timezone.utc).date()
    return plan_version(project, files, new, today, drafted=("What changed.",))


def try_newest(
    history: History, outcomes: list[Outcome], entries: tuple[str, ...]
) -> tuple[str, str]:
    """What the newest edited tree builds, and of the newest one with a uv.lock whether it passes."""
    fit = [one for one in outcomes if one.verdict in ("same", "better")]
    built = try_tree(history, fit[0], entries, lock=False) if fit else "not known"
    for one in fit:
        plan = plan_at(history, one.commit, one.new, entries)
        if any(Path(change.file).name == "uv.lock" for change in plan.changes):
            return built, try_tree(history, one, entries, lock=True)
    return built, "it has none"


def try_tree(history: History, one: Outcome, entries: tuple[str, ...], *, lock: bool) -> str:
    """What uv says of the edited tree: of its locks where `lock`, else which version it builds."""
    plan = plan_at(history, one.commit, one.new, entries)
    with tempfile.TemporaryDirectory(prefix="replay-") as name:
        tree, archive = Path(name, "tree"), Path(name, "parent.tar")
        tree.mkdir()
        history.git("archive", "--format=tar", f"--output={archive}", f"{one.commit}^")
        with tarfile.open(archive) as opened:
            opened.extractall(tree, filter="data")
        locks = [tree / c.file for c in plan.changes if Path(c.file).name == "uv.lock"]

        def ask() -> object:
            return all(passes(one.parent) for one in locks) if lock else built_version(tree)

        before = ask()
        for change in plan.changes:
            path = tree / change.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(change.after)
        after = ask() if before else None
    if not before:
        return "not known"
    is_right = after is True if lock else after == Version(one.new)
    return "right" if is_right else f"WRONG: {after} for {one.commit[:9]} {one.new}"


def passes(folder: Path) -> bool:
    command = ["uv", "lock", "--check"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    return done.returncode == 0


def built_version(tree: Path) -> Version | None:
    with tempfile.TemporaryDirectory(prefix="replay-") as outdir:
        command = ["uv", "build", "--sdist", "--quiet", "--out-dir", outdir, str(tree)]
        subprocess.run(command, capture_output=True, check=False, timeout=600)
        made = [*Path(outdir).glob("*.tar.gz")]
        return parse_sdist_filename(made[0].name)[1] if made else None


def begins_development(history: History, commit: str) -> bool:
    """Whether a tuple beside the version says that it is not there yet."""
    files = history.files(commit)
    project = read_project_at(files)
    places = find_places(project, files) if project is not None else None
    return places is not None and places.reached != places.version


def read_project_at(files: Files):
    raw = files.read("pyproject.toml") if "pyproject.toml" in files.names else None
    try:
        pyproject = parse_toml(raw.decode("utf-8", "replace")) if raw else {}
        setup = None
        if "project" not in pyproject:
            setup = {}
            for name, parse in (("setup.py", parse_setup_py), ("setup.cfg", parse_setup_cfg)):
                text = files.read(name) if name in files.names else None
                if text:
                    setup |= parse(text.decode("utf-8", "replace"))
        return parse_project(pyproject, root=Path("/"), setup=setup)
    except (ConfigurationError, ValueError):
        return None


def damage(change, plan, old: str, new: str) -> str:
    """What an edit has done that it must not: lines that have neither version nor date in them, a
    document with other values, a changelog with other sections.
    """
    before, after = (raw.decode("utf-8", "replace") for raw in (change.before, change.after))
    if change.file == plan.changelog:
        kept = collections.Counter(after.splitlines())
        kept.subtract(before.splitlines())
        lost = [line for line, count in kept.items() if count < 0]
        titles = [section.title for section in parse_sections(after)]
        gone = [s.title for s in parse_sections(before) if s.title not in titles]
        placeholder = plan.changelog_edit.kind is Kind.DATED
        if len(gone) > placeholder or (len(lost) > 2 and not placeholder):
            return f"{change.file} lost {gone or lost}"
        return (
            "" if plan.changelog_edit.kind is not Kind.WRITTEN else misplaced(after, Version(new))
        )
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    removed = [line for line in lines if line.startswith("- ")]
    added = [line for line in lines if line.startswith("+ ")]
    new_file = any(one.file == plan.changelog and not one.before for one in plan.changes)
    if new_file and not removed and len(added) == 1 and new in added[0]:
        return ""  # the line that lists it
    one_kind = all(_bounded(new).search(line) for line in added)
    if len(removed) != len(added) or (len(added) > 12 and not one_kind):
        return f"{change.file}: {len(removed)} lines became {len(added)}"
    if change.file.endswith((".toml", ".lock")):
        values = [flattened(parse_toml(text)) for text in (before, after)]
        changed = [key for key in values[0] if values[0][key] != values[1].get(key)]
        if values[0].keys() != values[1].keys() or len(changed) != len(added):
            return f"{change.file}: {changed} changed"
    return ""


def misplaced(text: str, new: Version) -> str:
    """Whether a written section stands elsewhere than above the newest one."""
    versions = [section.version for section in parse_sections(text) if section.version is not None]
    below = versions[versions.index(new) + 1 :]
    older = [version for version in versions if version < new]
    others = [version for version in versions if version != new]
    if versions[0] == new and others != sorted(others, reverse=True):
        return ""  # they stand in the order in which they came out
    if older and (not below or below[0] < max(older)):
        return f"the section of {new} stands below others"
    return ""


def flattened(value: object, path: tuple = ()) -> dict:
    if isinstance(value, dict):
        return {k: v for key, one in value.items() for k, v in flattened(one, (*path, key)).items()}
    if isinstance(value, list):
        pairs = enumerate(value)
        return {k: v for key, one in pairs for k, v in flattened(one, (*path, key)).items()}
    return {path: value}


def listed_for(outcomes: list[Outcome]) -> tuple[str, ...]:
    """What a maintainer would list: the literals that were missed more than once, by their file, and
    by the word before them where their file has several.
    """
    missed = collections.Counter(entry for one in outcomes for entry in set(entries_of(one)))
    return tuple(entry for entry, times in missed.most_common(20) if times > 1)


def entries_of(outcome: Outcome) -> list[str]:
    entries = []
    for file, lines in outcome.missing_lines.items():
        if CHANGELOG.search(file):
            continue
        if len(lines) == 1:
            entries.append(file)
            continue
        before = [
            line[: _bounded(outcome.new).search(line).start()]
            for line in lines
            if _bounded(outcome.new).search(line)
        ]
        for position, text in enumerate(before):
            others = before[:position] + before[position + 1 :]
            words = [
                word
                for word in re.findall(r"[A-Za-z_][\w-]{2,}", text)
                if not any(word in other for other in others)
            ]
            if words:
                entries.append(f"{file}:{words[-1]}")
    return entries


def summary(outcomes: list[Outcome]) -> str:
    counted = collections.Counter(one.verdict for one in outcomes)
    good = 100 * (counted["same"] + counted["better"]) / max(len(outcomes), 1)
    projects = len({one.repository for one in outcomes})
    return f"{len(outcomes)} commits of {projects} projects, {dict(counted)}, same or better {good:.1f} %"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=15)
    parser.add_argument("--show", default="")
    parser.add_argument("--json", type=Path, help="write every outcome here")
    parser.add_argument("--trees", action="store_true", help="build, and ask uv about the lock")
    parser.add_argument("--commits", type=Path, help="keep the commits that were found here")
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    without: list[Outcome] = []
    tried: dict[str, tuple[str, str]] = {}
    kept = options.commits if options.commits and options.commits.is_file() else None
    known = json.loads(kept.read_text(encoding="utf-8")) if kept else {}
    for folder in options.repositories:
        history = History(folder)
        commits = known.get(history.name) or history.version_commits(options.limit)
        known[history.name] = commits[: options.limit]
        plain = [one for commit in commits if (one := replay(history, *commit)) is not None]
        entries = listed_for(plain)
        mine = [
            replay(history, one.commit, one.old, one.new, entries)
            if one.missing and entries
            else one
            for one in plain
        ]
        if options.trees:
            tried[history.name] = try_newest(history, mine, entries)
        history.batch.kill()
        without += plain
        outcomes += mine
        counted = collections.Counter(one.verdict for one in mine)
        listed = f"version-files = {list(entries)}" if entries else ""
        print(f"{history.name:<50} {len(mine):>3}  {dict(counted)}  {listed}", flush=True)
        for one in mine:
            if one.verdict in options.show.split(","):
                print(
                    f"    {one.commit[:9]} {one.old} -> {one.new}: {one.kind} "
                    f"missing {one.missing} extra {one.extra} {one.note}"
                )
    print("without configuration:", summary(without))
    print("with one line of version-files:", summary(outcomes))
    for name, (built, locked) in tried.items():
        print(f"{name:<50} builds the version: {built}; its uv.lock passes: {locked}")
    if options.commits:
        options.commits.write_text(json.dumps(known), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps([vars(one) for one in outcomes], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
