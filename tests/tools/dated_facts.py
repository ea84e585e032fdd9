"""Lists the tables of dated facts, those older than 90 days first; exits with 1 where there is one.

    python tests/tools/dated_facts.py

A module that states facts which age (pins, runner images, limits) has `KNOWN_AS_OF = date(...)`.
"""

import re
import sys
from datetime import date, timedelta
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "nox_release"
LIMIT = timedelta(days=90)
_DATED = re.compile(r"(?m)^KNOWN_AS_OF = date\((\d+), (\d+), (\d+)\)")


def dated(source=SOURCE):
    """Each module with `KNOWN_AS_OF`, and the day."""
    for path in sorted(source.rglob("*.py")):
        for numbers in _DATED.findall(path.read_text(encoding="utf-8")):
            yield path.relative_to(source).as_posix(), date(*map(int, numbers))


def main(today):
    old = False
    for module, known in sorted(dated(), key=lambda fact: fact[1]):
        age = today - known
        old = old or age > LIMIT
        print(f"{'old ' if age > LIMIT else 'fine'} {known} {age.days:4} days  {module}")
    return int(old)


if __name__ == "__main__":
    sys.exit(main(date.today()))  # noqa: DTZ011 - a day more or less is nothing here
