"""How fast distribution files are checked, beside plain reading and hashing of the same files.

    python tests/bench/bench_checks.py [COUNT] [MEGABYTES]

Makes COUNT wheels (100) of MEGABYTES each (5) in a temporary directory: half native code that
does not compress, half modules that do. Prints MB/s for plain reading and SHA-256, one file after
the other, and for `check_distributions`, for growing numbers of files.
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
WORDS = [f"{a}{b}" for a in ("load", "store", "read", "walk") for b in ("_all", "_one", "_key")]


def make_wheel(folder, number, megabytes):
    """A wheel of the given size, with about two hundred members."""
    chance = random.Random(number)
    name = f"orc-1.{number}"
    path = Path(folder, f"{name}-cp313-cp313-manylinux_2_17_x86_64.whl")
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:

        def add(member, content):
            archive.writestr(member, content)
            record.append(f"{member},,")

        add("orc/native.so", chance.randbytes(int(megabytes * MB / 2)))
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


def timed(function, paths):
    started = time.perf_counter()
    used = time.process_time()
    function(paths)
    return time.perf_counter() - started, time.process_time() - used


def main(arguments):
    count = int(arguments[0]) if arguments else 100
    megabytes = float(arguments[1]) if len(arguments) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        paths = [make_wheel(folder, number, megabytes) for number in range(count)]
        check_distributions(paths[:1])  # loads the libraries
        print(f"{os.cpu_count()} cores, {count} wheels of {megabytes:g} MB")
        print(
            f"{'files':>6}{'plain MB/s':>12}{'check MB/s':>12}{'times':>8}{'cores busy':>12}{'ms/file':>9}"
        )
        for some in sorted({max(1, count // 4), max(1, count // 2), count}):
            chosen = paths[:some]
            size = sum(path.stat().st_size for path in chosen) / MB
            base, _ = min(timed(plain, chosen) for _ in range(2))
            spent, used = min(timed(check_distributions, chosen) for _ in range(2))
            print(
                f"{some:6}{size / base:12.0f}{size / spent:12.0f}{spent / base:8.2f}"
                f"{used / spent:12.2f}{spent / some * 1000:9.1f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
