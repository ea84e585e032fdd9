"""Put the rules over a build to real projects' own files: the newest sdist and a wheel of it.

    python tests/tools/built_pairs.py FOLDER [NAME …]

FOLDER holds a folder of downloads for each project, as `world_of_projects.py --into` leaves them.
The sdist is taken for the source tree, and the wheel for what was built from it; nothing is
installed and no project's code runs. These releases were published and are used, so an error is a
false alarm until somebody has looked at it. Prints each finding, and how many projects each rule
strikes.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from nox_release.checks.files.built import check_built
from nox_release.checks.files.facts import Facts
from nox_release.checks.files.imports import undeclared
from nox_release.core.errors import NoxReleaseError
from nox_release.core.findings import Finding
from nox_release.files.archives import read_distribution
from nox_release.files.distributions import version_of_file
from nox_release.files.wheels import read_wheel
from nox_release.project.pyproject import read_project


def check(sdist: Path, wheel: Path) -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="built-pairs-") as folder:
        with tarfile.open(sdist) as archive:
            names = ("pyproject.toml", "setup.py", "setup.cfg")
            members = [one for one in archive if one.isfile()]
            few = [one for one in members if one.name.count("/") == 1 and one.name.endswith(names)]
            archive.extractall(folder, members=few, filter="data")
        (root,) = Path(folder).iterdir()
        facts = Facts(
            project=read_project(root),
            sdist=read_distribution(sdist),
            wheel=read_wheel(wheel),
            tree=tuple(one.name.partition("/")[2] for one in members),
        )
    found = (*check_built(facts), *undeclared(facts))
    return [result for result in found if isinstance(result, Finding)]


def main(arguments: list[str]) -> int:
    folder, *names = arguments
    struck = defaultdict(set)
    checked = 0
    began = time.perf_counter()
    for own in sorted(Path(folder).iterdir()):
        sdists, wheels = sorted(own.glob("*.tar.gz")), sorted(own.glob("*.whl"))
        if (names and own.name not in names) or not sdists or not wheels:
            continue
        if version_of_file(sdists[-1].name) != version_of_file(wheels[-1].name):
            continue  # the newest release has only one of the two
        checked += 1
        try:
            findings = check(sdists[-1], wheels[-1])
        except NoxReleaseError as error:
            print(f"{own.name}: {error}")
            continue
        for finding in findings:
            struck[f"{finding.severity} {finding.id}"].add(own.name)
            print(f"{own.name}: {finding.severity} [{finding.id}] {finding.message}")
    print(f"\n{checked} projects, {time.perf_counter() - began:.0f} s")
    for slug, projects in sorted(struck.items(), key=lambda item: -len(item[1])):
        print(f"    {len(projects):3} ({len(projects) / checked:3.0%})  {slug}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
