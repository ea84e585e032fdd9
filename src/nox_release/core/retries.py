"""The one retry policy, for reads only: the reply to a write may be lost after it took effect."""

import random
import re
from datetime import datetime, timedelta

from nox_release.core.clock import Clock, parse_http_date
from nox_release.core.values import dataclass, field

ATTEMPTS = 5
WAIT_AT_MOST = timedelta(seconds=90)  # all pauses of one read together
PASSING = frozenset({408, 429, 500, 502, 503, 504})  # statuses that may be gone the next time


@dataclass(slots=True)
class Retries:
    """The attempts of one read."""

    clock: Clock
    attempts: int = ATTEMPTS
    made: int = 0
    give_up: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.give_up = self.clock.now() + WAIT_AT_MOST

    def wait(self, asked: float | None = None) -> bool:
        """Pause, for `asked` seconds where the server said so; False when it is enough."""
        self.made += 1
        pause = _pause(self.made) if asked is None else asked
        if self.made >= self.attempts or self.clock.now() + timedelta(seconds=pause) > self.give_up:
            return False
        self.clock.sleep(pause)
        return True


def _pause(attempt: int) -> float:
    longest = min(2.0 ** (attempt - 1), 16.0)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads retries, it keeps no secret


def parse_retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date (RFC 9110 §10.2.3); `None`: not said."""
    text = text.strip()
    if re.fullmatch(r"\d{1,7}", text):
        return float(text)
    when = parse_http_date(text)
    return None if when is None else min(max(0.0, (when - now).total_seconds()), 1e7)
