"""A demo: records of invented patients in a database of their own, so that every page can be tried."""
