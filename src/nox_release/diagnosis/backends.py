"""The build backend that a project or a log names, and how it is told to pack a file."""

from nox_release.core.values import dataclass
from nox_release.project.pyproject import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """`package` is what `build-system.requires` names, `pack` how its sdist gets one more file.

    `named` is where it is told which packages or modules the project has.
    """

    package: str
    modules: tuple[str, ...]
    pack: str
    named: str


# Sources: each backend's own documentation.
_BACKENDS = (
    Backend(
        package="hatchling",
        modules=("hatchling",),
        pack="add it to `include` under `[tool.hatch.build.targets.sdist]`",
        named="`packages` under `[tool.hatch.build.targets.wheel]`",
    ),
    Backend(
        package="flit_core",
        modules=("flit_core", "flit/"),
        pack="add it to `include` under `[tool.flit.sdist]`",
        named="`name` under `[tool.flit.module]`",
    ),
    Backend(
        package="poetry-core",
        modules=("poetry.core", "poetry/core"),
        pack='add `{ path = "FILE", format = "sdist" }` to `include` under `[tool.poetry]`',
        named="`packages` under `[tool.poetry]`",
    ),
    Backend(
        package="pdm-backend",
        modules=("pdm.backend", "pdm/backend"),
        pack="add it to `source-includes` under `[tool.pdm.build]`",
        named="`includes` under `[tool.pdm.build]`",
    ),
    Backend(
        package="uv_build",
        modules=("uv_build",),
        pack="add it to `source-include` under `[tool.uv.build-backend]`",
        named="`module-name` under `[tool.uv.build-backend]`",
    ),
    Backend(
        package="maturin",
        modules=("maturin",),
        pack='add `{ path = "FILE", format = "sdist" }` to `include` under `[tool.maturin]`',
        named="`module-name` under `[tool.maturin]`",
    ),
    Backend(
        package="scikit-build-core",
        modules=("scikit_build_core",),
        pack="add it to `sdist.include` under `[tool.scikit-build]`",
        named="`wheel.packages` under `[tool.scikit-build]`",
    ),
    Backend(
        package="meson-python",
        modules=("mesonpy",),
        pack="commit it: meson-python packs what git tracks",
        named="`py.install_sources` in meson.build",
    ),
    Backend(
        package="setuptools",
        modules=("setuptools", "setup.py"),
        pack="add the line `include FILE` to MANIFEST.in",
        named="`packages` under `[tool.setuptools]`",
    ),
)
UNKNOWN = Backend(
    package="the build backend",
    modules=(),
    pack="tell the build backend to pack it (setuptools: `include FILE` in MANIFEST.in; hatchling: "
    "`include` under `[tool.hatch.build.targets.sdist]`)",
    named="the setting that names the packages to the build backend",
)


def backend_of(text: str, project: Project | None) -> Backend:
    """The project's backend, or the first that the log names."""
    named = project.build_backend if project else text
    for backend in _BACKENDS:
        if any(module in named for module in backend.modules):
            return backend
    return UNKNOWN
