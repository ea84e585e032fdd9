"""What in a source tree becomes a field of an upload, and PyPI's verdict on each, with its line.

The verdicts are those of `checks.upload`, asked about one entry at a time.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.headerregistry import Address
from typing import Any

from packaging.utils import canonicalize_name

from nox_release.checks import upload
from nox_release.checks.files.refused import message_of
from nox_release.checks.files.rules import RULES as RULES_ON_FILES
from nox_release.checks.files.rules import is_old_name
from nox_release.checks.source.subject import (
    Entry,
    Source,
    ini_items,
    setup_calls,
    texts_of,
)
from nox_release.checks.upload.ageing import may_be_taken
from nox_release.core.clock import SystemClock
from nox_release.core.findings import Finding, Location, Severity, find
from nox_release.project.toml import table_in


def entries_of(source: Source) -> Iterator[Entry]:
    table = source.table
    if table:
        yield from _project_entries(source, table)
    elif source.backend == "setuptools":
        yield from _setup_cfg_entries(source)
        yield from _setup_py_entries(source)
    yield from _poetry_entries(source, table_in(source.tool, "poetry"))


def _project_entries(source: Source, table: Mapping[str, Any]) -> Iterator[Entry]:
    at = source.at
    for key, name in (("description", "summary"), ("requires-python", "requires_python")):
        if isinstance(table.get(key), str):
            yield Entry(field=name, value=table[key], where=at("project", key))
    if isinstance(table.get("license"), str):
        yield Entry(
            field="license_expression", value=table["license"], where=at("project", "license")
        )
    for key, name in (
        ("classifiers", "classifiers"),
        ("dependencies", "requires_dist"),
        ("import-names", "import_name"),
        ("import-namespaces", "import_namespace"),
    ):
        for number, item in texts_of(table.get(key)):
            yield Entry(field=name, value=item, where=at("project", key, number))
    for extra, requirements in table_in(table, "optional-dependencies").items():
        path = ("project", "optional-dependencies", extra)
        yield Entry(field="provides_extra", value=extra, where=at(*path))
        for number, item in texts_of(requirements):
            yield Entry(field="requires_dist", value=item, where=at(*path, number))
    for label, url in table_in(table, "urls").items():
        if isinstance(url, str):
            yield Entry(
                field="project_urls",
                value=f"{label}, {url}",
                where=at("project", "urls", label),
            )
    for key, name in (("authors", "author_email"), ("maintainers", "maintainer_email")):
        yield from _people(source, table.get(key), key, name)
    yield from _dynamic_dependencies(source)


def _people(source: Source, people: object, key: str, name: str) -> Iterator[Entry]:
    """The first address only: PyPI looks at no other (`email.utils.parseaddr`)."""
    if not isinstance(people, list):
        return
    for number, person in enumerate(people):
        address = person.get("email") if isinstance(person, dict) else None
        if isinstance(address, str):
            shown = person.get("name")
            value = _mailbox(shown if isinstance(shown, str) else "", address)
            yield Entry(field=name, value=value, where=source.at("project", key, number, "email"))
            return


def _mailbox(name: str, address: str) -> str:
    """A name and an address as the backends join them."""
    if not name:
        return address
    try:
        return str(Address(name, addr_spec=address))
    except ValueError:
        return f"{name} <{address}>"
    except Exception:  # noqa: BLE001 - the email parser raises its own kinds, IndexError too
        return f"{name} <{address}>"


def _dynamic_dependencies(source: Source) -> Iterator[Entry]:
    """Dependencies that setuptools reads from files."""
    dynamic = table_in(source.tool, "setuptools", "dynamic")
    tables = [dynamic.get("dependencies")]
    tables += list(table_in(dynamic, "optional-dependencies").values())
    for table in tables:
        files = table_in(table).get("file", [])
        for name in [files] if isinstance(files, str) else [item for _, item in texts_of(files)]:
            for number, text in _lines(source.tree.texts.get(name, "")):
                yield Entry(field="requires_dist", value=text, where=source.in_file(name, number))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The requirements of a file, as setuptools reads it: without comments, and with continued lines joined."""
    begun, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.split(" #")[0].strip()
        if bare.startswith("#"):
            continue
        begun, first = f"{begun}{bare}", first or number
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        if begun:
            yield first, begun
        begun, first = "", 0


def _poetry_entries(source: Source, poetry: Mapping[str, Any]) -> Iterator[Entry]:
    """`[tool.poetry]`, as poetry-core turns it into metadata where `[project]` does not."""
    if source.backend != "poetry-core":
        return
    at, table = source.at, source.table
    if not table:
        if isinstance(poetry.get("description"), str):
            yield Entry(
                field="summary",
                value=poetry["description"],
                where=at("tool", "poetry", "description"),
            )
        for number, item in texts_of(poetry.get("classifiers")):
            yield Entry(
                field="classifiers", value=item, where=at("tool", "poetry", "classifiers", number)
            )
        for label in ("homepage", "repository", "documentation"):
            if isinstance(poetry.get(label), str):
                yield Entry(
                    field="project_urls",
                    value=f"{label.title()}, {poetry[label]}",
                    where=at("tool", "poetry", label),
                )
        for label, url in table_in(poetry, "urls").items():
            if isinstance(url, str):
                yield Entry(
                    field="project_urls",
                    value=f"{label}, {url}",
                    where=at("tool", "poetry", "urls", label),
                )
        for number, author in texts_of(poetry.get("authors"))[:1]:
            if "<" in author:
                yield Entry(
                    field="author_email",
                    value=author,
                    where=at("tool", "poetry", "authors", number),
                )
    if "dependencies" in table:
        return
    for name, constraint in table_in(poetry, "dependencies").items():
        for one in constraint if isinstance(constraint, list) else [constraint]:
            for kind, form in (("git", "git+{}"), ("url", "{}"), ("path", "file:///{}")):
                if isinstance(table_in(one).get(kind), str):
                    yield Entry(
                        field="requires_dist",
                        value=f"{name} @ {form.format(one[kind])}",
                        where=at("tool", "poetry", "dependencies", name),
                    )


_OF_SETUP = {
    "description": "summary",
    "summary": "summary",
    "url": "home_page",
    "home_page": "home_page",
    "author_email": "author_email",
    "maintainer_email": "maintainer_email",
    "python_requires": "requires_python",
    "classifiers": "classifiers",
    "install_requires": "requires_dist",
    "project_urls": "project_urls",
}


# `docs:python_version < "3.9" =` is an extra with a marker: what stands after the colon is not a value.
_MARKER = re.compile(r"(python_|sys_platform|platform_|implementation_|os_name|extra\b)")


def _requirements(value: str) -> Iterator[str]:
    """A line of setup.cfg as setuptools takes it: requirements on one line are parted by `;`, and
    so is a marker from its requirement.
    """
    parts = [part.strip() for part in value.split(";")]
    for number, part in enumerate(parts):
        if part and not _MARKER.match(part):
            after = parts[number + 1] if number + 1 < len(parts) else ""
            yield f"{part}; {after}" if _MARKER.match(after) else part


def _setup_cfg_entries(source: Source) -> Iterator[Entry]:
    """setup.cfg, as setuptools reads it where pyproject.toml has no `[project]`."""
    for section, key, value, line in ini_items(source.tree.texts.get("setup.cfg", "")):
        where = source.in_file("setup.cfg", line, f"{section}.{key}")
        if value.startswith(("file:", "attr:")) or "%(" in value:
            continue
        if section in ("metadata", "options") and key in _OF_SETUP:
            name = _OF_SETUP[key]
            if name == "project_urls":
                label, _, url = value.partition("=")
                value = f"{label.strip()}, {url.strip()}"  # noqa: PLW2901 - as metadata has it
            for text in _requirements(value) if name == "requires_dist" else (value,):
                yield Entry(field=name, value=text, where=where)
        elif section == "options.extras_require" and not _MARKER.match(value):
            for text in _requirements(value):
                yield Entry(field="requires_dist", value=text, where=where)


def _setup_py_entries(source: Source) -> Iterator[Entry]:
    """The plain strings in setup.py's call of `setup`."""
    for call in setup_calls(source):
        for keyword in call.keywords:
            name = _OF_SETUP.get(keyword.arg or "")
            value = keyword.value
            items: list[tuple[str, ast.expr]] = []
            if keyword.arg == "extras_require" and isinstance(value, ast.Dict):
                name = "requires_dist"
                items = [("", one) for held in value.values for one in _elements(held)]
            elif name == "project_urls" and isinstance(value, ast.Dict):
                items = [
                    (f"{key.value}, ", one)
                    for key, one in zip(value.keys, value.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
            elif name is not None:
                items = [("", one) for one in _elements(value)]
            for before, one in items:
                if name and isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield Entry(
                        field=name,
                        value=f"{before}{one.value}",
                        where=source.in_file("setup.py", one.lineno, keyword.arg or ""),
                    )


def _elements(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, (ast.List, ast.Tuple)) else [node]


_KINDS = {
    "text": ("summary", "author_email", "maintainer_email", "project_urls", "home_page"),
    "classifiers": ("classifiers",),
    "dependencies": ("requires_dist", "requires_python", "provides_extra"),
    "licence": ("license_expression",),
    "imports": ("import_name", "import_namespace"),
}


def refused(source: Source, kind: str) -> Iterator[Finding]:
    """PyPI's refusals of the entries of one kind, one entry at a time."""
    for entry in source.entries:
        if entry.field in _KINDS[kind]:
            yield from _entry_findings(source, entry)


def _entry_findings(source: Source, entry: Entry) -> Iterator[Finding]:
    value = entry.value
    if entry.field == "summary" and "\n" in value.strip() and source.backend != "flit-core":
        # The other backends join the lines or keep the first.
        yield from of_upload(
            "summary-one-line",
            "The description has several lines; the build keeps one.",
            entry.where,
            severity=Severity.WARNING,
        )
        value = " ".join(value.split())
    if entry.field == "provides_extra" and source.backend != "flit-core":
        value = canonicalize_name(value)
    form = {
        "metadata_version": ("2.5",),
        "name": ("x",),
        "version": ("1",),
        entry.field: (value,),
    }
    for refusal in upload.metadata_refusals(form):
        newer = may_be_taken(refusal, SystemClock().now().date())
        yield from of_upload(
            refusal.rule,
            message_of(refusal),
            entry.where,
            fix=newer,
            severity=Severity.WARNING if newer else None,
            refusal=refusal.text,
        )


_UPLOAD_RULES = {rule.id: rule for rule in RULES_ON_FILES}  # the same ids at this distance


def of_upload(
    slug: str,
    message: str,
    where: Location,
    *,
    fix: str = "",
    severity: Severity | None = None,
    refusal: str = "",
) -> Iterator[Finding]:
    """A finding of one of `checks.upload`'s rules, shown as a matter of the project."""
    rule = _UPLOAD_RULES.get(slug)
    if rule is not None:
        found = find(rule, message, where=where, fix=fix, severity=severity, refusal=refusal)
        yield replace(found, subject="project")


def _name_place(source: Source) -> Location:
    """Where the project's name stands."""
    poetry = table_in(source.tool, "poetry")
    if source.table or poetry:
        return source.at(*(("project", "name") if source.table else ("tool", "poetry", "name")))
    for section, key, _, line in ini_items(source.tree.texts.get("setup.cfg", "")):
        if (section, key) == ("metadata", "name"):
            return source.in_file("setup.cfg", line, "metadata.name")
    for call in setup_calls(source):
        for keyword in call.keywords:
            if keyword.arg == "name":
                return source.in_file("setup.py", keyword.value.lineno, "name")
    return source.in_file("setup.py")


def names(source: Source) -> Iterator[Finding]:
    name = source.project.name
    if not name:
        return  # setup.py makes it up; the built metadata will tell
    for refusal in upload.name_refusals(name):
        yield from of_upload(
            refusal.rule,
            message_of(refusal, name=name),
            _name_place(source),
            severity=Severity.WARNING if is_old_name(refusal) else None,
            refusal=refusal.text,
        )


def entry_points(source: Source) -> Iterator[Finding]:
    table = source.table
    groups: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [
        (("project", key), table_in(table, key)) for key in ("scripts", "gui-scripts")
    ]
    if source.backend == "poetry-core" and not table:
        groups.append(
            (
                ("tool", "poetry", "scripts"),
                table_in(source.tool, "poetry", "scripts"),
            )
        )
    for path, group in groups:
        for name in group:
            if not re.fullmatch(r"[\w.-]+", name):
                yield from of_upload(
                    "wheel-entry-points",
                    f"`{name}` cannot be the name of a script: letters, digits, `_`, `.` and `-` "
                    "only.",
                    source.at(*path, name),
                )
