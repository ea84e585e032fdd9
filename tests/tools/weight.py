"""What an installation brings: distributions, megabytes and seconds.

usage: python tests/tools/weight.py [EXTRA ...]

The wheel of this tree is installed by pip into an environment of its own. Neither the wheel itself
nor pip counts as a distribution that it brings; compiled modules count for nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
AT_MOST = (54, 60.0)
COUNT = """
import importlib.metadata, pathlib, sys
for one in importlib.metadata.distributions(path=[sys.argv[1]]):
    files = [pathlib.Path(one.locate_file(file)) for file in one.files or ()]
    size = sum(f.stat().st_size for f in files if f.suffix != ".pyc" and f.is_file())
    print(one.metadata["Name"], size)
"""


def weigh(requirement: str, folder: Path) -> tuple[dict[str, int], float]:
    """Bytes of each distribution, and the seconds of the installation."""
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "-qq", "--no-deps", "--wheel-dir", folder, ROOT], check=True, cwd=folder
    )
    (wheel,) = folder.glob("*.whl")
    started = time.monotonic()
    subprocess.run(
        [*pip, "install", "-qq", "--no-compile", requirement.format(wheel)], check=True, cwd=folder
    )
    seconds = time.monotonic() - started
    purelib = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    lines = subprocess.check_output([python, "-I", "-c", COUNT, purelib], text=True).splitlines()
    sizes = {name: int(size) for name, size in (line.rsplit(" ", 1) for line in lines)}
    return sizes, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    options = parser.parse_args()
    extras = f"[{','.join(options.extras)}]" if options.extras else ""
    with tempfile.TemporaryDirectory(prefix="nox-release-weight-") as place:
        sizes, seconds = weigh("{}" + extras, Path(place).resolve())
    brought = {name: size for name, size in sizes.items() if name not in ("pip", "setuptools")}
    total = sum(brought.values()) / 1e6
    brought.pop("nox-release")
    for name, size in sorted(brought.items(), key=lambda one: -one[1])[:10]:
        print(f"  {size / 1e6:6.1f} MB  {name}")
    print(
        f"nox-release{extras} brings {len(brought)} distributions; {total:.1f} MB in all, "
        f"installed in {seconds:.1f} s (Python {sys.version_info[0]}.{sys.version_info[1]})"
    )
    if extras:
        return 0
    reached = len(brought) <= AT_MOST[0] and total <= AT_MOST[1]
    print(
        f"the goal is at most {AT_MOST[0]} and {AT_MOST[1]:.0f} MB on Python 3.13 and later, which "
        f"need four backports less: {'reached' if reached else 'MISSED'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
