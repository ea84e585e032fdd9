"""The notes of a GitHub release: given, from the changelog of the commit, or written by GitHub."""

import argparse
import posixpath

from nox_release.core.errors import ConfigurationError
from nox_release.core.reading import read_text
from nox_release.core.values import dataclass
from nox_release.edges.context import Context
from nox_release.edges.gh import HOST
from nox_release.project import changelog
from nox_release.project.markdown import from_rst, lead_to_tag
from nox_release.releases.observed import GitHubRelease
from nox_release.releases.plan import Target

# Not documented; said with status 422: "body is too long (maximum is 125000 characters)".
_NOTES_AT_MOST = 125_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The text of the GitHub release: `None` has GitHub write it, or leaves it as it is in a draft.
    `source` says where it is from.
    """

    text: str | None
    source: str


def read_notes(context: Context, options: argparse.Namespace) -> Notes | None:
    """The notes that the options give; `None` when they leave it to the changelog.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    if options.generate_notes:
        return Notes(text=None, source="written by GitHub")
    if options.notes is not None:
        return Notes(text=options.notes, source="--notes")
    if options.notes_file is None:
        return None
    path = context.path(options.notes_file)
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"`--notes-file {options.notes_file}` cannot be read.", reason=str(error)
        ) from None
    return Notes(text=from_rst(text) if _is_rst(path.name) else text, source=options.notes_file)


def notes_for(
    target: Target,
    given: Notes | None,
    changelog_of_commit: tuple[str, str | None],
    *,
    draft: GitHubRelease | None = None,
    folder: str = "",
) -> Notes:
    """What is shown before it is agreed to, and published afterwards. Notes that stand in a draft
    are kept, unless others are given. `folder` is where the changelog is in the repository.

    Raises:
        ConfigurationError: GitHub would refuse them, and the tag would be out by then.
    """
    if given is None and draft is not None and draft.body.strip():
        return Notes(text=None, source="those of the draft")
    notes = given or _from_changelog(target, folder, *changelog_of_commit)
    length = len(notes.text or "")
    if length > _NOTES_AT_MOST:
        raise ConfigurationError(
            f"The notes of {target.title} are too long for a GitHub release.",
            reason=f"{notes.source} has {length:,} characters; GitHub takes {_NOTES_AT_MOST:,}.",
            hint="Give shorter ones: nox -s release -- --notes-file FILE",
        )
    return notes


def _from_changelog(target: Target, folder: str, name: str, text: str | None) -> Notes:
    section = changelog.section_about(text, target.version) if text is not None else None
    if text is None or section is None or not section.body.strip():
        return Notes(text=None, source="written by GitHub")
    body = from_rst(section.body, whole=text) if _is_rst(name) else section.body
    page = f"https://{HOST}/{target.slug}"
    folder = posixpath.join(folder, posixpath.dirname(name))
    body = lead_to_tag(body, page=page, tag=target.tag, folder=folder)
    return Notes(text=body, source=f"{name}, line {section.line}")


def _is_rst(name: str) -> bool:
    return name.lower().endswith(".rst")
