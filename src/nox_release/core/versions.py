"""Versions as values.

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from packaging.version import Version


def parse_version(text: str) -> Version | None:
    """The version that `text` is; `None` when it is none."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or more digits than Python takes
        return None
