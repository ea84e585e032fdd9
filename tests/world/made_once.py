"""What is the same in very many worlds, made once in this process and copied afterwards."""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from nox_release.edges.environments import find_uv
from nox_release.edges.process import Runner

_TINY = Path(__file__).parent / "projects" / "tiny" / "tiny_backend.py"
_LOCK = threading.RLock()
_KEPT: dict[object, Path] = {}


@functools.cache
def _folder():
    folder = Path(tempfile.mkdtemp(prefix="nr-once-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def once(key, make, **places):
    """What `make` leaves in these folders, each by a name; anything that raises is not kept."""
    with _LOCK:
        if key not in _KEPT:
            make()
            kept = Path(tempfile.mkdtemp(dir=_folder()))
            for name, place in places.items():
                if place.exists():
                    shutil.copytree(place, kept / name, symlinks=True)
            _KEPT[key] = kept
            return
    for name, place in places.items():
        if (_KEPT[key] / name).exists():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(_KEPT[key] / name, place, symlinks=True)


def built_once(build):
    """`build`, for a runner, where the backend is the tiny one: it sees nothing but the tree."""

    def built(source, outdir):
        backend = source / "tiny_backend.py"
        if not backend.is_file() or backend.read_bytes() != _TINY.read_bytes():
            return build(source, outdir)
        digest = hashlib.sha256()
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_file() and name.parts[0] not in (".git", "dist"):
                digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
        once(("build", digest.digest()), lambda: build(source, outdir), outdir=outdir)
        return [*outdir.glob("*.tar.gz"), *outdir.glob("*.whl")]

    return built


def share_interpreters(environ, cache):
    """Let uv know this interpreter in a cache of its own; otherwise it would ask it in each world."""
    if environ.get("UV_CACHE_DIR") == str(cache):
        with _LOCK:
            known = _interpreters()
        shutil.copytree(known, cache, dirs_exist_ok=True)


@functools.cache
def _interpreters():
    cache = Path(tempfile.mkdtemp(dir=_folder()))
    uv = find_uv(Runner(environ=os.environ))
    if uv is not None:
        environ = {**os.environ, "UV_CACHE_DIR": str(cache)}
        command = [uv, "venv", "--no-project", "--no-config", "--quiet", "--python", sys.executable]
        subprocess.run([*command, cache.with_name("environment")], env=environ, check=True)
    return cache
