"""The page Consult."""
