"""A PEP 517 backend in a few lines: nothing to install, so a test builds for real in no time."""

import os
import re
from pathlib import Path

STAMP = int(os.environ.get("SOURCE_DATE_EPOCH", "1700000000"))


def _fact(name):
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    return re.search(rf'(?m)^{name} = "(.*)"$', text)[1]


def _needs():
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"(?m)^dependencies = \[(.*)\]$", text)
    return re.findall(r'"([^"]+)"', listed[1]) if listed else []


def _name():
    return _fact("name").replace("-", "_")


def _metadata():
    return (
        f"Metadata-Version: 2.4\nName: {_fact('name')}\nVersion: {_fact('version')}\n"
        f"Summary: {_fact('description')}\nLicense-Expression: MIT\n"
        "Requires-Python: >=3.10\nDescription-Content-Type: text/markdown\n"
        + "".join(f"Requires-Dist: {need}\n" for need in _needs())
        + "\n"
        + Path("README.md").read_text(encoding="utf-8")
    )


def build_sdist(sdist_directory, config_settings=None):
    import io
    import tarfile

    root = f"{_name()}-{_fact('version')}"
    target = Path(sdist_directory, f"{root}.tar.gz")
    kept = [
        p for p in sorted(Path().rglob("*")) if p.is_file() and p.suffix in (".py", ".toml", ".md")
    ]
    with tarfile.open(target, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for path, content in [
            *((p, p.read_bytes()) for p in kept),
            (Path("PKG-INFO"), _metadata().encode()),
        ]:
            member = tarfile.TarInfo(f"{root}/{path.as_posix()}")
            member.size, member.mtime = len(content), STAMP
            archive.addfile(member, io.BytesIO(content))
    return target.name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    import base64
    import hashlib
    import zipfile

    stem = f"{_name()}-{_fact('version')}"
    info = f"{stem}.dist-info"
    target = Path(wheel_directory, f"{stem}-py3-none-any.whl")
    package = _fact("name").replace("-", "_")
    files = {p.as_posix(): p.read_bytes() for p in sorted(Path(package).rglob("*.py"))}
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: tiny\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return target.name
