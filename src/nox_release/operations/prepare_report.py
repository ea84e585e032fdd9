"""How a preparation is shown: each place with what it says now and will say, and what stays."""

from nox_release.edges.console import Console
from nox_release.operations.preparer import Prepared
from nox_release.project.changelog_edits import Kind
from nox_release.project.version_files import find_mentions


def show(console: Console, prepared: Prepared, note: str) -> None:
    """Every edit in one line, below the version and why it is that one."""
    plan, version = prepared.plan, prepared.version
    stated = plan.places.declared
    before = f"{stated.stated} → " if stated else ""
    title = f"{prepared.copy.project.name} {before}{version}"
    console.title(f"{title}    {note}" if note else title)
    rows = [
        (f"{place.file}:{place.line}", place.label, f"{place.text} → {version}")
        for place in plan.edited
    ]
    edit = plan.changelog_edit
    if edit.kind is Kind.FRAGMENTS:
        rows.append((plan.changelog or "the changelog", "", "put together by towncrier"))
    elif edit.edits:
        where = f"{plan.changelog}:{edit.line}" if edit.line else plan.changelog
        said = " → ".join(filter(None, (edit.before, edit.after)))
        said += ", drafted" if edit.is_drafted else ", empty" if edit.is_empty else ""
        rows.append((where, "", said))
    if rows:
        console.table(("", "", ""), rows)
    if edit.is_drafted or edit.is_empty:
        console.mark(
            "advice",
            f"The new part of {plan.changelog} is {'a draft' if edit.is_drafted else 'empty'}. "
            f"To write it before it is committed: nox -s prepare -- {version} --no-commit",
        )


def show_mentions(console: Console, prepared: Prepared) -> None:
    """Where the version stands elsewhere, and stays."""
    plan, files = prepared.plan, prepared.copy.files
    stated = plan.places.declared
    if stated is None:
        return
    edited = {(place.file, place.line) for place in plan.edited}
    found = []
    for file in sorted(files.names):
        if not _may_mention(file) or file == plan.changelog:
            continue
        document = files.document(file)
        for match in find_mentions(document.text, stated.stated) if document else ():
            line = document.line_of(match.start()) if document else 0
            if (file, line) not in edited:
                found.append(f"{file}:{line}")
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        console.mark(
            "not known",
            f"whether these mean this project's version; they stay: {', '.join(found[:5])}"
            f"{more}. If one does: `[tool.nox-release] version-files`",
        )


# A setup.py has it in its `download_url`, for one.
_MENTION = ("package.json", "meta.yaml", "recipe.yaml", "setup.py")


def _may_mention(file: str) -> bool:
    """Whether a person would look here for the version: the top's files, and Sphinx's settings."""
    name = file.rpartition("/")[2].lower()
    if file.endswith("conf.py") or name in _MENTION:
        return True
    text = name.endswith((".md", ".rst", ".txt", ".toml", ".cfg", ".json", ".yaml", ".yml"))
    return "/" not in file and text and not name.startswith(("change", "history", "news"))
