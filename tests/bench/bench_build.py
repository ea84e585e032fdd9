"""How fast, as ratios within one run: `python tests/bench/bench_build.py [--rounds N] [NAME ...]`.

- `nox -l` with `register()` against the same noxfile without it (goal: at most 1.10).
- `nox -s build -- --no-smoke` against `python -m build` and `twine check` by hand (at most 0.6),
  and against `uv build` (at most 1.3), on real projects: their sdists are fetched with pip and put
  under git. Once more as on a machine without uv, against the same by hand (at most 1.0).

The kinds take turns, and each figure is the fastest of its rounds: what else the machine does can
only add to a time. Beside the time on the clock stands the processor time of everything that was
started, which hardly depends on that.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROJECTS = ("httpx==0.28.1", "rich==14.1.0")  # hatchling with a plugin; poetry-core
PYTHON = sys.executable
NOXFILE = """\
import nox


@nox.session
def tests(session):
    \"\"\"Run the tests.\"\"\"


@nox.session
def lint(session):
    \"\"\"Check style.\"\"\"
"""
# What no session can do without, and nothing else: no commit is checked out, no hook asked for what
# it needs, no file looked at.
FLOOR = """\
import subprocess
import tarfile
import tempfile
from pathlib import Path

import nox


@nox.session(venv_backend="none")
def floor(session):
    from pyproject_hooks import BuildBackendHookCaller

    uv, python, root = session.posargs
    system = nox.project.load_toml(Path(root, "pyproject.toml"))["build-system"]
    with tempfile.TemporaryDirectory() as place:
        environment = Path(place, "environment")
        subprocess.run([uv, "venv", "--quiet", "--python", python, environment], check=True)
        made = next(found for found in environment.glob("*/python*") if found.stem == "python")
        install = [uv, "pip", "install", "--quiet", "--python", made, *system["requires"]]
        subprocess.run(install, check=True)

        def hooks(source):
            return BuildBackendHookCaller(
                source, system["build-backend"], python_executable=str(made)
            )

        sdist = hooks(root).build_sdist(place)
        with tarfile.open(Path(place, sdist)) as archive:
            archive.extractall(Path(place, "unpacked"))
        (unpacked,) = Path(place, "unpacked").iterdir()
        hooks(unpacked).build_wheel(place)
"""
REGISTER = "\nimport nox_release\n\nnox_release.register()\n"
WORDS = {
    "nox -l": "the same noxfile without it",
    "by hand": "`python -m build` and `twine check` by hand",
    "uv build": "`uv build`",
    "without uv": "`python -m build` and `twine check` by hand",
}
GOALS = {"nox -l": 1.10, "by hand": 0.6, "uv build": 1.3, "without uv": 1.0}


# Whoever develops tools in containers sets this one; on a maintainer's machine Python may keep what
# it has compiled, and all kinds are measured so.
ENVIRON = {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}


def run(command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, env=environ or ENVIRON, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{command} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


class Took(NamedTuple):
    """Seconds on the clock and of the processors."""

    clock: float
    work: float


def seconds(work: Callable[[], None]) -> Took:
    used, begun = _used(), time.perf_counter()
    work()
    return Took(time.perf_counter() - begun, _used() - used)


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def fastest(kinds: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, Took]:
    """The fewest seconds of each kind; one round before does not count, it fills the caches."""
    taken: dict[str, list[Took]] = {kind: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind, work in kinds.items():
            took = seconds(work)
            if number:
                taken[kind].append(took)
    return {kind: Took(*map(min, zip(*each, strict=True))) for kind, each in taken.items()}


def listing(folder: Path, rounds: int) -> dict[str, Took]:
    kinds = {}
    for kind, text in (("without", NOXFILE), ("with", NOXFILE + REGISTER)):
        place = folder / kind
        place.mkdir()
        (place / "noxfile.py").write_text(text)
        kinds[kind] = lambda place=place: run([PYTHON, "-m", "nox", "-l"], place)
    return fastest(kinds, rounds)


def fetch(requirement: str, folder: Path) -> Path:
    """The sdist of a real project, unpacked and committed, with a noxfile of ours."""
    downloads = folder / "downloads"
    pip = folder / "pip"
    if not pip.exists():
        run([PYTHON, "-m", "venv", pip], folder)
    scripts = pip / ("Scripts" if os.name == "nt" else "bin")
    run(
        [scripts / "python", "-m", "pip", "download", "--quiet", "--no-deps",
         "--no-binary", ":all:", "--dest", downloads, requirement],
        folder,
    )  # fmt: skip
    (sdist,) = downloads.iterdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", **_filtered())
    shutil.rmtree(downloads)
    (tree,) = (folder / "unpacked").iterdir()
    root = tree.rename(folder / tree.name)
    (folder / "unpacked").rmdir()
    (root / "noxfile.py").write_text(NOXFILE + REGISTER)
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    run(["git", "init", "--quiet"], root)
    run(["git", *identity, "add", "--all"], root)
    run(["git", *identity, "commit", "--quiet", "--message", "As published"], root)
    return root


def _filtered() -> dict[str, str]:
    return {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def building(root: Path, rounds: int) -> dict[str, Took]:
    import uv

    def ours() -> None:
        run([PYTHON, "-m", "nox", "-s", "build", "--", "--no-smoke"], root)

    hidden = without_uv(root.parent)

    def ours_without_uv() -> None:
        run([PYTHON, "-m", "nox", "-s", "build", "--", "--no-smoke"], root, hidden)

    def by_hand() -> None:
        outdir = fresh("by-hand")
        run([PYTHON, "-m", "build", "--outdir", outdir], root)
        run([PYTHON, "-m", "twine", "check", "--strict", *sorted(outdir.iterdir())], root)

    def with_uv() -> None:
        run([uv.find_uv_bin(), "build", "--out-dir", fresh("uv"), "--python", PYTHON], root)

    def fresh(name: str) -> Path:
        outdir = root.with_name(f"{root.name} {name}")
        shutil.rmtree(outdir, ignore_errors=True)
        return outdir

    bare = root.with_name(f"{root.name} floor")
    bare.mkdir()
    (bare / "noxfile.py").write_text(FLOOR)

    def floor() -> None:
        run([PYTHON, "-m", "nox", "-s", "floor", "--", uv.find_uv_bin(), PYTHON, root], bare)

    kinds = {
        "floor": floor,
        "ours": ours,
        "without uv": ours_without_uv,
        "by hand": by_hand,
        "uv build": with_uv,
    }
    return fastest(kinds, rounds)


def without_uv(folder: Path) -> dict[str, str]:
    """The environment of a machine that has none: neither its wheel nor a program on PATH."""
    hiding = folder / "hiding"
    hiding.mkdir(exist_ok=True)
    (hiding / "uv.py").write_text("raise ImportError\n")
    places = ENVIRON.get("PATH", os.defpath).split(os.pathsep)
    kept = [place for place in places if shutil.which("uv", path=place) is None]
    return {**ENVIRON, "PATH": os.pathsep.join(kept), "PYTHONPATH": str(hiding)}


def compare(title: str, ours: Took, others: Mapping[str, Took]) -> bool:
    """Say how ours stands to the others; whether every goal was reached."""
    print(f"\n{title}: {ours.clock:.2f} s, {ours.work:.2f} s of processor time")
    reached = True
    for other, took in others.items():
        ratio, goal = ours.clock / took.clock, GOALS[other]
        reached &= ratio <= goal
        print(
            f"  {ratio:.2f} times {WORDS[other]} ({took.clock:.2f} s); "
            f"the goal is at most {goal:.2f}: {'reached' if ratio <= goal else 'MISSED'}. "
            f"Of processor time {ours.work / took.work:.2f} times ({took.work:.2f} s)."
        )
    return reached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("projects", nargs="*", default=PROJECTS, metavar="NAME")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="nox-release-bench-") as place:
        folder = Path(place).resolve()
        took = listing(folder, options.rounds * 3)
        reached = compare("nox -l with register()", took["with"], {"nox -l": took["without"]})
        for requirement in options.projects:
            took = building(fetch(requirement, folder), options.rounds)
            floor, ours, alone = (took.pop(kind) for kind in ("floor", "ours", "without uv"))
            title = f"nox -s build -- --no-smoke, {requirement}"
            reached &= compare(title, ours, took)
            print(
                f"  The floor, a session with the environment and the two hooks alone: "
                f"{floor.clock:.2f} s, {floor.clock / took['uv build'].clock:.2f} times `uv build`."
            )
            reached &= compare(f"{title}, without uv", alone, {"without uv": took["by hand"]})
    print(f"\nload average {os.getloadavg()[0]:.1f}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
