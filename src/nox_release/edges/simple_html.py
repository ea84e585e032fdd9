"""Pages of the Simple API in HTML, read in one pass whatever stands in them.

Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/. Python's own
parser takes the square of a page's length over some pages, and these are a stranger's.
"""

import html
import re
from collections.abc import Iterator, Mapping

from nox_release.core.values import dataclass, field

_TAG = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*")
_ATTRIBUTE = re.compile(
    r"""[\s/]*([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>=`]+))?""",
)
_END_OF_TAG = re.compile(r"[\s/]*>")
_RAW = frozenset({"script", "style", "textarea", "template"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One anchor: its text, where it leads, and its other attributes."""

    text: str
    href: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page of the Simple API has to say. `asks` tells that somebody is to log in there."""

    title: str = ""
    base: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    asks: bool = False


def parse_page(text: str) -> Page:
    """The page; what breaks off is left out."""
    title = base = ""
    meta: dict[str, str] = {}
    links: list[Link] = []
    asks = False
    for name, attributes, said in _elements(text):
        if name == "a" and "href" in attributes:
            links.append(Link(text=said, href=attributes.pop("href"), attributes=attributes))
        elif name == "title":
            title = title or said
        elif name == "base":
            base = base or attributes.get("href", "")
        elif name == "meta" and attributes.get("name", "").startswith("pypi:"):
            meta[attributes["name"]] = attributes.get("content", "")
        elif name == "input" and attributes.get("type", "").lower() == "password":
            asks = True
    return Page(title=title, base=base, meta=meta, links=tuple(links), asks=asks)


def _elements(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Each opening tag, its attributes, and the text that follows it directly."""
    at = 0
    while (at := text.find("<", at)) >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            if end < 0:
                return
            at = end + 3
            continue
        found = _TAG.match(text, at + 1)
        if found is None:
            at += 1
            continue
        name = found[0].lower()
        attributes, at = _attributes(text, found.end())
        if at < 0:
            return
        if name in _RAW:
            end_of_raw = re.compile(f"</{name}", re.IGNORECASE).search(text, at)
            if end_of_raw is None:
                return
            at = end_of_raw.start()
        elif not name.startswith("/"):
            end = text.find("<", at)
            said = text[at : end if end >= 0 else None]
            yield name, attributes, html.unescape(" ".join(said.split()))


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, and where it ends; -1 where it does not."""
    attributes: dict[str, str] = {}
    while (end := _END_OF_TAG.match(text, at)) is None:
        found = _ATTRIBUTE.match(text, at)
        if found is None:
            return attributes, -1
        value = found[2] or ""
        if value[:1] in ("'", '"'):
            value = value[1:-1]
        attributes.setdefault(found[1].lower(), html.unescape(value))
        at = found.end()
    return attributes, end.end()
