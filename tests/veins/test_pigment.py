"""Stains, told from moles and specks."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.measure import regionprops

from photocompare.base.masks import parts_of
from photocompare.veins.pigment import PigmentOptions, _axes, _solidity, find_pigment, pigment_change
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, patch, reading

EVERYWHERE = np.ones(SHAPE, bool)
NO_VEINS = np.zeros(SHAPE)
NOWHERE = np.zeros(SHAPE, bool)


def test_a_track_is_a_stain_and_a_mole_is_not() -> None:
    brown = np.maximum(lines((100, 6), width_px=20), patch((300, 300), 15, 8.0))
    stained = find_pigment(reading(NO_VEINS, brown), EVERYWHERE, NOWHERE, PX_PER_MM)
    assert stained[95:106, 100:500].all()
    assert not stained[250:350].any()


def test_a_large_patch_is_a_stain_however_round() -> None:
    assert find_pigment(reading(NO_VEINS, patch((200, 300), 60, 5.0)), EVERYWHERE, NOWHERE, PX_PER_MM)[200, 300]


def test_change_forgives_a_border_that_moved_a_little() -> None:
    before, after = (patch((200, 300), radius, 5.0) > 0 for radius in (60, 64))
    assert not pigment_change(before, after, PX_PER_MM).gained.any()
    elsewhere = pigment_change(before, patch((200, 480), 50, 5.0) > 0, PX_PER_MM)
    assert elsewhere.gained[200, 480]
    assert elsewhere.faded[200, 300]


def test_faint_brown_counts_on_a_veins_course_only() -> None:
    brown = np.maximum(lines((100, 2.1), width_px=40), lines((300, 2.1), width_px=40))
    courses = np.zeros(SHAPE, bool)
    courses[98:103, 50:550] = True
    stained = find_pigment(reading(NO_VEINS, brown), EVERYWHERE, courses, PX_PER_MM)
    assert stained[98:103, 100:500].all()
    assert not stained[250:350].any()


def test_how_far_a_border_may_move_is_an_option() -> None:
    before, after = patch((200, 300), 50, 5.0) > 0, patch((200, 300), 56, 5.0) > 0
    assert not pigment_change(before, after, PX_PER_MM).gained.any()
    assert pigment_change(before, after, PX_PER_MM, options=PigmentOptions(margin_mm=0.2)).gained.any()


def test_a_spot_s_shape_is_scikit_image_s() -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(8).standard_normal((260, 240)), (0, 0), 4)
    regions = regionprops(parts_of(noise > noise.std()).labels)
    assert len(regions) > 20
    for region in regions:
        np.testing.assert_allclose(_axes(region.image), (region.axis_major_length, region.axis_minor_length), atol=1e-6)
        assert _solidity(region.image) == region.solidity
