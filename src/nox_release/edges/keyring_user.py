"""The program that asks this machine's keyring for a name, or for what twine would upload with.

It runs as a child (`maintainer.Keyring` starts it), because a keyring may hang, print, or end its
process. Whatever it prints goes nowhere; its answer goes through a pipe to its parent.
"""

import contextlib
import importlib
import json
import os
import sys
from typing import Any, NoReturn

# Both open a dialog where the wallet is locked, KWallet also where a program asks for the first
# time, and neither can be told not to. What libsecret reads, SecretService reads as well. Source:
# keyring/backends/libsecret.py (`SearchFlags.UNLOCK`) and kwallet.py (`connected`).
_WITH_DIALOGS = frozenset({"keyring.backends.libsecret", "keyring.backends.kwallet"})


def main() -> None:
    """Answer the question on standard input, both in JSON; no answer is *not known*."""
    question = json.loads(sys.stdin.read())
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    service = question["service"]
    found = (
        find_credential(service, question["user"])
        if question["password"]
        else [find_name(service), ""]
    )
    os.write(answer, json.dumps(found).encode())


def find_credential(service: str, user: str | None) -> list[str]:
    """Name and password for `service`, asked as twine asks; it may open a dialog."""
    import keyring

    found = keyring.get_keyring().get_credential(service, user)
    return ["", ""] if found is None else [found.username or "", found.password or ""]


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
