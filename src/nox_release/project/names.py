"""Names of projects, as PyPI compares them."""

_WITHOUT_SEPARATORS = {ord(character): None for character in "._-"}
_ALIKE = str.maketrans("lLiIoO", "111100")


def ultranormalize(name: str) -> str:
    """The form in which PyPI compares names for being too similar (its database function)."""
    return name.translate(_WITHOUT_SEPARATORS).translate(_ALIKE).lower()
