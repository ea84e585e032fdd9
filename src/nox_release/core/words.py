"""Small pieces of prose that many messages need."""

import difflib
import re
from collections.abc import Iterable, Sequence


def some(names: Iterable[str], count: int = 5) -> str:
    """The first few names in backticks, and how many more there are."""
    listed = list(names)
    shown = ", ".join(f"`{name}`" for name in listed[:count])
    return shown + (f" and {len(listed) - count} more" if len(listed) > count else "")


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def guess(word: str, known: Iterable[str]) -> str:
    """What was probably meant by a mistyped or shortened word, as a sentence to append; empty without
    a guess.
    """
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    if not near and len(word) > 2:
        near = [name for name in names if name.startswith(word)]
    return f" Did you mean {near[0]!r}?" if near else ""


def counted(number: int, word: str) -> str:
    """`1 commit`, `2 commits`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def capitalised(text: str) -> str:
    """`text` with a capital at its beginning, where that is not a path."""
    return text if "/" in text.split(" ", 1)[0] else f"{text[:1].upper()}{text[1:]}"


_GITS_ADDRESS = re.compile(r"\bfatal: unable to access '[^']*': ")
_GITS_ADVICE = re.compile(
    r"(?<!\s)\s*fatal: Could not read from remote repository\..{0,300}?the repository exists\.",
    re.DOTALL,
)


def git_in_brief(said: str) -> str:
    """What git said of a remote that it could not reach, without the address and the common advice."""
    return _GITS_ADVICE.sub("", _GITS_ADDRESS.sub("", said))


def sentence(text: str) -> str:
    """`text` on one line, with a capital at its beginning and a stop at its end."""
    text = capitalised(" ".join(text.split()))
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."
