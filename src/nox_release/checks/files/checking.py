"""The check of distribution files, with no project around them: every violation at once.

Opens the files, several at a time, and asks `checks.upload` for PyPI's verdicts; what PyPI takes
and others do not is added as warnings.
"""

from __future__ import annotations

import csv
import os
import posixpath
import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from nox_release.checks import upload
from nox_release.checks.files.rules import RULES, is_old_name
from nox_release.checks.upload.ageing import may_be_taken
from nox_release.core.clock import SystemClock
from nox_release.core.findings import Finding, Location, Severity, find, ranked
from nox_release.files.archives import (
    RATIO_FLOOR,
    RATIO_LIMIT,
    UnreadableDistributionError,
    kind_of,
    parse_metadata,
    read_archive,
    read_digests,
    read_sha256,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from nox_release.checks.upload import Form, Refusal
    from nox_release.files.distributions import Archive, Kind, Metadata

__all__ = ["RULES", "Checked", "check_distributions", "examine", "form_of", "judge"]

_BY_ID = {rule.id: rule for rule in RULES}

# docutils needs about a second for 100 kB, and the other renderers none to speak of.
_RENDERED = {"text/x-rst": 400_000, "text/markdown": 4_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One file with what was found in it. The attributes serve `checks.index.state`."""

    path: Path
    size: int
    sha256: str
    form: Form
    findings: tuple[Finding, ...]

    @property
    def filename(self) -> str:
        return self.path.name

    @property
    def kind(self) -> Kind:
        return kind_of(self.path.name)

    @property
    def name(self) -> str:
        return canonicalize_name(self.form.get("name", ("",))[0])

    @property
    def version(self) -> Version | None:
        try:
            return Version(self.form.get("version", ("",))[0])
        except ValueError:
            return None

    @property
    def is_refused(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def form_of(path: Path) -> dict[str, tuple[str, ...]]:
    """The fields that twine 7 sends for a file, also for files that twine itself would refuse."""
    return upload.form_from(read_archive(path, path.name), path.name)


def check_distributions(paths: Iterable[str | os.PathLike[str]]) -> tuple[Finding, ...]:
    """Every violation in every file, and between them."""
    return judge(examine(paths))


def judge(checked: Sequence[Checked]) -> tuple[Finding, ...]:
    """What was found in each file, and what is wrong between them."""
    return ranked([*(one for each in checked for one in each.findings), *_together(checked)])


def examine(paths: Iterable[str | os.PathLike[str]]) -> tuple[Checked, ...]:
    """Each file with what was found in it, several at a time."""
    return tuple(_check_each([Path(path) for path in paths]))


def _check_each(paths: Sequence[Path]) -> list[Checked]:
    if len(paths) < 2:
        return [_check(path) for path in paths]
    # Threads are enough: hashing, decompressing and reading let go of the interpreter.
    with ThreadPoolExecutor(max_workers=min(len(paths), os.cpu_count() or 1)) as pool:
        return list(pool.map(_check, paths))


def _check(path: Path) -> Checked:
    try:
        archive = read_archive(path, path.name)
        # What is too large to be looked into is not read for its digest either.
        sha256 = read_sha256(path) if archive.kind else ""
    except (OSError, UnreadableDistributionError) as error:
        problem = getattr(error, "reason", "") or str(error)
        finding = find(
            _BY_ID["file-unreadable"],
            f"`{path.name}` cannot be read: {problem}.",
            where=Location(file=path.as_posix()),
        )
        return Checked(path=path, size=0, sha256="", form={}, findings=(finding,))
    form = upload.form_from(archive, path.name)
    examined = _Examined(path=path, archive=archive, form=form)
    findings = (*examined.refusals(), *examined.remarks())
    return Checked(
        path=path,
        size=archive.size,
        sha256=sha256,
        form=form,
        findings=findings,
    )


# --- one file ------------------------------------------------------------------------------------


class _Examined:
    """Turns the verdicts on one file into findings with a place, a reason and a remedy."""

    def __init__(self, *, path: Path, archive: Archive, form: Form) -> None:
        self.path = path
        self.archive = archive
        self.form = form
        self.metadata: Metadata | None = None
        if archive.metadata is not None:
            self.metadata = parse_metadata(archive.metadata_member, archive.metadata)

    def refusals(self) -> Iterator[Finding]:
        seen: set[tuple[str, str]] = set()
        found: set[str] = set()
        for refusal in self._raw_refusals():
            rule = refusal.rule
            # One cause, one finding: the form's verdict on a name covers those that follow it.
            if rule in ("name-invalid", "name-required", "name-syntax") and "form-name" in found:
                continue
            if (rule, refusal.value or refusal.text) in seen:
                continue
            seen.add((rule, refusal.value or refusal.text))
            found.add(rule)
            yield self._finding(refusal)

    def _raw_refusals(self) -> Iterator[Refusal]:
        form = {**self.form, "sha256_digest": ("0" * 64,)}  # the client's to send
        filetype = form["filetype"][0]
        name = form.get("name", ("",))[0]
        if self.metadata is not None:
            yield from upload.form_refusals(form)
            yield from upload.metadata_refusals(form)
            if name:
                yield from upload.name_refusals(name)
            if self._is_rendered():
                yield from upload.description_refusals(form)
        yield from upload.filename_refusals(self.path.name, filetype)
        yield from upload.size_refusals(self.archive.size, name or self.path.name)
        yield from upload.archive_refusals(self.archive, self.path.name, form)

    def _is_rendered(self) -> bool:
        """Whether the description is short enough to be tried here."""
        description = self.form.get("description", ("",))[0]
        content_type = self.form.get("description_content_type", ("",))[0] or "text/x-rst"
        limit = _RENDERED.get(content_type.partition(";")[0].strip().lower(), 4_000_000)
        return len(description) <= limit

    def _finding(self, refusal: Refusal) -> Finding:
        rule = _BY_ID[refusal.rule]
        newer = may_be_taken(refusal, SystemClock().now().date())
        return find(
            rule,
            self._message(refusal),
            where=self._where(refusal),
            fix=" ".join(filter(None, (newer, self._fix(refusal)))),
            severity=Severity.WARNING if newer or is_old_name(refusal) else None,
            refusal=f"{refusal.status} {refusal.text}",
        )

    # where

    def _where(self, refusal: Refusal) -> Location:
        header = upload.header_of(refusal.field)
        if header:
            return self._in_metadata(header, refusal.value)
        if refusal.rule == "description-render":
            return self._in_metadata("description", "")
        if refusal.rule == "wheel-record-blank-line":
            return self._inside(refusal.field, line=int(refusal.value))
        if refusal.field:
            return self._inside(refusal.field)
        return Location(file=self.path.as_posix())

    def _inside(self, member: str, *, key: str = "", line: int | None = None) -> Location:
        return Location(file=f"{self.path.as_posix()}/{member}", key=key, line=line)

    def _in_metadata(self, header: str, value: str) -> Location:
        if self.metadata is None:
            return Location(file=self.path.as_posix(), key=header)
        fields = [field for field in self.metadata.fields if field.name.lower() == header]
        wanted = value.split("\n", 1)[0].strip()
        exact = [field for field in fields if wanted and wanted == field.value]
        near = [field for field in fields if wanted and wanted in field.value]
        chosen = next(iter([*exact, *near, *fields]), None)
        if chosen is None:
            return self._inside(self.metadata.member, key=_titled(header))
        return self._inside(self.metadata.member, key=chosen.name, line=chosen.line)

    # what

    def _message(self, refusal: Refusal) -> str:
        words = _MESSAGES.get(refusal.rule, "PyPI would refuse `{file}`: {text}.")
        message = words.format(
            file=self.path.name,
            value=_short(refusal.value),
            text=refusal.text.split(" See http")[0].removesuffix("."),
            member=refusal.field,
            header=_titled(upload.header_of(refusal.field) or refusal.field),
            name=self.form.get("name", ("",))[0],
            version=self.form.get("version", ("",))[0],
            underscored=canonicalize_name(self.form.get("name", ("",))[0]).replace("-", "_"),
            count=len(refusal.value),
            megabytes=f"{self.archive.size / upload.MIB:.1f}",
        )
        if refusal.rule != "description-render":
            return message
        return f"{message} {upload.rendering_problem(self.form)}".rstrip()

    def _fix(self, refusal: Refusal) -> str:
        if refusal.rule == "classifier-deprecated" and " use one of " in refusal.text:
            instead = refusal.text.partition(" use one of ")[2].partition(" instead")[0]
            return f"Use {instead} instead in `project.classifiers`."
        if refusal.rule == "classifier-unknown":
            close = upload.close_classifiers(refusal.value)
            if close:
                names = " or ".join(f"`{name}`" for name in close)
                return f"Did you mean {names}? Change it in `project.classifiers`."
        if refusal.rule == "description-render" and self._renders_unindented():
            return (
                "Its lines are indented as old releases of setuptools write them into PKG-INFO; "
                "without that it renders. Build the file again with a current setuptools."
            )
        if refusal.rule == "field-too-new":
            needed = re.search(r"version ([\d.]+), not", refusal.text)
            if needed:
                return (
                    f"Build with a backend that writes metadata version {needed[1]} or later, "
                    f"or leave `{_titled(refusal.field)}` out."
                )
        return ""

    def _renders_unindented(self) -> bool:
        """Whether it is the indentation of a folded header that keeps the description from rendering."""
        first, *rest = self.form.get("description", ("",))[0].splitlines()
        if not rest or any(line.strip() and not line.startswith(_FOLD) for line in rest):
            return False
        plain = "\n".join([first, *(line.removeprefix(_FOLD) for line in rest)])
        return not list(upload.description_refusals({**self.form, "description": (plain,)}))

    # what PyPI takes

    def remarks(self) -> Iterator[Finding]:
        yield from self._remarks_on_members()
        if self.metadata is not None:
            yield from self._remarks_on_metadata(self.metadata)
        if self.path.name.endswith(".whl") and self.archive.opened:
            yield from self._remarks_on_wheel()
        elif self.archive.kind == "tar" and self.archive.opened:
            yield from self._remarks_on_sdist()

    def _remark(
        self,
        rule: str,
        message: str,
        where: Location | None = None,
        *,
        severity: Severity | None = None,
    ) -> Finding:
        where = where or Location(file=self.path.as_posix())
        return find(_BY_ID[rule], message, where=where, severity=severity)

    def _remarks_on_members(self) -> Iterator[Finding]:
        members = self.archive.members
        outside = [member.name for member in members if _leaves(member.name)]
        if outside:
            yield self._remark(
                "member-outside",
                f"`{self.path.name}` has {_examples(outside, 'path')} outside itself.",
                self._inside(outside[0]),
            )
        links = [
            member.name
            for member in members
            if (member.kind == "symlink" and self.archive.kind == "zip")
            or (member.kind == "symlink" and _link_leaves(member.name, member.target))
            or (member.kind == "hardlink" and _leaves(member.target))
        ]
        if links:
            yield self._remark(
                "member-link",
                f"`{self.path.name}` has {_examples(links, 'link')} that installers do not follow.",
                self._inside(links[0]),
            )
        devices = [member.name for member in members if member.kind == "device"]
        if devices:
            yield self._remark(
                "member-device",
                f"`{self.path.name}` has {_examples(devices, 'device')} among its files.",
                self._inside(devices[0]),
            )
        if self.archive.kind == "tar":
            yield from self._duplicates([member.name for member in members if not member.is_dir])

    def _duplicates(self, names: Sequence[str]) -> Iterator[Finding]:
        counted = Counter(names)
        twice = [name for name in counted if counted[name] > 1]
        if twice:
            yield self._remark(
                "member-twice",
                f"`{self.path.name}` has {_examples(twice, 'file')} more than once.",
                self._inside(twice[0]),
            )

    def _remarks_on_metadata(self, metadata: Metadata) -> Iterator[Finding]:
        refused = upload.client_problems(metadata.text)
        if refused:
            yield self._remark(
                "twine-refuses",
                f"twine would not send the metadata of `{self.path.name}`: {'; '.join(refused)}.",
                self._inside(metadata.member),
            )
        elif self.archive.kind == "tar" and any(
            member.name == metadata.member and member.kind != "file"
            for member in self.archive.members
        ):
            yield self._remark(
                "twine-refuses",
                f"twine would not send `{self.path.name}`: its PKG-INFO is a link.",
                self._inside(metadata.member),
            )
        description = self.form.get("description", ("",))[0]
        if not description.strip() or description.strip() == "UNKNOWN":
            yield self._remark(
                "description-missing", f"`{self.path.name}` has no description for PyPI to show."
            )
        elif "description_content_type" not in self.form:
            yield self._undeclared_format(description)
        if not self._is_rendered():
            yield self._remark(
                "description-not-rendered",
                f"The description in `{self.path.name}` has {len(description)} characters; "
                "it was not rendered.",
            )
        yield from self._undeclared_extras()

    def _undeclared_format(self, description: str) -> Finding:
        message = f"`{self.path.name}` does not say in what format its description is"
        if not looks_like_markdown(description):
            return self._remark("description-type-missing", f"{message}.", severity=Severity.ADVICE)
        return self._remark(
            "description-type-missing",
            f"{message}, and it looks like Markdown: PyPI shows it as reStructuredText.",
        )

    def _undeclared_extras(self) -> Iterator[Finding]:
        declared = {canonicalize_name(extra) for extra in self.form.get("provides_extra", ())}
        for requirement in self.form.get("requires_dist", ()):
            for extra in re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement):
                if canonicalize_name(extra) not in declared:
                    yield self._remark(
                        "extra-undeclared",
                        f"`{_short(requirement)}` belongs to the extra `{extra}`, which is not "
                        "declared.",
                        self._in_metadata("requires-dist", requirement),
                    )

    def _remarks_on_wheel(self) -> Iterator[Finding]:
        parts = self.path.name.split("-", 2)
        if len(parts) < 3:
            return
        info = f"{parts[0]}-{parts[1]}.dist-info"
        yield from self._record_remarks(f"{info}/RECORD", info)
        yield from self._format_remarks(f"{info}/WHEEL")
        yield from self._entry_point_remarks(f"{info}/entry_points.txt")
        try:
            platforms = upload.parse_wheel_filename(self.path.name).platforms
        except upload.InvalidWheelFilename:
            return
        native = [
            member.name
            for member in self.archive.members
            if member.name.lower().endswith((".so", ".pyd", ".dylib"))
        ]
        if platforms == ("any",) and native:
            yield self._remark(
                "wheel-native-any",
                f"`{self.path.name}` says it runs anywhere and has "
                f"{_examples(native, 'compiled file')}.",
                self._inside(native[0]),
            )

    def _record_remarks(self, record: str, info: str) -> Iterator[Finding]:
        content = self.archive.read(record)
        if not isinstance(content, bytes):
            return
        try:
            listed = upload.record_names(content)
        except (ValueError, csv.Error):
            return
        exempt = {f"{info}/RECORD.jws", f"{info}/RECORD.p7s"}
        there = {
            name
            for name in self.archive.names
            if not name.endswith(("/", "\\")) and name not in exempt
        }
        differences = []
        if there - listed:
            differences.append(f"does not list {_examples(sorted(there - listed), 'file')}")
        if listed - there:
            differences.append(
                f"lists {_examples(sorted(listed - there), 'file')} not in the wheel"
            )
        if differences:
            yield self._remark(
                "wheel-record-mismatch",
                f"RECORD in `{self.path.name}` {' and '.join(differences)}.",
                self._inside(record),
            )

    def _format_remarks(self, member: str) -> Iterator[Finding]:
        content = self.archive.read(member)
        if not isinstance(content, bytes):
            return
        text = content.decode("utf-8", "replace")
        found = re.search(r"^Wheel-Version:\s*(\d+)\.\d+\s*$", text, re.MULTILINE | re.IGNORECASE)
        if found is None or found[1] != "1":
            said = f"says `{_short(found[0])}`" if found else "does not say a Wheel-Version"
            yield self._remark(
                "wheel-format", f"WHEEL in `{self.path.name}` {said}.", self._inside(member)
            )

    def _entry_point_remarks(self, member: str) -> Iterator[Finding]:
        content = self.archive.read(member)
        if not isinstance(content, bytes) or upload.entry_point_problems(content):
            return
        for section, name, value in upload.entry_points(content):
            if not _OBJECT.fullmatch(value.strip()):
                yield self._remark(
                    "entry-point-object",
                    f"The entry point `{name}` in [{section}] names no object: `{_short(value)}`.",
                    self._inside(member, key=name),
                )

    def _remarks_on_sdist(self) -> Iterator[Finding]:
        expected = self.path.name.removesuffix(".tar.gz")
        if self.archive.top and self.archive.top != expected:
            yield self._remark(
                "sdist-other-directory",
                f"`{self.path.name}` unpacks to `{self.archive.top}/`.",
                self._inside(self.archive.top),
            )
        unpacked = sum(member.size for member in self.archive.members)
        if unpacked > RATIO_FLOOR and unpacked > RATIO_LIMIT * self.archive.size:
            yield self._remark(
                "sdist-unpacks-large",
                f"`{self.path.name}` has {self.archive.size // upload.MIB} MiB and unpacks to "
                f"{unpacked // upload.MIB} MiB.",
            )


# What distutils put before every line of a description but the first.
_FOLD = 8 * " "

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


def _titled(header: str) -> str:
    """`requires-dist` → `Requires-Dist`, as files write it."""
    return {"project-url": "Project-URL", "download-url": "Download-URL"}.get(
        header, "-".join(part.capitalize() for part in header.split("-"))
    )


def _short(value: str, limit: int = 100) -> str:
    line = " ".join(value.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _examples(names: Sequence[str], noun: str) -> str:
    """A count with examples: 3 files (`a`, `b`, …)."""
    shown = ", ".join(f"`{_short(name, 80)}`" for name in names[:3])
    more = ", …" if len(names) > 3 else ""
    return f"{len(names)} {noun}{'s' * (len(names) != 1)} ({shown}{more})"


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


_MESSAGES: Mapping[str, str] = {
    "form-name": "`{value}` is not a name that PyPI takes.",
    "form-filetype": "`{file}` is neither an sdist nor a wheel.",
    "metadata-version": "Metadata-Version is `{value}`, which PyPI does not take.",
    "version-required": "The metadata have no version.",
    "version-invalid": "`{value}` is not a valid version.",
    "summary-one-line": "The summary has more than one line.",
    "summary-length": "The summary has {count} characters; 512 is the limit.",
    "description-content-type": "The description's content type is `{value}`.",
    "description-charset": "The description's charset is not UTF-8: `{value}`.",
    "markdown-variant": "The Markdown variant is unknown: `{value}`.",
    "requires-dist-syntax": "`{value}` is not a valid dependency.",
    "requires-python-syntax": "`{value}` is not a valid set of Python versions.",
    "provides-extra-name": "`{value}` is not a valid name for an extra.",
    "license-expression-invalid": "`{value}` is not an SPDX licence expression.",
    "license-file-path": "`{value}` is not a plain relative path to a licence file.",
    "dynamic-field": "`{value}` may not be dynamic.",
    "dynamic-unknown": "`{value}` may not be dynamic.",
    "import-name": "`{value}` cannot be imported.",
    "field-too-new": "{text}.",
    "field-unparsed": "{header} is given twice.",
    "local-version": "`{value}` is a local version.",
    "author-email": "Author-Email: {text}.",
    "maintainer-email": "Maintainer-Email: {text}.",
    "classifier-unknown": "There is no classifier `{value}`.",
    "classifier-deprecated": "The classifier `{value}` is deprecated.",
    "home-page": "`{value}` is not an http(s) address.",
    "download-url": "`{value}` is not an http(s) address.",
    "project-url-label": "The label of `{value}` is missing or longer than 32 characters.",
    "project-url-url": "`{value}` has no http(s) address.",
    "provides-obsoletes-dist": "{header}: `{value}` is not a plain requirement.",
    "direct-dependency": "The dependency `{value}` is an address.",
    "license-both": "License and License-Expression are both given.",
    "name-syntax": "`{name}` is not a name that PyPI takes.",
    "name-stdlib": "`{name}` is the name of a standard library module.",
    "description-render": "PyPI cannot render the description.",
    "filename-empty": "The file has no name.",
    "filename-control-chars": "The name of `{file}` has characters that cannot be printed.",
    "filename-separator": "The name of `{file}` has a slash.",
    "filename-too-long": "The name of `{file}` is too long.",
    "extension-unknown": "`{file}` is neither a .tar.gz nor a .whl.",
    "extension-for-type": "The extension of `{file}` does not fit its kind.",
    "sdist-filename-parse": "`{file}` does not hold a name and a version.",
    "sdist-filename-name": "`{file}` does not begin with `{underscored}`, the project's name.",
    "sdist-filename-exact": "{text}.",
    "wheel-filename-parse": "{text}.",
    "wheel-filename-name": "`{file}` does not begin with `{underscored}`, the project's name.",
    "wheel-filename-normalised": "{text}.",
    "wheel-filename-version": "{text}.",
    "wheel-platform": "PyPI does not take the platform tag `{value}`.",
    "file-too-large": "`{file}` has {megabytes} MB; a project may upload 100 MB at once.",
    "zip-and-tar": "`{file}` can be read as zip and as tar.",
    "not-zip": "`{file}` is not a zip file.",
    "not-tar": "`{file}` is not a tar file.",
    "compression-bomb": "`{file}` unpacks to more than fifty times its size.",
    "compression-type": "`{member}` in `{file}` is compressed in a way that PyPI does not take.",
    "zip-framing": "The framing of `{file}` is not sound: {value}.",
    "one-top-level": "`{file}` has no single directory that everything is in.",
    "sdist-absolute-member": "`{file}` mixes absolute and relative paths.",
    "sdist-sparse": "`{member}` in `{file}` is a sparse member.",
    "pkg-info-missing": "`{file}` has no PKG-INFO in its directory.",
    "wheel-file-missing": "{text}.",
    "wheel-metadata-missing": "`{file}` has no `{member}`.",
    "wheel-record-missing": "`{member}` in `{file}` is missing or cannot be read.",
    "wheel-record-blank-line": "Line {value} of RECORD in `{file}` is blank.",
    "wheel-entry-points": "The entry points in `{file}` are not well-formed: {value}.",
    "wheel-license-file": "The licence file `{value}` is not in `{file}`.",
    "sdist-license-file": "The licence file `{value}` is not in `{file}`.",
    "yara": "`{member}` in `{file}` is encrypted with {value}.",
    "archive-corrupt": "`{file}` is damaged.",
    "archive-truncated": "`{file}` ends within its first header.",
    "archive-unreadable": "`{file}` cannot be opened.",
    "archive-member-unreadable": "`{member}` in `{file}` cannot be read.",
    "archive-not-examined": "`{file}` was not examined: {value}.",
}


# --- several files -------------------------------------------------------------------------------


def _together(checked: Sequence[Checked]) -> Iterator[Finding]:
    yield from _same(checked)
    releases: dict[tuple[str, Version], list[Checked]] = defaultdict(list)
    for each in checked:
        if each.version is not None:
            releases[each.name, each.version].append(each)
    for (name, version), files in releases.items():
        sdists = [each for each in files if each.kind == "sdist"]
        for second in sdists[1:]:
            yield _between(
                "second-sdist",
                second,
                f"`{second.filename}` is a second sdist of {name} {version}, beside "
                f"`{sdists[0].filename}`.",
                "400 Only one sdist may be uploaded per release.",
            )
        refused = [each for each in files if each.is_refused]
        if refused and len(refused) < len(files):
            yield _between(
                "half-release",
                refused[0],
                f"PyPI would refuse {_examples([each.filename for each in refused], 'file')} of "
                f"{name} {version} and take the other{'s' * (len(files) - len(refused) != 1)}.",
            )
    for name in dict.fromkeys(name for name, _ in releases):
        versions = sorted(version for other, version in releases if other == name)
        if len(versions) > 1:
            newest = releases[name, versions[-1]][0]
            yield _between(
                "several-versions",
                newest,
                f"There are files of {len(versions)} versions of {name}: "
                f"{', '.join(map(str, versions))}.",
            )


def _same(checked: Sequence[Checked]) -> Iterator[Finding]:
    names: dict[str, Checked] = {}
    contents: dict[str, Checked] = {}
    for each in checked:
        if not each.sha256:
            continue
        named = names.setdefault(each.filename, each)
        first = contents.setdefault(each.sha256, each)
        if named.sha256 != each.sha256:
            yield _between(
                "file-exists",
                each,
                f"`{each.path.as_posix()}` and `{named.path.as_posix()}` have one name and "
                "different content.",
                _file_exists(each),
            )
        elif first.filename != each.filename:
            yield _between(
                "same-content",
                each,
                f"`{each.filename}` has the same content as `{first.filename}`.",
                _file_exists(each),
            )


def _file_exists(each: Checked) -> str:
    _, blake2_256 = read_digests(each.path)
    return (
        f"400 File already exists ({each.filename!r}, with blake2_256 hash {blake2_256!r}). "
        "See https://pypi.org/help/#file-name-reuse for more information."
    )


def _between(rule: str, each: Checked, message: str, refusal: str = "") -> Finding:
    known = _BY_ID[rule]
    if known.subject == "index":  # the other file is here as well
        known = replace(known, subject="distributions", remedy="Upload one of them.")
    return find(known, message, where=Location(file=each.path.as_posix()), refusal=refusal)
