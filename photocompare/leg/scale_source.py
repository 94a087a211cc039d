"""Where a scale comes from; nothing here loads an image library."""

from __future__ import annotations

from typing import Literal

ScaleSource = Literal["card", "given", "assumed", "none"]
"""The card in the photo, a person, what limbs usually measure, or nothing."""
