"""How fast distribution files are checked, beside plain reading and hashing of the same files.

    python tests/bench/bench_checks.py [COUNT] [MEGABYTES]

Makes COUNT wheels (100) of MEGABYTES each (5) in a temporary directory: first with nine tenths of
native code, as wheels of that size mostly are, then with nothing but modules, each of which PyPI
reads in search of encrypted code, and so do we. Prints MB/s for plain reading and SHA-256, one
file after the other, and for `check_distributions`, for growing numbers of files. `times` compares
the time on the clock, `cpu` the processor time: on a busy machine only the latter tells.
"""

import hashlib
import os
import random
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from nox_release import check_distributions

MB = 1000 * 1000
GOAL = 3
WORDS = [f"{a}{b}" for a in ("load", "store", "read", "walk") for b in ("_all", "_one", "_key")]


def make_wheel(folder, number, megabytes, native=0.9):
    """A wheel of the given size, of which `native` is what does not compress."""
    chance = random.Random(number)
    name = f"orc-1.{number}"
    path = Path(folder, f"{name}-cp313-cp313-manylinux_2_17_x86_64.whl")
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:

        def add(member, content):
            archive.writestr(member, content)
            record.append(f"{member},,")

        add("orc/native.so", chance.randbytes(int(megabytes * MB * native)))
        module = 0
        while archive.fp.tell() < megabytes * MB:
            lines = (f"def {chance.choice(WORDS)}_{chance.getrandbits(64)}():" for _ in range(2000))
            add(f"orc/module_{module}.py", "\n    return 1\n".join(lines))
            module += 1
        info = f"{name}.dist-info"
        text = f"Metadata-Version: 2.4\nName: orc\nVersion: 1.{number}\n"
        add(f"{info}/METADATA", f"{text}Description-Content-Type: text/markdown\n\n# Orc\n")
        add(f"{info}/WHEEL", "Wheel-Version: 1.0\n")
        record.append(f"{info}/RECORD,,")
        archive.writestr(f"{info}/RECORD", "\n".join(record))
    return path


def plain(paths):
    for path in paths:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(1024 * 1024):
                digest.update(chunk)
        digest.hexdigest()


def modules(path):
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".py"):
                yield archive, info


def inflate(paths):
    """What `zlib` takes for the modules, and nothing else."""
    for path in paths:
        for archive, info in modules(path):
            archive.read(info)


def unpacked(paths):
    return sum(info.file_size for path in paths for _, info in modules(path))


def timed(function, paths):
    started = time.perf_counter()
    used = time.process_time()
    function(paths)
    return time.perf_counter() - started, time.process_time() - used


def compare(title, paths):
    print(f"\n{title}")
    heads = ("plain MB/s", "check MB/s", "times", "cpu", "cores busy", "ms/file")
    print(f"{'files':>6}" + "".join(f"{head:>12}" for head in heads))
    for some in sorted({max(1, len(paths) // 4), max(1, len(paths) // 2), len(paths)}):
        chosen = paths[:some]
        size = sum(path.stat().st_size for path in chosen) / MB
        base, base_used = min(timed(plain, chosen) for _ in range(2))
        spent, used = min(timed(check_distributions, chosen) for _ in range(2))
        values = (spent / base, used / base_used, used / spent, spent / some * 1000)
        print(
            f"{some:6}{size / base:12.0f}{size / spent:12.0f}"
            + "".join(f"{value:12.2f}" for value in values)
        )
    reached = spent / base <= GOAL
    print(
        f"All of them take {spent / base:.1f} times plain reading and hashing; "
        f"the goal is at most {GOAL}: {'reached' if reached else 'MISSED'}."
    )
    inflating, inflated = timed(inflate, chosen)[1] / some, unpacked(chosen) / some / MB
    print(
        f"Inflating the modules alone, which nobody can spare who looks into them, is "
        f"{inflated:.0f} MB and {inflating * 1000:.0f} ms a file: "
        f"{inflating / (os.cpu_count() or 1) / (base_used / some):.1f} times plain reading and "
        "hashing when shared by all processors."
    )


def main(arguments):
    count = int(arguments[0]) if arguments else 100
    megabytes = float(arguments[1]) if len(arguments) > 1 else 5
    load = f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores, {count} wheels of {megabytes:g} MB, {load}")
    for title, native in (("mostly native code", 0.9), ("modules only", 0.0)):
        with tempfile.TemporaryDirectory() as folder:
            paths = [make_wheel(folder, number, megabytes, native) for number in range(count)]
            check_distributions(paths[:1])  # loads the libraries
            compare(title, paths)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
