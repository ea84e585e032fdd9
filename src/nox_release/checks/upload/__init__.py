"""PyPI's verdict on an upload, in PyPI's order, with its status and its words.

The facts are those of Warehouse, the program behind PyPI, at its commit 6b62157 (2026-08-21):
`warehouse/forklift/{forms,metadata,legacy}.py`, `warehouse/packaging/services.py`,
`warehouse/utils/{zipfiles,wheel,readme,http}.py`, and of `packaging` 26.2, which that commit pins.
https://github.com/pypi/warehouse

Every function yields `Refusal`s. The first one is what PyPI answers; the rest is what it would
say once the first is fixed. PyPI goes through the steps in this order:
`form_refusals`, `metadata_refusals`, `name_refusals` (new projects only), `description_refusals`,
`filename_refusals`, `size_refusals`, then the duplicates (the index's own knowledge),
`archive_refusals`.
"""

from nox_release.checks.upload.archive import (
    BlankRecordLineError,
    archive_refusals,
    entry_point_problems,
    entry_points,
    record_names,
)
from nox_release.checks.upload.core_metadata import close_classifiers, metadata_refusals
from nox_release.checks.upload.description import description_refusals, rendering_problem
from nox_release.checks.upload.fields import FIELDS, Form, header_of, sanitize
from nox_release.checks.upload.file import filename_refusals, size_refusals
from nox_release.checks.upload.form import client_problems, form_from, form_refusals
from nox_release.checks.upload.project_name import name_refusals
from nox_release.checks.upload.refusals import (
    DEFAULT_FILE_LIMIT,
    DEFAULT_PROJECT_LIMIT,
    DOCS,
    GIB,
    MIB,
    SERVER_ERROR,
    Refusal,
    help_page,
    status_line,
)
from nox_release.checks.upload.wheel_filename import (
    InvalidWheelFilename,
    is_accepted_platform,
    parse_wheel_filename,
)

__all__ = [
    "DEFAULT_FILE_LIMIT",
    "DEFAULT_PROJECT_LIMIT",
    "DOCS",
    "FIELDS",
    "GIB",
    "MIB",
    "SERVER_ERROR",
    "BlankRecordLineError",
    "Form",
    "InvalidWheelFilename",
    "Refusal",
    "archive_refusals",
    "client_problems",
    "close_classifiers",
    "description_refusals",
    "entry_point_problems",
    "entry_points",
    "filename_refusals",
    "form_from",
    "form_refusals",
    "header_of",
    "help_page",
    "is_accepted_platform",
    "metadata_refusals",
    "name_refusals",
    "parse_wheel_filename",
    "record_names",
    "rendering_problem",
    "sanitize",
    "size_refusals",
    "status_line",
]
