"""`python -m photocompare`."""

from photocompare.cli import main

main()
