"""The sessions as Nox shows them, and the `nox-release` command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NOXFILE = "import nox_release\n\nnox_release.register()\n"


def nox(folder, *arguments, environ=None):
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **(environ or {})},
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "noxfile.py").write_text(NOXFILE)
    return tmp_path


def test_nox_lists_one_clear_line_for_each_session(folder):
    listing = nox(folder, "-l").stdout
    for name in (
        "build", "check-project", "first-upload", "prepare", "release", "rehearse", "diagnose",
    ):  # fmt: skip
        (line,) = [line for line in listing.splitlines() if line.startswith(f"- {name} [")]
        assert len(line) < 100


def test_bare_nox_runs_none_of_the_sessions(folder):
    done = nox(folder)
    assert "Running session" not in done.stderr
    assert not list(folder.glob("dist"))


def test_importing_registers_nothing(tmp_path):
    (tmp_path / "noxfile.py").write_text("import nox_release\n")
    assert "build" not in nox(tmp_path, "-l").stdout


def test_a_session_that_the_noxfile_has_already_is_left_alone(tmp_path):
    """The Scientific Python template ships a `build`: the collision is the ordinary case."""
    own = 'import nox\n\n@nox.session\ndef build(session):\n    """Mine."""\n\n'
    (tmp_path / "noxfile.py").write_text(own + NOXFILE)
    done = nox(tmp_path, "-l")
    assert done.returncode == 0
    assert "* build -> Mine." in done.stdout
    assert "- release [" in done.stdout
    (said,) = [line for line in done.stderr.splitlines() if "nox-release" in line]
    assert 'register(prefix="pypi-")' in said
    (tmp_path / "noxfile.py").write_text(own + NOXFILE.replace("()", '(prefix="pypi-")'))
    assert "- pypi-build [" in nox(tmp_path, "-l").stdout
    done = nox(tmp_path, "-s", "pypi-check-project", "--", "--help")
    assert "usage: nox -s pypi-check-project --" in done.stdout
    assert "nox -s pypi-check-project -- --exchange" in done.stdout


@pytest.mark.parametrize(
    "name", ["build", "check-project", "first-upload", "prepare", "release", "rehearse"]
)
def test_help_prints_the_options_and_nothing_else_happens(folder, name):
    done = nox(folder, "-s", name, "--", "--help")
    assert done.returncode == 0
    assert f"usage: nox -s {name} --" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".pyc") in (
        ["noxfile.py"],
        ["__pycache__", "noxfile.py"],
    )


def test_an_unknown_option_is_refused_by_name(folder):
    done = nox(folder, "-s", "build", "--", "--no-such-option")
    assert done.returncode != 0
    assert "--no-such-option" in done.stderr


@pytest.mark.parametrize("name", ["build", "check-project", "first-upload", "prepare", "release"])
def test_a_folder_without_pyproject_is_one_clear_error(folder, name):
    done = nox(folder, "-s", name)
    assert done.returncode != 0
    assert "There is no pyproject.toml here." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_the_command_works_without_a_noxfile(tmp_path):
    def command(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "nox_release", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert "first-upload" in command("--help").stdout
    assert command("--version").stdout.startswith("nox-release ")
    unknown = command("publish")
    assert unknown.returncode == 2
    assert "there is no operation 'publish'" in unknown.stderr


def command(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "nox_release", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_finds_the_project_upwards_but_not_beyond_git(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'outer'\nversion = '1'\n")
    top = tmp_path / "repository"
    deep = top / "src" / "demo"
    deep.mkdir(parents=True)
    (top / ".git").mkdir()
    done = command(deep, "build")
    assert "There is no pyproject.toml here." in done.stdout
    (top / "pyproject.toml").write_text("[project\n")
    done = command(deep, "build")
    assert done.stdout.startswith(f"Project: {top}\n")
    assert "There is no pyproject.toml here." not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("relase",), "Did you mean 'release'?"),
        (("check",), "Did you mean 'check-project'?"),
        (("release", "--generate-note5"), "Did you mean --generate-notes?"),
        (("release", "--version", "1.4.0"), "The version stands alone: nox-release release 1.4.0"),
        (("build", "--all-packages"), "build takes every package unless --package names one."),
        (("init", "--all-packages"), "One package at a time: nox-release init --package NAME"),
        (("explain", "tag-elsewhere-hre"), "Did you mean 'tag-elsewhere-here'?"),
    ],
)
def test_a_mistyped_word_gets_a_guess(tmp_path, arguments, hint):
    done = command(tmp_path, *arguments)
    assert done.returncode == 2
    assert hint in done.stderr


def test_quiet_leaves_the_errors_the_verdict_and_the_next_command(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1.0"\n')
    done = command(tmp_path, "check-project", "-q", "--index", "http://127.0.0.1:9/")
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith(("✓ Project", "? ", "· "))]
    assert any(line.startswith("→ Next: ") for line in lines)


def test_explain_says_why_a_rule_exists(tmp_path):
    done = command(tmp_path, "explain", "readme-missing")
    assert done.stdout.startswith("readme-missing (")
    assert "- Why: " in done.stdout
    assert "- What to do: " in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="for bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [("pre", "prepare"), ("build --no", "--no-smoke"), ("release --not", "--notes --notes-file")],
)
def test_bash_completes_operations_and_their_options(tmp_path, typed, offered):
    words = ["nox-release", *typed.split(" ")]
    script = (
        f'eval "$({sys.executable} -m nox_release completion)"\n'
        f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_nox_release; echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{offered}\n", done.stderr


def test_listing_sessions_loads_nothing_heavy():
    program = (
        "import sys, nox\nbefore = set(sys.modules)\nimport nox_release\nnox_release.register()\n"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.home()
    )
    assert done.stdout.strip() == "['nox_release']"
