"""The rooms of the house: what each may import, that none imports from a room below it in the list,
and that every effect has one home.
"""

import ast
from functools import cache
from graphlib import TopologicalSorter

import pytest

from own_source import MODULES, SOURCE, called, nodes_of

# From the top: a module imports from its own room or from one that stands earlier.
ROOMS = (
    "core",
    "project",
    "files",
    "workflows",
    "releases",
    "checks",
    "edges",
    "observing",
    "diagnosis",
    "scaffold",
    "rehearsal",
    "operations",
)
# Rooms that may not see all that stands earlier.
NARROW = {
    "core": set(),
    "project": {"core"},
    "files": {"core"},
    "workflows": {"core", "project"},
    "releases": {"core", "project", "files", "workflows"},
    "edges": {"core", "project", "files", "workflows", "releases"},
    "diagnosis": {"core", "project", "workflows"},
    "scaffold": {"core", "project", "workflows"},
    "rehearsal": set(ROOMS[: ROOMS.index("rehearsal")]) - {"diagnosis"},
}
WAYS_IN = {"__init__", "__main__", "library", "sessions"}


def module_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


KNOWN = {module_of(path) for path in MODULES}


@cache
def imports_of(path):
    """The names of all that is imported, for type checking too."""
    found = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                inside = full.removeprefix("nox_release.")
                found.add(full if inside in KNOWN else node.module)
    return found


def own_imports(path):
    return {
        name.removeprefix("nox_release.")
        for name in imports_of(path)
        if name.startswith("nox_release.")
    }


def room_of(module):
    return module.split(".", maxsplit=1)[0]


def allowed(room):
    return NARROW.get(room, set(ROOMS[: ROOMS.index(room)])) | {room}


def test_a_module_belongs_to_a_room_or_is_a_way_in():
    assert {room_of(module) for module in KNOWN} <= {*ROOMS, *WAYS_IN}


def test_no_arrow_points_up():
    wrong = {
        (module, name)
        for path in MODULES
        if room_of(module := module_of(path)) not in WAYS_IN
        for name in own_imports(path)
        if room_of(name) not in allowed(room_of(module))
    }
    assert wrong == set()


def test_no_modules_import_each_other_in_a_circle():
    """Those for type checking count: a circle of files is one file that nobody can read alone."""
    arrows = {
        module_of(path): own_imports(path) & KNOWN - {module_of(path), ""} for path in MODULES
    }
    list(TopologicalSorter(arrows).static_order())  # raises CycleError with the circle


ONE_HOME = {
    "subprocess": {"edges.process"},
    "httpx": {"edges.web"},
    "rich": {"edges.screen"},
    "nox": {"sessions", "__init__", "library"},  # the latter two for the names of types alone
}


@pytest.mark.parametrize("package", ONE_HOME)
def test_each_effect_has_one_home(package):
    homes = {
        module_of(path)
        for path in MODULES
        if any(name.split(".")[0] == package for name in imports_of(path))
    }
    assert homes <= ONE_HOME[package]


def test_nothing_prints_or_waits_outside_its_module():
    offences = []
    for path in MODULES:
        for node in nodes_of(path):
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            if name == "print" or (name == "time.sleep" and module_of(path) != "core.clock"):
                offences.append(f"{module_of(path)}:{node.lineno} {name}")
    assert offences == []


def test_no_class_and_no_list_of_parameters_is_too_long():
    too_long = []
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                if (node.end_lineno or 0) - node.lineno >= 320:
                    too_long.append(f"{module_of(path)}: {node.name}")
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = node.args
                names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
                if len([name for name in names if name not in ("self", "cls")]) > 7:
                    too_long.append(f"{module_of(path)}: {node.name}()")
    assert too_long == []
