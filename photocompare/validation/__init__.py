"""Measures the tool itself: rendered pairs with known truth, measured as anybody's photos are, and a metrology report."""

from photocompare.validation.plan import StudyPlan
from photocompare.validation.run import validate

__all__ = ["StudyPlan", "validate"]
