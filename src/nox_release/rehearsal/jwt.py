"""JSON Web Tokens signed with RS256, and the checks that PyJWT makes for Warehouse.

The key is made when it is first needed, lives as long as this process, and is short: it has to
convince nobody else. Written by hand because no dependency of ours signs with RSA.
Sources: RFC 7515, RFC 8017 (RSASSA-PKCS1-v1_5), warehouse/oidc/services.py.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import math
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LEEWAY = 30
_BITS = 1024
_EXPONENT = 65537
# The DER prefix of a SHA-256 DigestInfo, RFC 8017, 9.2, note 1.
_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
_SMALL_PRIMES = [n for n in range(3, 1000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))]


class MalformedToken(ValueError):  # noqa: N818 - named like what it is
    """Not a JSON Web Token at all."""


@dataclass(frozen=True)
class SigningKey:
    """An RSA key pair with its id."""

    kid: str = "rehearsal"

    @cached_property
    def numbers(self) -> tuple[int, int]:
        """Modulus and private exponent."""
        while True:
            first, second = _prime(_BITS // 2), _prime(_BITS // 2)
            phi = (first - 1) * (second - 1)
            if first != second and math.gcd(_EXPONENT, phi) == 1:
                return first * second, pow(_EXPONENT, -1, phi)

    def sign(self, message: bytes) -> bytes:
        modulus, private = self.numbers
        return pow(_padded(message), private, modulus).to_bytes(_BITS // 8, "big")

    def verifies(self, message: bytes, signature: bytes) -> bool:
        modulus, _ = self.numbers
        if len(signature) != _BITS // 8:
            return False
        return pow(int.from_bytes(signature, "big"), _EXPONENT, modulus) == _padded(message)


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


def _padded(message: bytes) -> int:
    digest = _SHA256 + hashlib.sha256(message).digest()
    filling = b"\xff" * (_BITS // 8 - len(digest) - 3)
    return int.from_bytes(b"\x00\x01" + filling + b"\x00" + digest, "big")


def _prime(bits: int) -> int:
    while True:
        # The two highest bits are set, so that two such primes make a modulus of full length.
        candidate = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in _SMALL_PRIMES) and _probably_prime(candidate):
            return candidate


def _probably_prime(number: int, rounds: int = 20) -> bool:
    """Miller-Rabin."""
    twos = (number - 1) & -(number - 1)
    odd = (number - 1) // twos
    for _ in range(rounds):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos.bit_length() - 2):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
