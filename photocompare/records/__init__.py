"""The practice's records: who was treated, when and how, what the photos showed, and who looked at it."""
