"""Which page each role sees: one table, asked when the pages are named and again when one of them runs."""

from __future__ import annotations

from collections.abc import Mapping

from photocompare.base.errors import AccessDenied
from photocompare.records.access import Role

PAGES = ("compare", "consult", "patients", "rating", "audit", "gallery", "capture", "about", "office")
"""Every page, in the order in which they are offered; the first that a role sees is where it begins."""

OF_ROLE: Mapping[Role, frozenset[str]] = {
    "local": frozenset(PAGES),
    "clinician": frozenset(PAGES) - {"office"},
    "consult": frozenset({"consult", "gallery", "about"}),
    "auditor": frozenset({"audit", "rating", "office", "about"}),
    "admin": frozenset({"office", "about"}),
}
"""No more than the role's permissions in the records let it do there; `about` is for everybody."""


def sees(role: Role, page: str) -> bool:
    """Whether a role sees a page."""
    return page in OF_ROLE[role]


def require_page(role: Role, page: str) -> None:
    """Let pass who sees the page.

    Raises
    ------
    AccessDenied
    """
    if not sees(role, page):
        raise AccessDenied("Your role does not see this page; ask the administrator.", code="page_denied")
