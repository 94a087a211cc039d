"""The page Rating."""
