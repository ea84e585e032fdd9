"""Projects of a few files in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from nox_release.project.documents import Files
from nox_release.project.pyproject import parse_project, parse_setup_cfg, parse_setup_py
from nox_release.project.toml import parse_toml
from nox_release.project.version_places import find_places

DYNAMIC = 'dynamic = ["version"]'


def tree(files, *, prefix="", version_files=()):
    """The project in these files, and the files."""
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    own = {name.removeprefix(prefix): text for name, text in raw.items()}
    pyproject = parse_toml(own.get("pyproject.toml", b"").decode("utf-8-sig"))
    setup = None
    if "project" not in pyproject:
        setup = {"name": "my-demo"}
        for name, parse in (("setup.py", parse_setup_py), ("setup.cfg", parse_setup_cfg)):
            setup |= parse(own.get(name, b"").decode())
    project = parse_project(pyproject, root=Path("/"), setup=setup)
    project = replace(project, settings=replace(project.settings, version_files=version_files))
    return project, Files(names=frozenset(raw), read=raw.get, prefix=prefix)


def places(files, **more):
    """`file:line label text` of every place that is edited."""
    found = find_places(*tree(files, **more))
    return [f"{one.file}:{one.line} {one.label} {one.text}" for one in found.all]


def pyproject(*lines, backend="hatchling.build", version='version = "0.1.0"'):
    text = f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n\n[project]\n'
    return text + f'name = "my-demo"\n{version}\n' + "\n".join(lines) + "\n"
