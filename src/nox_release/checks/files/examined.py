"""One distribution file as it was read, and where in it something stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nox_release.checks import upload
from nox_release.checks.upload import Form, Refusal
from nox_release.core.findings import Location
from nox_release.core.values import dataclass
from nox_release.files.archives import parse_metadata
from nox_release.files.distributions import Archive, Metadata

# docutils needs about a second for 100 kB, and the other renderers none to speak of.
_RENDERED = {"text/x-rst": 400_000, "text/markdown": 4_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file, what it holds, and what twine would send of it."""

    path: Path
    archive: Archive
    form: Form
    metadata: Metadata | None

    @classmethod
    def of(cls, path: Path, archive: Archive, form: Form) -> Examined:
        """With the metadata that the archive holds."""
        text = archive.metadata
        metadata = None if text is None else parse_metadata(archive.metadata_member, text)
        return cls(path=path, archive=archive, form=form, metadata=metadata)

    def is_rendered(self) -> bool:
        """Whether the description is short enough to be tried here."""
        description = self.form.get("description", ("",))[0]
        content_type = self.form.get("description_content_type", ("",))[0] or "text/x-rst"
        limit = _RENDERED.get(content_type.partition(";")[0].strip().lower(), 4_000_000)
        return len(description) <= limit

    def where(self, refusal: Refusal) -> Location:
        header = upload.header_of(refusal.field)
        if header:
            return self.in_metadata(header, refusal.value)
        if refusal.rule == "description-render":
            return self.in_metadata("description", "")
        if refusal.rule == "wheel-record-blank-line":
            return self.inside(refusal.field, line=int(refusal.value))
        if refusal.field:
            return self.inside(refusal.field)
        return Location(file=self.path.as_posix())

    def inside(self, member: str, *, key: str = "", line: int | None = None) -> Location:
        return Location(file=f"{self.path.as_posix()}/{member}", key=key, line=line)

    def in_metadata(self, header: str, value: str) -> Location:
        if self.metadata is None:
            return Location(file=self.path.as_posix(), key=header)
        fields = [field for field in self.metadata.fields if field.name.lower() == header]
        wanted = value.split("\n", 1)[0].strip()
        exact = [field for field in fields if wanted and wanted == field.value]
        near = [field for field in fields if wanted and wanted in field.value]
        chosen = next(iter([*exact, *near, *fields]), None)
        if chosen is None:
            return self.inside(self.metadata.member, key=titled(header))
        return self.inside(self.metadata.member, key=chosen.name, line=chosen.line)


def titled(header: str) -> str:
    """`requires-dist` → `Requires-Dist`, as files write it."""
    return {"project-url": "Project-URL", "download-url": "Download-URL"}.get(
        header, "-".join(part.capitalize() for part in header.split("-"))
    )


def short(value: str, limit: int = 100) -> str:
    line = " ".join(value.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def examples(names: Sequence[str], noun: str) -> str:
    """A count with examples: 3 files (`a`, `b`, …)."""
    shown = ", ".join(f"`{short(name, 80)}`" for name in names[:3])
    more = ", …" if len(names) > 3 else ""
    return f"{len(names)} {noun}{'s' * (len(names) != 1)} ({shown}{more})"
