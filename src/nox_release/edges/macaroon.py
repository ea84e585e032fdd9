"""Macaroons as PyPI's API tokens are: read, checked, and narrowed by anyone who holds one.

A token is a chain of HMAC-SHA256 over its identifier and its caveats, of which only the last link
is shown: anybody may add a caveat, and nobody can take one off.
Sources: https://research.google/pubs/macaroons-cookies-with-contextual-caveats-for-decentralized-authorization-in-the-cloud/
and https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt (version 2, binary).
"""

from __future__ import annotations

import base64
import binascii
import hmac

from nox_release.core.values import dataclass, field, replace

PREFIX = "pypi-"
_VERSION = 2
_END, _LOCATION, _IDENTIFIER, _SIGNATURE = 0, 1, 2, 6
_KEY_GENERATOR = b"macaroons-key-generator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Macaroon:
    """A token taken apart; what would let somebody use it never shows itself."""

    location: str
    identifier: bytes
    caveats: tuple[bytes, ...] = ()
    signature: bytes = field(repr=False)

    def with_caveat(self, caveat: bytes) -> Macaroon:
        """The same token with one more restriction."""
        return replace(
            self, caveats=(*self.caveats, caveat), signature=_mac(self.signature, caveat)
        )

    def is_signed_with(self, key: bytes) -> bool:
        """Whether this token was made with `key`, whatever restrictions were added since."""
        made = create(self.location, self.identifier, key)
        for caveat in self.caveats:
            made = made.with_caveat(caveat)
        return hmac.compare_digest(made.signature, self.signature)

    def dump(self) -> str:
        """The token as it is handed on."""
        packed = bytes([_VERSION]) + _packet(_LOCATION, self.location.encode())
        packed += _packet(_IDENTIFIER, self.identifier) + bytes([_END])
        for caveat in self.caveats:
            packed += _packet(_IDENTIFIER, caveat) + bytes([_END])
        packed += bytes([_END]) + _packet(_SIGNATURE, self.signature)
        return PREFIX + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def create(location: str, identifier: bytes, key: bytes) -> Macaroon:
    """A token without restrictions, as an index makes it."""
    root = _mac(_KEY_GENERATOR, key)
    return Macaroon(location=location, identifier=identifier, signature=_mac(root, identifier))


def parse_token(text: str) -> Macaroon:
    """The parts of a token.

    Raises:
        ValueError: it is not a whole token of PyPI's kind.
    """
    prefix, _, rest = text.partition("-")
    if f"{prefix}-" != PREFIX:
        raise ValueError("it does not begin with `pypi-`")
    try:
        packed = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("it is not base64") from None
    if packed[:1] != bytes([_VERSION]):
        raise ValueError("it is no macaroon of version 2")
    location, identifier, at = _section(packed, 1)
    if identifier is None:
        raise ValueError("it names nothing")
    caveats = []
    while packed[at : at + 1] != bytes([_END]):
        elsewhere, caveat, at = _section(packed, at)
        if caveat is None or elsewhere is not None:
            raise ValueError("it has a caveat for somebody else to check")
        caveats.append(caveat)
    kind, signature, at = _field(packed, at + 1)
    if kind != _SIGNATURE or len(signature) != 32 or at != len(packed):
        raise ValueError("it is cut off, or has too much at its end")
    return Macaroon(
        location=(location or b"").decode("utf-8"),
        identifier=identifier,
        caveats=tuple(caveats),
        signature=signature,
    )


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _packet(kind: int, content: bytes) -> bytes:
    length, left = b"", len(content)
    while left >= 0x80:
        length += bytes([left & 0x7F | 0x80])
        left >>= 7
    return bytes([kind]) + length + bytes([left]) + content


def _section(packed: bytes, at: int) -> tuple[bytes | None, bytes | None, int]:
    """Location and identifier up to the end mark, and the place after it."""
    found: dict[int, bytes] = {}
    while packed[at : at + 1] != bytes([_END]):
        kind, content, at = _field(packed, at)
        if kind not in (_LOCATION, _IDENTIFIER) or kind in found:
            raise ValueError("it has a part that none of PyPI's tokens has")
        found[kind] = content
    return found.get(_LOCATION), found.get(_IDENTIFIER), at + 1


def _field(packed: bytes, at: int) -> tuple[int, bytes, int]:
    """The kind and content of a field, and the place after it."""
    kind, at = _number(packed, at)
    length, at = _number(packed, at)
    content = packed[at : at + length]
    if len(content) != length:
        raise ValueError("it is cut off")
    return kind, content, at + length


def _number(packed: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in (0, 7, 14, 21):
        if at >= len(packed):
            raise ValueError("it is cut off")
        number |= (packed[at] & 0x7F) << shift
        at += 1
        if not packed[at - 1] & 0x80:
            return number, at
    raise ValueError("it has a number out of all proportion")
