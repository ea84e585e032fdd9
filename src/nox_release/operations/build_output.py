"""What programs say during a build, bounded."""

import threading
from collections import deque

_FIRST_AT_MOST = 20_000_000
_LAST_AT_MOST = 10_000_000


class Output:
    """What programs said during a build, from several threads: the first and the last megabytes."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._last: deque[str] = deque()
        self._sizes = [0, 0]
        self._left_out = 0
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        with self._lock:
            if not self._last and self._sizes[0] + len(line) <= _FIRST_AT_MOST:
                self._first.append(line)
                self._sizes[0] += len(line)
                return
            self._last.append(line)
            self._sizes[1] += len(line)
            while self._sizes[1] > _LAST_AT_MOST:
                self._sizes[1] -= len(self._last.popleft())
                self._left_out += 1

    def text(self) -> str:
        gap = [f"[{self._left_out} lines are left out]"] if self._left_out else []
        return "".join(f"{line}\n" for line in (*self._first, *gap, *self._last))
