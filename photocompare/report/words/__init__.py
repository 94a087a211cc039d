"""The words of a comparison, one file a language."""
