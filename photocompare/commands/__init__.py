"""The command line's larger commands, a module each; `photocompare.cli` puts them together."""
