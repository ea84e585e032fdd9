"""One operation of this tool as a program of its own, with time that passes faster.

usage: python operation.py OPERATION [OPTIONS]

The environment says how: FAULTS_PACE is how many of the clock's seconds pass in one (1 by
default), FAULTS_SKEW by how many seconds the clock is wrong, FAULTS_FILE_LIMIT how many bytes a
file may have, which is what a full disk looks like from inside. FAULTS_STRIKE is N:SIGNAL, a signal
that comes just before the Nth of the project's files is replaced.
"""

import os
import signal
import sys
import time
from datetime import datetime, timedelta, timezone

from nox_release.__main__ import main as nox_release
from nox_release.core import clock

PACE = float(os.environ.get("FAULTS_PACE", "1"))
SKEW = timedelta(seconds=float(os.environ.get("FAULTS_SKEW", "0")))
LIMIT = int(os.environ.get("FAULTS_FILE_LIMIT", "0"))
STRIKE = os.environ.get("FAULTS_STRIKE", "")


class FastClock:
    """The machine's clock, running `PACE` times as fast from the start of the program on."""

    def __init__(self):
        self._real = time.monotonic()
        self._start = datetime.now(timezone.utc) + SKEW

    def now(self):
        return self._start + timedelta(seconds=(time.monotonic() - self._real) * PACE)

    def sleep(self, seconds):
        time.sleep(seconds / PACE)


def strike_at_file():
    """Let the interpreter itself tell when a file is replaced."""
    number, name = STRIKE.split(":")
    left = [int(number)]

    def audit(event, arguments):
        if event == "os.rename" and str(arguments[0]).endswith(".part"):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), getattr(signal, name))

    sys.addaudithook(audit)


def main():
    if STRIKE:
        strike_at_file()
    if LIMIT:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
    clock.SystemClock = FastClock
    return nox_release(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
