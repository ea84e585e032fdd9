"""What a module's source tells without being run: its imports, the files it opens, its syntax."""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator

from nox_release.core.python_code import dotted_name, parse_python
from nox_release.core.values import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import statement; `names` are all dotted names that it may load.

    It is `certain` where nothing stands between it and the import of its module: no function, no
    condition. What `try … except ImportError` or `TYPE_CHECKING` guards is no import at all.
    """

    names: tuple[str, ...]
    line: int
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One module. `tried` are the names whose import may fail; `opened` are files or folders below
    site-packages that it names by literals; `too_new` says where the syntax is newer than the oldest
    Python that was asked about.
    """

    module: str
    path: str
    imports: tuple[Import, ...] = ()
    tried: frozenset[str] = frozenset()
    opened: tuple[str, ...] = ()
    defined: frozenset[str] | None = None
    too_new: tuple[int, str] | None = None
    broken: bool = False


def read_code(
    module: str,
    path: str,
    text: bytes,
    oldest: tuple[int, int] | None = None,
    *,
    defined: bool = True,
) -> Code:
    """What `text` tells; `oldest` is the first Python for which it has to be right, and `defined`
    is whether the names that it defines are wanted.
    """
    tree = parse_python(text, oldest)
    too_new = None
    if tree is None and oldest is not None:
        tree = parse_python(text)
        if tree is not None:
            too_new = _refused(text, oldest)
    if tree is None:
        return Code(module=module, path=path, broken=True)
    package = (
        module if path.rpartition("/")[2].startswith("__init__.") else module.rpartition(".")[0]
    )
    statements = tuple(_imports(tree))
    tried = {
        name for node, certain in statements if certain is None for name in names_of(node, package)
    }
    return Code(
        module=module,
        path=path,
        imports=tuple(
            Import(names=tuple(names_of(node, package)), line=node.lineno, certain=certain)
            for node, certain in statements
            if certain is not None
        ),
        tried=frozenset(tried - {package}),
        opened=tuple(sorted(_Opened(tree, path, package).found())) if _LOOKS.search(text) else (),
        defined=_defined(tree) if defined else None,
        too_new=too_new,
    )


def _refused(text: bytes, oldest: tuple[int, int]) -> tuple[int, str] | None:
    try:
        ast.parse(text, feature_version=oldest)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    return None


# --- imports -------------------------------------------------------------------------------------

# Where statements stand in statements.
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")


def _imports(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool | None]]:
    """The imports in the order of the text, and which are certain; `None`: a guard lets it fail."""
    todo: list[tuple[ast.AST, bool | None]] = [(node, True) for node in reversed(tree.body)]
    while todo:
        node, certain = todo.pop()
        inner: Iterable[ast.AST]
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, certain
            continue
        if certain is None and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.Try) and node.handlers and certain is not None:
            todo += [
                (part, False) for part in reversed((*node.handlers, *node.orelse, *node.finalbody))
            ]
            inner, certain = node.body, None
        elif isinstance(node, ast.If) and _asks_for_typing(node.test):
            inner = node.orelse
        elif isinstance(node, ast.With) and any(
            dotted_name(item.context_expr.func).rpartition(".")[2] == "suppress"
            for item in node.items
            if isinstance(item.context_expr, ast.Call)
        ):
            inner, certain = node.body, None
        else:
            inner = [part for name in _BLOCKS for part in getattr(node, name, ())]
            certain = certain and isinstance(node, ast.With | ast.ClassDef)
        todo += reversed([(part, certain) for part in inner])


def _asks_for_typing(test: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Name | ast.Attribute)
        and dotted_name(node).rpartition(".")[2] == "TYPE_CHECKING"
        for node in ast.walk(test)
    )


def names_of(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    """Every dotted name that the statement may load, from a module of `package`."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            parts = alias.name.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))
        return
    base = node.module or ""
    if node.level:
        outer = package.split(".")
        outer = outer[: len(outer) - node.level + 1]
        base = ".".join([*outer, base]).strip(".")
    if base:
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


# Where a module uses one of these, it may have any name.
_ANYTHING = frozenset({"globals", "exec", "setattr", "vars", "locals", "__getattr__"})


def _defined(tree: ast.Module) -> frozenset[str] | None:
    """The names that the module has once it is imported; `None` where that cannot be told."""
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and node.attr == "modules":
            return None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            todo += node.decorator_list
        else:
            todo += ast.iter_child_nodes(node)
    return None if found & {"*", *_ANYTHING} else frozenset(found)


# --- files that are opened ----------------------------------------------------------------------

_JOINS = frozenset({"joinpath", "with_name"})
_SAME = frozenset(
    {
        "resolve",
        "absolute",
        "abspath",
        "realpath",
        "normpath",
        "str",
        "Path",
        "PurePath",
        "fspath",
        "as_posix",
        "expanduser",
    }
)
_RESOURCES = frozenset(
    {"open_text", "open_binary", "read_text", "read_binary", "path", "contents", "get_data"}
    | {"resource_filename", "resource_string", "resource_stream", "resource_listdir", "is_resource"}
    | {"PackageLoader"}
)


_LOOKS = re.compile(rb"__file__|resources|pkgutil|PackageLoader")


@dataclass(slots=True)
class _Opened:
    """Follows `__file__`, `importlib.resources` and their kin through a module's expressions.

    A place is a path below site-packages. Only literals are followed; where a path goes on with
    something else, the folder so far is what is opened.
    """

    tree: ast.Module
    path: str
    package: str
    names: dict[str, str] = field(default_factory=dict)

    def found(self) -> set[str]:
        places: set[str] = set()
        assigned = [node for node in self.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        for statement in assigned:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            place = self.place(statement.value) if statement.value is not None else None
            if place is not None:
                self.names.update(
                    (target.id, place) for target in targets if isinstance(target, ast.Name)
                )
        for node in ast.walk(self.tree):
            if isinstance(node, ast.BinOp | ast.Call) and (place := self.place(node)) is not None:
                places.add(place)
        return {place for place in places if place and not f"{self.path}/".startswith(f"{place}/")}

    def place(self, node: ast.expr, depth: int = 0) -> str | None:
        """Where an expression leads, `None` where it does not begin at the package."""
        if depth > 30:
            return None
        if isinstance(node, ast.Name):
            return self.path if node.id == "__file__" else self.names.get(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return self._joined(self.place(node.left, depth + 1), [node.right])
        if isinstance(node, ast.Attribute):
            held = self.place(node.value, depth + 1)
            return posixpath.dirname(held) if held and node.attr == "parent" else None
        if isinstance(node, ast.Subscript):
            return self._parents(node, depth)
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        return None

    def _parents(self, node: ast.Subscript, depth: int) -> str | None:
        if not (isinstance(node.value, ast.Attribute) and node.value.attr == "parents"):
            return None
        place = self.place(node.value.value, depth + 1)
        if place is None or not isinstance(node.slice, ast.Constant):
            return None
        for _ in range(node.slice.value + 1 if isinstance(node.slice.value, int) else 0):
            place = posixpath.dirname(place)
        return place

    def _called(self, node: ast.Call, depth: int) -> str | None:
        name = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else node.func.id
            if isinstance(node.func, ast.Name)
            else ""
        )
        if name in ("files", *_RESOURCES) and node.args:
            package = self._package(node.args[0])
            if package is not None:
                return self._joined(package, [] if name == "files" else node.args[1:2])
        if isinstance(node.func, ast.Attribute) and name in _JOINS:
            held = self.place(node.func.value, depth + 1)
            if held is not None:
                return self._joined(
                    posixpath.dirname(held) if name == "with_name" else held, node.args
                )
        if name == "join" and node.args:
            return self._joined(self.place(node.args[0], depth + 1), node.args[1:])
        if name == "dirname" and node.args:
            held = self.place(node.args[0], depth + 1)
            return None if held is None else posixpath.dirname(held)
        if name in _SAME:
            inner = node.args[0] if node.args else getattr(node.func, "value", None)
            return self.place(inner, depth + 1) if inner is not None else None
        return None

    def _package(self, node: ast.expr) -> str | None:
        """The folder of the package that such a call names first."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value.replace(".", "/") if re.fullmatch(r"[\w.]+", node.value) else None
        if isinstance(node, ast.Name) and node.id == "__package__":
            return self.package.replace(".", "/")
        if isinstance(node, ast.Name) and node.id == "__name__":
            return posixpath.dirname(self.path) or None
        return None

    def _joined(self, place: str | None, parts: list[ast.expr]) -> str | None:
        if place is None:
            return None
        for part in parts:
            if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
                return place
            place = posixpath.normpath(posixpath.join(place, part.value))
            if place.startswith(("../", "/")) or place in ("..", "."):
                return None
        return place
