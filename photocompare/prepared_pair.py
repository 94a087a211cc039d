"""Both photos of a pair, each with what it tells by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from photocompare.base.arrays import PointsXY
from photocompare.base.flags import RaisedFlag, raised
from photocompare.base.stage_memory import NoMemory, StageMemory
from photocompare.photo.reading import Photo
from photocompare.prepared_photo import PreparedPhoto, look_at, prepare_photo
from photocompare.settings import STANDARD, Settings


class Given(TypedDict, total=False):
    """What the reader says beside the photos, all of it optional.

    before_date, after_date : by default the photos' own capture times
    mm_per_px : scale of the before photo, millimetres per full pixel
    polygon_xy : float32 of shape (N, 2), the region to measure in, full before pixels
    look_for_card : whether to look for the scale and colour card; True
    """

    before_date: dt.date | None
    after_date: dt.date | None
    mm_per_px: float | None
    polygon_xy: PointsXY | None
    look_for_card: bool


@dataclass(frozen=True, eq=False, repr=False)
class PreparedPair:
    """Both photos as they were read, and as the stages need them.

    Parameters
    ----------
    before, after : Photo
    prepared_before, prepared_after : PreparedPhoto
    memory : StageMemory
    follows_from : tuple
        What a stage between both photos follows from, whatever the reader says of field and scale.
    field : bytes or None
        The reader's polygon.
    """

    before: Photo
    after: Photo
    prepared_before: PreparedPhoto
    prepared_after: PreparedPhoto
    memory: StageMemory
    follows_from: tuple[Hashable, ...]
    field: bytes | None

    @property
    def flags(self) -> list[RaisedFlag]:
        """What each photo by itself raises."""
        found = []
        for which, photo, prepared in (("before", self.before, self.prepared_before), ("after", self.after, self.prepared_after)):
            downsampled = ("downsampled",) if prepared.reduced else ()
            codes = (*photo.flags, *prepared.field.flags, *prepared.quality.flags, *downsampled)
            found += [raised(code, which) for code in codes]
        return found


def prepare_pair(
    before: Photo, after: Photo, given: Given, *, settings: Settings = STANDARD, memory: StageMemory | None = None
) -> PreparedPair:
    """Working copy, field, scale and quality of each photo, both side by side.

    Parameters
    ----------
    before, after : Photo
    given : Given
    settings : Settings
    memory : StageMemory, optional
        As `compare` takes it.

    Raises
    ------
    UsageError
        An impossible scale, or a polygon outside the photo.
    """
    card, known = given.get("look_for_card", True), memory or NoMemory()
    with ThreadPoolExecutor(2) as pool:
        both = (
            pool.submit(prepare_before, before, given, settings=settings, memory=known),
            pool.submit(prepare_after, after, settings=settings, card=card, memory=known),
        )
        prepared = both[0].result(), both[1].result()
    return PreparedPair(before, after, *prepared, known, (before, after, settings, card), _as_bytes(given.get("polygon_xy")))


def prepare_before(before: Photo, given: Given, *, settings: Settings = STANDARD, memory: StageMemory) -> PreparedPhoto:
    """`prepare_photo` of the before photo, or what a memory knows of it."""
    card, mm_per_px, polygon_xy = given.get("look_for_card", True), given.get("mm_per_px"), given.get("polygon_xy")

    def prepare() -> PreparedPhoto:
        looked = memory.found("looked_before", (before, settings, card), lambda: look_at(before, settings=settings, card=card))
        return prepare_photo(before, settings=settings, mm_per_px=mm_per_px, polygon_xy=polygon_xy, card=card, looked=looked)

    return memory.found("prepared_before", (before, settings, card, mm_per_px, _as_bytes(polygon_xy)), prepare)


def _as_bytes(polygon_xy: PointsXY | None) -> bytes | None:
    return None if polygon_xy is None else np.asarray(polygon_xy, np.float32).tobytes()


def prepare_after(after: Photo, *, settings: Settings = STANDARD, card: bool = True, memory: StageMemory) -> PreparedPhoto:
    """`prepare_photo` of the after photo, or what a memory knows of it."""
    return memory.found("prepared_after", (after, settings, card), lambda: prepare_photo(after, settings=settings, card=card))
