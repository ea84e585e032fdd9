"""Time, as the two questions the rest of the program may ask."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """`now()` is aware UTC; `sleep()` takes seconds."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # the one place that waits


def parse_time(value: object) -> datetime | None:
    """An ISO 8601 time as aware UTC.

    Python 3.10 reads neither the `Z` nor any number of decimals but three and six.
    """
    if not isinstance(value, str) or not value:
        return None
    text = re.sub(r"[zZ]$", "+00:00", value)
    text = re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", text)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
