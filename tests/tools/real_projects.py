"""Rehearses real projects, unmodified, from their sdists, and prints a table of how it went.

usage: python tests/tools/real_projects.py [NAME | NAME==VERSION | NAME@OWNER/REPOSITORY | FOLDER] …

Each sdist is downloaded by pip, unpacked, put under git with its own GitHub address (from its
metadata, or as given after `@`), and rehearsed by `nox-release rehearse --json`. A folder is copied
instead, with a `.git` left behind. Without names, one project is taken for each backend and kind of
project that this tool promises to handle.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

DEFAULT = (
    "hatch-fancy-pypi-readme",  # hatchling
    "urllib3==2.5.0",  # hatch-vcs
    "certifi",  # setuptools
    "pluggy",  # setuptools-scm
    "tomli",  # flit-core
    "rich",  # poetry-core
    "findpython",  # pdm-backend
    "python-dateutil@dateutil/dateutil-source",  # distribution, import and repository names differ
    "allin1fix@openmirlab/all-in-one-fix",  # distribution, import and repository names differ
    "markupsafe",  # a C extension
    "jaraco.functools",  # a namespace package
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One line of the table."""

    name: str
    version: str
    backend: str
    ok: bool | None  # None: there was no sdist to rehearse
    seconds: float
    first_upload: str
    remark: str


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=list(DEFAULT))
    parser.add_argument("--logs", type=Path, help="keep each rehearsal's transcript in this folder")
    parser.add_argument("--no-smoke", action="store_true", help="install no dependencies")
    options = parser.parse_args(arguments)
    outcomes = []
    for name in options.names:
        print(f"{name} …", flush=True)
        outcomes.append(rehearse(name, logs=options.logs, smoke=not options.no_smoke))
        print("   " + line(outcomes[-1]), flush=True)
    print("\n" + line(None))
    for outcome in outcomes:
        print(line(outcome))
    tried = [one for one in outcomes if one.ok is not None]
    print(f"\n{sum(one.ok is True for one in tried)} of {len(tried)} went all the way")
    return int(any(one.ok is False for one in tried))


def line(outcome: Outcome | None) -> str:
    if outcome is None:
        cells = ("project", "version", "backend", "result", "s", "first upload", "remark")
    else:
        cells = (
            outcome.name,
            outcome.version,
            outcome.backend,
            {True: "all parts", False: "stopped", None: "no sdist"}[outcome.ok],
            f"{outcome.seconds:.0f}",
            outcome.first_upload,
            outcome.remark,
        )
    widths = (24, 12, 22, 9, 4, 12, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def rehearse(wanted: str, *, logs: Path | None, smoke: bool) -> Outcome:
    requirement, _, slug = wanted.partition("@")
    with tempfile.TemporaryDirectory(prefix="real-") as temporary:
        folder = Path(temporary)
        try:
            if Path(requirement).is_dir():
                root = folder / Path(requirement).name
                shutil.copytree(requirement, root, ignore=shutil.ignore_patterns(".git"))
                requirement = root.name
            else:
                root = unpacked(download(requirement, folder / "sdist"), folder / "tree")
        except (subprocess.CalledProcessError, LookupError) as error:
            remark = f"pip downloads none ({type(error).__name__})"
            return Outcome(
                name=requirement,
                version="",
                backend="",
                ok=None,
                seconds=0,
                first_upload="",
                remark=remark,
            )
        put_under_git(root, slug or github_slug(root))
        started = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "nox_release",
                "rehearse",
                "--json",
                *(() if smoke else ("--no-smoke",)),
            ],
            cwd=root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        seconds = time.monotonic() - started
        if logs is not None:
            logs.mkdir(parents=True, exist_ok=True)
            (logs / f"{requirement}.txt").write_text(done.stderr + done.stdout, encoding="utf-8")
        return judged(requirement, backend_of(root), done, seconds)


def judged(
    name: str, backend: str, done: subprocess.CompletedProcess[str], seconds: float
) -> Outcome:
    try:
        document = json.loads(done.stdout)
    except ValueError:
        words = [text for text in done.stderr.strip().splitlines() if text.strip()]
        remark = words[-1].strip() if words else f"exit code {done.returncode}"
        document = {"ok": False, "version": "", "problem": remark, "placeholder": None}
    kinds = {True: "placeholder", False: "real", None: ""}
    return Outcome(
        name=name,
        version=document.get("version") or "",
        backend=backend,
        ok=bool(document["ok"]) and done.returncode == 0,
        seconds=seconds,
        first_upload=kinds[document.get("placeholder")],
        remark=" ".join((document.get("problem") or "").split())[:160],
    )


def download(requirement: str, folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
         "--dest", str(folder), requirement],
        check=True,
    )  # fmt: skip
    found = [path for path in folder.iterdir() if path.name.endswith((".tar.gz", ".zip"))]
    if not found:
        raise LookupError(requirement)
    return found[0]


def unpacked(sdist: Path, folder: Path) -> Path:
    folder.mkdir()
    if sdist.suffix == ".zip":
        with zipfile.ZipFile(sdist) as archive:
            archive.extractall(folder)
    else:
        with tarfile.open(sdist) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(folder, filter="data")
            else:
                archive.extractall(folder)
    return next(path for path in folder.iterdir() if path.is_dir())


def put_under_git(root: Path, slug: str) -> None:
    """Everything in the sdist that its .gitignore leaves, as one commit: what a build writes is ignored."""
    shutil.rmtree(root / ".git", ignore_errors=True)
    environ = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_NAME": "somebody" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "somebody@example.org" for who in ("AUTHOR", "COMMITTER")},
    }
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=The sdist"],
        *([["remote", "add", "origin", f"https://github.com/{slug}.git"]] if slug else []),
    ):
        subprocess.run(["git", *command], cwd=root, env=environ, check=True)


def github_slug(root: Path) -> str:
    """Owner and repository that the metadata names first; empty when it names none."""
    info = root / "PKG-INFO"
    head = (
        info.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
        if info.is_file()
        else ""
    )
    lines = [text for text in head.splitlines() if text.startswith(("Project-URL:", "Home-page:"))]
    lines.sort(
        key=lambda text: (
            not re.search(r"source|repository|code|github|home", text.split(",")[0], re.IGNORECASE)
        )
    )
    for text in lines:
        found = re.search(r"https?://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?:[/#?]|$)", text)
        if found and not found[1].startswith(("sponsors/", "orgs/")):
            return found[1]
    return ""


def backend_of(root: Path) -> str:
    path = root / "pyproject.toml"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    found = re.search(r"build-backend\s*=\s*[\"']([\w.:]+)", text)
    backend = found[1].split(".")[0] if found else "setuptools"
    for plugin in ("hatch-vcs", "setuptools-scm", "setuptools_scm"):
        if re.search(rf"[\"']{plugin}\b", text):
            return f"{backend} + {plugin.replace('_', '-')}"
    return backend


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
