"""Whether a description renders, by the library that PyPI renders it with.

Source: Warehouse's `utils/readme.py` and `forklift/legacy.py`.
"""

import email.message
import email.utils
import functools
import io
import re
import threading
from collections.abc import Iterator

from nox_release.checks.upload.core_metadata import parse_content_type
from nox_release.checks.upload.fields import Form, only_of, sanitize
from nox_release.checks.upload.refusals import Refusal, crash, help_page
from nox_release.core.quiet import without_warnings

# Markdown that begins with a heading or a paragraph always makes a page.
_MAKES_A_PAGE = re.compile(r"(?:[ \t]*\n)*(?:#{1,6} +)?[A-Za-z]")

# docutils keeps its roles, directives and reporters in module globals.
_RENDERING = threading.Lock()


def description_refusals(form: Form) -> Iterator[Refusal]:
    """Whether PyPI can render the description."""
    form = sanitize(form)
    description = only_of(form, "description")
    if not description:
        return
    content_type = only_of(form, "description_content_type")
    try:
        rendered = renders(description, content_type or "text/x-rst")
    except Exception:  # noqa: BLE001 - whatever a renderer raises, PyPI answers 500
        yield crash("description-render", "description")
        return
    if rendered:
        return
    where = f"for '{content_type}'" if content_type else "in the default format of reStructuredText"
    text = (
        f"The description failed to render {where}. "
        f"See {help_page('description-content-type')} for more information."
    )
    yield Refusal(rule="description-render", text=text, field="description")


def rendering_problem(form: Form) -> str:
    """What docutils says of a description that it does not render, with the line; else ""."""
    form = sanitize(form)
    content_type = only_of(form, "description_content_type")
    if content_type and parse_content_type(content_type)[0] != "text/x-rst":
        return "The page would be empty."
    from readme_renderer import rst

    stream = io.StringIO()
    with _RENDERING, without_warnings():
        try:
            rst.render(only_of(form, "description"), stream=stream)
        except Exception:  # noqa: BLE001 - whatever a renderer raises
            return ""
    found = re.search(r"<string>:(\d+): \(\w+/\d\) (.*)", stream.getvalue())
    if found is None:
        return "The page would be empty."
    return f"Line {found[1]}: {found[2].strip()}"


@functools.lru_cache(maxsize=64)
def renders(description: str, content_type: str) -> bool:
    """Whether the renderer of PyPI makes a page of the description."""
    message = email.message.EmailMessage()
    message["content-type"] = content_type
    kind = message.get_content_type()
    with _RENDERING, without_warnings():
        if kind == "text/x-rst":
            from readme_renderer import rst

            return rst.render(description) is not None
        if kind == "text/markdown":
            if _MAKES_A_PAGE.match(description) and description.encode():
                return True
            from readme_renderer import markdown

            return markdown.render(description) is not None
        return True
