"""Patients: the records of one practice."""

from photocompare.viewer.patients import page as patients_page

patients_page.show()
