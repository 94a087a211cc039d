"""Stains, told from moles and specks."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from skimage.measure import regionprops

from photocompare.base.colour import lab_per_density
from photocompare.base.masks import parts_of
from photocompare.veins.pigment import (
    HEMOSIDERIN_DENSITY,
    PigmentOptions,
    axes_of,
    browner,
    find_pair_pigment,
    find_pigment,
    hull_area,
    pigment_change,
)
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of, patch, reading

EVERYWHERE = np.ones(SHAPE, bool)
NO_VEINS = np.zeros(SHAPE)
NOWHERE = np.zeros(SHAPE, bool)


def test_a_track_is_a_stain_and_a_mole_is_not() -> None:
    brown = np.maximum(lines((100, 6), width_px=20), patch((300, 300), 15, 8.0))
    stained = find_pigment(reading(NO_VEINS, brown), EVERYWHERE, NOWHERE, PX_PER_MM)
    assert stained[95:106, 100:500].all()
    assert not stained[250:350].any()


def test_a_small_spot_that_is_not_round_is_a_stain() -> None:
    crooked = np.zeros(SHAPE, np.float32)
    crooked[200:209, 300:330] = crooked[200:230, 300:309] = 5.0
    assert find_pigment(reading(NO_VEINS, crooked), EVERYWHERE, NOWHERE, PX_PER_MM)[202, 320]


@pytest.mark.parametrize("seed", range(10))
def test_axes_and_hull_of_a_spot_are_those_of_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.normal(size=(60, 80)).astype(np.float32), (0, 0), rng.uniform(1, 5))
    parts = parts_of(smooth > np.quantile(smooth, 0.8))
    for number in np.flatnonzero(parts.areas[1:] >= 4) + 1:
        left, top, width, height = parts.boxes[number]
        spot = parts.labels[top : top + height, left : left + width] == number
        (region,) = regionprops(spot.astype(np.uint8))
        assert axes_of(spot) == pytest.approx((region.axis_major_length, region.axis_minor_length), abs=1e-5)
        assert hull_area(spot) == region.area_convex


def test_a_large_patch_is_a_stain_however_round() -> None:
    assert find_pigment(reading(NO_VEINS, patch((200, 300), 60, 5.0)), EVERYWHERE, NOWHERE, PX_PER_MM)[200, 300]


def test_change_forgives_a_border_that_moved_a_little() -> None:
    before, after = (patch((200, 300), radius, 5.0) > 0 for radius in (60, 64))
    other_place = patch((200, 480), 50, 5.0) > 0
    change = np.where(other_place, np.float32(5), np.float32(-5))
    assert not pigment_change(before, after, change, PX_PER_MM).gained.any()
    elsewhere = pigment_change(before, other_place, change, PX_PER_MM)
    assert elsewhere.gained[200, 480]
    assert elsewhere.faded[200, 300]


def test_what_is_read_otherwise_and_looks_the_same_is_no_change() -> None:
    before, after = patch((200, 300), 50, 5.0) > 0, patch((200, 480), 50, 5.0) > 0
    still = pigment_change(before, after, np.full(SHAPE, np.float32(0.5)), PX_PER_MM)
    assert not still.gained.any()
    assert not still.faded.any()
    np.testing.assert_array_equal(still.after, after)


def densities_with(stain_de: float, *, light: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The same skin twice; the second with a stain of that contrast around (200, 300) and, over the whole picture, other light."""
    skin = np.random.default_rng(4).normal(0.8, 0.01, (*SHAPE, 3)).astype(np.float32)
    strength = stain_de / np.linalg.norm(lab_per_density() @ HEMOSIDERIN_DENSITY)
    round_stain = (patch((200, 300), 25, 1.0) > 0)[..., np.newaxis] * strength * HEMOSIDERIN_DENSITY
    slope = np.linspace(-light, light, SHAPE[1])[np.newaxis, :, np.newaxis]
    return skin, (skin + round_stain + slope).astype(np.float32)


@pytest.mark.parametrize("light", [0.0, 0.5])
def test_how_much_browner_the_skin_became_whatever_the_light(light: float) -> None:
    change = browner(*densities_with(6.0, light=light), EVERYWHERE, NOWHERE, PX_PER_MM)
    assert change[200, 300] == pytest.approx(6.0, rel=0.15)
    assert abs(change[200, 60]) < 1.0
    field = EVERYWHERE.copy()
    field[:, :150] = False
    assert not browner(*densities_with(6.0), field, NOWHERE, PX_PER_MM)[~field].any()
    assert not browner(*densities_with(6.0), NOWHERE, NOWHERE, PX_PER_MM).any()


def test_where_a_vein_went_the_skin_beside_it_tells() -> None:
    before, after = densities_with(6.0)
    vein = np.zeros(SHAPE, bool)
    vein[195:206] = True
    before = before + np.float32(0.5) * vein[..., np.newaxis]
    assert browner(before, after, EVERYWHERE, NOWHERE, PX_PER_MM)[200, 300] < 3.0
    assert browner(before, after, EVERYWHERE, vein, PX_PER_MM)[200, 300] == pytest.approx(6.0, rel=0.2)


def test_a_doubtful_stain_on_a_course_counts_where_the_skin_became_browner() -> None:
    doubtful = PigmentOptions(probability_on_course=0.9, probability_where_browner=0.01)
    brown = lines((100, 2.1), width_px=40)
    courses = np.zeros(SHAPE, bool)
    courses[98:103, 50:550] = True
    change = np.zeros(SHAPE, np.float32)
    change[:, 300:] = 4.0
    told = find_pigment(reading(NO_VEINS, brown), EVERYWHERE, courses, PX_PER_MM, change_de=change, options=doubtful)
    assert told[100, 320:500].all()
    assert not told[100, :280].any()


def test_faint_brown_counts_on_a_veins_course_only() -> None:
    brown = np.maximum(lines((100, 2.1), width_px=40), lines((300, 2.1), width_px=40))
    courses = np.zeros(SHAPE, bool)
    courses[98:103, 50:550] = True
    stained = find_pigment(reading(NO_VEINS, brown), EVERYWHERE, courses, PX_PER_MM)
    assert stained[98:103, 100:500].all()
    assert not stained[250:350].any()


def test_how_far_a_border_may_move_is_an_option() -> None:
    before, after = patch((200, 300), 50, 5.0) > 0, patch((200, 300), 56, 5.0) > 0
    change = np.full(SHAPE, np.float32(5))
    assert not pigment_change(before, after, change, PX_PER_MM).gained.any()
    assert pigment_change(before, after, change, PX_PER_MM, options=PigmentOptions(margin_mm=0.2)).gained.any()


def test_a_pair_s_pigment_follows_all_options() -> None:
    before, after = pair_of(lines((100, 8)), np.zeros(SHAPE)), patch((200, 300), 25, 6.0)
    pair = dataclasses.replace(before, after=reading(NO_VEINS, after))
    lying = densities_with(6.0)
    found = find_pair_pigment(pair, NOWHERE, lying)
    assert found.after[200, 300]
    assert found.gained[200, 300]
    assert not found.before.any()
    assert not find_pair_pigment(pair, NOWHERE, lying, options=PigmentOptions(changed_de=20.0)).gained.any()
    assert not find_pair_pigment(pair, NOWHERE, lying, options=PigmentOptions(smallest_mm2=400.0)).after.any()
