"""Audit: the outcomes of the practice."""

from photocompare.viewer.audit.page import show

show()
