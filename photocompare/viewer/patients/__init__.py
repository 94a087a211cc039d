"""The page Patients."""
