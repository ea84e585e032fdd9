"""The build backend that a project or a log names, and how it is told to pack a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nox_release.core.values import dataclass

if TYPE_CHECKING:
    from nox_release.project.pyproject import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """`package` is what `build-system.requires` names, `pack` how its sdist gets one more file."""

    package: str
    modules: tuple[str, ...]
    pack: str


# Sources: each backend's own documentation.
_BACKENDS = (
    Backend(
        package="hatchling",
        modules=("hatchling",),
        pack="add it to `include` under `[tool.hatch.build.targets.sdist]`",
    ),
    Backend(
        package="flit_core",
        modules=("flit_core", "flit/"),
        pack="add it to `include` under `[tool.flit.sdist]`",
    ),
    Backend(
        package="poetry-core",
        modules=("poetry.core", "poetry/core"),
        pack='add `{ path = "FILE", format = "sdist" }` to `include` under `[tool.poetry]`',
    ),
    Backend(
        package="pdm-backend",
        modules=("pdm.backend", "pdm/backend"),
        pack="add it to `source-includes` under `[tool.pdm.build]`",
    ),
    Backend(
        package="uv_build",
        modules=("uv_build",),
        pack="add it to `source-include` under `[tool.uv.build-backend]`",
    ),
    Backend(
        package="maturin",
        modules=("maturin",),
        pack='add `{ path = "FILE", format = "sdist" }` to `include` under `[tool.maturin]`',
    ),
    Backend(
        package="scikit-build-core",
        modules=("scikit_build_core",),
        pack="add it to `sdist.include` under `[tool.scikit-build]`",
    ),
    Backend(
        package="meson-python",
        modules=("mesonpy",),
        pack="commit it: meson-python packs what git tracks",
    ),
    Backend(
        package="setuptools",
        modules=("setuptools", "setup.py"),
        pack="add the line `include FILE` to MANIFEST.in",
    ),
)
UNKNOWN = Backend(
    package="the build backend",
    modules=(),
    pack="tell the build backend to pack it (setuptools: `include FILE` in MANIFEST.in; hatchling: "
    "`include` under `[tool.hatch.build.targets.sdist]`)",
)


def backend_of(text: str, project: Project | None) -> Backend:
    """The project's backend, or the first that the log names."""
    named = project.build_backend if project else text
    for backend in _BACKENDS:
        if any(module in named for module in backend.modules):
            return backend
    return UNKNOWN
