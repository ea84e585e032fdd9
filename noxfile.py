"""This project's own sessions, beside those it registers for everybody."""

import nox

import nox_release

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]

nox_release.register()


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install("-e.[audit]", *nox.project.dependency_groups(PYPROJECT, "tests"))
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and workflows."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install("-e.[audit]", *nox.project.dependency_groups(PYPROJECT, "types"))
    session.run("mypy")


PYPROJECT = nox.project.load_toml("pyproject.toml")
