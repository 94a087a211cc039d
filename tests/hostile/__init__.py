"""Files that a hostile or careless world hands in, made from nothing."""
