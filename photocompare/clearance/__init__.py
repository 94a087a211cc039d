"""From the fates of pieces to percentages with intervals, gates, and corrections by hand."""
