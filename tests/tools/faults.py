"""The fault matrix, random kills and races: disturb a first upload or a release, run it again.

usage: python tests/tools/faults.py [--only TEXT] [--jobs N] [--update] [--strict] [--verbose]
       python tests/tools/faults.py --kills N [--seed S]
       python tests/tools/faults.py --races N [--seed S]
       python tests/tools/faults.py --sample

Every cell, kill and race has a rehearsed world of its own: real git, gh, build and twine before
the stand-ins for PyPI and GitHub. In the matrix the command runs once with a fault, and once more
after the fault was lifted. Then

(a) no run claimed success without the end: what that is, an observer says who sees into the
    stand-ins (tests/world/observer.py) and shares no code with the product,
(b) the second run ended with 0 exactly where the observer calls the release done,
(c) there is exactly one tag, one GitHub release and one set of files,
(d) a run that failed said what is done, what is not, and the next command; its last words are
    kept in tests/data/faults.txt and compared: what changed is listed, and a failure with
    --strict; --update writes them again.

Cells marked `person` are those whose end nobody but a person may decide (another tag, a burnt
filename): there the observer has to say "not done", and the second run has to stop.

`--sample` runs a few cells of each group, and after them a few kills and races, always the same.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "world"))  # for pytest its own settings say so

import campaigns
from fault_cells import Cell, all_cells
from prepared_scene import NEXT as NEXT_VERSION
from scene import VERSION, built_files, last_words, staged

SNAPSHOT = TESTS / "data" / "faults.txt"
SAMPLE = {"kills": 3, "races": 1, "seed": 2026}
SAMPLE_CELLS = (
    "kill: release: SIGKILL after the push",
    "kill: release: SIGTERM while the run is followed",
    "kill: first-upload: SIGKILL after the first file",
    "network: release: Simple API, 503, once",
    "network: release: GitHub release, done, reply lost, once",
    "network: first-upload: upload, reset in the body, once",
    "index: release: every file refused",
    "git: release: tag on another commit there",
    "GitHub: release: run fails, then runs again",
    "local: release: nobody to ask",
    "end: release: HEAD past the tag, finished",
    "prepare: minor: SIGKILL in the middle of the edits",
    "prepare: proposed: opening it: done, reply lost",
)

NEXT = re.compile(
    r"nox -s |gh \w|git \w|--yes|https?://|[Rr]un (it|the same command) again|same command"
    r"|before anything was changed"  # then nothing is left to be done
)


@dataclass
class Verdict:
    """What came of one cell; each of a, b, c, d is "" when right, else what was wrong."""

    cell: Cell
    a: str = ""
    b: str = ""
    c: str = ""
    d: str = ""
    words: str = ""
    changed: bool = False
    seconds: float = 0.0
    transcript: str = ""

    @property
    def wrong(self):
        return [f"({k}) {getattr(self, k)}" for k in "abcd" if getattr(self, k)]


def judge(cell):
    """Run one cell in a world of its own."""
    started = time.monotonic()
    verdict = Verdict(cell)
    try:
        with staged(cell.story, options=cell.options) as scene:
            cell.arrange(scene)
            _first_run(cell, scene, verdict)
            if not cell.lasting:
                scene.clear_faults()
            if cell.repair:
                cell.repair(scene)
            scene.world.workflows.wait(30)
            _second_run(cell, scene, verdict)
            mistakes = scene.world.mistakes()
            if mistakes:
                verdict.d = verdict.d or f"the stand-in failed: {mistakes[0].splitlines()[-1]}"
    except Exception as error:  # noqa: BLE001 - one cell must not take the table down
        verdict.b = verdict.b or f"the cell failed: {type(error).__name__}: {error}"
    verdict.seconds = time.monotonic() - started
    return verdict


def _first_run(cell, scene, verdict):
    first = scene.run(yes=cell.yes)
    scene.world.workflows.wait(30)
    verdict.transcript = f"--- first run: {first.status}\n{first.output}"
    if first.status == 0 and (missing := scene.missing()):
        verdict.a = f"claimed success: {missing}"
    elif first.status == 0 and cell.must_fail:
        verdict.a = "claimed success although it could not succeed"
    verdict.c = "; ".join(scene.doubled()) if not cell.person else ""
    if first.status > 0:
        verdict.words = last_words(scene, first)
        if "Traceback (most recent call last)" in first.output:
            verdict.d = "a traceback"
        elif "did not end within" in first.output:
            verdict.d = "no end"
        elif not NEXT.search(verdict.words):
            verdict.d = "no next command"


def _second_run(cell, scene, verdict):
    before = scene.missing()
    again = scene.run(*cell.again)
    scene.world.workflows.wait(30)
    verdict.transcript += f"\n--- second run: {again.status}\n{again.output}"
    missing = scene.missing()
    if not before and not cell.again and scene.has_moved_on():
        missing = [*missing, "HEAD is not in the release that is there"]
    if missing and again.status == 0:
        verdict.a = verdict.a or f"claimed success in the second run: {missing}"
    elif not missing and again.status != 0:
        verdict.b = f"exit {again.status}: {last_words(scene, again).splitlines()[0]}"
    elif "did not end within" in again.output:
        verdict.b = "no end"
    elif bool(missing) != cell.person:
        verdict.b = "; ".join(missing) or "done, although that was for a person"
    if not cell.person:
        verdict.c = verdict.c or "; ".join(scene.doubled())


def read_snapshot():
    if not SNAPSHOT.exists():
        return {}
    parts = re.split(r"(?m)^## (.*)\n", SNAPSHOT.read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))


def write_snapshot(words):
    body = "".join(f"## {title}\n{text}\n\n" for title, text in sorted(words.items()))
    SNAPSHOT.write_text(body, encoding="utf-8")


def run_matrix(options):
    """Every cell whose title has the wanted text; the number of those that failed."""
    cells = [cell for cell in all_cells() if options.only in cell.title]
    if options.sample:
        cells = [cell for cell in cells if cell.title in SAMPLE_CELLS]
    known = read_snapshot()
    words = dict(known)
    started = time.monotonic()
    verdicts = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(judge, cells):
            title = verdict.cell.title
            if verdict.words:
                verdict.changed = known.get(title, verdict.words) != verdict.words
                if verdict.changed and options.strict:
                    verdict.d = verdict.d or "the last words are not those on record"
                words[title] = verdict.words
            verdicts.append(verdict)
            mark = "FAIL" if verdict.wrong else "ok  "
            sys.stdout.write(f"{mark} {verdict.seconds:5.1f} s  {title}  {'  '.join(verdict.wrong)}\n")  # fmt: skip
            if verdict.wrong and options.verbose:
                sys.stdout.write(f"{verdict.transcript}\n")
            sys.stdout.flush()
    if options.update:
        write_snapshot(words)
    return report(verdicts, time.monotonic() - started)


def report(verdicts, seconds):
    """The table of groups and the totals; how many cells failed."""
    count = len(verdicts)
    sys.stdout.write(f"\n{'group':<10} {'cells':>5} {'(a)':>5} {'(b)':>5} {'(c)':>5} {'(d)':>5}\n")
    for group in dict.fromkeys(verdict.cell.group for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.cell.group == group]
        right = [sum(not getattr(verdict, k) for verdict in own) for k in "abcd"]
        sys.stdout.write(f"{group:<10} {len(own):>5} " + " ".join(f"{n:>5}" for n in right) + "\n")
    right = [sum(not getattr(verdict, k) for verdict in verdicts) for k in "abcd"]
    sys.stdout.write(f"{'all':<10} {count:>5} " + " ".join(f"{n:>5}" for n in right) + "\n")
    persons = sum(verdict.cell.person for verdict in verdicts)
    sys.stdout.write(
        f"\n(a) no false success, (b) the second run says what the observer says (in {persons} cells "
        f"it stops for a person), (c) one tag, one release, one set of files, (d) last words; "
        f"{seconds:.0f} s\n"
    )
    for verdict in verdicts:
        if verdict.changed:
            sys.stdout.write(f"other last words than on record: {verdict.cell.title}\n")
    failed = sum(bool(verdict.wrong) for verdict in verdicts)
    sys.stdout.write(f"{count - failed} passed, {failed} failed\n")
    return failed


def main():
    parser = argparse.ArgumentParser(description="Run the fault matrix, random kills or races.")
    parser.add_argument("--only", default="", help="cells whose title contains this")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) + 2)
    parser.add_argument("--update", action="store_true", help="record the last words again")
    parser.add_argument(
        "--strict", action="store_true", help="last words that changed are a failure"
    )
    parser.add_argument("--verbose", action="store_true", help="show what failing cells printed")
    parser.add_argument("--kills", type=int, default=0, help="this many kills at random moments")
    parser.add_argument("--races", type=int, default=0, help="this many runs of two at once")
    parser.add_argument("--seed", type=int, default=0, help="where the random numbers begin")
    parser.add_argument("--sample", action="store_true", help="a few cells, kills and races")
    options = parser.parse_args()
    if sys.platform == "win32":
        sys.stdout.write("The matrix needs a Unix socket for gh: nothing to run here.\n")
        return 0
    for version in (VERSION, NEXT_VERSION):
        built_files(version)
    failed = 0
    if options.sample or not (options.kills or options.races):
        failed += run_matrix(options)
    if options.sample:
        options.kills, options.races, options.seed = SAMPLE["kills"], SAMPLE["races"], SAMPLE["seed"]  # fmt: skip
    if options.kills:
        failed += campaigns.run_kills(options)
    if options.races:
        failed += campaigns.run_races(options)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
