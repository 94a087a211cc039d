"""Patients: the records of one practice."""

from photocompare.viewer.patients.page import show

show()
