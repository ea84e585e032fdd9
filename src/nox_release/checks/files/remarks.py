"""What PyPI takes in a file, and others stumble over: warnings and advice."""

import csv
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name

from nox_release.checks import upload
from nox_release.checks.files.examined import Examined, examples, short
from nox_release.checks.files.rules import BY_ID
from nox_release.core.findings import Finding, Location, Severity, find
from nox_release.files.archives import RATIO_FLOOR, RATIO_LIMIT
from nox_release.files.distributions import Metadata


def remarks(file: Examined) -> Iterator[Finding]:
    yield from _remarks_on_members(file)
    if file.metadata is not None:
        yield from _remarks_on_metadata(file, file.metadata)
    if file.path.name.endswith(".whl") and file.archive.opened:
        yield from _remarks_on_wheel(file)
    elif file.archive.kind == "tar" and file.archive.opened:
        yield from _remarks_on_sdist(file)


def _remark(
    file: Examined,
    rule: str,
    message: str,
    where: Location | None = None,
    *,
    severity: Severity | None = None,
) -> Finding:
    where = where or Location(file=file.path.as_posix())
    return find(BY_ID[rule], message, where=where, severity=severity)


def _remarks_on_members(file: Examined) -> Iterator[Finding]:
    members = file.archive.members
    outside = [member.name for member in members if _leaves(member.name)]
    if outside:
        yield _remark(
            file,
            "member-outside",
            f"`{file.path.name}` has {examples(outside, 'path')} outside itfile.",
            file.inside(outside[0]),
        )
    links = [
        member.name
        for member in members
        if (member.kind == "symlink" and file.archive.kind == "zip")
        or (member.kind == "symlink" and _link_leaves(member.name, member.target))
        or (member.kind == "hardlink" and _leaves(member.target))
    ]
    if links:
        yield _remark(
            file,
            "member-link",
            f"`{file.path.name}` has {examples(links, 'link')} that installers do not follow.",
            file.inside(links[0]),
        )
    devices = [member.name for member in members if member.kind == "device"]
    if devices:
        yield _remark(
            file,
            "member-device",
            f"`{file.path.name}` has {examples(devices, 'device')} among its files.",
            file.inside(devices[0]),
        )
    if file.archive.kind == "tar":
        yield from _duplicates(file, [member.name for member in members if not member.is_dir])


def _duplicates(file: Examined, names: Sequence[str]) -> Iterator[Finding]:
    counted = Counter(names)
    twice = [name for name in counted if counted[name] > 1]
    if twice:
        yield _remark(
            file,
            "member-twice",
            f"`{file.path.name}` has {examples(twice, 'file')} more than once.",
            file.inside(twice[0]),
        )


def _remarks_on_metadata(file: Examined, metadata: Metadata) -> Iterator[Finding]:
    refused = upload.client_problems(metadata.text)
    if refused:
        yield _remark(
            file,
            "twine-refuses",
            f"twine would not send the metadata of `{file.path.name}`: {'; '.join(refused)}.",
            file.inside(metadata.member),
        )
    elif file.archive.kind == "tar" and any(
        member.name == metadata.member and member.kind != "file" for member in file.archive.members
    ):
        yield _remark(
            file,
            "twine-refuses",
            f"twine would not send `{file.path.name}`: its PKG-INFO is a link.",
            file.inside(metadata.member),
        )
    description = file.form.get("description", ("",))[0]
    if not description.strip() or description.strip() == "UNKNOWN":
        yield _remark(
            file, "description-missing", f"`{file.path.name}` has no description for PyPI to show."
        )
    elif "description_content_type" not in file.form:
        yield _undeclared_format(file, description)
    if not file.is_rendered():
        yield _remark(
            file,
            "description-not-rendered",
            f"The description in `{file.path.name}` has {len(description)} characters; "
            "it was not rendered.",
        )
    yield from _undeclared_extras(file)


def _undeclared_format(file: Examined, description: str) -> Finding:
    message = f"`{file.path.name}` does not say in what format its description is"
    if not looks_like_markdown(description):
        return _remark(file, "description-type-missing", f"{message}.", severity=Severity.ADVICE)
    return _remark(
        file,
        "description-type-missing",
        f"{message}, and it looks like Markdown: PyPI shows it as reStructuredText.",
    )


def _undeclared_extras(file: Examined) -> Iterator[Finding]:
    declared = {canonicalize_name(extra) for extra in file.form.get("provides_extra", ())}
    for requirement in file.form.get("requires_dist", ()):
        for extra in re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement):
            if canonicalize_name(extra) not in declared:
                yield _remark(
                    file,
                    "extra-undeclared",
                    f"`{short(requirement)}` belongs to the extra `{extra}`, which is not "
                    "declared.",
                    file.in_metadata("requires-dist", requirement),
                )


def _remarks_on_wheel(file: Examined) -> Iterator[Finding]:
    parts = file.path.name.split("-", 2)
    if len(parts) < 3:
        return
    info = f"{parts[0]}-{parts[1]}.dist-info"
    yield from _record_remarks(file, f"{info}/RECORD", info)
    yield from _format_remarks(file, f"{info}/WHEEL")
    yield from _entry_point_remarks(file, f"{info}/entry_points.txt")
    try:
        platforms = upload.parse_wheel_filename(file.path.name).platforms
    except upload.InvalidWheelFilename:
        return
    native = [
        member.name
        for member in file.archive.members
        if member.name.lower().endswith((".so", ".pyd", ".dylib"))
    ]
    if platforms == ("any",) and native:
        yield _remark(
            file,
            "wheel-native-any",
            f"`{file.path.name}` says it runs anywhere and has "
            f"{examples(native, 'compiled file')}.",
            file.inside(native[0]),
        )


def _record_remarks(file: Examined, record: str, info: str) -> Iterator[Finding]:
    content = file.archive.read(record)
    if not isinstance(content, bytes):
        return
    try:
        listed = upload.record_names(content)
    except (ValueError, csv.Error):
        return
    exempt = {f"{info}/RECORD.jws", f"{info}/RECORD.p7s"}
    there = {
        name for name in file.archive.names if not name.endswith(("/", "\\")) and name not in exempt
    }
    differences = []
    if there - listed:
        differences.append(f"does not list {examples(sorted(there - listed), 'file')}")
    if listed - there:
        differences.append(f"lists {examples(sorted(listed - there), 'file')} not in the wheel")
    if differences:
        yield _remark(
            file,
            "wheel-record-mismatch",
            f"RECORD in `{file.path.name}` {' and '.join(differences)}.",
            file.inside(record),
        )


def _format_remarks(file: Examined, member: str) -> Iterator[Finding]:
    content = file.archive.read(member)
    if not isinstance(content, bytes):
        return
    text = content.decode("utf-8", "replace")
    found = re.search(r"^Wheel-Version:\s*(\d+)\.\d+\s*$", text, re.MULTILINE | re.IGNORECASE)
    if found is None or found[1] != "1":
        said = f"says `{short(found[0])}`" if found else "does not say a Wheel-Version"
        yield _remark(
            file, "wheel-format", f"WHEEL in `{file.path.name}` {said}.", file.inside(member)
        )


def _entry_point_remarks(file: Examined, member: str) -> Iterator[Finding]:
    content = file.archive.read(member)
    if not isinstance(content, bytes) or upload.entry_point_problems(content):
        return
    for section, name, value in upload.entry_points(content):
        if not _OBJECT.fullmatch(value.strip()):
            yield _remark(
                file,
                "entry-point-object",
                f"The entry point `{name}` in [{section}] names no object: `{short(value)}`.",
                file.inside(member, key=name),
            )


def _remarks_on_sdist(file: Examined) -> Iterator[Finding]:
    expected = file.path.name.removesuffix(".tar.gz")
    if file.archive.top and file.archive.top != expected:
        yield _remark(
            file,
            "sdist-other-directory",
            f"`{file.path.name}` unpacks to `{file.archive.top}/`.",
            file.inside(file.archive.top),
        )
    unpacked = sum(member.size for member in file.archive.members)
    if unpacked > RATIO_FLOOR and unpacked > RATIO_LIMIT * file.archive.size:
        yield _remark(
            file,
            "sdist-unpacks-large",
            f"`{file.path.name}` has {file.archive.size // upload.MIB} MiB and unpacks to "
            f"{unpacked // upload.MIB} MiB.",
        )


# Headings, fences and links; none means anything in reStructuredText, where indented lines may be
# an example of something else.
_MARKDOWN = re.compile(r"(?m)^#{1,6} \S|^```")
_MARKDOWN_LINK = re.compile(r"\[[^\[\]\n]{1,200}\]\((?:https?://|#|\.|/)[^)\n]{0,500}\)")
# Directives, links and literal blocks of reStructuredText.
_RST = re.compile(r"(?m)^\.\. [\w|\[]|`[^`\n]{1,500} <[^>`\n]{1,500}>`_|^[^\n]*::$")


def looks_like_markdown(description: str) -> bool:
    """Whether a heading or fence, or more than one link, can be nothing but Markdown."""
    if _RST.search(description):
        return False
    lines = (line for line in description.splitlines() if not line.startswith((" ", "\t")))
    links = sum(len(_MARKDOWN_LINK.findall(line)) for line in lines)
    return links > 1 or _MARKDOWN.search(description) is not None


# https://packaging.python.org/en/latest/specifications/entry-points/#data-model
_OBJECT = re.compile(r"[\w.]+(\s*:\s*[\w.]+)?(\s*\[[^\]]*\])?")


def _leaves(name: str) -> bool:
    """Whether a path is absolute or leads above where it is unpacked."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[\\/]", name):
        return True
    return posixpath.normpath("/".join(parts)).startswith("../") or ".." in parts


def _link_leaves(name: str, target: str) -> bool:
    if target.startswith("/"):
        return True
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    # What is unpacked is the one directory; above it begins the outside.
    return reached.startswith("..") or reached.split("/")[0] != name.split("/", maxsplit=1)[0]
