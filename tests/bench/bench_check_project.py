"""How long check-project takes on an index that answers late, in round trips.

    python tests/bench/bench_check_project.py [--delay 0.05] [--runs 5]

The goals: with 50 ms added to every answer, at most 0.4 seconds, and 0.6 seconds of processor time,
that of git, gh and zizmor included. Measured is the whole command, from the start of Python to its
end, as `nox-release check-project`, in a rehearsed world with git, a remote and GitHub; once for each
state a project can be in. Python reads what it has compiled before, as it does on every machine on
which the command has been run once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from disturbed import DisturbedWorld
from troubles import Fault

TINY = Path(__file__).parents[1] / "world" / "projects" / "tiny"
GOAL, PROCESSOR_GOAL = 0.4, 0.6  # seconds

WORKFLOW = """\
name: Publish
on:
  release:
    types: [published]
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v4
      - run: python -m build
      - uses: actions/upload-artifact@v4
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
      - uses: actions/download-artifact@v4
        with:
          name: dist
          path: dist/
      - uses: pypa/gh-action-pypi-publish@release/v1
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--delay", type=float, default=0.05, help="seconds added to every answer")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    folder = Path(tempfile.mkdtemp(prefix="nr-"))
    try:
        with DisturbedWorld(folder / "w", environ={**os.environ, "PATH": path}) as world:
            del world.environ["PYTHONDONTWRITEBYTECODE"]
            measure(world, delay=options.delay, runs=options.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def measure(world: DisturbedWorld, *, delay: float, runs: int) -> None:
    files = {
        name.relative_to(TINY).as_posix(): name.read_bytes()
        for name in TINY.rglob("*")
        if name.is_file() and "__pycache__" not in name.parts
    }
    world.seed(files={**files, ".github/workflows/publish.yml": WORKFLOW, ".gitignore": "dist/\n"})
    build(world)
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"check-project with {delay * 1000:.0f} ms added to every answer of the index; the goals are "
        f"at most {GOAL} s, and {PROCESSOR_GOAL} s of processor time\n{os.cpu_count()} cores{load}"
    )
    print("state of the project   requests  rounds  no delay   delayed  processor time")
    for state, arrange in (
        ("absent", lambda: None),
        ("empty", lambda: world.index.create_project("tiny-demo", owner="you")),
        ("released", lambda: world.index.put(*(world.clone / "dist").iterdir(), owner="you")),
    ):
        arrange()
        report(world, state, delay, runs)


def build(world: DisturbedWorld) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", str(world.clone)],
        check=True,
        capture_output=True,
    )


def report(world: DisturbedWorld, state: str, delay: float, runs: int) -> None:
    once(world)  # caches of bytecode
    before = len(world.index.faults.requests())
    plain = statistics.median(once(world) for _ in range(runs))
    requests = (len(world.index.faults.requests()) - before) // runs
    late = world.index.faults.arrange(Fault(kind="delay", endpoint="*", times=None, seconds=delay))
    used = _used()
    delayed = statistics.median(once(world) for _ in range(runs))
    used = (_used() - used) / runs
    world.index.faults.lift(late)
    long = world.index.faults.arrange(Fault(kind="delay", endpoint="*", times=None, seconds=3.0))
    rounds = round((once(world) - plain) / 3.0)  # long delays stand out from the noise
    world.index.faults.lift(long)
    reached = delayed <= GOAL and used <= PROCESSOR_GOAL
    print(
        f"{state:<21} {requests:>9} {rounds:>7} {plain:>7.2f} s {delayed:>7.2f} s "
        f"{used:>13.2f} s  {'reached' if reached else 'MISSED'}"
    )


def _used() -> float:
    """Processor time of all that was started: it hardly depends on what else the machine does."""
    if resource is None:
        return float("nan")
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def once(world: DisturbedWorld) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "nox_release", "check-project", "--index", world.index.url],
        cwd=world.clone,
        env=world.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.perf_counter() - started
    if "Next:" not in done.stdout:
        sys.exit(done.stdout + done.stderr)
    return took


if __name__ == "__main__":
    sys.exit(main())
