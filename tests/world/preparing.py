"""A project with one release and something new since, for those who prepare the next."""

from __future__ import annotations

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- More.

## [1.2.3] - 2026-01-02

- First.

[Unreleased]: https://github.com/you/tiny-demo/compare/v1.2.3...HEAD
[1.2.3]: https://github.com/you/tiny-demo/releases/tag/v1.2.3
"""
LOCK = """\
version = 1

[[package]]
name = "other"
version = "1.2.3"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "tiny-demo"
version = "1.2.3"
source = { editable = "." }
"""


def git(world, *arguments):
    return world.git(*arguments, cwd=world.clone).strip()


def add(world, **files):
    """Commit and push files, by name with `/` for `__`."""
    for name, text in files.items():
        path = world.clone / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(world, "add", ".")
    git(world, "commit", "-qm", "More")
    git(world, "push", "-q", "origin", "HEAD")


def make_ready(world):
    """A project whose 1.2.3 is released, with something new since."""
    world.index.create_project("tiny-demo", owner="you")
    world.index.register_publisher(
        "tiny-demo", owner="you", repository="tiny-demo", workflow="publish.yml", environment="pypi"
    )
    world.github.add_environment("pypi")
    world.once("ready", lambda: _go_on(world))
    return world


def _go_on(world):
    git(world, "tag", "v1.2.3")
    git(world, "push", "-q", "origin", "v1.2.3")
    add(world, CHANGELOG_dot_md=CHANGELOG, uv_dot_lock=LOCK)


def text_of(world, name):
    return (world.clone / name).read_text(encoding="utf-8")
