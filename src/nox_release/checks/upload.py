"""PyPI's verdict on an upload, in PyPI's order, with its status and its words.

The facts are those of Warehouse, the program behind PyPI, at its commit 6b62157 (2026-08-21):
`warehouse/forklift/{forms,metadata,legacy}.py`, `warehouse/packaging/services.py`,
`warehouse/utils/{zipfiles,wheel,readme,http}.py`, and of `packaging` 26.2, which that commit pins.
https://github.com/pypi/warehouse

Every function yields `Refusal`s. The first one is what PyPI answers; the rest is what it would
say once the first is mended. PyPI goes through the steps in this order:
`form_refusals`, `metadata_refusals`, `name_refusals` (new projects only), `description_refusals`,
`filename_refusals`, `size_refusals`, then the duplicates (the index's own knowledge),
`archive_refusals`.
"""

from __future__ import annotations

import configparser
import csv
import difflib
import email.message
import email.utils
import functools
import inspect
import io
import itertools
import keyword
import pathlib
import posixpath
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.licenses import canonicalize_license_expression
from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.distributions import Archive, Unreadable
from nox_release.quiet import without_warnings

Form = Mapping[str, tuple[str, ...]]

MIB = 1024 * 1024
GIB = 1024 * MIB
DEFAULT_FILE_LIMIT = 100 * MIB
DEFAULT_PROJECT_LIMIT = 10 * GIB

SERVER_ERROR = "Internal Server Error"
SUPPORTED_METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The hosts that PyPI's texts name."""

    pypi_host: str = "pypi.org"
    upload_host: str = "upload.pypi.org"
    docs_host: str = "docs.pypi.org"
    testpypi_host: str = "test.pypi.org"

    def help(self, anchor: str) -> str:
        return f"https://{self.pypi_host}/help/#{anchor}"

    def docs(self, path: str) -> str:
        return f"https://{self.docs_host}{path}"


PYPI_SITE = Site()


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


# --- the form ------------------------------------------------------------------------------------

# `twine/package.py` of 7.0: the keys of `packaging.metadata.RawMetadata` under the form's names.
# It sends no import names.
_RENAMED = {
    "platforms": "platform",
    "supported_platforms": "supported_platform",
    "license_files": "license_file",
}
_NOT_SENT = ("import_names", "import_namespaces")
_WHEEL_TAG = re.compile(
    r"^.+?(-\d.+?)?(-\d.*?)?-(?P<python>.+?)-.+?-.+?\.whl$",
)


def form_from(archive: Archive, filename: str) -> dict[str, tuple[str, ...]]:
    """The fields that twine 7 sends for a file, also for files that twine itself would refuse.

    Without readable metadata, name and version are taken from the filename: enough to say what
    else is wrong.
    """
    form: dict[str, tuple[str, ...]] = {}
    if archive.metadata is not None:
        form.update(_metadata_fields(archive.metadata))
    else:
        form.update(_filename_fields(filename))
    wheel = _WHEEL_TAG.match(filename)
    if filename.lower().endswith(".whl") or (not _is_sdist(filename) and archive.kind == "zip"):
        form["pyversion"] = (wheel["python"] if wheel else "any",)
        form["filetype"] = ("bdist_wheel",)
    else:
        form["pyversion"] = ("source",)
        form["filetype"] = ("sdist",)
    return form


def _is_sdist(filename: str) -> bool:
    return filename.lower().endswith((".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz"))


def _metadata_fields(text: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    raw, unparsed = parse_email(text)
    for key, value in raw.items():
        if key in _NOT_SENT or (key == "license_files" and _is_before_licences(raw)):
            continue
        if isinstance(value, dict):
            yield key, tuple(f"{label}, {url}" for label, url in value.items())
        elif key == "keywords":
            yield key, (", ".join(value),)  # type: ignore[arg-type]
        elif isinstance(value, str):
            yield key, (safe_name(value) if key == "name" else value,)
        elif value:
            yield _RENAMED.get(key, key), tuple(value)  # type: ignore[arg-type]
    for field in FIELDS:
        # Given more often than may be. twine refuses these; what another client sends, PyPI
        # refuses. (A value that is no UTF-8 cannot be sent at all.)
        values = unparsed.get(field.header, [])
        if len(values) > 1 and all(isinstance(value, str) for value in values):
            yield field.form, tuple(values)


def _is_before_licences(raw: RawMetadata) -> bool:
    """Whether the metadata are older than 2.4: then twine sends no License-File."""
    try:
        return Version(raw.get("metadata_version", "0")) < Version("2.4")
    except InvalidVersion:
        return False


def client_problems(text: bytes) -> tuple[str, ...]:
    """Why twine 7 refuses to send metadata that PyPI would take, field by field."""
    _, unparsed = parse_email(text)
    problems = []
    for header in sorted(unparsed):
        if header == "license-file":
            continue
        if header not in _HEADERS:
            problems.append(f"there is no field `{header}`")
        elif len(unparsed[header]) < 2:
            problems.append(f"`{header}` is not UTF-8")
    return tuple(problems)


def safe_name(name: str) -> str:
    """The spelling of a name that twine sends; one that PyPI refuses is left as it is."""
    return re.sub("[^A-Za-z0-9.]+", "-", name) if _NAME.match(name) else name


def _filename_fields(filename: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    stem = re.sub(r"(?i)\.(tar\.gz|zip|whl)$", "", filename)
    parts = stem.split("-")
    if filename.lower().endswith(".whl"):
        name, version = parts[0], parts[1] if len(parts) > 1 else ""
    else:
        name, _, version = stem.rpartition("-")
    yield "metadata_version", ("2.1",)
    if _NAME.match(name):
        yield "name", (safe_name(name),)
    if version:
        yield "version", (version,)


def sanitize(form: Form) -> dict[str, tuple[str, ...]]:
    """The form as PyPI reads it: fields saying UNKNOWN are gone, NUL is spelt out.

    Only the last value of a field is looked at, and the answer is for the whole field
    (`forklift/decorators.py`).
    """
    clean: dict[str, tuple[str, ...]] = {}
    for key, values in form.items():
        if not values:
            continue
        last = values[-1]
        if last.strip() == "UNKNOWN":
            continue
        clean[key] = (last.replace("\x00", "\\x00"),) if "\x00" in last else tuple(values)
    return clean


_NAME = re.compile(r"^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE | re.ASCII)
_DIGEST = re.compile(r"^[A-F0-9]{64}$", re.IGNORECASE)
_FILETYPES = {"sdist": (".zip", ".tar.gz"), "bdist_wheel": (".whl",)}
_SPEC = "https://packaging.python.org/specifications/core-metadata"
_LOCAL_VERSIONS = (
    "https://packaging.python.org/en/latest/specifications/"
    "version-specifiers/#local-version-identifiers"
)
_NAME_SYNTAX = (
    "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
)


def form_refusals(form: Form) -> Iterator[Refusal]:
    """What is wrong with the form itself, before its metadata is looked at."""
    form = sanitize(form)
    if form.get("protocol_version", ("1",))[-1] != "1":
        yield Refusal(rule="protocol-version", text="Unknown protocol version.")
    name = _first(form, "name")
    single = [*_name_refusals(name), *_form_field_refusals(form)]
    yield from single
    if not single:
        yield from _form_combination_refusals(form)


def _first(form: Form, key: str) -> str:
    return form.get(key, ("",))[0]


def _name_refusals(name: str) -> Iterator[Refusal]:
    if not name:
        reason = "This field is required."
    elif not _NAME.match(name):
        reason = _NAME_SYNTAX
    else:
        return
    shown = f"{name[:30]}...{name[-30:]}" if len(name) > 60 else name
    text = (
        f"{shown!r} is an invalid value for Name. Error: {reason} See {_SPEC} for more information."
    )
    yield Refusal(rule="form-name", text=text, field="name", value=name)


def _form_field_refusals(form: Form) -> Iterator[Refusal]:
    """Fields of the form but the name, in the alphabetical order in which PyPI names them."""
    problems = {
        "blake2_256_digest": "Use a valid, hex-encoded, BLAKE2 message digest.",
        "sha256_digest": "Use a valid, hex-encoded, SHA256 message digest.",
    }
    found = {}
    for field, problem in problems.items():
        digest = _first(form, field)
        if digest.strip() and not _DIGEST.match(digest):
            found[field] = problem
    filetype = _first(form, "filetype")
    if not filetype:
        found["filetype"] = "This field is required."
    elif filetype not in _FILETYPES:
        found["filetype"] = "Use a known file type."
    for field, problem in sorted(found.items()):
        yield Refusal(
            rule="form-filetype" if field == "filetype" else "form-digest",
            text=f"Invalid value for {field}. Error: {problem}",
            field=field,
            value=_first(form, field),
        )


def _form_combination_refusals(form: Form) -> Iterator[Refusal]:
    pyversion = _first(form, "pyversion")
    problem = ""
    if _first(form, "filetype") != "sdist":
        if not pyversion:
            problem = "Python version is required for binary distribution uploads."
    elif pyversion and pyversion != "source":
        problem = "Use 'source' as Python version for an sdist."
    if problem:
        text = f"Invalid value for pyversion. Error: {problem}"
        yield Refusal(rule="form-pyversion", text=text, field="pyversion", value=pyversion)
    digests = ("md5_digest", "sha256_digest", "blake2_256_digest")
    if not problem and not any(_first(form, digest) for digest in digests):
        yield Refusal(rule="form-digest", text="Error: Include at least one message digest.")


# --- core metadata -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Field:
    """A metadata field: its key in the form, its header, and the version that introduced it."""

    form: str
    header: str
    added: str = "1.0"
    many: bool = False


# https://packaging.python.org/specifications/core-metadata/
FIELDS = (
    _Field("metadata_version", "metadata-version"),
    _Field("name", "name"),
    _Field("version", "version"),
    _Field("author", "author"),
    _Field("author_email", "author-email"),
    _Field("classifiers", "classifier", "1.1", many=True),
    _Field("description", "description"),
    _Field("description_content_type", "description-content-type", "2.1"),
    _Field("download_url", "download-url", "1.1"),
    _Field("dynamic", "dynamic", "2.2", many=True),
    _Field("home_page", "home-page"),
    _Field("import_name", "import-name", "2.5", many=True),
    _Field("import_namespace", "import-namespace", "2.5", many=True),
    _Field("keywords", "keywords"),
    _Field("license", "license"),
    _Field("license_expression", "license-expression", "2.4"),
    _Field("license_file", "license-file", "2.4", many=True),
    _Field("maintainer", "maintainer", "1.2"),
    _Field("maintainer_email", "maintainer-email", "1.2"),
    _Field("obsoletes", "obsoletes", "1.1", many=True),
    _Field("obsoletes_dist", "obsoletes-dist", "1.2", many=True),
    _Field("platform", "platform", many=True),
    _Field("project_urls", "project-url", "1.2", many=True),
    _Field("provides", "provides", "1.1", many=True),
    _Field("provides_dist", "provides-dist", "1.2", many=True),
    _Field("provides_extra", "provides-extra", "2.1", many=True),
    _Field("requires", "requires", "1.1", many=True),
    _Field("requires_dist", "requires-dist", "1.2", many=True),
    _Field("requires_external", "requires-external", "1.2", many=True),
    _Field("requires_python", "requires-python", "1.2"),
    _Field("summary", "summary"),
    _Field("supported_platform", "supported-platform", "1.1", many=True),
)
_BY_FORM = {field.form: field for field in FIELDS}
_HEADERS = frozenset(field.header for field in FIELDS)
_SINGLE = frozenset(field.form for field in FIELDS if not field.many)
_FIRST_SHOWN = ("metadata-version", "name", "version")

# PyPI's own list of what may be dynamic (`forklift/metadata.py`), in lower case.
_DYNAMIC = _HEADERS - {"metadata-version", "name", "version"}


def metadata_refusals(form: Form, site: Site = PYPI_SITE) -> Iterator[Refusal]:
    """What is wrong with the core metadata in a form: unusable fields, stage A, stage B.

    PyPI looks at each stage only when the one before found nothing.
    """
    del site  # these texts name no host of the site
    form = sanitize(form)
    values = {
        key: form[key] for key in _BY_FORM if key in form and form[key] and form[key] != ("",)
    }
    yield from _in_order(_unusable(values))
    heads: list[Refusal] = []
    rest: list[Refusal] = []
    for field in FIELDS:
        found = list(_stage_a(field, values))
        heads.extend(found[:1])
        rest.extend(found[1:])
    # Of each field the first bad value is shown; of the fields, one.
    yield from _in_order(heads)
    yield from _in_order(rest)
    yield from _in_order(_stage_b(values))


def _in_order(refusals: Iterable[Refusal]) -> list[Refusal]:
    """PyPI shows metadata version, name and version first, the rest alphabetically.

    Where its program fails on one field, none of the others comes to be shown.
    """

    def key(refusal: Refusal) -> tuple[bool, int, str]:
        if refusal.field in _FIRST_SHOWN:
            return refusal.status != 500, _FIRST_SHOWN.index(refusal.field), ""
        return refusal.status != 500, len(_FIRST_SHOWN), refusal.field

    return sorted(refusals, key=key)


def header_of(field: str) -> str:
    """The metadata header that a refusal's `field` means, or ""."""
    if field in _HEADERS:
        return field
    return _BY_FORM[field].header if field in _BY_FORM else ""


def _sentence(text: str, see: str = _SPEC) -> str:
    return f"{text}{'' if text.endswith('.') else '.'} See {see} for more information."


def _complaint(rule: str, field: str, text: str, value: str = "") -> Refusal:
    return Refusal(rule=rule, text=_sentence(text), field=field, value=value)


def _crash(rule: str, field: str, value: str = "") -> Refusal:
    return Refusal(rule=rule, status=500, text=SERVER_ERROR, field=field, value=value)


def _said(rule: str, header: str, text: str, value: str = "") -> Refusal:
    """A complaint of packaging 26.2, which runs its finished texts through `str.format_map`.

    So a value with braces makes PyPI's program fail.
    """
    try:
        text = text.format_map({"field": repr(header)})
    except (ValueError, LookupError, AttributeError):
        return _crash(rule, header, value)
    return _complaint(rule, header, text, value)


def _unusable(values: Form) -> Iterator[Refusal]:
    """Fields that may be sent once and were sent more often; labels that occur twice."""
    for key, sent in values.items():
        if (key in _SINGLE and len(sent) != 1) or (
            key == "project_urls" and len(_labels(sent)) != len(set(_labels(sent)))
        ):
            # This one message speaks of the form's field, and is sorted by it.
            yield _complaint("field-unparsed", key, f"{key!r} has invalid data", sent[-1])


def _labels(urls: Sequence[str]) -> list[str]:
    return [label for label, _ in _project_urls(urls)]


def _project_urls(urls: Sequence[str]) -> list[tuple[str, str]]:
    pairs = (url.partition(",") for url in urls)
    return [(label.strip(), url.strip()) for label, _, url in pairs]


def _age(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _stage_a(field: _Field, values: Form) -> Iterator[Refusal]:
    """What the `packaging` library would say of one field."""
    sent = values.get(field.form, ())
    if field.form in _SINGLE and len(sent) > 1:
        return
    metadata_version = _first(values, "metadata_version")
    known = metadata_version in SUPPORTED_METADATA_VERSIONS
    if sent and known and _age(field.added) > _age(metadata_version):
        text = (
            f"{field.header} introduced in metadata version {field.added}, not {metadata_version}"
        )
        yield _complaint("field-too-new", field.header, text, sent[0])
        return
    check = _STAGE_A.get(field.form)
    if check is not None:
        yield from check(field.header, sent)


def _check_metadata_version(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    value = sent[0] if sent else None
    if value not in SUPPORTED_METADATA_VERSIONS:
        text = f"{value!r} is not a valid metadata version"
        yield _said("metadata-version", header, text, value or "")


def _check_name(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    if not sent:
        yield _said("name-required", header, "{field} is a required field")
        return
    try:
        canonicalize_name(sent[0], validate=True)
    except InvalidName:
        yield _invalid("name-invalid", header, sent[0])


def _invalid(rule: str, header: str, value: str, more: str = "") -> Refusal:
    return _said(rule, header, f"{value!r} is invalid for {{field}}{more}", value)


def _check_version(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    if not sent:
        yield _said("version-required", header, "{field} is a required field")
        return
    try:
        Version(sent[0])
    except InvalidVersion:
        yield _invalid("version-invalid", header, sent[0])
    except ValueError:  # a number of more than 4300 digits
        yield _crash("version-invalid", header, sent[0])


def _check_summary(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        if "\n" in value:
            yield _said("summary-one-line", header, "{field} must be a single line", value)


_CONTENT_TYPES = ("text/plain", "text/x-rst", "text/markdown")
_VARIANTS = ("GFM", "CommonMark")


def _check_content_type(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            content_type, parameters = _content_type(value)
        except Exception:  # noqa: BLE001 - the parser of `email` fails in many ways
            yield _crash("description-content-type", header, value)
            continue
        if content_type not in _CONTENT_TYPES or content_type not in value.lower():
            text = f"{{field}} must be one of {list(_CONTENT_TYPES)}, not {value!r}"
            yield _said("description-content-type", header, text, value)
            continue
        charset = parameters.get("charset", "UTF-8")
        if charset != "UTF-8":
            text = f"{{field}} can only specify the UTF-8 charset, not {charset!r}"
            yield _said("description-charset", header, text, value)
        elif content_type == "text/markdown" and parameters.get("variant", "GFM") not in _VARIANTS:
            text = (
                f"valid Markdown variants for {{field}} are {list(_VARIANTS)}, "
                f"not {parameters['variant']!r}"
            )
            yield _said("markdown-variant", header, text, value)


def _content_type(value: str) -> tuple[str, Mapping[str, str]]:
    message = email.message.EmailMessage()
    message["content-type"] = value
    return message.get_content_type().lower(), message["content-type"].params


def parse_requirement(value: str) -> Requirement:
    """A requirement as packaging 26.2 reads it: it passes over a newline at the end."""
    try:
        return Requirement(value)
    except InvalidRequirement:
        if value.endswith("\n"):
            return Requirement(value[:-1])
        raise


def _is_unexpected(error: InvalidRequirement) -> bool:
    """Whether packaging 26.2 lets another exception through here, on which PyPI's program fails:
    for a marker's string that is no Python literal, and for some specifiers.
    """
    return "Invalid quoted string" in str(error) or isinstance(error.__cause__, InvalidSpecifier)


def _check_requires_dist(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            parse_requirement(value)
        except InvalidRequirement as error:
            if _is_unexpected(error):
                yield _crash("requires-dist-syntax", header, value)
            else:
                yield _invalid("requires-dist-syntax", header, value)
        except Exception:  # noqa: BLE001 - a marker's string may be no Python literal
            yield _crash("requires-dist-syntax", header, value)


def _check_requires_python(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            yield _invalid("requires-python-syntax", header, value)
        except Exception:  # noqa: BLE001 - a number of more than 4300 digits
            yield _crash("requires-python-syntax", header, value)


def _check_provides_extra(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            canonicalize_name(value, validate=True)
        except InvalidName:
            yield _invalid("provides-extra-name", header, value)


def _check_license_expression(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            valid = is_license_expression(value)
        except Exception:  # noqa: BLE001 - a LicenseRef with a plus, endless nesting
            yield _crash("license-expression-invalid", header, value)
            continue
        if not valid:
            yield _invalid("license-expression-invalid", header, value)


_LICENCE_WORDS = ("or", "and", "with", "(", ")")


def is_license_expression(value: str) -> bool:
    """Whether packaging 26.2 takes this for a licence expression; 26.3 takes fewer.

    Raises:
        KeyError: a `LicenseRef-` with a plus, on which it fails.
    """
    tokens = value.lower().replace("(", " ( ").replace(")", " ) ").split()
    previous = ""
    for word in tokens:
        if word == "(" and previous and previous not in ("or", "and", "with", "("):
            return False
        if word == ")" and previous == "(":
            return False
        previous = word
    # Python's own grammar of `or`, `and` and parentheses serves as that of licences.
    operands = ["or" if word == "with" else word for word in tokens]
    try:
        compile(" ".join(w if w in _LICENCE_WORDS else "False" for w in operands), "", "eval")
    except SyntaxError:
        return False
    return all(
        _is_exception(word) if before == "with" else _is_license(word, tokens)
        for before, word in zip(["", *tokens], tokens, strict=False)
        if word not in _LICENCE_WORDS
    )


def _is_exception(token: str) -> bool:
    return _is_known(f"MIT WITH {token}")


def _is_license(token: str, tokens: Sequence[str]) -> bool:
    bare = token.removesuffix("+")
    if not bare.startswith("licenseref-"):
        return _is_known(bare)
    if not re.match("^[a-z0-9.-]*$", bare):
        return False
    if bare not in tokens:
        raise KeyError(bare)
    return True


def _is_known(expression: str) -> bool:
    try:
        canonicalize_license_expression(expression)
    except ValueError:
        return False
    return True


def _check_license_file(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        problem = _license_path_problem(value)
        if problem:
            yield _invalid("license-file-path", header, value, f", {problem}")


def _license_path_problem(path: str) -> str:
    if ".." in path:
        return "parent directory indicators are not allowed"
    if "*" in path:
        return "paths must be resolved"
    windows = pathlib.PureWindowsPath(path)
    if pathlib.PurePosixPath(path).is_absolute() or windows.is_absolute():
        return "paths must be relative"
    if windows.as_posix() != path:
        return "paths must use '/' delimiter"
    return ""


def _check_dynamic(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        field = value.lower()
        if field in _FIRST_SHOWN:
            text = f"{field!r} is not allowed as a dynamic field"
        elif field not in _HEADERS:
            text = f"{field!r} is not a valid dynamic field"
        else:
            continue
        yield _said("dynamic-field", header, text, value)


def _check_import_name(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        name, semicolon, option = value.partition(";")
        name = name.rstrip()
        problem = next(filter(None, map(_identifier_problem, name.split("."))), "")
        if problem:
            yield _invalid("import-name", header, name, f"; {problem}")
        elif semicolon and option.lstrip() != "private":
            yield _invalid("import-name", header, value, "; the only valid option is 'private'")


def _identifier_problem(part: str) -> str:
    if not part.isidentifier():
        return f"{part!r} is not a valid identifier"
    return f"{part!r} is a keyword" if keyword.iskeyword(part) else ""


_STAGE_A = {
    "metadata_version": _check_metadata_version,
    "name": _check_name,
    "version": _check_version,
    "summary": _check_summary,
    "description_content_type": _check_content_type,
    "requires_dist": _check_requires_dist,
    "requires_python": _check_requires_python,
    "provides_extra": _check_provides_extra,
    "license_expression": _check_license_expression,
    "license_file": _check_license_file,
    "dynamic": _check_dynamic,
    "import_name": _check_import_name,
    "import_namespace": _check_import_name,
}


def _stage_b(values: Form) -> Iterator[Refusal]:
    """PyPI's own rules (`forklift/metadata.py`), for the fields that are well-formed."""
    yield from _check_local_version(values)
    summary = _only(values, "summary")
    if len(summary) > 512:
        text = "'summary' field must be 512 characters or less."
        yield _complaint("summary-length", "summary", text, summary)
    for key in ("author_email", "maintainer_email"):
        yield from _check_email(_BY_FORM[key].header, _only(values, key))
    yield from _check_classifiers(values.get("classifiers", ()))
    for key in ("home_page", "download_url"):
        url = _only(values, key)
        if url:
            yield from _check_url(_BY_FORM[key].header, url, "{!r} is not a valid url.")
    yield from _check_project_urls(values.get("project_urls", ()))
    for key in ("provides_dist", "obsoletes_dist"):
        yield from _check_old_requirements(_BY_FORM[key].header, values.get(key, ()))
    for value in values.get("requires_dist", ()):
        requirement = _requirement(value)
        if requirement is not None and requirement.url is not None:
            text = f"Can't have direct dependency: {requirement}"
            yield _complaint("direct-dependency", "requires-dist", text, value)
    for value in values.get("dynamic", ()):
        if value.lower() in _HEADERS - _DYNAMIC - set(_FIRST_SHOWN):
            text = f"Dynamic field {value.lower()!r} is not a valid dynamic field."
            yield _complaint("dynamic-unknown", "dynamic", text, value)
    if _only(values, "license") and _only(values, "license_expression"):
        text = (
            "License is deprecated when License-Expression is present. "
            "Only License-Expression should be present."
        )
        yield _complaint("license-both", "license", text, _only(values, "license"))


def _only(values: Form, key: str) -> str:
    sent = values.get(key, ())
    return sent[0] if len(sent) == 1 else ""


def _requirement(value: str) -> Requirement | None:
    try:
        return parse_requirement(value)
    except Exception:  # noqa: BLE001 - stage A has reported it
        return None


def _check_local_version(values: Form) -> Iterator[Refusal]:
    try:
        version = Version(_only(values, "version"))
    except ValueError:
        return
    if version.local:
        text = _sentence(
            f"The use of local versions in '{version}' is not allowed.", _LOCAL_VERSIONS
        )
        yield Refusal(rule="local-version", text=text, field="version", value=str(version))


def _check_email(header: str, value: str) -> Iterator[Refusal]:
    if not value:
        return
    import email_validator

    try:
        address = first_address(value)
        if address:
            email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        text = f"{address!r} is not a valid email address: {error}"
        yield _complaint(header, header, text, value)
    except Exception:  # noqa: BLE001 - the parser of `email` fails in many ways
        yield _crash(header, header, value)


def first_address(value: str) -> str:
    """The address that PyPI checks in an e-mail field; "" when it makes nothing of it.

    That is `email.utils.parseaddr` in its strict manner, which Python has had since 3.13 and in
    late security releases before: more than one address, or unbalanced parentheses, are none.
    https://docs.python.org/3/library/email.utils.html#email.utils.parseaddr
    """
    if "strict" in inspect.signature(email.utils.parseaddr).parameters:
        return email.utils.parseaddr(value)[1]
    if not _is_balanced(_without_quoted(value)):
        return ""
    addresses = email.utils.getaddresses([value])
    if len(addresses) != 1 or "[" in addresses[0][1]:
        return ""
    return addresses[0][1]


def _unescaped(value: str) -> Iterator[tuple[int, str]]:
    """The characters of a header that no backslash protects, with their places."""
    places = iter(enumerate(value))
    for place, character in places:
        if character == "\\":
            next(places, None)
        else:
            yield place, character


def _without_quoted(value: str) -> str:
    """The header without its finished quoted strings."""
    quotes = [place for place, character in _unescaped(value) if character == '"']
    kept = []
    start = 0
    for opening, closing in zip(quotes[::2], quotes[1::2], strict=False):
        kept.append(value[start:opening])
        start = closing + 1
    return "".join([*kept, value[start:]])


def _is_balanced(value: str) -> bool:
    depth = 0
    for _, character in _unescaped(value):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return False
    return depth == 0


@functools.cache
def _classifiers() -> tuple[frozenset[str], Mapping[str, Sequence[str]]]:
    import trove_classifiers

    return frozenset(trove_classifiers.all_classifiers), trove_classifiers.deprecated_classifiers


def close_classifiers(value: str) -> tuple[str, ...]:
    """Classifiers that may have been meant."""
    known, deprecated = _classifiers()
    return tuple(difflib.get_close_matches(value, known - deprecated.keys(), n=2, cutoff=0.85))


def _check_classifiers(sent: Sequence[str]) -> Iterator[Refusal]:
    known, deprecated = _classifiers()
    for value in sorted(set(sent) - known):
        text = f"{value!r} is not a valid classifier."
        yield _complaint("classifier-unknown", "classifier", text, value)
    for value in sorted(set(sent) & deprecated.keys()):
        text = f"The classifier {value!r} has been deprecated"
        if deprecated[value]:
            text += f", use one of {deprecated[value]} instead"
        yield _complaint("classifier-deprecated", "classifier", f"{text}.", value)


def _check_url(header: str, url: str, text: str) -> Iterator[Refusal]:
    try:
        if not is_valid_url(url):
            yield _complaint(
                header if header != "project-url" else "project-url-url",
                header,
                text.format(url),
                url,
            )
    except Exception:  # noqa: BLE001 - rfc3986 fails on some input
        yield _crash(header if header != "project-url" else "project-url-url", header, url)


def is_valid_url(url: str) -> bool:
    """Whether PyPI takes this for an address: http or https is a must, a host is not."""
    from rfc3986 import exceptions, uri_reference, validators  # type: ignore[import-untyped]

    parsed = uri_reference(url).normalize()
    validator = validators.Validator().allow_schemes("http", "https")
    validator.require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    try:
        validator.validate(parsed)
    except exceptions.ValidationError:
        return False
    return True


def _check_project_urls(sent: Sequence[str]) -> Iterator[Refusal]:
    for value, (label, url) in zip(sent, _project_urls(sent), strict=True):
        if not label:
            yield _complaint("project-url-label", "project-url", "Must have a label", value)
        elif len(label) > 32:
            text = f"{label!r} must be 32 characters or less."
            yield _complaint("project-url-label", "project-url", text, value)
        elif not url:
            yield _complaint("project-url-url", "project-url", "Must have a URL", value)
        else:
            for refusal in _check_url("project-url", url, "{!r} is not a valid url"):
                yield Refusal(
                    rule=refusal.rule,
                    status=refusal.status,
                    text=refusal.text,
                    field=refusal.field,
                    value=value,
                )


def _check_old_requirements(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            requirement = parse_requirement(value)
        except InvalidRequirement as error:
            if _is_unexpected(error):
                yield _crash("provides-obsoletes-dist", header, value)
                continue
            text = f"{value!r} is invalid: {error}"
            yield _complaint("provides-obsoletes-dist", header, text, value)
        except Exception:  # noqa: BLE001 - a marker's string may be no Python literal
            yield _crash("provides-obsoletes-dist", header, value)
        else:
            if requirement.url is not None:
                text = f"Can't have direct dependency: {value!r}"
                yield _complaint("provides-obsoletes-dist", header, text, value)


# --- the project's name --------------------------------------------------------------------------


def ultranormalize(name: str) -> str:
    """The form in which PyPI compares names for being too similar (its database function)."""
    bare = name.translate({ord(character): None for character in "._-"})
    return re.sub("[oO]", "0", re.sub("[lLiI]", "1", bare)).lower()


@functools.cache
def stdlib_names() -> frozenset[str]:
    """Normalized names of every module that any Python's standard library had."""
    from stdlib_list import short_versions, stdlib_list

    names: set[str] = set()
    for module in set(itertools.chain.from_iterable(map(stdlib_list, short_versions))):
        parts = module.split(".")
        names.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return frozenset(canonicalize_name(name.strip("-_.")) for name in names)


def name_refusals(
    name: str,
    existing: Iterable[str] = (),
    site: Site = PYPI_SITE,
    *,
    prohibited: Iterable[str] = (),
) -> Iterator[Refusal]:
    """Why a new project may not have this name, given the `existing` projects' names.

    Which names the administrators prohibit is not public; the stand-in index knows its own.
    """
    see = f" See {site.help('project-name')} for more information."
    normalized = canonicalize_name(name)
    taken = [other for other in existing if canonicalize_name(other) == normalized]
    if not _NAME.match(name):
        yield Refusal(rule="name-syntax", text=f"The name {name!r} is invalid.", value=name)
    if normalized in stdlib_names():
        text = (
            f"The name {name!r} isn't allowed "
            f"(conflict with Python Standard Library module name).{see}"
        )
        yield Refusal(rule="name-stdlib", text=text, field="name", value=name)
    if taken:
        text = f"The name {name!r} conflicts with an existing project.{see}"
        yield Refusal(rule="name-exists", status=409, text=text, field="name", value=name)
    if normalized in {canonicalize_name(other) for other in prohibited}:
        text = f"The name {name!r} isn't allowed.{see}"
        yield Refusal(rule="name-prohibited", text=text, field="name", value=name)
    similar = ultranormalize(name)
    if not taken and any(ultranormalize(other) == similar for other in existing):
        text = f"The name {name!r} is too similar to an existing project.{see}"
        yield Refusal(rule="name-too-similar", text=text, field="name", value=name)


# --- the description -----------------------------------------------------------------------------

# docutils keeps its roles, directives and reporters in module globals.
_RENDERING = threading.Lock()


def description_refusals(form: Form, site: Site = PYPI_SITE) -> Iterator[Refusal]:
    """Whether PyPI can render the description."""
    form = sanitize(form)
    description = _only(form, "description")
    if not description:
        return
    content_type = _only(form, "description_content_type")
    try:
        rendered = renders(description, content_type or "text/x-rst")
    except Exception:  # noqa: BLE001 - whatever a renderer raises, PyPI answers 500
        yield _crash("description-render", "description")
        return
    if rendered:
        return
    where = f"for '{content_type}'" if content_type else "in the default format of reStructuredText"
    text = (
        f"The description failed to render {where}. "
        f"See {site.help('description-content-type')} for more information."
    )
    yield Refusal(rule="description-render", text=text, field="description")


def rendering_problem(form: Form) -> str:
    """What docutils says of a description that it does not render, with the line; else ""."""
    form = sanitize(form)
    content_type = _only(form, "description_content_type")
    if content_type and _content_type(content_type)[0] != "text/x-rst":
        return "The page would be empty."
    from readme_renderer import rst

    stream = io.StringIO()
    with _RENDERING, without_warnings():
        try:
            rst.render(_only(form, "description"), stream=stream)
        except Exception:  # noqa: BLE001 - whatever a renderer raises
            return ""
    found = re.search(r"<string>:(\d+): \(\w+/\d\) (.*)", stream.getvalue())
    if found is None:
        return "The page would be empty."
    return f"Line {found[1]}: {found[2].strip()}"


@functools.lru_cache(maxsize=64)
def renders(description: str, content_type: str) -> bool:
    """Whether the renderer of PyPI makes a page of the description."""
    message = email.message.EmailMessage()
    message["content-type"] = content_type
    kind = message.get_content_type()
    with _RENDERING, without_warnings():
        if kind == "text/x-rst":
            from readme_renderer import rst

            return rst.render(description) is not None
        if kind == "text/markdown":
            from readme_renderer import markdown

            return markdown.render(description) is not None
        return True


# --- the file's name and size --------------------------------------------------------------------

_EXTENSION = re.compile(r".+?(?P<extension>\.(tar\.gz|zip|whl))$", re.IGNORECASE)


def filename_refusals(filename: str, filetype: str, site: Site = PYPI_SITE) -> Iterator[Refusal]:
    """What is wrong with the file's name, whatever is in the file."""
    del site  # these texts name no host of the site
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
    elif match["extension"] not in _FILETYPES.get(filetype, ()):
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
    site: Site = PYPI_SITE,
    *,
    limit: int = DEFAULT_FILE_LIMIT,
    total: int = 0,
    total_limit: int = DEFAULT_PROJECT_LIMIT,
) -> Iterator[Refusal]:
    """Whether the file is too large, alone or together with the `total` the project holds."""
    page = "/project-management/storage-limits"
    if size > limit:
        text = (
            f"File too large. Limit for project {project!r} is {limit // MIB} MB. See "
            f"{site.docs(page)}#requesting-a-file-size-limit-increase for more information."
        )
        yield Refusal(rule="file-too-large", text=text, value=str(size))
    if size + total > total_limit:
        text = (
            f"Project size too large. Limit for project {project!r} total size is "
            f"{total_limit // GIB} GB. See "
            f"{site.docs(page)}#requesting-a-project-size-limit-increase"
        )
        yield Refusal(rule="project-too-large", text=text, value=str(size + total))


# --- the archive ---------------------------------------------------------------------------------


def archive_refusals(
    archive: Archive, filename: str, form: Form, site: Site = PYPI_SITE
) -> Iterator[Refusal]:
    """What is wrong with the archive, its name beside the metadata, and a wheel's contents.

    The archive is one that `archives.read_archive` has read under this filename.
    """
    form = sanitize(form)
    for fault in archive.faults:
        text = fault.text
        if fault.status != 500:
            text = f"Invalid distribution file. {text}"
            text = text.replace("{docs}", site.docs("")).replace("{pypi}", site.pypi_host)
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
    if _first(form, "filetype") == "sdist":
        yield from _sdist_refusals(archive, filename, form)
    if filename.endswith(".whl"):
        yield from _wheel_refusals(archive, filename, form)


def _project_name(form: Form) -> tuple[str, str]:
    """The name as sent, and its normalized form."""
    name = _first(form, "name")
    return name, canonicalize_name(name)


def _version(form: Form) -> Version | None:
    try:
        return Version(_first(form, "version"))
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
    # PyPI keeps the shortened name even when the rest is no version (forklift/legacy.py).
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
        yield _crash("archive-member-unreadable", member, content.reason)


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
            yield _crash("wheel-record-blank-line", member, str(error.line))
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
        csv.Error: it is no CSV.
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
        return (f"it is no INI file with `=`: {error.message}",)
    return tuple(
        f"`{name}` in [{section}] may hold only letters, digits, `_`, `.` and `-`"
        for section in ("console_scripts", "gui_scripts")
        if parser.has_section(section)
        for name in parser[section]
        if _ENTRY_POINT.fullmatch(name) is None
    )


# --- wheel filenames and platform tags -----------------------------------------------------------


class InvalidWheelFilename(ValueError):  # noqa: N818 - named like packaging's own
    """A wheel's filename cannot be parsed; the text is packaging's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFilename:
    """What a wheel's filename says; `name` is normalized."""

    name: str
    version: Version
    build: str
    interpreters: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]


def parse_wheel_filename(filename: str) -> WheelFilename:
    """As `packaging.utils.parse_wheel_filename` of 26.2, which PyPI runs.

    Later versions refuse more (empty names, interpreters that are no identifiers).

    Raises:
        InvalidWheelFilename: with packaging's own words.
    """
    if not filename.endswith(".whl"):
        raise InvalidWheelFilename(
            f"Invalid wheel filename (extension must be '.whl'): {filename!r}"
        )
    stem = filename[: -len(".whl")]
    dashes = stem.count("-")
    if dashes not in (4, 5):
        raise InvalidWheelFilename(f"Invalid wheel filename (wrong number of parts): {stem!r}")
    name, written_version, *build, interpreters, abis, platforms = stem.split("-")
    if "__" in name or re.match(r"^[\w\d._]*$", name, re.UNICODE) is None:
        raise InvalidWheelFilename(f"Invalid project name: {stem!r}")
    try:
        version = Version(written_version)
    except InvalidVersion:
        raise InvalidWheelFilename(f"Invalid wheel filename (invalid version): {stem!r}") from None
    if build and not re.match(r"\d", build[0]):
        raise InvalidWheelFilename(f"Invalid build number: {build[0]} in {stem!r}")
    return WheelFilename(
        name=canonicalize_name(name),
        version=version,
        build=build[0] if build else "",
        interpreters=tuple(interpreters.lower().split(".")),
        abis=tuple(abis.lower().split(".")),
        platforms=tuple(platforms.lower().split(".")),
    )


_PLAIN_PLATFORMS = frozenset({
    "any", "win32", "win_arm64", "win_amd64", "win_ia64", "linux_armv6l", "linux_armv7l",
    "manylinux1_x86_64", "manylinux1_i686", "manylinux2010_x86_64", "manylinux2010_i686",
    *(
        f"manylinux2014_{arch}"
        for arch in ("x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x")
    ),
})  # fmt: skip
_MACOS_ARCHES = frozenset(
    [
        "ppc",
        "ppc64",
        "i386",
        "x86_64",
        "arm64",
        "intel",
        "fat",
        "fat3",
        "fat64",
        "universal",
        "universal2",
    ]
)
_MACOS_MAJORS = frozenset(("11", "12", "13", "14", "15", "26"))
_MUSLLINUX_ARCHES = frozenset(
    ("x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64")
)
_MANYLINUX_ARCHES = _MUSLLINUX_ARCHES | {"ppc64"}
_IOS_ARCHES = frozenset(("arm64", "x86_64"))
_ANDROID_ARCHES = frozenset(("armeabi_v7a", "arm64_v8a", "x86", "x86_64"))


def is_accepted_platform(tag: str) -> bool:
    """Whether PyPI takes wheels with this platform tag (`forklift/legacy.py`)."""
    if tag in _PLAIN_PLATFORMS:
        return True
    if match := re.match(r"macosx_(\d+)_(\d+)_(.*)", tag):
        major, minor, arch = match.groups()
        return arch in _MACOS_ARCHES and (
            major == "10" or (major in _MACOS_MAJORS and minor == "0")
        )
    if match := re.match(r"(many|musl)linux_\d+_\d+_(.*)", tag):
        libc, arch = match.groups()
        return arch in (_MUSLLINUX_ARCHES if libc == "musl" else _MANYLINUX_ARCHES)
    if match := re.match(r"ios_\d+_\d+_(.*)_(?:iphoneos|iphonesimulator)", tag):
        return match[1] in _IOS_ARCHES
    if match := re.match(r"android_\d+_(.*)", tag):
        return match[1] in _ANDROID_ARCHES
    return re.match(r"pyemscripten_\d+_\d+_wasm32", tag) is not None
