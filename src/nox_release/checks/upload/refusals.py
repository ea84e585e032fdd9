"""What PyPI answers when it refuses, and the pages that its texts name."""

from nox_release.core.values import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB
DEFAULT_FILE_LIMIT = 100 * MIB
DEFAULT_PROJECT_LIMIT = 10 * GIB
SERVER_ERROR = "Internal Server Error"
DOCS = "https://docs.pypi.org"


def help_page(anchor: str) -> str:
    """A part of PyPI's page of help."""
    return f"https://pypi.org/help/#{anchor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason to refuse: `text` is PyPI's, word for word.

    `field` is the metadata header (or form field, or member of the archive) it is about and
    `value` the offending value, so that a report can name the line. A `status` of 500 means that
    PyPI's own program fails on the input: no reason is given then, and nothing is stored.
    """

    rule: str
    status: int = 400
    text: str
    field: str = ""
    value: str = ""


def status_line(refusal: Refusal) -> str:
    """The text as it travels in the HTTP status line: ISO-8859-1, first line only."""
    text = refusal.text.encode("iso-8859-1", "replace").decode("iso-8859-1")
    return text.splitlines()[0] if text else text


def crash(rule: str, field: str, value: str = "") -> Refusal:
    return Refusal(rule=rule, status=500, text=SERVER_ERROR, field=field, value=value)
