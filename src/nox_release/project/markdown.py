"""A part of a changelog as GitHub shows it: Markdown, whose links lead to the tag."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

_ROLE = re.compile(r"(?<![\w`]):(?:[\w.+-]{1,40}:){0,3}([\w.+-]{1,40}):`([^`]{1,2000})`")
_TARGET = re.compile(r"^\.\. (?:_[^:\n]+: \S.*|\|[^|\n]+\| [a-z]+:: .*)$", re.MULTILINE)
_CODE = re.compile(r"(^ {0,3}(```+|~~~+).*?(?:^ {0,3}\2|\Z)|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((<?)([^()\s<>]+)(>?)((?:\s+\"[^\"]*\")?)\)"
)
_DEFINED = re.compile(r"^( {0,3}\[[^\]\n]+\]:\s+)(\S+)", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp)$", re.IGNORECASE)
# Roles that name an issue or a pull request by its number, in projects with sphinx-issues and alike.
_NUMBERED = frozenset({"issue", "gh", "ghissue", "pr", "pull", "ghpull", "bug"})
_ALERTS = {
    "attention": "WARNING", "caution": "CAUTION", "danger": "CAUTION", "error": "CAUTION",
    "hint": "TIP", "important": "IMPORTANT", "note": "NOTE", "tip": "TIP", "warning": "WARNING",
}  # fmt: skip


def lead_to_tag(text: str, *, page: str, tag: str, folder: str = "") -> str:
    """Markdown whose relative links lead to the files of `tag`; `page` is the repository's address,
    `folder` that of the changelog below its top.
    """

    def address(link: str, *, image: bool) -> str:
        if _ELSEWHERE.match(link):
            return link
        path, mark, anchor = link.partition("#")
        whole = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
        whole = posixpath.normpath(whole)
        if whole.startswith(".."):
            return link
        kind = "raw" if image or _IMAGE.search(path) else "blob"
        return f"{page}/{kind}/{quote(tag)}/{whole}{mark}{anchor}"

    def prose(part: str) -> str:
        part = _INLINE.sub(
            lambda m: f"{m[1]}[{prose(m[2])}]({m[3]}{address(m[4], image=bool(m[1]))}{m[5]}{m[6]})",
            part,
        )
        return _DEFINED.sub(lambda m: f"{m[1]}{address(m[2], image=False)}", part)

    pieces, end = [], 0
    for code in _CODE.finditer(text):
        pieces += [prose(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*pieces, prose(text[end:])])


def from_rst(text: str, *, whole: str = "") -> str:
    """reStructuredText as Markdown, its roles reduced to their text.

    `whole` is the document that `text` is a part of: what its links are defined by may stand there.
    """
    import docutils.core  # type: ignore[import-untyped]  # it brings no types

    others = [line for line in _TARGET.findall(whole) if line not in text]
    source = "\n".join([_ROLE.sub(_of_role, text), "", *others])
    settings = {
        "report_level": 5,
        "halt_level": 5,
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "_disable_config": True,
        "doctitle_xform": False,
        "smart_quotes": False,
        "input_encoding": "unicode",
    }
    tree = docutils.core.publish_doctree(source, settings_overrides=settings)
    return "\n\n".join(_blocks(tree.children, level=2)).strip()


def _of_role(found: re.Match[str]) -> str:
    """The text of a role: its title where it has one, else its target without what Sphinx hides."""
    role, said = found[1], found[2].strip()
    title, _, target = said.rpartition("<")
    if target.endswith(">") and target.count(">") == 1 and title.strip():
        return title.strip()
    if role in _NUMBERED and said.isdigit():
        return f"#{said}"
    if role in ("doc", "ref", "issue", "user", "abbr", "term"):
        return said
    shown = said.lstrip("!")
    shown = shown.lstrip("~").rpartition(".")[2] if shown.startswith("~") else shown
    return f"``{shown}``"


# --- the tree to Markdown --------------------------------------------------------------------

_LEFT_OUT = ("comment", "system_message", "target", "substitution_definition", "raw", "pending")


def _blocks(nodes: Iterable[Any], *, level: int) -> Iterator[str]:
    """Each block of a document, a section or a list's entry."""
    for node in nodes:
        kind = node.tagname
        if kind in _LEFT_OUT:
            continue
        if kind in ("section", "compound", "container", "topic", "sidebar", "footer", "header"):
            yield from _blocks(node.children, level=level + (kind == "section"))
        elif kind in ("title", "rubric"):
            yield f"{'#' * min(level, 6)} {_inline(node)}"
        elif kind in ("bullet_list", "enumerated_list"):
            yield _listed(node, level)
        elif kind in ("definition_list", "field_list", "option_list"):
            yield from _entries(node, level)
        elif kind in ("literal_block", "doctest_block"):
            yield _fenced(node)
        elif kind == "block_quote":
            yield _quoted(_blocks(node.children, level=level))
        elif kind in _ALERTS or kind in ("admonition", "versionmodified"):
            alert = _ALERTS.get(kind, "NOTE")
            yield _quoted([f"[!{alert}]\n" + "\n\n".join(_blocks(node.children, level=level))])
        elif kind == "transition":
            yield "---"
        elif kind == "image":
            yield _image(node)
        elif kind == "figure":
            yield from _blocks(node.children, level=level)
        elif kind == "line_block":
            yield "  \n".join(_inline(line) for line in node.findall() if line.tagname == "line")
        elif kind == "table":
            yield from _table(node)
        else:
            yield _inline(node)


def _listed(node: Any, level: int) -> str:
    ordered = node.tagname == "enumerated_list"
    start = int(node.get("start", 1))
    entries = []
    for number, entry in enumerate(node.children, start):
        mark = f"{number}. " if ordered else "- "
        blocks = list(_blocks(entry.children, level=level))
        tight = len(blocks) < 2 or all(b.startswith(("- ", "1. ")) for b in blocks[1:])
        text = ("\n" if tight else "\n\n").join(blocks)
        entries.append(mark + text.replace("\n", f"\n{' ' * len(mark)}"))
    return re.sub(r"\n +(?=\n)", "\n", "\n".join(entries))


def _entries(node: Any, level: int) -> Iterator[str]:
    """A term with what is said of it, as a list of bold terms."""
    for entry in node.children:
        first, *rest = entry.children
        said = "\n\n".join(_blocks((c for one in rest for c in one.children), level=level))
        text = f"- **{_inline(first).strip('*')}**" + (f": {said}" if said else "")
        yield text.replace("\n", "\n  ")


def _fenced(node: Any) -> str:
    text = node.astext()
    language = next((name for name in node.get("classes", ()) if name != "code"), "")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = language or ("pycon" if node.tagname == "doctest_block" else "")
    return f"{fence}{language}\n{text}\n{fence}"


def _quoted(blocks: Iterable[str]) -> str:
    return "\n".join(f"> {line}".rstrip() for line in "\n\n".join(blocks).split("\n"))


def _table(node: Any) -> Iterator[str]:
    rows = [
        [" ".join(_blocks(cell.children, level=6)).replace("|", "\\|") for cell in row.children]
        for row in node.findall()
        if row.tagname == "row"
    ]
    if not rows:
        return
    yield "\n".join(
        f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    ).replace("\n\n", " ")


def _image(node: Any) -> str:
    return f"![{node.get('alt', '')}]({node.get('uri', '')})"


def _inline(node: Any) -> str:
    return "".join(map(_span, node.children)).strip()


def _span(node: Any) -> str:
    kind = node.tagname
    if kind in _LEFT_OUT:
        return ""
    if kind == "#text":
        return _escaped(node.astext())
    if kind in ("literal", "title_reference", "math"):
        return _literal(node.astext())
    inner = "".join(map(_span, node.children))
    if kind == "strong":
        return f"**{inner}**"
    if kind == "emphasis":
        return f"*{inner}*"
    if kind == "image":
        return _image(node)
    if kind == "reference" and node.get("refuri"):
        address = node["refuri"]
        return f"<{address}>" if node.astext() == address else f"[{inner}]({address})"
    return inner


def _literal(text: str) -> str:
    if "`" in text:
        return f"`` {text} ``"
    return f"`{text}`"


def _escaped(text: str) -> str:
    """Text in which Markdown finds no marks that reStructuredText did not mean."""
    return re.sub(r"([*<\[\]]|(?<!\w)_|_(?!\w))", r"\\\1", text)
