"""Patients: the records of one practice."""

from photocompare.viewer import patients_page

patients_page.show()
