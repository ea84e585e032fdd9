"""Keyrings for PYTHON_KEYRING_BACKEND: one that is a file, and some that misbehave."""

import json
import os
import sys
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import KeyringLocked


class Keyring(KeyringBackend):
    """What KEPT_KEYRING says: address -> [user, password]. Each question is noted beside it."""

    priority = 1

    def get_password(self, service, username):
        raise AssertionError("nobody needs the password")

    def set_password(self, service, username, password):
        raise NotImplementedError

    def get_credential(self, service, username):
        file = Path(os.environ["KEPT_KEYRING"])
        with file.with_suffix(".asked").open("a", encoding="utf-8") as asked:
            asked.write(f"{service} {username}\n")
        found = json.loads(file.read_text(encoding="utf-8")).get(service)
        return SimpleCredential(*found) if found else None


class Talkative(Keyring):
    """Says all it knows on both streams."""

    def get_credential(self, service, username):
        found = super().get_credential(service, username)
        print(found.username, found.password)
        print(found.password, file=sys.stderr)
        os.write(1, found.password.encode())
        return found


class Locked(Keyring):
    def get_credential(self, service, username):
        raise KeyringLocked(super().get_credential(service, username).password)


class Hanging(Keyring):
    def get_credential(self, service, username):
        super().get_credential(service, username)
        time.sleep(60)  # far longer than it is given


class Asking(Keyring):
    """Wants a passphrase from whoever sits there."""

    def get_credential(self, service, username):
        sys.stdin.readline() or sys.exit("nobody is there")
        return super().get_credential(service, username)
