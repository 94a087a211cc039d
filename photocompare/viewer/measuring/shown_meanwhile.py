"""What there is to look at while a pair is measured: the photos laid over each other, then with their veins."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8, LinearRGB, Mask
from photocompare.photo.reading import Photo
from photocompare.report.pictures.drawing import displayed, fitted
from photocompare.report.pictures.encoding import jpeg
from photocompare.report.pictures.fate_styles import FATE_STYLES, Colour
from photocompare.report.pictures.renderings import NO_PICTURE

_VEIN: Colour = FATE_STYLES["residual"].colour
"""Of the colours in which fates are drawn, that of a vein that is there."""

_PAINTED = 0.7
"""How much of a vein's pixel is its colour: what lies under it is still seen."""


class ShownMeanwhile:
    """Makes small pictures of what the stages of a comparison find: of the first pair, where a visit has several photos.

    Parameters
    ----------
    before : Photo
    side : int
        Longest side of the pictures, px.
    show : callable
        Takes "laid_over" or "veins", and the JPEGs of both photos in the before photo's frame.
    """

    def __init__(self, before: Photo, side: int, show: Callable[[str, dict[str, bytes]], None]) -> None:
        self._show, self._before, self._side = show, before, side
        self._veins: dict[str, Mask] = {}
        self._looked_at: set[str] = set()

    def told(self, stage: str, finding: Any) -> None:
        """Show what a stage found, where that can be looked at.

        Parameters
        ----------
        stage, finding
            As `StageMemory` tells them.
        """
        if stage in self._looked_at:
            return
        self._looked_at.add(stage)
        if stage == "warped":
            warped, pictured = finding
            after = self._small(warped)
            after[~self._as_shown(pictured)] = NO_PICTURE
            self._photos["after"] = after
            self._say("laid_over")
        elif stage == "veins":
            self._veins = {which: self._as_shown(one.mask) for which, one in zip(("before", "after"), finding, strict=True)}
            self._say("veins")

    @cached_property
    def _photos(self) -> dict[str, SRGB8]:
        return {"before": fitted(self._before.encoded, self._side, self._side)[0]}

    def _small(self, linear: LinearRGB) -> SRGB8:
        return np.asarray(cv2.resize(displayed(linear, NO_PICTURE), self._size, interpolation=cv2.INTER_AREA), dtype=np.uint8)

    def _as_shown(self, mask: Mask) -> Mask:
        return np.asarray(cv2.resize(mask.astype(np.float32), self._size, interpolation=cv2.INTER_LINEAR) >= 0.5, dtype=np.bool_)

    @property
    def _size(self) -> tuple[int, int]:
        height, width = self._photos["before"].shape[:2]
        return width, height

    def _say(self, step: str) -> None:
        shown = {}
        for which, photo in self._photos.items():
            painted = photo.astype(np.float32)
            if which in self._veins:
                here = self._veins[which]
                painted[here] += _PAINTED * (np.array(_VEIN, np.float32) - painted[here])
            shown[which] = jpeg(np.rint(painted).astype(np.uint8))
        self._show(step, shown)
