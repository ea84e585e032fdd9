"""The smallest distributions that PyPI takes."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path


def small_wheel(
    directory: Path,
    name: str = "orc-demo",
    version: str = "1.0",
    *,
    headers: str = "",
    body: str = "",
    build: str = "",
) -> Path:
    """A wheel in `directory`; `headers` are further lines of METADATA, `body` its one module."""
    stem = f"{name.replace('-', '_').lower()}-{version}"
    info = f"{stem}.dist-info"
    members = {
        f"{stem.partition('-')[0]}/__init__.py": body or f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{member},{_hash(text)},{len(text)}\n" for member, text in members.items())
    members[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    path = directory / f"{stem}{build}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in members.items():
            archive.writestr(member, text)
    return path


def small_sdist(directory: Path, name: str = "orc-demo", version: str = "1.0") -> Path:
    stem = f"{name.replace('-', '_').lower()}-{version}"
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    path = directory / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name_inside, content in (("PKG-INFO", text), ("module.py", b"version = 1\n")):
            member = tarfile.TarInfo(f"{stem}/{name_inside}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
