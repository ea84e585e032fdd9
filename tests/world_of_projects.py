"""Check the world as it is: real projects' files, downloaded, and every error we would report.

    python tests/world_of_projects.py requests numpy attrs
    python tests/world_of_projects.py --names names.txt --into /tmp/world
    python tests/world_of_projects.py --folder /tmp/world

PyPI took these files once, so an error is right only where PyPI's rules have changed since: each
one is printed with the file it is about. Nothing is installed (but of a project without wheels uv
may run the build to learn its name and version); of the wheels, one for each kind of platform is
taken. Of sdists, the rules over the source tree are asked too.
Downloads stay in the folder given (a temporary one otherwise) and belong in no commit.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nox_release
from nox_release.checks.source import check_source
from nox_release.errors import ConfigurationError
from nox_release.findings import Finding, Severity
from nox_release.project import read_project
from nox_release.source_tree import read_source_tree

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MIB = 1024 * 1024
KINDS = ("none-any", "manylinux", "musllinux", "macosx", "win")


def find_files(name: str) -> list[dict]:
    """The newest release's files of a project, as uv's lock lists them."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    done = subprocess.run(
        [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--no-deps",
            "--format",
            "pylock.toml",
            "-",
        ],
        input=name,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LookupError(
            done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no lock"
        )
    files = []
    for package in tomllib.loads(done.stdout).get("packages", []):
        wheels = package.get("wheels", [])
        for kind in KINDS:
            files += [wheel for wheel in wheels if kind in name_of(wheel)][:1]
        files += [package["sdist"]] if "sdist" in package else []
    return list({name_of(file): file for file in files}.values())


def name_of(file: dict) -> str:
    return unquote(urlsplit(file["url"]).path.rpartition("/")[2])


def download(file: dict, folder: Path, most: int) -> Path | None:
    """The file below `folder`, kept from earlier runs; `None` when it is larger than `most`."""
    path = folder / name_of(file)
    if path.exists():
        return path
    if file.get("size", 0) > most:
        return None
    partial = path.with_name(path.name + ".part")
    with urllib.request.urlopen(file["url"], timeout=120) as answer, partial.open("wb") as out:
        shutil.copyfileobj(answer, out)
    partial.replace(path)
    return path


def fetch(names: list[str], folder: Path, most: int) -> tuple[list[Path], dict[str, str]]:
    """The files of all projects, and for those that could not be had the reason."""
    missing: dict[str, str] = {}

    def one(name: str) -> list[Path]:
        try:
            files = [download(file, folder, most) for file in find_files(name)]
        except (LookupError, OSError) as error:
            missing[name] = str(error)
            return []
        return [path for path in files if path is not None]

    with ThreadPoolExecutor(max_workers=4) as pool:
        found = [path for paths in pool.map(one, names) for path in paths]
    return found, missing


def check(paths: list[Path]) -> list[tuple[Path, Finding]]:
    """Every finding of error severity, each file by itself: they are not one release."""
    found = []
    for number, path in enumerate(paths, 1):
        findings = [*nox_release.check_distributions([path]), *check_tree(path)]
        found += [(path, one) for one in findings if one.severity is Severity.ERROR]
        if sys.stderr.isatty():
            print(f"\r{number}/{len(paths)} ", end="", file=sys.stderr)
    return found


def check_tree(path: Path) -> tuple[Finding, ...]:
    """What the rules over source trees find in an sdist."""
    if not path.name.endswith(".tar.gz"):
        return ()
    with tempfile.TemporaryDirectory(prefix="world-tree-") as folder:
        with tarfile.open(path) as archive:
            members = [one for one in archive if one.isfile() and one.size < 5 * MIB]
            archive.extractall(folder, members=members, filter="data")
        (root,) = Path(folder).iterdir()
        try:
            project = read_project(root)
        except ConfigurationError as error:
            print(f"{path.name}\n    not a project: {error}")
            return ()
        results = check_source(project, read_source_tree(project))
        return tuple(result for result in results if isinstance(result, Finding))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("projects", nargs="*", help="names on the index")
    parser.add_argument("--names", type=Path, help="a file of names, one a line")
    parser.add_argument("--into", type=Path, help="where downloads go and are kept")
    parser.add_argument(
        "--folder", type=Path, action="append", default=[], help="files already there"
    )
    parser.add_argument("--max-size", type=int, default=100, metavar="MIB", help="default: 100")
    parser.add_argument("--json", action="store_true", help="findings as JSON lines")
    options = parser.parse_args()
    names = [*options.projects]
    if options.names:
        names += re.findall(r"^[A-Za-z0-9][\w.-]*", options.names.read_text("utf-8"), re.MULTILINE)
    with tempfile.TemporaryDirectory(prefix="world-") as aside:
        folder = options.into or Path(aside)
        folder.mkdir(parents=True, exist_ok=True)
        paths, missing = fetch(list(dict.fromkeys(names)), folder, options.max_size * MIB)
        for given in options.folder:
            paths += sorted(
                path
                for path in given.rglob("*")
                if path.name.endswith((".whl", ".tar.gz", ".zip"))
                and path.stat().st_size <= options.max_size * MIB
            )
        found = check(paths)
    for path, finding in found:
        if options.json:
            print(json.dumps({"file": path.name, "id": finding.id, "message": finding.message}))
        else:
            print(f"{path.name}\n    [{finding.id}] {finding.message}\n    {finding.refusal}")
    projects = {re.split(r"-\d", path.name)[0].lower() for path in paths}
    kinds = Counter("sdist" if not path.name.endswith(".whl") else "wheel" for path in paths)
    print(
        f"{len(projects)} projects, {kinds['wheel']} wheels, {kinds['sdist']} sdists: "
        f"{len(found)} errors in {len({path for path, _ in found})} files"
    )
    for slug, count in Counter(finding.id for _, finding in found).most_common():
        print(f"    {count:4}  {slug}")
    for name, reason in missing.items():
        print(f"not had: {name}: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
