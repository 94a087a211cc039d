"""Rendered pairs of leg photographs whose truth is known: for tests, for calibration, for trying the method on one's own geometry."""

from photocompare.phantom.cases import draw_case, write_case, write_cases
from photocompare.phantom.facts import HARD, PRESETS, STANDARD, WIDE, PairFacts, PhantomRanges, draw_facts
from photocompare.phantom.pair import PhantomPair, render_pair, simple_pair
from photocompare.phantom.render import CardPlacement

__all__ = [
    "HARD",
    "PRESETS",
    "STANDARD",
    "WIDE",
    "CardPlacement",
    "PairFacts",
    "PhantomPair",
    "PhantomRanges",
    "draw_case",
    "draw_facts",
    "render_pair",
    "simple_pair",
    "write_case",
    "write_cases",
]
