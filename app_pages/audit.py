"""Audit: the outcomes of the practice."""

from photocompare.viewer.audit import page as audit_page

audit_page.show()
