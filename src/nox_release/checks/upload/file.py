"""A distribution file by its name and size, before it is opened.

Source: Warehouse's `forklift/legacy.py`.
"""

import re
from collections.abc import Iterator

from nox_release.checks.upload.form import FILETYPES
from nox_release.checks.upload.refusals import (
    DEFAULT_FILE_LIMIT,
    DEFAULT_PROJECT_LIMIT,
    DOCS,
    GIB,
    MIB,
    SERVER_ERROR,
    Refusal,
)

_EXTENSION = re.compile(r".+?(?P<extension>\.(tar\.gz|zip|whl))$", re.IGNORECASE)


def filename_refusals(filename: str, filetype: str) -> Iterator[Refusal]:
    """What is wrong with the file's name, whatever is in the file."""
    if not filename:
        yield Refusal(rule="filename-empty", status=500, text=SERVER_ERROR)
        return
    if any(ord(character) < 32 or ord(character) == 127 for character in filename):
        text = (
            "Cannot upload a file with non-printable characters (ordinals 0-31) "
            "or the DEL character (ordinal 127) in the name."
        )
        yield Refusal(rule="filename-control-chars", text=text, value=filename)
    if "/" in filename or "\\" in filename:
        text = "Cannot upload a file with '/' or '\\' in the name."
        yield Refusal(rule="filename-separator", text=text, value=filename)
    match = _EXTENSION.match(filename)
    if match is None:
        text = (
            "Invalid file extension: Use .tar.gz, .whl or .zip extension. "
            "See https://www.python.org/dev/peps/pep-0527 and https://peps.python.org/pep-0715/ "
            "for more information"
        )
        yield Refusal(rule="extension-unknown", text=text, value=filename)
    elif match["extension"] not in FILETYPES.get(filetype, ()):
        text = (
            f"Invalid file extension: Extension {match['extension']} is invalid for filetype "
            f"{filetype}. See https://www.python.org/dev/peps/pep-0527 for more information."
        )
        yield Refusal(rule="extension-for-type", text=text, value=filename)
    if len(filename.encode("utf-8", "surrogateescape")) > 255:
        # PyPI stores the upload under its own name in a temporary directory.
        yield Refusal(rule="filename-too-long", status=500, text=SERVER_ERROR, value=filename)


def size_refusals(
    size: int,
    project: str,
    *,
    limit: int = DEFAULT_FILE_LIMIT,
    total: int = 0,
    total_limit: int = DEFAULT_PROJECT_LIMIT,
) -> Iterator[Refusal]:
    """Whether the file is too large, alone or together with the `total` the project holds."""
    page = f"{DOCS}/project-management/storage-limits"
    if size > limit:
        text = (
            f"File too large. Limit for project {project!r} is {limit // MIB} MB. See "
            f"{page}#requesting-a-file-size-limit-increase for more information."
        )
        yield Refusal(rule="file-too-large", text=text, value=str(size))
    if size + total > total_limit:
        text = (
            f"Project size too large. Limit for project {project!r} total size is "
            f"{total_limit // GIB} GB. See "
            f"{page}#requesting-a-project-size-limit-increase"
        )
        yield Refusal(rule="project-too-large", text=text, value=str(size + total))
