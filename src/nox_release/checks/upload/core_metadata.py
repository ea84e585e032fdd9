"""The core metadata in a form: what `packaging` says of it (stage A), then PyPI itself (stage B).

Source: `packaging/metadata.py` of 26.2; Warehouse's `forklift/metadata.py`.
"""

import difflib
import email.message
import email.utils
import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import cast

from packaging.licenses import canonicalize_license_expression
from packaging.metadata import InvalidMetadata, Metadata, RawMetadata
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.checks.upload.fields import (
    BY_FORM,
    FIELDS,
    HEADERS,
    LOCAL_VERSIONS,
    SINGLE,
    SPECIFICATION,
    SUPPORTED_METADATA_VERSIONS,
    Form,
    MetadataField,
    first_of,
    only_of,
    sanitize,
)
from nox_release.checks.upload.refusals import Refusal, crash

_FIRST_SHOWN = ("metadata-version", "name", "version")

# PyPI's own list of what may be dynamic (`forklift/metadata.py`), in lower case.
_DYNAMIC = HEADERS - {"metadata-version", "name", "version"}


def metadata_refusals(form: Form) -> Iterator[Refusal]:
    """What is wrong with the core metadata in a form: unusable fields, stage A, stage B.

    PyPI looks at each stage only when the one before found nothing.
    """
    form = sanitize(form)
    values = {key: form[key] for key in BY_FORM if key in form and form[key] and form[key] != ("",)}
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


def _shown(text: str, see: str = SPECIFICATION) -> str:
    return f"{text}{'' if text.endswith('.') else '.'} See {see} for more information."


def _complaint(rule: str, field: str, text: str, value: str = "") -> Refusal:
    return Refusal(rule=rule, text=_shown(text), field=field, value=value)


def _said(rule: str, header: str, text: str, value: str = "") -> Refusal:
    """A complaint of packaging 26.2, which runs its finished texts through `str.format_map`.

    So a value with braces makes PyPI's program fail.
    """
    try:
        text = text.format_map({"field": repr(header)})
    except (ValueError, LookupError, AttributeError):
        return crash(rule, header, value)
    return _complaint(rule, header, text, value)


def _unusable(values: Form) -> Iterator[Refusal]:
    """Fields that may be sent once and were sent more often; labels that occur twice."""
    for key, sent in values.items():
        if (key in SINGLE and len(sent) != 1) or (
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


def _stage_a(field: MetadataField, values: Form) -> Iterator[Refusal]:
    """What the `packaging` library would say of one field."""
    sent = values.get(field.form, ())
    if field.form in SINGLE and len(sent) > 1:
        return
    metadata_version = first_of(values, "metadata_version")
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
        yield crash("version-invalid", header, sent[0])


def _check_summary(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        if "\n" in value:
            yield _said("summary-one-line", header, "{field} must be a single line", value)


_CONTENT_TYPES = ("text/plain", "text/x-rst", "text/markdown")
_VARIANTS = ("GFM", "CommonMark")


def _check_content_type(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            content_type, parameters = parse_content_type(value)
        except Exception:  # noqa: BLE001 - the parser of `email` fails in many ways
            yield crash("description-content-type", header, value)
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


def parse_content_type(value: str) -> tuple[str, Mapping[str, str]]:
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
    for a marker's string that is not a Python literal, and for some specifiers.
    """
    return "Invalid quoted string" in str(error) or isinstance(error.__cause__, InvalidSpecifier)


def _check_requires_dist(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            parse_requirement(value)
        except InvalidRequirement as error:
            if _is_unexpected(error):
                yield crash("requires-dist-syntax", header, value)
            else:
                yield _invalid("requires-dist-syntax", header, value)
        except Exception:  # noqa: BLE001 - a marker's string may be no Python literal
            yield crash("requires-dist-syntax", header, value)


def _check_requires_python(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            yield _invalid("requires-python-syntax", header, value)
        except Exception:  # noqa: BLE001 - a number of more than 4300 digits
            yield crash("requires-python-syntax", header, value)


def _check_license_expression(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
    for value in sent:
        try:
            valid = is_license_expression(value)
        except Exception:  # noqa: BLE001 - a LicenseRef with a plus, endless nesting
            yield crash("license-expression-invalid", header, value)
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


def _by_packaging(attribute: str, rule: str) -> Callable[[str, Sequence[str]], Iterator[Refusal]]:
    """What `packaging.metadata` says of each value, where every version of it says the same."""

    def check(header: str, sent: Sequence[str]) -> Iterator[Refusal]:
        for value in sent:
            alone = Metadata.from_raw(cast("RawMetadata", {attribute: [value]}), validate=False)
            try:
                getattr(alone, attribute)
            except InvalidMetadata as error:
                yield _said(rule, header, str(error), value)
            except (ValueError, LookupError, AttributeError):  # braces, before packaging 26.3
                yield crash(rule, header, value)

    return check


_STAGE_A = {
    "metadata_version": _check_metadata_version,
    "name": _check_name,
    "version": _check_version,
    "summary": _check_summary,
    "description_content_type": _check_content_type,
    "requires_dist": _check_requires_dist,
    "requires_python": _check_requires_python,
    "provides_extra": _by_packaging("provides_extra", "provides-extra-name"),
    "license_expression": _check_license_expression,
    "license_file": _by_packaging("license_files", "license-file-path"),
    "dynamic": _by_packaging("dynamic", "dynamic-field"),
    "import_name": _by_packaging("import_names", "import-name"),
    "import_namespace": _by_packaging("import_namespaces", "import-name"),
}


def _stage_b(values: Form) -> Iterator[Refusal]:
    """PyPI's own rules (`forklift/metadata.py`), for the fields that are well-formed."""
    yield from _check_local_version(values)
    summary = only_of(values, "summary")
    if len(summary) > 512:
        text = "'summary' field must be 512 characters or less."
        yield _complaint("summary-length", "summary", text, summary)
    for key in ("author_email", "maintainer_email"):
        yield from _check_email(BY_FORM[key].header, only_of(values, key))
    yield from _check_classifiers(values.get("classifiers", ()))
    for key in ("home_page", "download_url"):
        url = only_of(values, key)
        if url:
            yield from _check_url(BY_FORM[key].header, url, "{!r} is not a valid url.")
    yield from _check_project_urls(values.get("project_urls", ()))
    for key in ("provides_dist", "obsoletes_dist"):
        yield from _check_old_requirements(BY_FORM[key].header, values.get(key, ()))
    for value in values.get("requires_dist", ()):
        requirement = _requirement(value)
        if requirement is not None and requirement.url is not None:
            text = f"Can't have direct dependency: {requirement}"
            yield _complaint("direct-dependency", "requires-dist", text, value)
    for value in values.get("dynamic", ()):
        if value.lower() in HEADERS - _DYNAMIC - set(_FIRST_SHOWN):
            text = f"Dynamic field {value.lower()!r} is not a valid dynamic field."
            yield _complaint("dynamic-unknown", "dynamic", text, value)
    if only_of(values, "license") and only_of(values, "license_expression"):
        text = (
            "License is deprecated when License-Expression is present. "
            "Only License-Expression should be present."
        )
        yield _complaint("license-both", "license", text, only_of(values, "license"))


def _requirement(value: str) -> Requirement | None:
    try:
        return parse_requirement(value)
    except Exception:  # noqa: BLE001 - stage A has reported it
        return None


def _check_local_version(values: Form) -> Iterator[Refusal]:
    try:
        version = Version(only_of(values, "version"))
    except ValueError:
        return
    if version.local:
        text = _shown(f"The use of local versions in '{version}' is not allowed.", LOCAL_VERSIONS)
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
        yield crash(header, header, value)


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


@functools.cache
def classifier_groups() -> frozenset[str]:
    """The headings of the classifiers: `Programming Language`, `Topic` …"""
    return frozenset(known.split(" :: ")[0] for known in _classifiers()[0])


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
        yield crash(header if header != "project-url" else "project-url-url", header, url)


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
                yield crash("provides-obsoletes-dist", header, value)
                continue
            text = f"{value!r} is invalid: {error}"
            yield _complaint("provides-obsoletes-dist", header, text, value)
        except Exception:  # noqa: BLE001 - a marker's string may be no Python literal
            yield crash("provides-obsoletes-dist", header, value)
        else:
            if requirement.url is not None:
                text = f"Can't have direct dependency: {value!r}"
                yield _complaint("provides-obsoletes-dist", header, text, value)
