"""Gloss on one of two photos, told by its colour and allowed for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from photocompare.veins.gloss import GlossOptions, contrast_ratio, under_one_gloss
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of

SKIN = np.array([0.45, 0.27, 0.2], np.float32)
EVERYWHERE = np.ones(SHAPE, bool)
SIGMA_PX = GlossOptions().around_mm * PX_PER_MM
ALLOWED = float(np.exp(GlossOptions().allowed))


def photo(gloss: np.ndarray | float = 0.0, *, skin: np.ndarray = SKIN, gains: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    """Mottled skin in linear light, with so much of the lamp's light on it, under a camera's gains."""
    mottle = 1 + 0.05 * np.random.default_rng(3).standard_normal((*SHAPE, 1)).astype(np.float32)
    light = skin * mottle + np.broadcast_to(np.asarray(gloss, np.float32), SHAPE)[..., np.newaxis]
    return np.ascontiguousarray(light * np.array(gains, np.float32))


def band(height: float) -> np.ndarray:
    """Gloss along the middle of the photo, softly ending."""
    rows = np.arange(SHAPE[0], dtype=np.float32)[:, np.newaxis]
    return np.asarray(np.broadcast_to(height / (1 + np.exp((np.abs(rows - 200) - 80) / 8)), SHAPE))


def test_what_gloss_takes_is_told_by_colour() -> None:
    gloss = band(0.25)
    told = contrast_ratio((photo(), photo(gloss)), EVERYWHERE, SIGMA_PX)
    true = 1 - gloss / (gloss + SKIN[1])
    assert told[200].mean() == pytest.approx(true[200].mean() * ALLOWED, abs=0.06)
    assert np.allclose(told[:30], 1, atol=0.02)
    other_way = contrast_ratio((photo(gloss), photo()), EVERYWHERE, SIGMA_PX)
    assert np.allclose(other_way * told, 1, atol=0.02)


def test_a_vein_under_gloss_keeps_its_contrast() -> None:
    gloss = band(0.25)
    left = (1 - gloss / (gloss + SKIN[1])).astype(np.float32)
    before = lines((100, 6), (200, 6))
    pair = pair_of(before, before * left)
    pair = dataclasses.replace(pair, apart_after=np.ones(SHAPE, np.float32))
    read = under_one_gloss(pair, (photo(), photo(gloss)), EVERYWHERE)
    assert (before * left)[200].max() < 0.6 * 6
    assert read.after.vein_de[200].max() == pytest.approx(6 / ALLOWED, rel=0.1)
    assert read.apart_after[200].mean() == pytest.approx(1 / left[200].mean() / ALLOWED, rel=0.1)
    assert np.array_equal(read.before.vein_de, pair.before.vein_de)
    assert np.array_equal(read.after.stain_de, pair.after.stain_de)


def test_what_both_photos_show_alike_is_no_gloss() -> None:
    pale = photo(skin=SKIN + band(0.15)[..., np.newaxis])
    assert np.allclose(contrast_ratio((pale, pale), EVERYWHERE, SIGMA_PX), 1)
    warmer = photo(gains=(0.7, 0.5, 0.35))
    assert np.allclose(contrast_ratio((photo(), warmer), EVERYWHERE, SIGMA_PX), 1, atol=0.01)


def test_little_is_within_what_cameras_differ_by() -> None:
    assert np.array_equal(contrast_ratio((photo(), photo(band(0.02))), EVERYWHERE, SIGMA_PX), np.ones(SHAPE, np.float32))


def test_where_colour_tells_nothing_nothing_is_allowed_for() -> None:
    nowhere = np.zeros(SHAPE, bool)
    assert np.array_equal(contrast_ratio((photo(), photo(band(0.25))), nowhere, SIGMA_PX), np.ones(SHAPE, np.float32))
    purple = photo(skin=np.array([0.4, 0.3, 0.39], np.float32))
    for photos in ((purple, purple), (purple, photo(band(0.25))), (photo(band(0.25)), purple)):
        assert np.array_equal(contrast_ratio(photos, EVERYWHERE, SIGMA_PX), np.ones(SHAPE, np.float32))


def test_far_from_all_bare_skin_it_is_as_skin_is_on_the_whole() -> None:
    bare = EVERYWHERE.copy()
    bare[:, 300:] = False
    told = contrast_ratio((photo(), photo(band(0.25))), bare, SIGMA_PX)
    assert np.isfinite(told).all()
    assert told.min() > 0.3
    assert np.ptp(told[:, 450:]) < 0.02
