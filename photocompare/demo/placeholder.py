"""Cards that stand where an invented result has no photo: they say so, and no page lacks a picture."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np

from photocompare.report.pictures.encoding import jpeg, png
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.result import Result
from photocompare.results.vein_table import VeinTable, table_as_bytes
from photocompare.veins.classes import FATES

WIDTH, HEIGHT = 300, 400
_CARD_GREY, _INK = 214, (70, 70, 70)
_MEASURED_PICTURES = ("before", "after", "difference", "error")
_MASKS = ("field", "pigment_before", "pigment_after")


@functools.cache
def placeholder_photo(visit: int) -> bytes:
    """A grey card as JPEG: no photo was taken at the visit of that number."""
    return jpeg(_card("INVENTED", "No photo was taken.", f"Visit {visit}"))


def _card(*lines: str) -> Any:
    card = np.full((HEIGHT, WIDTH, 3), _CARD_GREY, np.uint8)
    cv2.rectangle(card, (8, 8), (WIDTH - 9, HEIGHT - 9), (150, 150, 150), 2)
    for place, line in enumerate(lines):
        size = 1.0 if place == 0 else 0.55
        (across, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, size, 2)
        at = ((WIDTH - across) // 2, HEIGHT // 2 - 70 + 42 * place)
        cv2.putText(card, line, at, cv2.FONT_HERSHEY_SIMPLEX, size, _INK, 2 if place == 0 else 1, cv2.LINE_AA)
    return card


@functools.cache
def _no_picture() -> bytes:
    return jpeg(_card("INVENTED", "There is no picture:", "these numbers were", "drawn, not measured."))


@functools.cache
def _no_veins() -> bytes:
    return table_as_bytes(VeinTable(()))


def placeholder_dossier(result: Result, photos: tuple[bytes, bytes]) -> bytes:
    """A dossier with the result, the two cards, and no vein."""
    pictures = {"before_original": photos[0], "after_original": photos[1]}
    if not result.measured:
        return write_dossier(Dossier(result, pictures))
    empty = png(np.zeros((HEIGHT, WIDTH), np.uint8))
    pictures |= dict.fromkeys(_MEASURED_PICTURES, _no_picture()) | dict.fromkeys(_MASKS, empty)
    lines = {"fates": {fate: [] for fate in FATES}, "pieces": []}
    over_full = WIDTH / result.before.width
    return write_dossier(Dossier(result, pictures, lines, _no_veins(), over_full, over_full / (result.scale.mm_per_px or 1.0)))
