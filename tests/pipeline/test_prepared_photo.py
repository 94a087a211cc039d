"""What one photo tells: the card is no skin, its window is, and its colours bring two photos under one light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.card.layout import A6_CARD, card_image
from photocompare.card.pair_colours import CardColours, mapped_colours, under_other_light
from photocompare.photo.reading import Photo, photo_from_array
from photocompare.prepared_photo import prepare_photo
from tests.support.painted_leg import paint_leg

SHAPE = (640, 480)
PX_PER_MM = 2.0
PLACE = (60, 190)
"""Column and row of the card's top left: across the leg, its ends beside it."""


def with_card(linear: LinearRGB) -> tuple[LinearRGB, Mask, Mask]:
    """A card laid on the leg: the picture, where its paper lies, and where its window shows skin."""
    paper = linear_from_srgb8(card_image(A6_CARD, PX_PER_MM)) * np.float32(0.8)
    rows, cols = paper.shape[:2]
    hole = np.zeros((rows, cols), bool)
    corners = A6_CARD.window.corners_xy * PX_PER_MM
    (left, top), (right, bottom) = corners[0].astype(int), corners[2].astype(int)
    hole[top:bottom, left:right] = True
    place = np.s_[PLACE[1] : PLACE[1] + rows, PLACE[0] : PLACE[0] + cols]
    picture, covered, window = linear.copy(), np.zeros(linear.shape[:2], bool), np.zeros(linear.shape[:2], bool)
    picture[place] = np.where(hole[..., np.newaxis], picture[place], paper)
    covered[place], window[place] = ~hole, hole
    return picture, covered, window


def photo_of(linear: LinearRGB) -> Photo:
    return photo_from_array(srgb8_from_linear(linear))


@pytest.fixture(scope="module")
def scene() -> tuple[LinearRGB, Mask, Mask, Mask]:
    painted = paint_leg(shape=SHAPE)
    return (*with_card(painted.linear), painted.leg)


def test_the_card_is_cut_out_and_its_window_left_in(scene: tuple[LinearRGB, Mask, Mask, Mask]) -> None:
    picture, covered, window, leg = scene
    prepared = prepare_photo(photo_of(picture))
    assert prepared.scale.source == "card"
    assert prepared.scale.mm_per_px == pytest.approx(1 / PX_PER_MM, rel=0.01)
    assert not prepared.field.leg[covered].any()
    assert not prepared.field.limbs[covered].any()
    assert prepared.field.leg[window & leg].mean() > 0.8
    assert prepared.field.measurable[window & leg].mean() > 0.5
    beyond = leg & ~covered & ~window
    assert prepared.field.leg[beyond].mean() > 0.8


def test_a_mirrored_photo_is_told_by_its_card_which_serves_as_well(scene: tuple[LinearRGB, Mask, Mask, Mask]) -> None:
    plain = prepare_photo(photo_of(scene[0]))
    mirrored = prepare_photo(photo_of(np.ascontiguousarray(scene[0][:, ::-1])))
    assert "photo_mirrored" in mirrored.quality.flags
    assert "photo_mirrored" not in plain.quality.flags
    assert mirrored.scale.source == "card"
    assert mirrored.scale.mm_per_px == pytest.approx(plain.scale.mm_per_px, rel=2e-3)
    assert np.count_nonzero(mirrored.limb.leg[:, ::-1] != plain.limb.leg) < 0.01 * np.count_nonzero(plain.limb.leg)


def test_a_card_that_is_not_looked_for_gives_nothing(scene: tuple[LinearRGB, Mask, Mask, Mask]) -> None:
    prepared = prepare_photo(photo_of(scene[0]), card=False)
    assert prepared.scale.source != "card"
    assert prepared.card_colours is None


def test_equal_cards_take_another_light_back(scene: tuple[LinearRGB, Mask, Mask, Mask]) -> None:
    picture, *_, leg = scene
    # as a camera's own primaries and white balance would mix it
    light = np.array([[0.95, 0.08, 0.0], [0.03, 0.9, 0.02], [0.0, 0.1, 0.6]])
    other = mapped_colours(picture, light)
    before, after = (prepare_photo(photo_of(image)) for image in (picture, other))
    back = under_other_light(other, after.card_colours, before.card_colours)
    error = np.abs(cv2.GaussianBlur(back - picture, (0, 0), 2.0))[leg]
    assert np.median(error / cv2.GaussianBlur(picture, (0, 0), 2.0)[leg]) < 0.03
    assert np.median(np.abs(other - picture)[leg]) > 5 * np.median(error)


def test_only_equal_cards_speak_for_the_light() -> None:
    linear = np.full((4, 5, 3), 0.3, np.float32)
    one, another = CardColours("photocompare-a6", np.eye(3)), CardColours("photocompare-credit", 2 * np.eye(3))
    assert under_other_light(linear, one, another) is linear
    assert under_other_light(linear, None, one) is linear
    assert under_other_light(linear, one, None) is linear


def test_a_polygon_cuts_what_is_measured_not_what_is_registered() -> None:
    painted = paint_leg(shape=SHAPE)
    polygon = np.array([[200, 250], [280, 250], [280, 350], [200, 350]], np.float32)
    whole = prepare_photo(photo_of(painted.linear))
    cut = prepare_photo(photo_of(painted.linear), polygon_xy=polygon)
    assert np.array_equal(cut.limb.leg, whole.field.leg)
    assert np.count_nonzero(cut.field.leg) == pytest.approx(80 * 100, rel=0.05)
    assert cut.quality.limb_px == whole.quality.limb_px
    assert cut.scale.mm_per_px == whole.scale.mm_per_px
