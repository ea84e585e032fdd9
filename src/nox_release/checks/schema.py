"""The specification of pyproject.toml itself, as validate-pyproject knows it, in plain words.

It stops at its first problem and shows the schema's definition, so it is asked about one key at a
time, and what a key takes is said here.
"""

import contextlib
import difflib
import functools
import logging
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from nox_release.core.values import dataclass

Path = tuple[str | int, ...]
Fits = Callable[[Any], bool]

_TAKES = {
    "name": "a string",
    "version": "a PEP 440 version such as 1.2.0",
    "description": "a string",
    "readme": "a file name, or a table with `file` or `text`, and `content-type`",
    "requires-python": 'a specifier such as ">=3.10"',
    "license": 'an SPDX expression such as "MIT", or a table with `file` or `text`',
    "license-files": "a list of file patterns",
    "authors": "a list of tables with `name`, `email` or both",
    "maintainers": "a list of tables with `name`, `email` or both",
    "keywords": "a list of strings",
    "classifiers": "a list of strings",
    "urls": "a table of labels and addresses",
    "scripts": 'a table such as { command = "package.module:function" }',
    "gui-scripts": 'a table such as { command = "package.module:function" }',
    "entry-points": "a table of groups, each a table of names and objects",
    "dependencies": 'a list of requirements such as "httpx>=0.28"',
    "optional-dependencies": "a table of extras, each a list of requirements",
    "dynamic": "a list of the keys that the backend fills in",
    "import-names": "a list of importable names",
    "import-namespaces": "a list of importable names",
}
_FORMATS = {
    **dict.fromkeys(("authors", "maintainers"), "is not an e-mail address"),
    **dict.fromkeys(("scripts", "gui-scripts", "entry-points"), "names no object"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A place where the document breaks its specification; `kind` is the schema's own word."""

    path: Path
    kind: str
    message: str


def schema_problems(pyproject: Mapping[str, Any]) -> Iterator[Problem]:
    """Every place where the document breaks its specification."""
    tool = pyproject.get("tool")
    tools = tool if isinstance(tool, dict) else {}
    if is_plain(pyproject):
        return
    known_tools = tuple(name for name in ("setuptools", "distutils") if name in tools)
    with _silent():
        validator = _validator(known_tools)
        project = pyproject.get("project")
        clean = True
        if isinstance(project, dict):
            for key in project:
                if key not in _TAKES:
                    clean = False
                    yield Problem(path=("project", key), kind="unknown", message=_unknown(key))
                    continue
                alone = {"name": "x", "version": "1", key: project[key]}
                if key == "dynamic":
                    alone = {**alone, "dynamic": _without_version(project[key])}
                for problem in _problems(validator, {"project": alone}):
                    clean = False
                    yield problem
            if clean:
                yield from _problems(validator, {"project": project})
        documents: list[dict[str, Any]] = [
            {key: pyproject[key]}
            for key in ("build-system", "dependency-groups")
            if key in pyproject
        ]
        documents += [{"tool": {name: tools[name]}} for name in known_tools]
        for document in documents:
            yield from _problems(validator, document)


def _text(pattern: str = r"[\s\S]*") -> Fits:
    whole = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and whole.fullmatch(value) is not None


def _list(item: Fits) -> Fits:
    return lambda value: isinstance(value, list) and all(map(item, value))


def _table(fits: Callable[[str], Fits]) -> Fits:
    """Not empty, and each value is as its key wants it."""
    return lambda value: (
        isinstance(value, dict)
        and bool(value)
        and all(fits(key)(one) for key, one in value.items())
    )


_DASHES = str.maketrans("-_", "_-")


def _never(_value: object) -> bool:
    return False


def _is_requirement(value: object) -> bool:
    with contextlib.suppress(InvalidRequirement):
        return isinstance(value, str) and bool(Requirement(value))
    return False


def _is_classifier(value: object) -> bool:
    from trove_classifiers import classifiers

    return isinstance(value, str) and value in classifiers


@functools.cache
def _plain_forms() -> dict[str, Fits]:
    """What the usual values of each table look like."""
    anything, requirements = _text(), _list(_is_requirement)
    name = _text(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")

    def only(**fits: Fits) -> Fits:
        return _table(lambda key: fits.get(key.translate(_DASHES), _never))

    def named(fits: Fits) -> Fits:
        return _table(lambda key: fits if name(key) else _never)

    people = _list(only(name=anything, email=_text(r"\w[\w.+-]*@\w[\w-]*(\.\w[\w-]*)+")))
    commands = named(_text(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*:[A-Za-z]\w*"))
    known = _text("MIT|ISC|Apache-2.0|BSD-[23]-Clause|MPL-2.0|GPL-[23].0-(only|or-later)")
    text, file = only(text=anything), only(file=anything)
    return {
        "project": only(
            name=name,
            version=_text(r"\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?"),
            dynamic=lambda value: value == ["version"],
            description=anything,
            readme=anything,
            requires_python=_text(r"(>=|<|!=)\d+(\.\d+)*(, ?(>=|<|!=)\d+(\.\d+)*)*"),
            license=lambda value: known(value) or text(value) or file(value),
            authors=people,
            maintainers=people,
            keywords=_list(anything),
            classifiers=_list(_is_classifier),
            urls=named(_text(r"https?://\w[\w.-]*(/[\w./#~-]*)?")),
            scripts=commands,
            gui_scripts=commands,
            dependencies=requirements,
            optional_dependencies=named(requirements),
        ),
        "build-system": only(
            requires=requirements,
            build_backend=_text(r"[a-z]\w*(\.[a-z]\w*)*"),
            backend_path=_list(anything),
        ),
        "dependency-groups": named(requirements),
    }


def is_plain(pyproject: Mapping[str, Any]) -> bool:
    """Whether every value has its usual form. Nothing is to be found then, and the program that
    looks for it need not be written, which is a tenth of what `check-project` takes.
    """
    project, tool = pyproject.get("project"), pyproject.get("tool", {})
    return (
        isinstance(tool, dict)
        and not {"setuptools", "distutils"} & {*tool}
        and all(fits(pyproject[key]) for key, fits in _plain_forms().items() if key in pyproject)
        and (
            project is None
            or ("name" in project and ("version" in project) != ("dynamic" in project))
        )
        and "requires" in pyproject.get("build-system", {"requires": []})
    )


@functools.cache
def _validator(tools: tuple[str, ...]) -> Any:
    """Made once for each set of tools, and for no more than those: it compiles their schemas."""
    from validate_pyproject.api import Validator, load_builtin_plugin

    if not tools:
        return Validator(plugins=())
    from validate_pyproject.plugins import PluginWrapper

    return Validator(plugins=[PluginWrapper(tool, load_builtin_plugin) for tool in tools])


def _without_version(value: object) -> object:
    """`dynamic` lists the version together with no static one, which is right."""
    if not isinstance(value, list):
        return value
    return (
        [item for item in value if item not in ("version", "name")]
        if "name" not in value
        else value
    )


def _problems(validator: Any, document: Mapping[str, Any]) -> Iterator[Problem]:
    from validate_pyproject.errors import ValidationError

    try:
        validator(dict(document))
    except ValidationError as error:
        path = _path(error.name)
        yield Problem(path=path, kind=str(error.rule), message=_message(path, error))


# Found by having each backend write the metadata of tables with one mistake: hatchling 1.33,
# setuptools 84.2, flit-core 4.2, poetry-core 2.5, pdm-backend 2.5, uv_build 0.13,
# scikit-build-core 1.1, meson-python 0.22.
_REFUSING_UNKNOWN = frozenset({"setuptools", "flit-core", "scikit-build-core"})
_REFUSING_ADDRESSES = frozenset({"setuptools", "flit-core", "poetry-core"})
_PASSED_OVER = {
    "hatchling": frozenset(
        {
            ("authors", "additionalProperties"),
            ("maintainers", "additionalProperties"),
            ("license-files", "type"),  # the table of a draft of PEP 639
            ("dynamic", "enum"),
            ("license", "type"),  # a table beside `license-files`
        }
    ),
}


def is_passed_over(problem: Problem, backend: str) -> bool:
    """Whether `backend` builds in spite of the problem. PyPI's own rules are asked elsewhere."""
    top, key = (*map(str, problem.path), "", "")[:2]
    if top != "project":
        return top == "dependency-groups" or (top == "tool" and backend != "setuptools")
    if problem.kind == "unknown":
        return backend not in _REFUSING_UNKNOWN
    if problem.kind == "format" and key in ("authors", "maintainers"):
        return backend not in _REFUSING_ADDRESSES
    if problem.kind == "format" and key in ("scripts", "gui-scripts", "entry-points"):
        return backend != "setuptools"
    return (key, problem.kind) in _PASSED_OVER.get(backend, ())


def _path(name: str | None) -> Path:
    """validate-pyproject's name of a place, such as `project.authors[0].email`."""
    bare = (name or "").strip("`").removeprefix("data.")
    return tuple(
        int(part[1:-1]) if part.startswith("[") else part
        for part in re.findall(r"\[\d+\]|[^.\[\]]+", bare)
    )


def _message(path: Path, error: Any) -> str:
    shown = ".".join(str(part) for part in path if isinstance(part, str))
    value = repr(error.value)
    value = value if len(value) <= 80 else f"{value[:79]}…"
    key = path[1] if len(path) > 1 else ""
    definition = error.rule_definition
    words = " ".join(str(error.summary or error.message).split("\n")[0].rstrip(":").split())
    words = re.sub(r"`data\.?([^`]*)`", lambda found: f"`{found[1] or 'it'}`", words)
    if path[:1] == ("project",) and isinstance(key, str) and key in _TAKES:
        if error.rule == "format" and key in _FORMATS:
            return f"`{shown}` is {value}, which {_FORMATS[key]}."
        if error.rule in ("oneOf", "anyOf", "type", "required", "additionalProperties", "format"):
            subject = f"`{shown}`" if shown != f"project.{key}" else "one of them"
            given = f"; {subject} is {value}." if len(path) > 2 else f", not {value}."
            return f"`project.{key}` must be {_TAKES[key]}{given}"
        return f"{words}."
    if error.rule == "additionalProperties":
        extra = re.findall(r"'([^']+)'", words)
        known = sorted(error.definition.get("properties", {}))
        return (
            f"`{shown}` has no key "
            + ", ".join(f"`{name}`{_near(name, known)}" for name in extra)
            + "."
        )
    if error.rule == "type":
        return f"`{shown}` must be {_kind(definition)}, not {value}."
    if error.rule == "format":
        return f"`{shown}`: {value} is not a valid {str(definition).replace('-', ' ')}."
    if error.rule in ("oneOf", "anyOf"):
        return f"`{shown}` is {value}, which the specification does not know."
    return f"{words}." if "`" in words else f"`{shown}`: {words}."


def _kind(definition: object) -> str:
    names = {
        "object": "a table",
        "array": "a list",
        "string": "a string",
        "boolean": "true or false",
    }
    kinds = definition if isinstance(definition, list) else [definition]
    return " or ".join(names.get(str(kind), str(kind)) for kind in kinds)


def _unknown(key: str) -> str:
    return f"`[project]` has no key `{key}`{_near(key, sorted(_TAKES))}."


def _near(name: str, known: list[str]) -> str:
    swapped = name.replace("_", "-").replace("licence", "license")
    close = [swapped] if swapped in known else difflib.get_close_matches(swapped, known, n=1)
    return f" (`{close[0]}`?)" if close else ""


@contextlib.contextmanager
def _silent() -> Generator[None]:
    """validate-pyproject logs what it also raises."""
    logger = logging.getLogger("validate_pyproject")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
