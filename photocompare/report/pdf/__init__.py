"""The printouts."""
