"""The page Office."""
