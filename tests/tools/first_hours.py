"""Record the screens of the first hour of six kinds of project, as text, 80 columns wide.

    python tests/tools/first_hours.py            rewrites tests/data/screens.txt
    python tests/tools/first_hours.py KIND ...   shows these kinds

Each begins with a tree as somebody has it and goes on as the screens say, in the rehearsal's world:
nothing is published and no account is used. Ports, paths, hashes and times are made alike.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "world"))

from screens import COLUMNS, record, settle
from small_projects import files_of

SCREENS = Path(__file__).parents[1] / "data" / "screens.txt"
SETUP_PY = (
    'from setuptools import setup\n\nsetup(name="demo", version="1.0", py_modules=["demo"])\n'
)
FROM_TAGS = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "demo"
dynamic = ["version"]
readme = "README.md"
requires-python = ">=3.10"

[tool.hatch.version]
source = "vcs"
"""
POETRY = """\
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"

[tool.poetry]
name = "demo"
version = "1.0"
description = "A small project"
authors = ["You <you@example.org>"]
readme = "README.md"
"""
NOXFILE = """\
import nox


@nox.session
def build(session): ...


@nox.session
def tests(session): ...
"""
MEMBER = '[project]\nname = "demo-{0}"\nversion = "1.0"\nreadme = "README.md"\n'
README = {"README.md": "# demo\n", ".gitignore": "dist/\n"}

KINDS = {
    "a new project, hatchling": files_of("hatchling"),
    "setup.py alone": {**README, "setup.py": SETUP_PY, "demo.py": '"""Demo."""\n'},
    "a version from tags, hatch-vcs": {
        **README,
        "pyproject.toml": FROM_TAGS,
        "src/demo/__init__.py": "",
    },
    "Poetry": {**README, "pyproject.toml": POETRY, "demo/__init__.py": ""},
    "flit, with sessions of these names": {**files_of("flit"), "noxfile.py": NOXFILE},
    "two packages": {
        "pyproject.toml": '[tool.nox-release]\npackages = ["libs/one", "libs/two"]\n',
        **{
            f"libs/{name}/{path}": text
            for name in ("one", "two")
            for path, text in {
                "pyproject.toml": MEMBER.format(name),
                "README.md": "# demo\n",
                f"src/demo_{name}/__init__.py": "",
            }.items()
        },
    },
}
FORM = {
    "project_name": "demo",
    "owner": "you",
    "repository": "demo",
    "workflow_filename": "publish.yml",
    "environment": "pypi",
}


def hour(kind, world):
    """The commands of the first hour; between them what was written is committed."""
    several = kind == "two packages"
    packages = [["--package", f"demo-{one}"] for one in ("one", "two")] if several else [[]]
    yield ["check-project"]
    for package in packages:
        yield ["init", "--yes", *package]
    world.commit("Publish with nox-release")
    yield ["check-project"]
    world.commit("Raise the version", {"CHANGELOG.md": "# Changelog\n\n## 1.0\n\n- The first.\n"})
    yield ["check-project", "--pending-publisher"]
    if several:
        return
    world.index.register_pending("you", FORM)
    version = ["1.0"] if "tags" in kind else []
    yield ["release", "--yes", "--no-smoke", "--pending-publisher", *version]
    yield ["release"]
    yield ["check-project"]


def alike(text, world):
    """The text without what differs from one recording to the next."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = text.replace(str(world.clone), "~/demo").replace(str(world.directory), "~")
    text = re.sub(r"\b[0-9a-f]{7,40}\b", "COMMIT", text)
    return re.sub(r"\b\d+(\.\d+)? s\b", "N s", text)


def screen(arguments, world):
    """What one command shows, and how it ends."""
    environ = {
        **world.environ,
        "NO_COLOR": "1",
        "TERM": "xterm",
        "NOX_RELEASE_INDEX": world.index.url,
    }
    command = [sys.executable, "-m", "nox_release", *arguments]
    raw, status = record(command, cwd=world.clone, environ=environ)
    shown = "\n".join(line.rstrip() for line in alike(settle(raw), world).splitlines())
    return f"$ nox-release {' '.join(arguments)}\n{shown}\n[exit {status}]\n"


def screens_of(kind, *, at_most=None):
    """The screens of one kind of project, in turn."""
    from nox_release.rehearsal.world import World

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (
        tempfile.TemporaryDirectory(prefix="nr-") as folder,
        World(Path(folder) / "w", environ={**os.environ, "PATH": path}, repository="demo") as world,
    ):
        world.seed(files=KINDS[kind])
        world.index.add_user("you")
        for number, arguments in enumerate(hour(kind, world)):
            if number == at_most:
                return
            yield screen(arguments, world)


def main():
    wanted = sys.argv[1:]
    parts = []
    for kind in wanted or KINDS:
        parts.append(f"## {kind}, {COLUMNS} columns\n\n" + "\n".join(screens_of(kind)))
        sys.stdout.write(f"{kind}\n" if not wanted else parts[-1])
        sys.stdout.flush()
    if not wanted:
        SCREENS.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
