"""Wheel filenames as PyPI reads them, and the platform tags it takes.

Source: `packaging/utils.py` of 26.2; Warehouse's `utils/wheel.py`.
"""

import re

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nox_release.core.values import dataclass


class InvalidWheelFilename(ValueError):  # noqa: N818 - named like packaging's own
    """A wheel's filename cannot be parsed; the text is packaging's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFilename:
    """What a wheel's filename says; `name` is normalized."""

    name: str
    version: Version
    build: str
    interpreters: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]


def parse_wheel_filename(filename: str) -> WheelFilename:
    """As `packaging.utils.parse_wheel_filename` of 26.2, which PyPI runs.

    Later versions refuse more (empty names, interpreters that are no identifiers).

    Raises:
        InvalidWheelFilename: with packaging's own words.
    """
    if not filename.endswith(".whl"):
        raise InvalidWheelFilename(
            f"Invalid wheel filename (extension must be '.whl'): {filename!r}"
        )
    stem = filename[: -len(".whl")]
    dashes = stem.count("-")
    if dashes not in (4, 5):
        raise InvalidWheelFilename(f"Invalid wheel filename (wrong number of parts): {stem!r}")
    name, written_version, *build, interpreters, abis, platforms = stem.split("-")
    if "__" in name or re.match(r"^[\w\d._]*$", name, re.UNICODE) is None:
        raise InvalidWheelFilename(f"Invalid project name: {stem!r}")
    try:
        version = Version(written_version)
    except InvalidVersion:
        raise InvalidWheelFilename(f"Invalid wheel filename (invalid version): {stem!r}") from None
    if build and not re.match(r"\d", build[0]):
        raise InvalidWheelFilename(f"Invalid build number: {build[0]} in {stem!r}")
    return WheelFilename(
        name=canonicalize_name(name),
        version=version,
        build=build[0] if build else "",
        interpreters=tuple(interpreters.lower().split(".")),
        abis=tuple(abis.lower().split(".")),
        platforms=tuple(platforms.lower().split(".")),
    )


_PLAIN_PLATFORMS = frozenset({
    "any", "win32", "win_arm64", "win_amd64", "win_ia64", "linux_armv6l", "linux_armv7l",
    "manylinux1_x86_64", "manylinux1_i686", "manylinux2010_x86_64", "manylinux2010_i686",
    *(
        f"manylinux2014_{arch}"
        for arch in ("x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x")
    ),
})  # fmt: skip

_MACOS_ARCHES = frozenset(
    [
        "ppc",
        "ppc64",
        "i386",
        "x86_64",
        "arm64",
        "intel",
        "fat",
        "fat3",
        "fat64",
        "universal",
        "universal2",
    ]
)

MACOS_MAJORS = frozenset(("11", "12", "13", "14", "15", "26"))
_MUSLLINUX_ARCHES = frozenset(
    ("x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64")
)

_MANYLINUX_ARCHES = _MUSLLINUX_ARCHES | {"ppc64"}
_IOS_ARCHES = frozenset(("arm64", "x86_64"))
_ANDROID_ARCHES = frozenset(("armeabi_v7a", "arm64_v8a", "x86", "x86_64"))


def is_accepted_platform(tag: str) -> bool:
    """Whether PyPI takes wheels with this platform tag (`forklift/legacy.py`)."""
    if tag in _PLAIN_PLATFORMS:
        return True
    if match := re.match(r"macosx_(\d+)_(\d+)_(.*)", tag):
        major, minor, arch = match.groups()
        return arch in _MACOS_ARCHES and (major == "10" or (major in MACOS_MAJORS and minor == "0"))
    if match := re.match(r"(many|musl)linux_\d+_\d+_(.*)", tag):
        libc, arch = match.groups()
        return arch in (_MUSLLINUX_ARCHES if libc == "musl" else _MANYLINUX_ARCHES)
    if match := re.match(r"ios_\d+_\d+_(.*)_(?:iphoneos|iphonesimulator)", tag):
        return match[1] in _IOS_ARCHES
    if match := re.match(r"android_\d+_(.*)", tag):
        return match[1] in _ANDROID_ARCHES
    return re.match(r"pyemscripten_\d+_\d+_wasm32", tag) is not None
