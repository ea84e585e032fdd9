"""Images and links of the README that lead nowhere on the project's page on the index."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from nox_release.core.findings import Finding, Rule, Severity, find

if TYPE_CHECKING:
    from nox_release.checks.source.subject import Source

_rule = partial(
    Rule,
    subject="project",
    link="https://packaging.python.org/en/latest/guides/making-a-pypi-friendly-readme/",
)

README_IMAGE = _rule(
    "readme-relative-image",
    Severity.WARNING,
    "The README's images have whole addresses",
    why="The project's page has none of the repository's files, so a relative image is broken there; "
    "the page of a published version cannot be changed.",
    remedy="Write the whole address of the image.",
)
README_LINK = _rule(
    "readme-relative-link",
    Severity.ADVICE,
    "The README's links have whole addresses",
    why="On the project's page a relative link leads to a page of the index that does not exist.",
    remedy="Write the whole address of the page.",
)

RULES = (README_IMAGE, README_LINK)

_TARGET = r"<?(?P<target>[^\s)>\"']+)>?"
_IMAGES = (
    re.compile(rf"!\[[^\]]*\]\(\s*{_TARGET}"),
    re.compile(
        r"<(?:img|source)\b[^>]*?\bsrc(?:set)?\s*=\s*[\"'](?P<target>[^\"'\s]+)", re.IGNORECASE
    ),
)
_LINKS = (
    re.compile(rf"(?<!\!)\[(?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*\]\(\s*{_TARGET}"),
    re.compile(r"<a\b[^>]*?\bhref\s*=\s*[\"'](?P<target>[^\"'\s]+)", re.IGNORECASE),
    re.compile(rf"^ {{0,3}}\[[^\]^]+\]:\s*{_TARGET}"),
)
_RST_IMAGES = (re.compile(r"^\s*\.\. (?:\|[^|]+\| )?(?:image|figure):: +(?P<target>\S+)"),)
_RST_LINKS = (
    re.compile(r"`[^`<]{1,500}<(?P<target>[^>\s`]{1,2000})>`_"),
    re.compile(r"^\s*\.\. _[^:]+: +(?P<target>\S+)$"),
    re.compile(r"^\s+:target: +(?P<target>\S+)$"),
)
_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|[{$%<]", re.IGNORECASE)


def relative_targets(text: str, *, rst: bool = False) -> Iterator[tuple[Rule, str, int]]:
    """The relative images and links of a README, each with its line."""
    patterns = (
        ((README_IMAGE, _RST_IMAGES), (README_LINK, _RST_LINKS))
        if rst
        else ((README_IMAGE, _IMAGES), (README_LINK, _LINKS))
    )
    for number, line in _prose(text, rst=rst):
        for rule, kinds in patterns:
            for pattern in kinds:
                for found in pattern.finditer(line):
                    target = found["target"]
                    is_name = rst and target.endswith("_")  # `text <other_>`_
                    if not _WHOLE.match(target) and not is_name:
                        yield rule, target, number


def _prose(text: str, *, rst: bool) -> Iterator[tuple[int, str]]:
    """The lines that are not code or comments; code within a line is left out."""
    fence = ""
    commented = False
    for number, line in enumerate(text.splitlines(), 1):
        if rst:
            yield number, re.sub(r"``[^`]*``", "", line)
            continue
        opened = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if fence:
            fence = "" if opened and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
        elif not line.startswith(("    ", "\t")):
            bare = re.sub(r"(?<!`)(`{1,20})(?!`)[^\n]{0,2000}?\1|<!--[^\n]{0,2000}?-->", "", line)
            if commented:
                _, ended, bare = bare.partition("-->")
                commented = not ended
            before, begun, _ = bare.partition("<!--")
            commented = commented or bool(begun)
            yield number, before


def relative_addresses(source: Source, path: str) -> Iterator[Finding]:
    """One finding for all images, and one for all links."""
    text = source.tree.texts.get(path, "")
    found: dict[Rule, dict[str, int]] = {}
    for rule, target, line in relative_targets(text, rst=path.lower().endswith(".rst")):
        found.setdefault(rule, {}).setdefault(target, line)
    for rule, targets in found.items():
        first, line = next(iter(targets.items()))
        listed = [f"`{target}` (line {at})" for target, at in list(targets.items())[:4]]
        more = f" and {len(targets) - 4} more" if len(targets) > 4 else ""
        what = "image" if rule is README_IMAGE else "link"
        yield find(
            rule,
            f"{', '.join(listed)}{more}: a relative {what} is broken on the project's page.",
            where=source.in_file(path, line),
            fix=_whole(source, path, first, image=rule is README_IMAGE),
        )


def _whole(source: Source, path: str, target: str, *, image: bool) -> str:
    """The address to write instead, where the repository is known."""
    slug = source.tree.slug or next(
        (
            found[1].removesuffix(".git")
            for _, url in source.project.urls
            if (found := re.match(r"https://github\.com/([^/]+/[^/#?]+)", url))
        ),
        "",
    )
    if not slug:
        return ""
    above = posixpath.dirname(f"{source.tree.prefix}{path}")
    there = posixpath.normpath(
        target.lstrip("/") if target.startswith("/") else posixpath.join(above, target)
    )
    if image:
        return f"Write https://raw.githubusercontent.com/{slug}/HEAD/{there}"
    return f"Write https://github.com/{slug}/blob/HEAD/{there}"
