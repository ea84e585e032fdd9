"""The floors of the house: a module imports from its own floor or below, and effects have one home."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "nox_release"

# Floor 0 decides and touches nothing; floor 1 is the outside; floor 2 tells the stories.
FLOOR_0 = {
    "errors",
    "findings",
    "distributions",
    "publishing",
    "remotes",
    "toml_lines",
    "workflow_syntax",
    "yaml_nodes",
    "shell",
    "expressions",
    "build_folders",
    "pages",
    "plan",
    "changelog",
    "python_code",
    "quiet",
    "checks",
    "diagnosis",
    "scaffold",
}
# The public check of given files opens them, and asks the index when told to.
ENTRANCES = {("checks", "files")}
FLOOR_2 = {"operations", "sessions", "rehearsal", "__main__", "__init__"}
MODULES = sorted(SOURCE.rglob("*.py"))


def module_of(path):
    return path.relative_to(SOURCE).with_suffix("").parts


def imports_of(path, *, typing_too=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            hidden |= {id(inner) for part in node.body for inner in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in hidden and not typing_too:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno


def floor(name):
    return 0 if name in FLOOR_0 else 2 if name in FLOOR_2 else 1


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(module_of(path)))
def test_no_module_imports_from_a_floor_above(path):
    own = 1 if module_of(path) in ENTRANCES else floor(module_of(path)[0])
    above = [
        f"{name} (line {line})"
        for name, line in imports_of(path)
        if name.startswith("nox_release.")
        and floor(name.split(".")[1]) > own
        and name.split(".")[1] != "__init__"
    ]
    assert above == []


ONE_HOME = {
    "subprocess": {("process",)},
    "httpx": {("index",)},
    "rich": {("console",)},
    "nox": {("sessions",)},
}


@pytest.mark.parametrize("package", ONE_HOME)
def test_each_effect_has_one_home(package):
    homes = {
        module_of(path)
        for path in MODULES
        if any(name.split(".")[0] == package for name, _ in imports_of(path))
    }
    assert homes <= ONE_HOME[package]


def test_nothing_prints_or_waits_outside_its_module():
    offences = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called == "print" or (called == "time.sleep" and module_of(path) != ("clock",)):
                offences.append(f"{'/'.join(module_of(path))}:{node.lineno} {called}")
    assert offences == []
