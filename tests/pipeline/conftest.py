"""The recipe with the registration and the reading of skin put in its hands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from photocompare import comparison as recipe
from photocompare import laid_pair, prepared_photo
from photocompare.base.arrays import LinearRGB
from photocompare.veins import pieces
from photocompare.veins.light import Normalised
from photocompare.veins.photometry import Forced
from photocompare.veins.reading import SkinReading
from tests.support.put_in_stages import laid_over, reading, sound_quality


@pytest.fixture
def put_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the recipe register by identity and read these veins; the photos themselves show none."""

    def put(before: tuple[int, ...], after: tuple[int, ...], **registration: Any) -> None:
        told: list[tuple[int, ...]] = []

        def read(linear: LinearRGB, leg: np.ndarray, **_: object) -> SkinReading:
            told.append(leg.shape)
            return reading(linear.shape[:2], before if len(told) % 2 else after)

        def match(
            one: LinearRGB, other: LinearRGB, shared: np.ndarray, touched: np.ndarray, *, colour_settled: bool, **_: object
        ) -> Normalised:
            assert not (touched & shared).all()
            assert not colour_settled  # neither photo shows a card
            return Normalised(one + 0, other, 0.0, 0.0, 1.0, np.ones(3), ())

        monkeypatch.setattr(recipe, "read_skin", read)
        monkeypatch.setattr(recipe, "read_beside", lambda one, *_, **__: (reading(one.shape[:2], before), reading(one.shape[:2], after)))
        monkeypatch.setattr(recipe, "forced_contrast", lambda found, *_, **__: Forced(*np.full((2, len(found)), np.nan)))
        monkeypatch.setattr(recipe, "match_light", match)
        monkeypatch.setattr(pieces, "lookalikes", lambda strokes, *_, **__: np.zeros(len(strokes.sizes), np.bool_))
        monkeypatch.setattr(prepared_photo, "judge_quality", sound_quality)
        monkeypatch.setattr(laid_pair, "register", lambda one, *_, **__: laid_over(one, **registration))

    return put
