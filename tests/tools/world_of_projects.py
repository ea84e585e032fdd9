"""Check the world as it is: real projects' files, downloaded, and everything we would report.

    python tests/tools/world_of_projects.py --into /tmp/world
    python tests/tools/world_of_projects.py requests numpy attrs
    python tests/tools/world_of_projects.py --folder /tmp/world

Without names, those of tests/data/world_of_projects.txt are taken. PyPI took these files once, so
an error is right only where PyPI's rules have changed since: each one is printed with the file it
is about. Warnings are counted, for one that strikes many well-kept projects is noise.

pip downloads the newest sdist and, one for each kind of platform, the newest wheels. Nothing is
installed and no project's code runs: to learn an sdist's name pip asks a stand-in for its backend,
which answers with PKG-INFO. Of sdists, the rules over the source tree are asked too. Downloads
stay in the folder given (a temporary one otherwise), are not repeated, and belong in no commit.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

import nox_release
from nox_release.checks.source.checking import check_source
from nox_release.checks.source.subject import BACKENDS
from nox_release.core.errors import ConfigurationError
from nox_release.core.findings import Finding, Severity
from nox_release.observing.source_tree import read_source_tree
from nox_release.project.pyproject import Project, read_project

MIB = 1024 * 1024
NAMES = Path(__file__).parents[1] / "data" / "world_of_projects.txt"
ENDINGS = (".whl", ".tar.gz", ".zip")

# --- downloading -----------------------------------------------------------------------------

# pip takes hold of an sdist only after its backend has told the metadata: from PKG-INFO, here.
STAND_IN = {
    "sitecustomize.py": """
import os
for prefix in ("_PYPROJECT_HOOKS_", "PEP517_"):  # the latter of pip before 24
    if f"{prefix}BUILD_BACKEND" in os.environ:
        os.environ[f"{prefix}BUILD_BACKEND"] = "metadata_from_pkg_info"
        os.environ.pop(f"{prefix}BACKEND_PATH", None)
""",
    "metadata_from_pkg_info.py": """
import email, pathlib, re
def get_requires_for_build_wheel(config_settings=None):
    return []
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    content = pathlib.Path("PKG-INFO").read_bytes()
    metadata = email.message_from_bytes(content)
    name = re.sub("[-_.]+", "_", metadata["Name"]).lower()
    folder = pathlib.Path(metadata_directory, f"{name}-{metadata['Version']}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_bytes(content)
    return folder.name
""",
}
SDIST = ["--no-binary=:all:", "--no-build-isolation", "--use-pep517", "--ignore-requires-python"]
WHEEL = ["--only-binary=:all:", "--python-version=3.13"]
PLATFORMS = (
    [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(40, 4, -1)],
    ["--platform=musllinux_1_2_x86_64", "--platform=musllinux_1_1_x86_64"],
    [
        "--platform=macosx_26_0_arm64",
        "--platform=macosx_15_0_arm64",
        "--platform=macosx_15_0_x86_64",
    ],
    ["--platform=win_amd64"],
)


def fetch(names: list[str], folder: Path) -> tuple[list[Path], dict[str, str]]:
    """The files of all projects, and for those that could not be had what pip said."""
    missing: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="world-stand-in-") as stand_in:
        for name, text in STAND_IN.items():
            Path(stand_in, name).write_text(text, encoding="utf-8")
        environ = {**os.environ, "PYTHONPATH": stand_in}

        def one(name: str) -> list[Path]:
            found, missing_here = _files_of(name, folder, environ)
            if missing_here:
                missing[name] = missing_here
            return found

        with ThreadPoolExecutor(max_workers=2) as pool:
            return [path for paths in pool.map(one, names) for path in paths], missing


def _files_of(name: str, folder: Path, environ: dict[str, str]) -> tuple[list[Path], str]:
    """The project's files below its own folder, kept from earlier runs."""
    own = folder / canonicalize_name(name)
    own.mkdir(exist_ok=True)
    said = {}
    if not list(own.glob("*.tar.gz")):
        said["sdist"] = _download(name, own, SDIST, environ)
    if not list(own.glob("*.whl")):
        for platform in PLATFORMS:
            said["wheel"] = _download(name, own, [*WHEEL, *platform], environ)
            if list(own.glob("*-none-any.whl")):
                break  # the same on every platform
        if list(own.glob("*.whl")):
            del said["wheel"]  # there need not be one for each
    found = sorted(path for path in own.iterdir() if path.name.endswith(ENDINGS))
    return found, "; ".join(f"{kind}: {problem}" for kind, problem in said.items() if problem)


def _download(name: str, folder: Path, options: list[str], environ: dict[str, str]) -> str:
    """What pip complained about, in its last line."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    try:
        done = subprocess.run(
            [*command, "--dest", str(folder), *options, name],
            env=environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "pip took longer than five minutes"
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return (lines or done.stderr.splitlines() or ["?"])[-1] if done.returncode else ""


# --- checking --------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Report:
    """What a run saw. A finding is of a file, or of a tree."""

    backends: dict[str, str] = field(default_factory=dict)  # by project
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[Path, str, Finding]] = field(default_factory=list)
    seconds: dict[Path, float] = field(default_factory=dict)
    bytes: int = 0
    crashes: list[tuple[Path, str]] = field(default_factory=list)
    not_projects: list[tuple[Path, str]] = field(default_factory=list)


def project_of(path: Path) -> str:
    return canonicalize_name(re.split(r"-v?\d", path.name)[0])


def release_of(path: Path) -> tuple[str, str]:
    version = path.name.removesuffix(".tar.gz").removesuffix(".zip")[len(project_of(path)) + 1 :]
    return project_of(path), version.split("-")[0]


def check(paths: list[Path]) -> Report:
    """Everything found: in each file by itself, between the files of one release, in each tree."""
    report = Report()
    releases = defaultdict(list)
    for number, path in enumerate(paths, 1):
        report.kinds["wheel" if path.name.endswith(".whl") else "sdist"] += 1
        report.bytes += path.stat().st_size
        began = time.perf_counter()
        found = [("file", one) for one in _tried(report, path, [path])]
        report.seconds[path] = time.perf_counter() - began
        if path.name.endswith(".tar.gz"):
            found += [("tree", one) for one in _tried_tree(report, path)]
        report.findings += [(path, distance, one) for distance, one in found]
        releases[release_of(path)].append(path)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(paths)} ", end="", file=sys.stderr)
    for files in releases.values():
        if len(files) > 1:
            alone = {one for path, _, one in report.findings if path in files}
            between = [one for one in _tried(report, files[0], files) if one not in alone]
            report.findings += [(files[0], "release", one) for one in between]
    for path in paths:
        report.backends.setdefault(project_of(path), "(no sdist)")
    return report


def _tried(report: Report, path: Path, files: list[Path]) -> tuple[Finding, ...]:
    try:
        return nox_release.check_distributions(files)
    except Exception:  # noqa: BLE001 - a crash is what we look for
        report.crashes.append((path, traceback.format_exc()))
        return ()


def _tried_tree(report: Report, path: Path) -> list[Finding]:
    try:
        return _check_tree(report, path)
    except ConfigurationError as error:
        report.not_projects.append((path, str(error)))
    except Exception:  # noqa: BLE001 - as above
        report.crashes.append((path, traceback.format_exc()))
    return []


def _check_tree(report: Report, path: Path) -> list[Finding]:
    """What the rules over source trees find in an sdist."""
    with tempfile.TemporaryDirectory(prefix="world-tree-") as folder:
        with tarfile.open(path) as archive:
            members = [one for one in archive if one.isfile() and one.size < 5 * MIB]
            archive.extractall(folder, members=members, filter="data")
        (root,) = Path(folder).iterdir()
        began = time.perf_counter()
        project = read_project(root)
        report.backends[project_of(path)] = backend_of(project)
        results = check_source(project, read_source_tree(project))
        report.seconds[path] += time.perf_counter() - began
        return [result for result in results if isinstance(result, Finding)]


def backend_of(project: Project) -> str:
    module = re.split(r"[.:]", project.build_backend)[0]
    name = BACKENDS.get(module, module)
    if name == "setuptools" and "project" not in project.pyproject:
        name += ", setup.py or setup.cfg alone"
    if "backend-path" in project.pyproject.get("build-system", {}):
        name += ", by way of a module of its own"
    return name


# --- telling ---------------------------------------------------------------------------------


def tell(report: Report, *, warnings: bool, as_json: bool) -> None:
    for path, distance, finding in report.findings:
        if finding.severity is not Severity.ERROR and not warnings:
            continue
        where = "" if distance == "file" else f" ({distance})"
        if as_json:
            line = {"file": path.name, "distance": distance, "severity": str(finding.severity)}
            print(json.dumps({**line, "id": finding.id, "message": finding.message}))
        else:
            print(f"{path.name}{where}\n    {finding.severity} [{finding.id}] {finding.message}")
            if finding.refusal:
                print(f"    PyPI: {finding.refusal}")
    for path, problem in report.not_projects:
        print(f"{path.name}\n    not a project: {problem}")
    for path, problem in report.crashes:
        print(f"CRASH {path.name}\n{problem}")
    _tell_figures(report)


def _tell_figures(report: Report) -> None:
    total = len(report.backends)
    print(
        f"\n{total} projects, {report.kinds['sdist']} sdists, {report.kinds['wheel']} wheels, "
        f"{report.bytes / MIB:.0f} MiB; {len(report.crashes)} crashes"
    )
    for backend, count in Counter(report.backends.values()).most_common():
        print(f"    {count:4}  {backend}")
    for severity in Severity:
        by_id = defaultdict(list)
        for path, distance, finding in report.findings:
            if finding.severity is severity:
                by_id[f"{finding.id} ({distance})"].append(path)
        print(f"{severity}: {sum(map(len, by_id.values()))}")
        for slug, paths in sorted(by_id.items(), key=lambda item: -len(item[1])):
            struck = len({project_of(path) for path in paths})
            print(f"    {len(paths):4} in {struck:3} projects ({struck / total:3.0%})  {slug}")
    slowest = sorted(report.seconds, key=report.seconds.__getitem__, reverse=True)[:5]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{sum(report.seconds.values()):.0f} s in all, peak memory {peak:.0f} MiB; slowest:")
    for path in slowest:
        print(
            f"    {report.seconds[path]:6.2f} s  {path.name} ({path.stat().st_size / MIB:.1f} MiB)"
        )


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
    parser.add_argument("--warnings", action="store_true", help="print these, too")
    parser.add_argument("--json", action="store_true", help="findings as JSON lines")
    options = parser.parse_args()
    names = [*options.projects]
    source = options.names or (None if names or options.folder else NAMES)
    if source:
        names += re.findall(r"^[A-Za-z0-9][\w.-]*", source.read_text("utf-8"), re.MULTILINE)
    with tempfile.TemporaryDirectory(prefix="world-") as aside:
        folder = options.into or Path(aside)
        folder.mkdir(parents=True, exist_ok=True)
        paths, missing = fetch(list(dict.fromkeys(names)), folder)
        for given in options.folder:
            paths += sorted(path for path in given.rglob("*") if path.name.endswith(ENDINGS))
        report = check([path for path in paths if path.stat().st_size <= options.max_size * MIB])
        tell(report, warnings=options.warnings, as_json=options.json)
    for name, reason in missing.items():
        print(f"not had: {name}: {reason}")
    return 1 if report.crashes else 0


if __name__ == "__main__":
    sys.exit(main())
