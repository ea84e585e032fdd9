"""Names that a new project cannot have.

Source: Warehouse's `packaging/services.py` (`check_project_name`).
"""

import functools
import itertools
from collections.abc import Iterable, Iterator

from packaging.utils import canonicalize_name

from nox_release.checks.upload.fields import PROJECT_NAME
from nox_release.checks.upload.refusals import Refusal, help_page
from nox_release.project.names import ultranormalize

# Those that Warehouse prohibits from the start (migration 1e2ccd34f539); the administrators' others
# are not public.
PROHIBITED = frozenset({"requirements-txt", "rrequirements-txt"})


@functools.cache
def stdlib_names() -> frozenset[str]:
    """Normalized names of every module that any Python's standard library had."""
    from stdlib_list import short_versions, stdlib_list

    names: set[str] = set()
    for module in set(itertools.chain.from_iterable(map(stdlib_list, short_versions))):
        name = module
        while name and name not in names:
            names.add(name)
            name = name.rpartition(".")[0]
    lines = "\n".join(names).lower().replace("_", "-").replace(".", "-")
    while "--" in lines:
        lines = lines.replace("--", "-")
    return frozenset(line.strip("-") for line in lines.split("\n"))


def name_refusals(
    name: str,
    existing: Iterable[str] = (),
    *,
    prohibited: Iterable[str] = (),
) -> Iterator[Refusal]:
    """Why a new project may not have this name, given the `existing` projects' names.

    Which other names the administrators prohibit is not public; the stand-in index knows its own.
    """
    see = f" See {help_page('project-name')} for more information."
    normalized = canonicalize_name(name)
    taken = [other for other in existing if canonicalize_name(other) == normalized]
    if not PROJECT_NAME.match(name):
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
    if normalized in PROHIBITED | {canonicalize_name(other) for other in prohibited}:
        text = f"The name {name!r} isn't allowed.{see}"
        yield Refusal(rule="name-prohibited", text=text, field="name", value=name)
    similar = ultranormalize(name)
    if not taken and any(ultranormalize(other) == similar for other in existing):
        text = f"The name {name!r} is too similar to an existing project.{see}"
        yield Refusal(rule="name-too-similar", text=text, field="name", value=name)
