"""A clock that stands still until something sleeps."""

from datetime import datetime, timedelta, timezone


class HeldClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 9, tzinfo=timezone.utc)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
