"""Audit: the outcomes of the practice."""

from photocompare.viewer import audit_page

audit_page.show()
