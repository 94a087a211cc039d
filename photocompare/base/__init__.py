"""What every room rests on: array types, colour, errors, estimates, flags, safe files."""
