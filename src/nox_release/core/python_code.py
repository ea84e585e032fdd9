"""Python source that may be anybody's: it is read, never run, and no depth of it is too much."""

import ast

from nox_release.core.quiet import without_warnings


def parse_python(
    text: str | bytes, feature_version: tuple[int, int] | None = None
) -> ast.Module | None:
    """The tree of a module; `None` when this Python, or the version of the features, cannot read it.

    From 3.12 on, Python warns on the screen of what it reads: of unknown escapes, for one.
    What is nested too deeply, or has a NUL, ends in another error in each version.
    """
    try:
        with without_warnings():
            return ast.parse(text, feature_version=feature_version)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def dotted_name(node: ast.expr) -> str:
    """`a.b.c` of such an expression; of `f().c` it is `.c`, and of what has no name "".

    `ast.unparse` would recurse, and chains in strangers' files may be as long as they like.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
