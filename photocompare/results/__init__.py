"""What is kept and told of a comparison: the result, its JSON, its dossier, dates and the reference band."""
