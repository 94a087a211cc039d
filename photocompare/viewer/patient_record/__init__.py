"""What the pages that open a patient's record share: which patient is open, and the fields of identity, visit and place."""
