"""JSON Web Tokens as GitHub's look, and the checks that PyJWT makes for Warehouse.

They say RS256, as GitHub's do; in truth they are sealed with HMAC and a key of this process, which
has to convince nobody else. Sources: RFC 7515, warehouse/oidc/services.py.
"""

import binascii
import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from nox_release.core.values import dataclass, field

LEEWAY = 30


class MalformedToken(ValueError):  # noqa: N818 - named like what it is
    """Not a JSON Web Token at all."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret with its id."""

    kid: str = "rehearsal"
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, message: bytes) -> bytes:
        return hmac.digest(self.secret, message, hashlib.sha256)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(message), signature)


THIS_PROCESS = SigningKey()


def encode(
    claims: Mapping[str, Any], key: SigningKey, *, header: Mapping[str, Any] | None = None
) -> str:
    """`claims` as a token signed with `key`; `header` replaces parts of the usual one."""
    full = {"alg": "RS256", "typ": "JWT", "kid": key.kid, **(header or {})}
    full = {name: value for name, value in full.items() if value is not None}
    message = f"{_encoded(json.dumps(full).encode())}.{_encoded(json.dumps(claims).encode())}"
    signature = b"" if full.get("alg") == "none" else key.sign(message.encode())
    return f"{message}.{_encoded(signature)}"


def read_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, signed message and signature.

    Raises:
        MalformedToken: it has not three parts of base64 with JSON objects in the first two.
    """
    try:
        message, signature = token.encode("ascii").rsplit(b".", 1)
        head, body = message.split(b".", 1)
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
        raw = _decoded(signature)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise MalformedToken(str(error)) from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise MalformedToken("header and claims must be objects")
    return header, claims, message, raw


def verified_claims(
    token: str, keys: Mapping[str, SigningKey], *, issuer: str, audience: str, now: float
) -> dict[str, Any] | None:
    """The claims of a token that holds in every respect, else `None`."""
    try:
        header, claims, message, signature = read_unverified(token)
    except MalformedToken:
        return None
    key = keys.get(header["kid"]) if isinstance(header.get("kid"), str) else None
    if key is None or header.get("alg") != "RS256" or not key.verifies(message, signature):
        return None
    if any(claims.get(name) is None for name in ("iss", "iat", "exp", "aud")):
        return None
    if claims["iss"] != issuer or claims["aud"] != audience:
        return None
    if not all(isinstance(claims.get(name, ""), str) for name in ("sub", "jti")):
        return None
    times = {name: _seconds(claims[name]) for name in ("iat", "exp", "nbf") if name in claims}
    if any(moment is None for moment in times.values()):
        return None
    early = any((times.get(name) or 0) > now + LEEWAY for name in ("iat", "nbf"))
    return None if early or (times["exp"] or 0) <= now - LEEWAY else claims


def _seconds(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(data: bytes) -> bytes:
    return urlsafe_b64decode(data + b"=" * (-len(data) % 4))
