"""The form that twine sends for a file, and what PyPI refuses before it reads the metadata.

Source: `twine/package.py` of 7.0; Warehouse's `forklift/forms.py` and `forklift/legacy.py`.
"""

import re
from collections.abc import Iterator

from packaging.metadata import Metadata, RawMetadata, parse_email
from packaging.version import Version

from nox_release.checks.upload.fields import (
    FIELDS,
    HEADERS,
    PROJECT_NAME,
    SPECIFICATION,
    Form,
    first_of,
    sanitize,
)
from nox_release.checks.upload.refusals import Refusal
from nox_release.files.distributions import Archive

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
        # refuses. (A value that is not UTF-8 cannot be sent at all.)
        values = unparsed.get(field.header, [])
        if len(values) > 1 and all(isinstance(value, str) for value in values):
            yield field.form, tuple(values)


def _is_before_licences(raw: RawMetadata) -> bool:
    """Whether the metadata are older than 2.4: then twine sends no License-File."""
    try:
        return Version(raw.get("metadata_version", "0")) < Version("2.4")
    except ValueError:
        return False


def client_problems(text: bytes) -> tuple[str, ...]:
    """Why twine 7 refuses to send metadata that PyPI would take, field by field."""
    raw, unparsed = parse_email(text)
    problems = _refused_by_twine(raw)
    for header in sorted(unparsed):
        if header == "license-file":
            continue
        if header not in HEADERS:
            problems.append(f"there is no field `{header}`")
        elif len(unparsed[header]) < 2:
            problems.append(f"`{header}` is not UTF-8")
    return tuple(problems)


# Fields that twine reads and does not send.
_UNSENT = {"import_names": "import-name", "import_namespaces": "import-namespace"}


def _refused_by_twine(raw: RawMetadata) -> list[str]:
    """Fields that twine refuses and PyPI never reads: those that it does not send, and those that
    say UNKNOWN, as old setuptools wrote what it had not.
    """
    placeholders = {key.replace("_", "-") for key, value in raw.items() if value == "UNKNOWN"}
    unsent = {header for key, header in _UNSENT.items() if key in raw}
    if not placeholders | unsent:
        return []
    try:
        Metadata.from_raw(raw)
    except Exception as refused:  # noqa: BLE001 - packaging's group of them, by Python's version
        errors = {
            getattr(error, "field", ""): str(error) for error in getattr(refused, "exceptions", ())
        }
        return [
            f"`{field}` is UNKNOWN" if field in placeholders else f"`{field}`: {said}"
            for field, said in sorted(errors.items())
            if field in placeholders | unsent
        ]
    return []


def safe_name(name: str) -> str:
    """The spelling of a name that twine sends; one that PyPI refuses is left as it is."""
    return re.sub("[^A-Za-z0-9.]+", "-", name) if PROJECT_NAME.match(name) else name


def _filename_fields(filename: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    stem = re.sub(r"(?i)\.(tar\.gz|zip|whl)$", "", filename)
    parts = stem.split("-")
    if filename.lower().endswith(".whl"):
        name, version = parts[0], parts[1] if len(parts) > 1 else ""
    else:
        name, _, version = stem.rpartition("-")
    yield "metadata_version", ("2.1",)
    if PROJECT_NAME.match(name):
        yield "name", (safe_name(name),)
    if version:
        yield "version", (version,)


_DIGEST = re.compile(r"^[A-F0-9]{64}$", re.IGNORECASE)
FILETYPES = {"sdist": (".zip", ".tar.gz"), "bdist_wheel": (".whl",)}
_NAME_SYNTAX = (
    "Start and end with a letter or numeral containing only ASCII numeric and '.', '_' and '-'."
)


def form_refusals(form: Form) -> Iterator[Refusal]:
    """What is wrong with the form itself, before its metadata is looked at."""
    form = sanitize(form)
    if form.get("protocol_version", ("1",))[-1] != "1":
        yield Refusal(rule="protocol-version", text="Unknown protocol version.")
    name = first_of(form, "name")
    single = [*_name_refusals(name), *_form_field_refusals(form)]
    yield from single
    if not single:
        yield from _form_combination_refusals(form)


def _name_refusals(name: str) -> Iterator[Refusal]:
    if not name:
        reason = "This field is required."
    elif not PROJECT_NAME.match(name):
        reason = _NAME_SYNTAX
    else:
        return
    shown = f"{name[:30]}...{name[-30:]}" if len(name) > 60 else name
    text = f"{shown!r} is an invalid value for Name. Error: {reason} See {SPECIFICATION} for more information."
    yield Refusal(rule="form-name", text=text, field="name", value=name)


def _form_field_refusals(form: Form) -> Iterator[Refusal]:
    """Fields of the form but the name, in the alphabetical order in which PyPI names them."""
    problems = {
        "blake2_256_digest": "Use a valid, hex-encoded, BLAKE2 message digest.",
        "sha256_digest": "Use a valid, hex-encoded, SHA256 message digest.",
    }
    found = {}
    for field, problem in problems.items():
        digest = first_of(form, field)
        if digest.strip() and not _DIGEST.match(digest):
            found[field] = problem
    filetype = first_of(form, "filetype")
    if not filetype:
        found["filetype"] = "This field is required."
    elif filetype not in FILETYPES:
        found["filetype"] = "Use a known file type."
    for field, problem in sorted(found.items()):
        yield Refusal(
            rule="form-filetype" if field == "filetype" else "form-digest",
            text=f"Invalid value for {field}. Error: {problem}",
            field=field,
            value=first_of(form, field),
        )


def _form_combination_refusals(form: Form) -> Iterator[Refusal]:
    pyversion = first_of(form, "pyversion")
    problem = ""
    if first_of(form, "filetype") != "sdist":
        if not pyversion:
            problem = "Python version is required for binary distribution uploads."
    elif pyversion and pyversion != "source":
        problem = "Use 'source' as Python version for an sdist."
    if problem:
        text = f"Invalid value for pyversion. Error: {problem}"
        yield Refusal(rule="form-pyversion", text=text, field="pyversion", value=pyversion)
    digests = ("md5_digest", "sha256_digest", "blake2_256_digest")
    if not problem and not any(first_of(form, digest) for digest in digests):
        yield Refusal(rule="form-digest", text="Error: Include at least one message digest.")
