"""Contrast of colours, as WCAG 2.2 has it."""

from __future__ import annotations

import numpy as np

WHITE, DARK = (255, 255, 255), (14, 17, 23)
"""The grounds of Streamlit's two themes."""


def luminance(colour: tuple[int, ...]) -> float:
    """WCAG 2.2's relative luminance."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
