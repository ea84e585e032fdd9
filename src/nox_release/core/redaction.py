"""What is a secret, by the name of its variable or by its shape, and texts without any."""

import functools
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

REDACTED = "[secret]"

SECRET_VARIABLES = (
    "TWINE_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "UV_PUBLISH_PASSWORD",
    "PYPI_TOKEN",
    "PYPI_API_TOKEN",
    "TEST_PYPI_TOKEN",
    "HATCH_INDEX_AUTH",
    "FLIT_PASSWORD",
    "POETRY_PYPI_TOKEN_PYPI",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
)

_SECRET_NAME = re.compile(
    r"TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(?:API|ACCESS|PRIVATE)_?KEY|_AUTH\b"
)
_HOLDS_A_SECRET = re.compile(
    r"(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET|(?:API|ACCESS|PRIVATE|SECRET)_?KEY|_AUTH)\Z"
)
_WORD = re.compile(r"[A-Za-z]{1,20}|[0-9]{1,8}")
_SHORTEST = 4  # what is shorter stands everywhere
_SHORTEST_GUESSED = 8

# Each pattern begins with its marker, so that a text without it costs nothing, and takes the whole
# run of its letters, so that none is read twice; whether that is a secret, `_hidden` decides.
_SHAPES = {
    # PyPI's macaroons
    "pypi-": re.compile(r"pypi-[A-Za-z0-9_\-]{16,}={0,2}"),
    # GitHub's tokens of every kind; those of installations hold a JSON Web Token:
    # https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/
    "gh": re.compile(r"(?<![A-Za-z0-9])gh[a-z]_[A-Za-z0-9._\-]{20,}"),
    "github_pat_": re.compile(r"github_pat_[A-Za-z0-9_]{20,}"),
    "gl": re.compile(r"(?<![A-Za-z0-9])gl[a-z]{1,8}-[A-Za-z0-9._\-]{20,}"),
    # JSON Web Tokens
    "eyJ": re.compile(r"eyJ[A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_\-]*){0,4}"),
    # `__token__:` and what follows it, in Base64
    "X190b2tlbl9fO": re.compile(r"X190b2tlbl9fO[A-Za-z0-9+/_\-]{8,}={0,2}"),
    # what a header authorizes with
    "uthorization": re.compile(
        r"uthorization['\"]?[:=] ?['\"]?((?:[A-Za-z]{1,20} )?[^\s\"',]{4,})"
    ),
    "UTHORIZATION": re.compile(
        r"UTHORIZATION['\"]?[:=] ?['\"]?((?:[A-Za-z]{1,20} )?[^\s\"',]{4,})"
    ),
    # what an address has before its host
    "://": re.compile(r"://([^/\s\"'<>?#]+)(?=@)"),
    "-----BEGIN": re.compile(
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}KEY-----)?"
    ),
}
# User names that stand in addresses and say nothing.
_USERS = frozenset({"git", "hg", "__token__", "x-access-token", "oauth2"})


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without the given secrets and without anything shaped like a token."""
    for secret in _spellings(tuple(secrets)):
        text = text.replace(secret, REDACTED)
    for marker, shape in _SHAPES.items():
        if marker in text:
            text = shape.sub(_hidden, text)
    return text


@functools.lru_cache(maxsize=64)
def _spellings(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """The secrets as they are, in an address and in JSON, and each line of those with several; the
    longest first.
    """
    whole = {secret.strip() for secret in secrets}
    lines = {line.strip() for one in whole if "\n" in one for line in one.splitlines()}
    found = whole | {line for line in lines if len(line) >= _SHORTEST_GUESSED}
    for secret in whole:
        found |= {quote(secret, safe=""), json.dumps(secret)[1:-1]}
    return tuple(sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True))


def _hidden(found: re.Match[str]) -> str:
    if found.lastindex:  # a part of it
        before = found[0][: found.start(1) - found.start()]
        is_address = before == "://"
        return found[0] if is_address and _is_plain_user(found) else before + REDACTED
    text = found[0]
    # A macaroon has capitals; `pypi-something-or-other` may be the name of a project.
    if text.startswith("pypi-") and text.islower():
        return text
    if text.startswith("eyJ") and (len(text) < 24 or "." not in text):
        return text
    return REDACTED + text[len(text.rstrip(".")) :]  # it may end a sentence


def _is_plain_user(found: re.Match[str]) -> bool:
    """Whether what stands before a host is the name of a user and no secret."""
    user, _, password = found[1].partition(":")
    if password and password != REDACTED:
        return False
    over_the_web = found.string[max(0, found.start() - 5) : found.start()].endswith(
        ("http", "https")
    )
    return user in _USERS or (not over_the_web and ":" not in found[1] and len(user) < 30)


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name may hold, or lead to, a secret."""
    return name.upper() in SECRET_VARIABLES or _SECRET_NAME.search(name.upper()) is not None


def is_plain_word(text: str) -> bool:
    """Whether a secret is a word or a number like others, so that hiding it hides other things."""
    return len(text) < _SHORTEST or _WORD.fullmatch(text) is not None


def secrets_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the variables that hold secrets, by their names."""
    return tuple(
        value
        for name, value in environ.items()
        if value
        and (
            name.upper() in SECRET_VARIABLES
            or (
                _HOLDS_A_SECRET.search(name.upper())
                and len(value) >= _SHORTEST_GUESSED
                and not is_plain_word(value)
            )
        )
    )


def words_as_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables whose secret is a plain word."""
    return tuple(
        name for name in SECRET_VARIABLES if environ.get(name) and is_plain_word(environ[name])
    )
