"""A collage is found where one was made, at the columns where it was made, and a single photo is left whole."""

from __future__ import annotations

import dataclasses
from functools import cache

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import SRGB8
from photocompare.base.colour import srgb8_from_linear
from photocompare.base.errors import TooSmall
from photocompare.base.flags import REGISTRY
from photocompare.phantom import simple_pair
from photocompare.photo.collage import Cut, find_collage
from photocompare.photo.collage_parts import split
from photocompare.photo.reading import Photo, photo_from_array
from tests.support.painted_leg import paint_leg

SIZE = (640, 480)
WHITE, BLACK, GREY = 255, 0, 128


@cache
def before() -> SRGB8:
    return srgb8_from_linear(paint_leg("light", "blue", shape=SIZE, seed=11).linear)


@cache
def after() -> SRGB8:
    return srgb8_from_linear(paint_leg("light", "grey", "orange", shape=SIZE, limbs=((0.55, 0.5),), seed=12).linear)


@cache
def two_legs() -> SRGB8:
    return srgb8_from_linear(paint_leg("medium", "grey", shape=SIZE, limbs=((0.25, 0.35), (0.75, 0.35)), seed=13).linear)


def jpeg(picture: SRGB8, quality: int) -> SRGB8:
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def joined(first: SRGB8, second: SRGB8, *, gap: int = 0, colour: int = WHITE) -> SRGB8:
    return np.hstack([first, np.full((len(first), gap, 3), colour, np.uint8), second])


def turned(picture: SRGB8) -> SRGB8:
    return np.ascontiguousarray(picture.transpose(1, 0, 2))


# --- found, and where


@pytest.mark.parametrize("gap", [0, 2, 20])
@pytest.mark.parametrize("colour", [WHITE, BLACK, GREY])
@pytest.mark.parametrize("quality", [60, 95])
def test_two_photos_side_by_side_are_cut_where_they_were_joined(gap: int, colour: int, quality: int) -> None:
    picture = jpeg(joined(before(), after(), gap=gap, colour=colour), quality)
    width = picture.shape[1]
    cut = find_collage(picture)
    assert cut is not None
    assert cut.axis == "columns"
    assert cut.at * width == pytest.approx(480, abs=1.01)
    assert cut.resumes * width == pytest.approx(480 + gap, abs=1.01)
    assert cut.confidence >= 0.9


@pytest.mark.parametrize("gap", [0, 6])
def test_one_above_the_other_is_cut_between_rows(gap: int) -> None:
    side_by_side = joined(turned(before()), turned(after()), gap=gap)
    cut = find_collage(jpeg(turned(side_by_side), 85))
    assert cut is not None
    assert cut.axis == "rows"
    assert cut.at * side_by_side.shape[1] == pytest.approx(640, abs=1.01)
    assert cut.resumes * side_by_side.shape[1] == pytest.approx(640 + gap, abs=1.01)


def test_the_smaller_photo_on_a_white_page_is_found() -> None:
    page = np.full((640, 384, 3), 255, np.uint8)
    page[64:576] = cv2.resize(after(), (384, 512), interpolation=cv2.INTER_AREA)
    cut = find_collage(jpeg(joined(before(), page, gap=12), 90))
    assert cut is not None
    assert cut.at == pytest.approx(480 / 876, abs=0.002)
    assert cut.resumes == pytest.approx(492 / 876, abs=0.002)


def test_a_white_frame_and_a_strip_with_labels_do_not_hide_the_seam() -> None:
    framed = cv2.copyMakeBorder(joined(before(), after(), gap=8), 10, 10, 10, 10, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    strip = np.full((60, framed.shape[1], 3), 235, np.uint8)
    cv2.putText(strip, "before         after", (120, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (20, 20, 20), 3)
    cut = find_collage(jpeg(np.vstack([strip, framed]), 85))
    assert cut is not None
    assert cut.axis == "columns"
    assert cut.at == pytest.approx(490 / framed.shape[1], abs=0.002)


def test_halves_may_be_unequal() -> None:
    cut = find_collage(joined(before(), after()[:, 90:390]))
    assert cut is not None
    assert cut.at == pytest.approx(480 / 780, abs=0.002)


def test_reducing_the_picture_moves_the_cut_by_less_than_two_of_its_pixels() -> None:
    picture = joined(before(), after(), gap=4)
    small = jpeg(cv2.resize(picture, (610, round(640 * 610 / 964)), interpolation=cv2.INTER_AREA), 75)
    cut = find_collage(small)
    assert cut is not None
    assert cut.at == pytest.approx(480 / 964, abs=2 / 610)


def test_a_large_picture_is_cut_to_the_pixel() -> None:
    sides = [cv2.resize(side, (1440, 1920), interpolation=cv2.INTER_CUBIC) for side in (before(), after())]
    cut = find_collage(joined(*sides, gap=31))
    assert cut is not None
    assert cut.at * 2911 == pytest.approx(1440, abs=0.01)
    assert cut.resumes * 2911 == pytest.approx(1471, abs=0.01)


def test_a_grey_collage_is_found() -> None:
    grey = np.repeat(cv2.cvtColor(joined(before(), after()), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    cut = find_collage(grey)
    assert cut is not None
    assert cut.at == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_rendered_visits_are_found_joined_and_left_whole_alone(seed: int) -> None:
    pair = simple_pair("graded", seed=seed)
    assert find_collage(pair.before) is None
    assert find_collage(pair.after) is None
    cut = find_collage(jpeg(joined(pair.before, pair.after), 80))
    assert cut is not None
    assert cut.at == pytest.approx(0.5, abs=0.002)


# --- left whole


def door_frame(lean_px: int) -> SRGB8:
    """Two legs before a white wall that ends at a dark door between them, the edge leaning by so many pixels over the frame."""
    picture = two_legs().copy()
    edge = np.rint(np.linspace(240, 240 + lean_px, SIZE[0])).astype(int)
    beyond = np.arange(SIZE[1])[None, :] >= edge[:, None]
    grey = np.ptp(picture.astype(int), axis=2) < 14
    picture[grey & beyond] = picture[grey & beyond] // 2
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.8), np.uint8)


def test_single_photos_are_no_collage() -> None:
    for picture in (before(), after(), two_legs(), turned(before()), turned(two_legs())):
        assert find_collage(picture) is None
        assert find_collage(jpeg(picture, 60)) is None


@pytest.mark.parametrize("lean", [-12, 5, 9])
def test_a_leaning_door_frame_between_two_legs_is_no_seam(lean: int) -> None:
    assert find_collage(door_frame(lean)) is None


def test_edges_that_end_at_the_leg_are_no_seam() -> None:
    tiles = before().copy()
    wall = tiles[..., 2].astype(int) > tiles[..., 0].astype(int) + 5
    for line in range(40, 640, 80):
        tiles[line : line + 3][wall[line : line + 3]] = 200
    sock = before().copy()
    sock[420:] = np.where(wall[420:, :, None], sock[420:], 40)
    card = before().copy()
    card[200:440, 150:330] = 250
    for picture in (tiles, sock, card):
        assert find_collage(picture) is None


@pytest.mark.parametrize("thick", [1, 2, 4, 12])
@pytest.mark.parametrize("colour", [WHITE, BLACK])
def test_a_line_drawn_over_one_photo_is_no_divider(thick: int, colour: int) -> None:
    ruled = before().copy()
    ruled[:, 240 : 240 + thick] = colour
    assert find_collage(jpeg(ruled, 85)) is None


def test_a_page_around_one_photo_is_no_second_photo() -> None:
    assert find_collage(joined(before(), np.full((640, 400, 3), 255, np.uint8))) is None
    assert find_collage(joined(before(), np.full((640, 400, 3), (60, 90, 160), np.uint8))) is None


def test_more_than_two_photos_are_not_cut_into_two() -> None:
    row = joined(before(), after(), gap=10)
    assert find_collage(np.vstack([row, np.full((10, row.shape[1], 3), 255, np.uint8), row[:, ::-1]])) is None
    third = cv2.resize(before(), (300, 640), interpolation=cv2.INTER_AREA)
    assert find_collage(joined(joined(third, after()[:, :300]), third[:, ::-1])) is None


def test_two_thumbnails_are_too_small_to_be_two_photos() -> None:
    small = [cv2.resize(side, (180, 240), interpolation=cv2.INTER_AREA) for side in (before(), after())]
    assert find_collage(joined(*small)) is None


@pytest.mark.parametrize("size", [(1, 1), (16, 900), (900, 16), (33, 70)])
def test_pictures_too_small_for_two_are_left_whole(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert find_collage(noise) is None
    assert find_collage(np.full((*size, 3), 120, np.uint8)) is None


# --- the two halves


def collage() -> Photo:
    whole = photo_from_array(joined(before(), after(), gap=20))
    facts = dataclasses.replace(
        whole.facts, format="JPEG", colour_space="Display P3", recompressed=True, capture_time="2025-03-04T10:00:00", camera_make="Maker"
    )
    return dataclasses.replace(whole, facts=facts, flags=("recompressed", "date_implausible"))


def test_the_halves_are_photos_of_their_own() -> None:
    whole = collage()
    first, second = split(whole, Cut("columns", 480 / 980, 500 / 980))
    np.testing.assert_array_equal(first.encoded, before())
    np.testing.assert_array_equal(second.encoded, after())
    assert len({first.facts.sha256, second.facts.sha256, whole.facts.sha256}) == 3
    assert (first.facts.width, first.facts.height) == (480, 640)
    for half in (first, second):
        assert (half.facts.format, half.facts.colour_space, half.facts.recompressed, half.facts.has_colour) == (
            "JPEG",
            "Display P3",
            True,
            True,
        )
        assert half.facts.capture_time is None
        assert half.facts.camera_make is None
        assert half.flags == ("recompressed",)
        assert not half.encoded.flags.writeable


def test_swapping_changes_the_order_only() -> None:
    cut = Cut("columns", 480 / 980, 500 / 980)
    first, second = split(collage(), cut)
    swapped = split(collage(), cut, swapped=True)
    assert [half.facts.sha256 for half in swapped] == [second.facts.sha256, first.facts.sha256]


def test_stacked_photos_are_cut_by_rows() -> None:
    whole = photo_from_array(np.vstack([before(), after()]))
    cut = find_collage(whole.encoded)
    assert cut is not None
    upper, lower = split(whole, cut)
    np.testing.assert_array_equal(upper.encoded, before())
    np.testing.assert_array_equal(lower.encoded, after())


def test_a_grey_half_is_told() -> None:
    grey = np.repeat(after()[..., :1], 3, axis=2)
    first, second = split(photo_from_array(joined(before(), grey)), Cut("columns", 0.5, 0.5))
    assert (first.facts.has_colour, second.facts.has_colour) == (True, False)
    assert second.flags == ("no_colour",)
    assert set(second.flags) <= set(REGISTRY)


def test_a_sliver_is_refused() -> None:
    with pytest.raises(TooSmall, match="240 pixels"):
        split(collage(), Cut("columns", 0.1, 0.1))


@pytest.mark.parametrize(
    ("axis", "at", "resumes"), [("columns", 0.0, 0.5), ("rows", 0.5, 1.0), ("columns", 0.6, 0.5), ("across", 0.5, 0.5)]
)
def test_a_cut_that_makes_no_sense_is_refused_at_once(axis: str, at: float, resumes: float) -> None:
    with pytest.raises(ValueError, match=r"axis must|a cut needs"):
        Cut(axis, at, resumes)  # type: ignore[arg-type]
