"""The program that asks this machine's keyring whom it has a password for: the name, nothing else.

It runs as a child (`maintainer.Keyring` starts it), because a keyring may hang, print, or end its
process. Whatever it prints goes nowhere; the password is neither printed nor kept.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any, NoReturn

# Both open a dialog where the wallet is locked, KWallet also where a program asks for the first
# time, and neither can be told not to. What libsecret reads, SecretService reads as well. Source:
# keyring/backends/libsecret.py (`SearchFlags.UNLOCK`) and kwallet.py (`connected`).
_WITH_DIALOGS = frozenset({"keyring.backends.libsecret", "keyring.backends.kwallet"})


def main() -> None:
    """Answer with the name for the address on standard input; an empty answer is *not known*."""
    service = sys.stdin.read()
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.write(answer, find_name(service).encode("utf-8", "replace"))


def find_name(service: str) -> str:
    """The name under which the keyring has a password for `service`, asked as twine asks.

    Source: twine/auth.py, `Resolver.get_username_from_keyring`. The Keychain of macOS is asked by
    name only, so it tells none and opens no dialog (keyring's `KeyringBackend.get_credential`);
    the Credential Manager of Windows opens none either (`CredRead`).
    """
    refuse_dialogs()
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen: Any = keyring.get_keyring()
    rings = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    for ring in rings:
        if type(ring).__module__ in _WITH_DIALOGS:
            continue
        found = ring.get_credential(service, None)
        if found is not None:
            return found.username or ""
    return ""


def refuse_dialogs() -> None:
    """Have a locked Secret Service stay locked: all its dialogs come from `exec_prompt`.

    Source: secretstorage/util.py, `unlock_objects`, and collection.py, `create_collection`.
    """

    def refuse(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("it is locked")

    for name in ("util", "collection", "item"):
        with contextlib.suppress(ImportError):
            module: Any = importlib.import_module(f"secretstorage.{name}")
            if hasattr(module, "exec_prompt"):
                module.exec_prompt = refuse
