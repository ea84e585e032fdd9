"""Links that this tool shows: their form, and that the pages of PyPI exist."""

from __future__ import annotations

import ast
import re
from urllib.parse import urlsplit

from own_source import MODULES, SOURCE, nodes_of

# Pages of docs.pypi.org and blog.pypi.org: Warehouse's folders docs/user and docs/blog/posts at its
# commit 6b62157 of 2026-08-21. A link to another page is a dead one until it is found there.
PAGES = {
    "docs.pypi.org": {
        "/api/index-api/",
        "/api/integrity/",
        "/api/upload/",
        "/archives/",
        "/attestations/",
        "/organization-accounts/",
        "/project-management/name-retention/",
        "/project-management/storage-limits/",
        "/project-management/yanking/",
        "/project_metadata/",
        "/trusted-publishers/",
        "/trusted-publishers/adding-a-publisher/",
        "/trusted-publishers/creating-a-project-through-oidc/",
        "/trusted-publishers/security-model/",
        "/trusted-publishers/troubleshooting/",
        "/trusted-publishers/using-a-publisher/",
    },
    "blog.pypi.org": {
        "/posts/2024-12-30-quarantine/",
        "/posts/2025-01-30-archival/",
        "/posts/2025-08-07-wheel-archive-confusion-attacks/",
        "/posts/2025-08-14-project-status-markers/",
        "/posts/2026-07-22-releases-now-reject-new-files-after-14-days/",
    },
}
# The headings of https://pypi.org/help/ that are linked to.
HELP = {
    "",
    "admin-intervention",
    "apitoken",
    "description-content-type",
    "file-name-reuse",
    "file-size-limit",
    "invalid-auth",
    "openid-connect",
    "project-name",
    "trusted-publishers",
    "two-factor-authentication",
    "verified-email",
}
_LINK = re.compile(r"https://[\w.-]+\.\w+[^\s`'\"<>{}\\]*")


def links():
    """Each link with the module that first has it."""
    found = {}
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for link in _LINK.findall(node.value):
                    found.setdefault(link.rstrip(".,;:)"), path.relative_to(SOURCE))
    return sorted(found.items())


def is_right(link):
    parts = urlsplit(link)
    if "//" in parts.path:
        return False
    if parts.hostname in PAGES:
        return parts.path in ("", "/") or parts.path in PAGES[parts.hostname]
    if parts.hostname == "pypi.org" and parts.path.startswith("/help"):
        # Warehouse redirects the first to the second.
        return parts.path in ("/help", "/help/") and parts.fragment in HELP
    return True


def test_links_have_the_form_of_pages_that_exist():
    found = links()
    assert len(found) > 100
    assert [one for one in found if not is_right(one[0])] == []
