"""The fields of an upload's form: what core metadata calls them, and how PyPI reads them.

Source: Warehouse's `forklift/legacy.py` (`_clean`); `packaging/metadata.py` of 26.2;
https://packaging.python.org/specifications/core-metadata/
"""

import re
from collections.abc import Mapping

from nox_release.core.values import dataclass

Form = Mapping[str, tuple[str, ...]]

SUPPORTED_METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
PROJECT_NAME = re.compile(r"^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\Z", re.IGNORECASE | re.ASCII)
SPECIFICATION = "https://packaging.python.org/specifications/core-metadata"
LOCAL_VERSIONS = (
    "https://packaging.python.org/en/latest/specifications/"
    "version-specifiers/#local-version-identifiers"
)


@dataclass(frozen=True, slots=True)
class MetadataField:
    """A metadata field: its key in the form, its header, and the version that introduced it."""

    form: str
    header: str
    added: str = "1.0"
    many: bool = False


# https://packaging.python.org/specifications/core-metadata/
FIELDS = (
    MetadataField("metadata_version", "metadata-version"),
    MetadataField("name", "name"),
    MetadataField("version", "version"),
    MetadataField("author", "author"),
    MetadataField("author_email", "author-email"),
    MetadataField("classifiers", "classifier", "1.1", many=True),
    MetadataField("description", "description"),
    MetadataField("description_content_type", "description-content-type", "2.1"),
    MetadataField("download_url", "download-url", "1.1"),
    MetadataField("dynamic", "dynamic", "2.2", many=True),
    MetadataField("home_page", "home-page"),
    MetadataField("import_name", "import-name", "2.5", many=True),
    MetadataField("import_namespace", "import-namespace", "2.5", many=True),
    MetadataField("keywords", "keywords"),
    MetadataField("license", "license"),
    MetadataField("license_expression", "license-expression", "2.4"),
    MetadataField("license_file", "license-file", "2.4", many=True),
    MetadataField("maintainer", "maintainer", "1.2"),
    MetadataField("maintainer_email", "maintainer-email", "1.2"),
    MetadataField("obsoletes", "obsoletes", "1.1", many=True),
    MetadataField("obsoletes_dist", "obsoletes-dist", "1.2", many=True),
    MetadataField("platform", "platform", many=True),
    MetadataField("project_urls", "project-url", "1.2", many=True),
    MetadataField("provides", "provides", "1.1", many=True),
    MetadataField("provides_dist", "provides-dist", "1.2", many=True),
    MetadataField("provides_extra", "provides-extra", "2.1", many=True),
    MetadataField("requires", "requires", "1.1", many=True),
    MetadataField("requires_dist", "requires-dist", "1.2", many=True),
    MetadataField("requires_external", "requires-external", "1.2", many=True),
    MetadataField("requires_python", "requires-python", "1.2"),
    MetadataField("summary", "summary"),
    MetadataField("supported_platform", "supported-platform", "1.1", many=True),
)

BY_FORM = {field.form: field for field in FIELDS}
HEADERS = frozenset(field.header for field in FIELDS)
SINGLE = frozenset(field.form for field in FIELDS if not field.many)


def header_of(field: str) -> str:
    """The metadata header that a refusal's `field` means, or ""."""
    if field in HEADERS:
        return field
    return BY_FORM[field].header if field in BY_FORM else ""


def only_of(values: Form, key: str) -> str:
    sent = values.get(key, ())
    return sent[0] if len(sent) == 1 else ""


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


def first_of(form: Form, key: str) -> str:
    return form.get(key, ("",))[0]
