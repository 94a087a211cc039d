"""What became of all patients of a practice: cohorts, figures with intervals, blinded rating, matched cases."""
