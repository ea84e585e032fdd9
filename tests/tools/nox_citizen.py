"""What our sessions do among those of noxfiles that others wrote, under several versions of Nox.

usage: python tests/tools/nox_citizen.py [--nox VERSION ...] FOLDER ...

Each FOLDER is a checkout with a noxfile.py. It and pyproject.toml are copied, `init`'s block is
added, and every cell of the table is one run of real Nox. The Noxes are installed from the index.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from nox_release.operations import OPERATIONS
from nox_release.scaffold.noxfile import extend_noxfile

ROOT = Path(__file__).parents[2]
BIN = "Scripts" if os.name == "nt" else "bin"
LOG = "HTTP Error 403: invalid-publisher: valid token, but no corresponding publisher\n"
PLAIN = ("--script-mode", "none")
MORE = """
@nox.session(name="citizen-before", default=False, venv_backend="none")
def citizen_before(session):
    session.log("before")


@nox.session(name="citizen-after", default=False, venv_backend="none", requires=["{diagnose}"])
def citizen_after(session):
    session.log("after")


@nox.session(name="citizen-notifies", default=False, venv_backend="none")
def citizen_notifies(session):
    session.notify("{build}", ["--help"])
"""
MAIN = '\nif __name__ == "__main__":\n    nox.main()\n'


class Trial:
    """One noxfile of somebody else with our sessions in it, and one Nox."""

    def __init__(self, source: Path, folder: Path, python: Path) -> None:
        self.folder, self.python = folder, python
        folder.mkdir()
        (folder / "log.txt").write_text(LOG, encoding="utf-8")
        if (source / "pyproject.toml").is_file():
            shutil.copy(source / "pyproject.toml", folder)
        before = (source / "noxfile.py").read_text(encoding="utf-8")
        self._write(before)
        self.theirs = self.listed()
        change = extend_noxfile(before, names=tuple(OPERATIONS))
        assert change.text is not None, "it registers our sessions already"
        self.prefix = change.prefix
        call = f'nox_release.register(prefix="{self.prefix}", requires={{"diagnose": ["citizen-before"]}})'
        text, found = re.subn(r"nox_release\.register\(.*\)", call, change.text)
        assert found == 1
        more = MORE.format(diagnose=self.name("diagnose"), build=self.name("build"))
        if "__main__" in text:
            self._write(
                text.replace(
                    "try:\n    import nox_release", f"{more}\n\ntry:\n    import nox_release"
                )
            )
        else:
            self._write(text + more + MAIN)

    def _write(self, text: str) -> None:
        (self.folder / "noxfile.py").write_text(text, encoding="utf-8")

    def name(self, operation: str) -> str:
        return self.prefix + operation

    @property
    def ours(self) -> set[str]:
        return {self.name(operation) for operation in OPERATIONS}

    def run(
        self, *arguments: str, program: tuple[str, ...] = ("-m", "nox", *PLAIN)
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("NOX_", "PYTHONPATH", "VIRTUAL_ENV"))
        }
        return subprocess.run(
            [self.python, *program, *arguments],
            cwd=self.folder,
            env={
                **kept,
                "NO_COLOR": "1",
                "PATH": os.pathsep.join([str(self.python.parent), os.environ["PATH"]]),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def listed(
        self, *arguments: str, program: tuple[str, ...] = ("-m", "nox", *PLAIN)
    ) -> dict[str, str]:
        """Every session by name, with the mark that `nox -l` gives it."""
        done = self.run("-l", *arguments, program=program)
        assert done.returncode == 0, done.stderr
        lines = re.findall(r"(?m)^([-*]) (\S+)", done.stdout)
        return {name: mark for mark, name in lines}

    def ended(self, done: subprocess.CompletedProcess[str]) -> dict[str, str]:
        """How each session ended, from Nox's own summary; one alone has none."""
        found = dict(re.findall(r"(?m)^nox > \* (\S+): (\w+)", done.stderr))
        return found or dict(re.findall(r"(?m)^nox > Session (\S+) (?:was )?(\w+)", done.stderr))


def lists(trial: Trial) -> None:
    """-l: theirs are selected as before, ours never."""
    now = trial.listed()
    assert {name: now[name] for name in trial.theirs} == trial.theirs
    assert {now[name] for name in trial.ours} == {"-"}


def keywords(trial: Trial) -> None:
    """-k: an expression that excludes all of theirs runs none of ours."""
    theirs = {name.partition("-")[0].partition("(")[0] for name in trial.theirs}
    own = re.findall(r"\w+", " ".join(theirs))
    excluded = " and ".join(f"not {word}" for word in dict.fromkeys([*own, "citizen"]))
    done = trial.run("-k", excluded)
    ended = trial.ended(done)
    assert ended.pop("citizen-before", "success") == "success"  # one of ours requires it
    # A word of theirs may be part of a name of ours; and the floor of Nox selects none of them.
    assert ended or "No sessions selected" in done.stderr, done.stderr
    assert set(ended) <= trial.ours
    assert set(ended.values()) <= {"skipped"}, ended


def tags(trial: Trial) -> None:
    """-t: what acts on the world is skipped, also when its tag is named."""
    done = trial.run("-t", "nox-release", "-k", "upload or prepare or init")
    ended = trial.ended(done)
    assert set(ended) <= {trial.name(name) for name in ("first-upload", "prepare", "init")}
    assert set(ended.values()) <= {"skipped"}, ended


def requires(trial: Trial) -> None:
    """requires: theirs before ours, and ours before theirs."""
    done = trial.run("-s", "citizen-after", "--", "log.txt")
    ran = re.findall(r"(?m)^nox > Running session (\S+)", done.stderr)
    assert ran == ["citizen-before", trial.name("diagnose"), "citizen-after"], done.stderr
    assert done.returncode == 0, done.stdout


def notifies(trial: Trial) -> None:
    """notify: a session that is notified runs."""
    done = trial.run("-s", "citizen-notifies")
    assert f"Session {trial.name('build')} was successful" in done.stderr, done.stderr
    assert "--working-tree" in done.stdout


def script_mode(trial: Trial) -> None:
    """Script mode: contributors install nothing of ours, and their sessions are listed."""
    text = (trial.folder / "noxfile.py").read_text(encoding="utf-8")
    if not re.search(r"(?m)^# /// script$", text):
        text = f'# /// script\n# dependencies = ["nox"]\n# ///\n{text}'
    shown = trial.run("--version")
    version = (shown.stdout + shown.stderr).strip()
    # What this environment lacks makes Nox build one of its own, as for a contributor.
    text = text.replace("dependencies = [", f'dependencies = ["nox=={version}", "pyjokes", ', 1)
    text = re.sub(r'"nox(\[uv\])?>=[^"]*"', '"nox"', text, count=1)
    (trial.folder / "noxfile.py").write_text(text, encoding="utf-8")
    there = trial.listed(program=("-m", "nox"))
    assert set(trial.theirs) <= set(there)
    assert not trial.ours & set(there)


def as_script(trial: Trial) -> None:
    """python noxfile.py: the file is run, and then loaded again by Nox."""
    assert trial.ours <= set(trial.listed(program=("noxfile.py", *PLAIN)))


def reports(trial: Trial) -> None:
    """--report: a session that failed is there, with our last error where Nox has a reason."""
    (trial.folder / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    done = trial.run("-s", trial.name("check-project"), "--report", "report.json")
    report = trial.folder / "report.json"
    if not report.exists():  # their noxfile reads pyproject.toml itself
        assert "toml" in done.stderr.casefold(), done.stderr
        return
    (session,) = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    assert session["result"] == "aborted", session
    assert "pyproject.toml" in session.get("reason", "pyproject.toml"), session


def parallel(trial: Trial) -> None:
    """-j: ours run one after another, and end well."""
    if "--parallel" not in trial.run("--help").stdout:
        raise NotInThisNoxError
    both = ("citizen-notifies", "citizen-before")
    done = trial.run("-j", "2", "-s", *both, trial.name("diagnose"), "--", "log.txt")
    assert done.returncode == 0, done.stderr
    assert "invalid-publisher" in done.stdout + done.stderr


class NotInThisNoxError(Exception):
    """This Nox has no such thing."""


CELLS: dict[str, Callable[[Trial], None]] = {
    "-l": lists,
    "-k": keywords,
    "-t": tags,
    "requires": requires,
    "notify": notifies,
    "python noxfile.py": as_script,
    "-j": parallel,
    "--report": reports,
    "script mode": script_mode,
}


def environment(version: str, folder: Path) -> Path:
    """The Python of an environment with that Nox and this tree."""
    uv = shutil.which(
        "uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    assert uv is not None, "the extra `fast` brings uv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder], check=True)
    python = folder / BIN / "python"
    install = [uv, "pip", "install", "-q", "--python", python]
    subprocess.run([*install, f"nox[uv]{version and '==' + version}", "-e", ROOT], check=True)
    return python


def cell(question: Callable[[Trial], None], source: Path, python: Path, place: Path) -> str:
    try:
        question(Trial(source, place, python))
    except NotInThisNoxError:
        return "-"
    except AssertionError as wrong:
        return (
            f"NO: {str(wrong).strip().splitlines()[-1][:100] if str(wrong) else question.__doc__}"
        )
    return "yes"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--nox", action="append", metavar="VERSION", help="again for several")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="nox-release-citizen-") as place:
        for version in options.nox or [""]:
            python = environment(version, Path(place) / f"nox-{version}")
            print(f"\nNox {version or 'newest'}: {', '.join(CELLS)}")
            for source in options.folders:
                where = Path(place) / f"{version}-{source.name}"
                where.mkdir()
                answers = [
                    cell(CELLS[name], source, python, where / str(number))
                    for number, name in enumerate(CELLS)
                ]
                failed += sum(answer.startswith("NO") for answer in answers)
                print(f"  {source.name:<24} {'  '.join(answers)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
