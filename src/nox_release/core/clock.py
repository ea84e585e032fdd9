"""Time, as the two questions the rest of the program may ask."""

import email.utils
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

    Raises:
        ValueError: it is none, or none that can be reckoned with.
    """
    if not isinstance(value, str) or not value:
        return None
    text = re.sub(r"[zZ]$", "+00:00", value)
    text = re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", text)
    return _reckoned(datetime.fromisoformat(text))


def parse_http_date(text: str) -> datetime | None:
    """The time of an HTTP header (RFC 9110 §5.6.7) as aware UTC; `None` where it is none."""
    try:
        return _reckoned(email.utils.parsedate_to_datetime(text[:100]))
    except (ValueError, TypeError, LookupError, OverflowError):
        return None


def _reckoned(moment: datetime) -> datetime:
    """In UTC, and far enough from the ends of the calendar to add to and take from."""
    if not 1000 < moment.year < 9000:
        raise ValueError(f"the year {moment.year} is no time of a release")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)
