"""What a distribution file holds, against its name and the form.

Source: Warehouse's `forklift/legacy.py`, `utils/zipfiles.py` and `utils/wheel.py`.
"""

import configparser
import csv
import posixpath
import re
from collections.abc import Iterator

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks.upload.fields import Form, first_of, sanitize
from nox_release.checks.upload.refusals import DOCS, Refusal, crash
from nox_release.checks.upload.wheel_filename import (
    InvalidWheelFilename,
    WheelFilename,
    is_accepted_platform,
    parse_wheel_filename,
)
from nox_release.files.distributions import Archive, Unreadable


def archive_refusals(archive: Archive, filename: str, form: Form) -> Iterator[Refusal]:
    """What is wrong with the archive, its name beside the metadata, and a wheel's contents.

    The archive is one that `archives.read_archive` has read under this filename.
    """
    form = sanitize(form)
    for fault in archive.faults:
        text = fault.text
        if fault.status != 500:
            text = f"Invalid distribution file. {text}"
            text = text.replace("{docs}", DOCS)
        yield Refusal(
            rule=fault.rule,
            status=fault.status,
            text=text,
            field=fault.member,
            value=fault.detail,
        )
    for limit in archive.limits:
        # Not PyPI's: it may take hours over such a file, or give up.
        text = "Invalid distribution file. None"
        yield Refusal(rule="archive-not-examined", text=text, value=limit)
    if not filename.endswith((".tar.gz", ".zip", ".whl")):
        return
    if first_of(form, "filetype") == "sdist":
        yield from _sdist_refusals(archive, filename, form)
    if filename.endswith(".whl"):
        yield from _wheel_refusals(archive, filename, form)


def _project_name(form: Form) -> tuple[str, str]:
    """The name as sent, and its normalized form."""
    name = first_of(form, "name")
    return name, canonicalize_name(name)


def _version(form: Form) -> Version | None:
    try:
        return Version(first_of(form, "version"))
    except ValueError:
        return None


def _sdist_refusals(archive: Archive, filename: str, form: Form) -> Iterator[Refusal]:
    version = _version(form)
    found = _sdist_filename_name(filename)
    if found is None:
        text = f"Invalid source distribution filename: {filename}"
        yield Refusal(rule="sdist-filename-parse", text=text, value=filename)
        return
    if version is not None:
        yield from _sdist_name_refusals(filename, found, version, form)
    if not archive.opened:
        return
    for path in form.get("license_file", ()):
        target = posixpath.join(archive.top, path)
        if not archive.holds(target):
            text = f"License-File {path} does not exist in distribution file {filename} at {target}"
            yield Refusal(rule="sdist-license-file", text=text, field="license-file", value=path)


def _sdist_filename_name(filename: str) -> str | None:
    """The normalized name in an sdist's filename, or `None` when it cannot be parsed.

    As `packaging.utils.parse_sdist_filename` of 26.2: an empty name passes this step.
    """
    stem, _, _ = filename.rpartition(".tar.gz" if filename.endswith(".tar.gz") else ".zip")
    name, dash, version = stem.rpartition("-")
    try:
        Version(version)
    except ValueError:
        return None
    return canonicalize_name(name) if dash else None


def _sdist_name_refusals(
    filename: str, found: str, version: Version, form: Form
) -> Iterator[Refusal]:
    name, normalized = _project_name(form)
    if version.is_postrelease and found != normalized and filename.count("-") >= 2:
        found = _name_before_implicit_post(filename)
    underscored = normalized.replace("-", "_")
    if canonicalize_name(found) != normalized:
        text = f"Start filename for {name!r} with {underscored!r}."
        yield Refusal(rule="sdist-filename-name", text=text, value=filename)
    expected = f"{underscored}-{version}.tar.gz"
    if filename != expected:
        text = f"Filename {filename!r} is invalid, should be {expected!r}."
        yield Refusal(rule="sdist-filename-exact", text=text, value=filename)


def _name_before_implicit_post(filename: str) -> str:
    """The name when the version holds a hyphen, as in `name-1.0-1.tar.gz`."""
    # PyPI keeps the shortened name even when the rest is not a version (forklift/legacy.py).
    return filename.rpartition("-")[0].rpartition("-")[0]


def _wheel_refusals(archive: Archive, filename: str, form: Form) -> Iterator[Refusal]:
    try:
        parsed = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        yield Refusal(rule="wheel-filename-parse", text=str(error), value=filename)
        return
    for platform in parsed.platforms:
        if not is_accepted_platform(platform):
            text = f"Binary wheel '{filename}' has an unsupported platform tag '{platform}'."
            yield Refusal(rule="wheel-platform", text=text, value=platform)
    yield from _wheel_name_refusals(filename, parsed, form)
    if archive.opened and archive.kind == "zip":
        yield from _wheel_content_refusals(archive, filename, form)


def _wheel_name_refusals(filename: str, parsed: WheelFilename, form: Form) -> Iterator[Refusal]:
    name, normalized = _project_name(form)
    underscored = normalized.replace("-", "_")
    if parsed.name != normalized:
        text = f"Start filename for {name!r} with {underscored!r}."
        yield Refusal(rule="wheel-filename-name", text=text, value=filename)
    written = filename.split("-", 1)[0]
    if written != underscored:
        text = (
            f"Filename {filename!r} should contain the normalized project name "
            f"{underscored!r}, not {written!r}."
        )
        yield Refusal(rule="wheel-filename-normalised", text=text, value=filename)
    version = _version(form)
    if version is not None and version != parsed.version:
        text = f"Version in filename should be {str(version)!r} not {str(parsed.version)!r}."
        yield Refusal(rule="wheel-filename-version", text=text, value=filename)


def _wheel_content_refusals(archive: Archive, filename: str, form: Form) -> Iterator[Refusal]:
    name, version, _ = filename.split("-", 2)
    info = f"{name}-{version}.dist-info"
    for path in form.get("license_file", ()):
        yield from _wheel_license_refusals(archive, filename, f"{info}/licenses/{path}", path)
    yield from _record_refusals(archive, filename, f"{info}/RECORD")
    yield from _entry_point_refusals(archive, filename, f"{info}/entry_points.txt")
    metadata = archive.read(f"{info}/METADATA")
    if metadata is None:
        text = f"Wheel '{filename}' does not contain the required METADATA file: {info}/METADATA"
        yield Refusal(rule="wheel-metadata-missing", text=text, field=f"{info}/METADATA")
    elif isinstance(metadata, Unreadable):
        yield from _unreadable(f"{info}/METADATA", metadata)
    if len(f"{filename}.metadata".encode("utf-8", "surrogateescape")) > 255:
        text = f"Filename is too long: '{filename}'"
        yield Refusal(rule="filename-too-long", text=text, value=filename)


def _wheel_license_refusals(
    archive: Archive, filename: str, member: str, path: str
) -> Iterator[Refusal]:
    content = archive.read(member)
    if content is None:
        text = f"License-File {path} does not exist in distribution file {filename} at {member}"
        yield Refusal(rule="wheel-license-file", text=text, field="license-file", value=path)
    elif isinstance(content, Unreadable):
        yield from _unreadable(member, content)


def _unreadable(member: str, content: Unreadable) -> Iterator[Refusal]:
    """PyPI does not catch what reading raises here; our own limits are no verdict of its."""
    if not content.limit:
        yield crash("archive-member-unreadable", member, content.reason)


def _record_refusals(archive: Archive, filename: str, member: str) -> Iterator[Refusal]:
    content = archive.read(member)
    if isinstance(content, Unreadable):
        yield from _unreadable(member, content)
        return
    problem = "RECORD is missing" if content is None else ""
    if content is not None:
        try:
            record_names(content)
        except BlankRecordLineError as error:
            yield crash("wheel-record-blank-line", member, str(error.line))
            return
        except (UnicodeError, csv.Error) as error:
            problem = str(error)
    if problem:
        text = f"Wheel '{filename}' does not contain the required RECORD file: {member}"
        yield Refusal(rule="wheel-record-missing", text=text, field=member, value=problem)


class BlankRecordLineError(ValueError):
    """RECORD has a blank line, on which PyPI's own reading of it fails."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} of RECORD is blank")
        self.line = line


def record_names(content: bytes) -> frozenset[str]:
    """The paths that a RECORD lists, as PyPI reads it.

    Raises:
        BlankRecordLineError: a line is blank.
        UnicodeError: it is not UTF-8.
        csv.Error: it is not CSV.
    """
    names = set()
    reader = csv.reader(content.decode().splitlines())
    for row in reader:
        if not row:
            raise BlankRecordLineError(reader.line_num)
        names.add(row[0].replace("\\", "/"))
    return frozenset(names)


class _EntryPoints(configparser.ConfigParser):
    """The file format of entry points: only `=` separates, and case matters.

    https://packaging.python.org/en/latest/specifications/entry-points/#file-format
    """

    def __init__(self) -> None:
        super().__init__(delimiters=("=",))

    def optionxform(self, optionstr: str) -> str:
        return optionstr


_ENTRY_POINT = re.compile(r"[\w.-]+")


def _entry_point_refusals(archive: Archive, filename: str, member: str) -> Iterator[Refusal]:
    content = archive.read(member)
    if content is None:
        return
    if isinstance(content, Unreadable):
        yield from _unreadable(member, content)
        return
    text = f"Wheel '{filename}' has invalid entry points defined in the entry_points.txt file"
    for problem in entry_point_problems(content):
        yield Refusal(rule="wheel-entry-points", text=text, field=member, value=problem)


def entry_points(content: bytes) -> tuple[tuple[str, str, str], ...]:
    """Section, name and value of every entry point in a well-formed file."""
    parser = _EntryPoints()
    parser.read_string(content.decode())
    return tuple(
        (section, name, value)
        for section in parser.sections()
        for name, value in parser.items(section, raw=True)
    )


def entry_point_problems(content: bytes) -> tuple[str, ...]:
    """What PyPI objects to in an entry_points.txt, in words of our own."""
    parser = _EntryPoints()
    try:
        parser.read_string(content.decode())
    except UnicodeError:
        return ("it is not UTF-8",)
    except configparser.Error as error:
        return (f"it is not an INI file with `=`: {error.message}",)
    return tuple(
        f"`{name}` in [{section}] may hold only letters, digits, `_`, `.` and `-`"
        for section in ("console_scripts", "gui_scripts")
        if parser.has_section(section)
        for name in parser[section]
        if _ENTRY_POINT.fullmatch(name) is None
    )
