"""PyPI's verdicts on one file as findings, each with a place, a reason and a remedy."""

import re
from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name

from nox_release.checks import upload
from nox_release.checks.files.examined import Examined, short, titled
from nox_release.checks.files.rules import BY_ID, is_old_name
from nox_release.checks.upload import Refusal
from nox_release.checks.upload.ageing import may_be_taken
from nox_release.core.clock import SystemClock
from nox_release.core.findings import Finding, Severity, find

# What distutils put before every line of a description but the first.
_FOLD = 8 * " "


def refusals(file: Examined) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    for refusal in _raw_refusals(file):
        rule = refusal.rule
        # One cause, one finding: the form's verdict on a name covers those that follow it.
        if rule in ("name-invalid", "name-required", "name-syntax") and "form-name" in found:
            continue
        if (rule, refusal.value or refusal.text) in seen:
            continue
        seen.add((rule, refusal.value or refusal.text))
        found.add(rule)
        yield _finding(file, refusal)


def _raw_refusals(file: Examined) -> Iterator[Refusal]:
    form = {**file.form, "sha256_digest": ("0" * 64,)}  # the client's to send
    filetype = form["filetype"][0]
    name = form.get("name", ("",))[0]
    if file.metadata is not None:
        yield from upload.form_refusals(form)
        yield from upload.metadata_refusals(form)
        if name:
            yield from upload.name_refusals(name)
        if file.is_rendered():
            yield from upload.description_refusals(form)
    yield from upload.filename_refusals(file.path.name, filetype)
    yield from upload.size_refusals(file.archive.size, name or file.path.name)
    yield from upload.archive_refusals(file.archive, file.path.name, form)


def _finding(file: Examined, refusal: Refusal) -> Finding:
    rule = BY_ID[refusal.rule]
    newer = may_be_taken(refusal, SystemClock().now().date())
    return find(
        rule,
        _message(file, refusal),
        where=file.where(refusal),
        fix=" ".join(filter(None, (newer, _fix(file, refusal)))),
        severity=Severity.WARNING if newer or is_old_name(refusal) else None,
        refusal=f"{refusal.status} {refusal.text}",
    )


def _message(file: Examined, refusal: Refusal) -> str:
    message = message_of(
        refusal,
        file=file.path.name,
        name=file.form.get("name", ("",))[0],
        underscored=canonicalize_name(file.form.get("name", ("",))[0]).replace("-", "_"),
        megabytes=f"{file.archive.size / upload.MIB:.1f}",
    )
    if refusal.rule != "description-render":
        return message
    return f"{message} {upload.rendering_problem(file.form)}".rstrip()


def message_of(refusal: Refusal, **facts: str) -> str:
    """What PyPI would refuse, in our words; `facts` are those of the file, where there is one."""
    words = _MESSAGES.get(refusal.rule, "PyPI would refuse `{file}`: {text}.")
    return words.format(
        value=short(refusal.value),
        text=refusal.text.split(" See http")[0].removesuffix("."),
        member=refusal.field,
        header=titled(upload.header_of(refusal.field) or refusal.field),
        count=len(refusal.value),
        **facts,
    )


def _fix(file: Examined, refusal: Refusal) -> str:
    if refusal.rule == "classifier-deprecated" and " use one of " in refusal.text:
        instead = refusal.text.partition(" use one of ")[2].partition(" instead")[0]
        return f"Use {instead} instead in `project.classifiers`."
    if refusal.rule == "classifier-unknown":
        close = upload.close_classifiers(refusal.value)
        if close:
            names = " or ".join(f"`{name}`" for name in close)
            return f"Did you mean {names}? Change it in `project.classifiers`."
    if refusal.rule == "description-render" and _renders_unindented(file):
        return (
            "Its lines are indented as old releases of setuptools write them into PKG-INFO; "
            "without that it renders. Build the file again with a current setuptools."
        )
    if refusal.rule == "field-too-new":
        needed = re.search(r"version ([\d.]+), not", refusal.text)
        if needed:
            return (
                f"Build with a backend that writes metadata version {needed[1]} or later, "
                f"or leave `{titled(refusal.field)}` out."
            )
    return ""


def _renders_unindented(file: Examined) -> bool:
    """Whether it is the indentation of a folded header that keeps the description from rendering."""
    first, *rest = file.form.get("description", ("",))[0].splitlines()
    if not rest or any(line.strip() and not line.startswith(_FOLD) for line in rest):
        return False
    plain = "\n".join([first, *(line.removeprefix(_FOLD) for line in rest)])
    return not list(upload.description_refusals({**file.form, "description": (plain,)}))


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
