"""Draw the screens of .github/SCREENS.md: real sessions in a real terminal of 80 columns, kept as SVG.

Run as `nox -s screens`; it rewrites `.github/screen-*.svg`. The world the sessions run in is the
rehearsal's, so nothing is published and no account is used.
"""

import contextlib
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COLUMNS = 80
SECONDS = 300

# Nox's own lines say where the noxfile is; they are not part of what this tool shows.
NOX_LINE = re.compile(r"^(\x1b\[[0-9;]*m)*nox > .*$")


def record(command, *, cwd, environ):
    """The bytes that `command` writes to a terminal, carriage returns and all."""
    import fcntl
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    child = subprocess.Popen(
        command, cwd=cwd, env=environ, stdin=follower, stdout=follower, stderr=follower
    )
    os.close(follower)
    chunks = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ready, _, _ = select.select([leader], [], [], 0.2)
        if ready:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # the terminal is gone: the program has ended
                break
            if not chunk:
                break
            chunks.append(chunk)
        elif child.poll() is not None:
            break
    child.wait(timeout=10)
    os.close(leader)
    return b"".join(chunks).decode("utf-8", errors="replace"), child.returncode


def settle(raw):
    """What stays on the screen: lines that were drawn over are gone, colours stay."""
    lines = [""]
    row = 0
    for piece in re.split(r"(\r\n|\n|\r|\x1b\[\d*[ABCDGJK]|\x1b\[\?25[hl])", raw):
        if piece in ("\r\n", "\n"):
            row += 1
            if row == len(lines):
                lines.append("")
        elif piece == "\r" or re.fullmatch(r"\x1b\[\d*[CDGJ]|\x1b\[\?25[hl]", piece):
            continue
        elif found := re.fullmatch(r"\x1b\[(\d*)A", piece):
            row = max(0, row - int(found[1] or 1))
        elif re.fullmatch(r"\x1b\[\d*K", piece):
            lines[row] = ""
        else:
            lines[row] += piece
    return "\n".join(line for line in lines if not NOX_LINE.match(line)).strip("\n")


def draw(text, title, file):
    """The text as an SVG picture of a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(width=COLUMNS, record=True, file=io.StringIO(), color_system="truecolor")
    console.print(Text.from_ansi(text))
    file.write_text(console.export_svg(title=title), encoding="utf-8")


@contextlib.contextmanager
def prepared(folder):
    """A rehearsed world around this project, with its first version on the index."""
    from nox_release.rehearsal.world import World

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    clone = folder / "nox-release"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    with World(
        folder / "w", environ={**os.environ, "PATH": path}, repository="nox-release"
    ) as world:
        world.seed(clone)
        world.index.add_user("you")
        world.index.create_project("nox-release", owner="you")
        world.index.publishing.attach(
            world.index.project("nox-release"),
            {
                "owner": "you",
                "owner_id": "1001",
                "repository": "nox-release",
                "workflow": "publish.yml",
                "environment": "pypi",
            },
        )
        text = (world.clone / "CHANGELOG.md").read_text(encoding="utf-8")
        dated = text.replace("## [Unreleased]", "## [0.1.0] - 2026-11-22")
        world.commit("Date the first version", {"CHANGELOG.md": dated})
        yield world


def main():
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="nr-") as folder, prepared(Path(folder)) as world:
        environ = {
            **{key: value for key, value in world.environ.items() if key != "NO_COLOR"},
            "TERM": "xterm-256color",
        }
        at = ["--index", world.index.url]
        scenes = {
            "build": (["build"], ""),
            "check-project": (["check-project", "--", *at], ""),
            "release": (["release", "--", *at, "--yes", "--no-smoke"], ""),
            "rehearse": (["rehearse", "--", "--no-smoke"], "What was proven"),
        }
        for name, (arguments, start) in scenes.items():
            if wanted and name not in wanted:
                continue
            command = [sys.executable, "-m", "nox", "-s", *arguments]
            # What is rehearsed has something to release still.
            where = Path(folder, "nox-release") if name == "rehearse" else world.clone
            raw, status = record(command, cwd=where, environ=environ)
            text = settle(raw.replace(str(world.clone), "~/nox-release"))
            text = text[max(0, text.find(start)) :] if start else text
            draw(text, f"nox -s {name}", ROOT / ".github" / f"screen-{name}.svg")
            sys.stdout.write(f"{name}: exit {status}, .github/screen-{name}.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
