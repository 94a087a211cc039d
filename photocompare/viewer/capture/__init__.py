"""The page Capture."""
