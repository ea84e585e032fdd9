"""This project's own sessions, beside those it registers for everybody."""

import os
from collections.abc import Sequence
from pathlib import Path

import nox

import nox_release

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]

nox_release.register()

GROUPS = nox.project.load_toml("pyproject.toml")
WITH_GH = ("-e.[audit,fast]", *nox.project.dependency_groups(GROUPS, "tests"))


def install(session: nox.Session, *packages: str) -> None:
    """Into the session's own environment; `.ci/run` has one for all, and does it beforehand."""
    if session.venv_backend != "none":
        # These sessions start very many processes: have every module compiled once.
        session.install(*packages, env={"UV_COMPILE_BYTECODE": "1"})


def keep_bytecode(session: nox.Session) -> None:
    """Have our own modules, which no installer compiles, compiled once."""
    session.env["PYTHONDONTWRITEBYTECODE"] = ""


def run_tests(session: nox.Session, *packages: str, arguments: Sequence[str] = ()) -> None:
    """The tests against what `packages` install."""
    install(session, *packages, *nox.project.dependency_groups(GROUPS, "tests"))
    if arguments:
        session.run("pytest", *arguments)
        return
    # What computes, then what waits for programs that it started.
    for workers, folders in ((1, ["unit"]), (3, ["adapters", "sessions"])):
        session.run(
            "pytest",
            *(f"tests/{folder}" for folder in folders),
            *("-n", str(workers * (os.cpu_count() or 1)), "--dist", "worksteal"),
            "--durations=15",
        )


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests: on this tree, or on a built wheel given as --installpkg=FILE."""
    keep_bytecode(session)
    arguments = list(session.posargs)
    wheels = [argument for argument in arguments if argument.startswith("--installpkg=")]
    for wheel in wheels:
        arguments.remove(wheel)
    tested = wheels[0].partition("=")[2] if wheels else "-e."
    run_tests(session, f"{tested}[audit,fast]", arguments=arguments)


@nox.session(default=False)
def wheel(session: nox.Session) -> None:
    """Build as a release does, and run the tests against that wheel."""
    keep_bytecode(session)
    built = nox_release.build(session)
    run_tests(session, f"{built.wheels[0]}[audit,fast]", arguments=session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and this project's own workflows."""
    install(session, *nox.project.dependency_groups(GROUPS, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", ".github/workflows")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    install(session, "-e.[audit]", *nox.project.dependency_groups(GROUPS, "types"))
    session.run("mypy")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, in one run and as ratios, what the README says about speed."""
    install(session, *WITH_GH)
    for script in sorted(Path("tests/bench").glob("bench_*.py")):
        session.run("python", str(script), *session.posargs)


@nox.session(default=False)
def weight(session: nox.Session) -> None:
    """Count what an installation brings: distributions, megabytes and seconds."""
    session.run("python", "tests/tools/weight.py", *session.posargs)


@nox.session(default=False)
def oracle(session: nox.Session) -> None:
    """Compare our verdicts with those a real Warehouse gave: pass its directory."""
    install(session, *WITH_GH)
    folder = session.posargs or [os.environ.get("NOX_RELEASE_ORACLE", "../shared/oracle")]
    session.run("python", "tests/tools/oracle.py", *folder)
    session.run("python", "tests/tools/oracle_index.py", *folder)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Disturb releases everywhere, run them again, compare (--kills N, --races N, --seed S)."""
    keep_bytecode(session)
    install(session, *WITH_GH)
    session.run("python", "tests/tools/faults.py", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Change every field of every answer of index and GitHub, and run every command before it."""
    keep_bytecode(session)
    install(session, *WITH_GH)
    session.run("python", "tests/tools/fuzz_answers.py", *session.posargs)


@nox.session(default=False)
def diagnoses(session: nox.Session) -> None:
    """Explain every log of the corpus, and print the share that is right."""
    install(session, *WITH_GH)
    session.run("python", "tests/tools/diagnosis_corpus.py", *session.posargs)


@nox.session(default=False)
def screens(session: nox.Session) -> None:
    """Draw the README's screens from real output."""
    install(session, *WITH_GH)
    session.run("python", "tests/tools/screens.py", *session.posargs)
