"""Tools that raise a version, and `prepare`, on one awkward project.

usage: python tests/tools/peers_prepare.py [--only TEXT] [--keep]

The project is ordinary and hard: a static version in single quotes with a comment, a name with an
underscore, `__version__` in the package, a `uv.lock` in which a dependency has the same version,
CITATION.cff, and a changelog whose introduction has a fenced example and an HTML comment with the
same heading. Each tool is installed into an environment of its own, is configured the way its
documentation has it, and is asked for the next minor version. What it did to each file is compared
with what is right: yes, no (untouched), quotes (right, in other quotes), or harm.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nox_release.project.toml import parse_toml

OLD, NEW = "2.0.0", "2.1.0"

PYPROJECT = f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "my_demo"
version = '{OLD}'  # raised for each release
description = "A demonstration"
readme = "README.md"
requires-python = ">=3.10"
dependencies = ["iniconfig=={OLD}"]
"""
INIT = f'"""A demonstration."""\n\n__version__ = "{OLD}"\n'
README = f"# my_demo\n\nRuns with iniconfig {OLD}.\n"
CITATION = f"cff-version: 1.2.0\ntitle: my_demo\nversion: {OLD}\ndate-released: 2026-01-02\n"
LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "iniconfig"
version = "{OLD}"
source = {{ registry = "https://pypi.org/simple" }}

[[package]]
name = "my-demo"
version = "{OLD}"
source = {{ editable = "." }}
dependencies = [
    {{ name = "iniconfig" }},
]

[package.metadata]
requires-dist = [{{ name = "iniconfig", specifier = "=={OLD}" }}]
"""
CHANGELOG = f"""\
# Changelog

New entries look like this:

```
## [Unreleased]

- What changed.
```

<!--
## [Unreleased]
-->

## [Unreleased]

### Added

- A curated entry.

## [{OLD}] - 2026-01-02

- First.

[Unreleased]: https://github.com/you/my_demo/compare/v{OLD}...HEAD
[{OLD}]: https://github.com/you/my_demo/releases/tag/v{OLD}
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "src/my_demo/__init__.py": INIT,
    "README.md": README,
    "CITATION.cff": CITATION,
    "uv.lock": LOCK,
    "CHANGELOG.md": CHANGELOG,
}


@dataclass(frozen=True)
class Peer:
    """`settings` are added to pyproject.toml, `files` to the project."""

    name: str
    requirement: str
    command: tuple[str, ...]
    settings: str = ""
    files: tuple[tuple[str, str], ...] = ()


BUMP_MY_VERSION = f"""
[tool.bumpversion]
current_version = "{OLD}"
commit = true

[[tool.bumpversion.files]]
filename = "pyproject.toml"

[[tool.bumpversion.files]]
filename = "src/my_demo/__init__.py"

[[tool.bumpversion.files]]
filename = "CITATION.cff"

[[tool.bumpversion.files]]
filename = "uv.lock"

[[tool.bumpversion.files]]
filename = "CHANGELOG.md"
search = "## [Unreleased]"
replace = "## [Unreleased]\\n\\n## [{{new_version}}] - {{now:%Y-%m-%d}}"
"""
COMMITIZEN = """
[tool.commitizen]
version_provider = "pep621"
version_files = ["src/my_demo/__init__.py:__version__", "CITATION.cff:^version"]
update_changelog_on_bump = true
"""
SEMANTIC_RELEASE = """
[tool.semantic_release]
version_toml = ["pyproject.toml:project.version"]
version_variables = ["src/my_demo/__init__.py:__version__"]
"""
TBUMP = f"""
[tool.tbump.version]
current = "{OLD}"
regex = '(?P<major>\\d+)\\.(?P<minor>\\d+)\\.(?P<patch>\\d+)'

[tool.tbump.git]
message_template = "Release {{new_version}}"
tag_template = "v{{new_version}}"

[[tool.tbump.file]]
src = "pyproject.toml"

[[tool.tbump.file]]
src = "src/my_demo/__init__.py"

[[tool.tbump.file]]
src = "CITATION.cff"
"""

PEERS = (
    Peer("hatch", "hatch", ("hatch", "version", "minor")),
    Peer("uv", "uv", ("uv", "version", "--bump", "minor")),
    Peer("poetry", "poetry", ("poetry", "version", "minor")),
    Peer(
        "bump-my-version", "bump-my-version", ("bump-my-version", "bump", "minor"), BUMP_MY_VERSION
    ),
    Peer("commitizen", "commitizen", ("cz", "bump", "--yes", "--increment", "MINOR"), COMMITIZEN),
    Peer("zest.releaser", "zest.releaser[recommended]", ("prerelease", "--no-input")),
    Peer(
        "python-semantic-release",
        "python-semantic-release",
        ("semantic-release", "version", "--minor", "--no-push", "--no-vcs-release"),
        SEMANTIC_RELEASE,
    ),
    Peer("tbump", "tbump", ("tbump", NEW, "--non-interactive", "--no-push"), TBUMP),
)

# --- judging ----------------------------------------------------------------------------------------


def judge(before: str, after: str, right: Callable[[str], bool]) -> str:
    if right(after):
        return "yes"
    if right(after.replace(f'version = "{NEW}"  #', f"version = '{NEW}'  #")):
        return "quotes"
    return "no" if after == before else "harm"


def is_raised(before: str, line: str) -> Callable[[str], bool]:
    """Whether this line, and nothing else, has the new version."""
    wanted = before.replace(line, line.replace(OLD, NEW), 1)
    return lambda after: after == wanted


def is_locked(after: str) -> bool:
    """Whether this project's line is raised, and that of the other package is not."""
    versions = {one["name"]: one["version"] for one in parse_toml(after)["package"]}
    return versions == {"iniconfig": OLD, "my-demo": NEW}


def is_cited(after: str) -> bool:
    lines = after.splitlines()
    return lines[2] == f"version: {NEW}" and lines[:2] == CITATION.splitlines()[:2]


def is_promoted(after: str) -> bool:
    """Every old line in its order, and one new heading between the real one and its entries."""
    head, _, body = after.partition("-->\n")
    kept = iter(after.splitlines())
    unchanged = [line for line in CHANGELOG.splitlines() if "[Unreleased]:" not in line]
    return (
        head == CHANGELOG.partition("-->\n")[0]
        and all(line in kept for line in unchanged)
        and f"## [{NEW}]" in body
        and 0 < body.index("## [Unreleased]") < body.index(f"## [{NEW}]") < body.index("### Added")
    )


COLUMNS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("pyproject.toml", "pyproject.toml", lambda after: f"version = '{NEW}'  # raised" in after
     and f'"iniconfig=={OLD}"' in after),
    ("__version__", "src/my_demo/__init__.py", is_raised(INIT, f'__version__ = "{OLD}"')),
    ("uv.lock", "uv.lock", is_locked),
    ("CITATION.cff", "CITATION.cff", is_cited),
    ("changelog", "CHANGELOG.md", is_promoted),
    ("nothing else", "README.md", lambda after: after == README),
)  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def make_project(folder: Path, peer: Peer) -> None:
    for name, text in {**FILES, **dict(peer.files)}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + (peer.settings if name == "pyproject.toml" else ""))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "You")
    git(folder, "config", "user.email", "you@example.org")
    git(folder, "remote", "add", "origin", "https://github.com/you/my_demo.git")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "feat: begin")
    git(folder, "tag", f"v{OLD}")
    (folder / "src/my_demo/more.py").write_text("MORE = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "feat: more")


def run_peer(peer: Peer, aside: Path) -> tuple[int, str, Path]:
    environment = aside / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    subprocess.run(
        [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check",
         peer.requirement],
        check=True,
    )  # fmt: skip
    folder = aside / "my_demo"
    make_project(folder, peer)
    environ = {
        **os.environ,
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(aside),
        "CI": "true",
    }
    done = subprocess.run(
        peer.command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr, folder


def run_ours(aside: Path) -> tuple[int, str, Path]:
    """`prepare` in a rehearsed world: it asks the index and GitHub before it edits."""
    from nox_release.rehearsal.world import World

    workflow = (
        Path(__file__).parents[1] / "world" / "projects" / "tiny" / ".github" / "workflows"
    ) / "publish.yml"
    files = {name: text.encode() for name, text in FILES.items()}
    files[".github/workflows/publish.yml"] = workflow.read_bytes()
    with World(aside / "w", environ=dict(os.environ), repository="my_demo") as world:
        world.seed(files=files)
        world.index.add_user("you")
        world.index.create_project("my-demo", owner="you")
        world.github.add_environment("pypi")
        world.git("tag", f"v{OLD}", cwd=world.clone)
        world.git("push", "-q", "origin", f"v{OLD}", cwd=world.clone)
        (world.clone / "src/my_demo/more.py").write_text("MORE = 1\n")
        world.git("add", ".", cwd=world.clone)
        world.git("commit", "-qm", "feat: more", cwd=world.clone)
        world.git("push", "-q", "origin", "HEAD", cwd=world.clone)
        done = subprocess.run(
            [sys.executable, "-m", "nox_release", "prepare", "minor", "--yes", "--no-build",
             "--index", world.index.url],
            cwd=world.clone, env=world.environ, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        folder = aside / "ours"
        git(aside, "clone", "-q", str(world.clone), str(folder))
    return done.returncode, done.stdout + done.stderr, folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    print("| tool | " + " | ".join(title for title, *_ in COLUMNS) + " | exit |")
    print("|---|" + "---|" * (len(COLUMNS) + 1))
    names = [*(peer.name for peer in PEERS), "nox-release"]
    for name in names:
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="nr-", ignore_cleanup_errors=True) as aside:
            peer = next((one for one in PEERS if one.name == name), None)
            status, said, folder = run_peer(peer, Path(aside)) if peer else run_ours(Path(aside))
            words = []
            for _, file, right in COLUMNS:
                before = FILES[file] + (peer.settings if peer and file == "pyproject.toml" else "")
                words.append(judge(before, (folder / file).read_text(), right))
            print(f"| {name} | " + " | ".join(words) + f" | {status} |", flush=True)
            if options.verbose:
                print(said)
                print(git(folder, "diff", f"v{OLD}", "--", "."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
