"""Colours that stand in a HEIC's HEVC stream alone: used or refused as those of HEIF's own box, whatever else the stream holds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import ImageCms

from photocompare.base.errors import PhotoError, UnsupportedColour
from photocompare.photo.decoding.heif_items import main_stream_configurations
from photocompare.photo.decoding.hevc_colour import MOST_SETS, stream_colours
from photocompare.photo.reading import read_photo
from tests.support import colour_spaces
from tests.support import heif_streams as streams
from tests.support import hostile_files as make
from tests.support.heif_streams import HLG, PQ

SRGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("curve", [PQ, HLG])
@pytest.mark.parametrize("told", [{}, {"icc_profile": SRGB_PROFILE}, {"box": (2, 2)}])
def test_a_curve_for_hdr_screens_is_refused(curve: int, told: dict[str, object]) -> None:
    numbers = {"color_primaries": 9, "transfer_characteristics": curve, "matrix_coefficients": 9, "full_range_flag": 1}
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(streams.in_stream(**numbers, **told))


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ((12, 13, 6, 1), "Display P3"),
        ((9, 13, 9, 1), "BT.2020"),
        ((9, 14, 9, 0), "BT.2020"),
        ((1, 13, 1, 0), "sRGB"),
        ((12, 8, 1, 1), "other declared"),
    ],
)
def test_colours_are_brought_to_srgb_as_those_of_the_box(numbers: tuple[int, int, int, int], name: str) -> None:
    named = dict(zip(("color_primaries", "transfer_characteristics", "matrix_coefficients", "full_range_flag"), numbers, strict=True))
    boxed, alone = read_photo(make.heic(**named)), read_photo(streams.in_stream(**named))
    assert (alone.facts.colour_space, boxed.facts.colour_space) == (name, name)
    np.testing.assert_array_equal(alone.encoded, boxed.encoded)


def test_display_p3_is_what_it_was_drawn_as() -> None:
    truth = make.scene()
    numbers = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    photo = read_photo(streams.in_stream(colour_spaces.seen_in("Display P3", truth), **numbers))
    assert np.abs(photo.encoded.astype(int) - truth).mean() < 2


def test_a_box_and_a_profile_go_before_the_stream() -> None:
    numbers = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    assert read_photo(streams.in_stream(box=(1, 13), **numbers)).facts.colour_space == "sRGB"
    assert read_photo(streams.in_stream(**numbers, icc_profile=SRGB_PROFILE)).facts.colour_space == "sRGB"
    assert read_photo(streams.in_stream(box=(2, 13), **numbers)).facts.colour_space == "Display P3"


@pytest.mark.parametrize("wide", [False, True])
def test_a_photo_of_tiles_is_judged_by_its_tiles(wide: bool) -> None:
    picture = make.scene(256, 512)
    numbers = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    photo = read_photo(streams.tiled(picture, wide=wide, **numbers))
    assert (photo.facts.colour_space, photo.encoded.shape) == ("Display P3", picture.shape)
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(streams.tiled(picture, wide=wide, **{**numbers, "transfer_characteristics": PQ}))


@pytest.mark.parametrize("colours", [(9, 16), (12, 13), (1, 18), None])
def test_the_colours_are_found_behind_every_optional_part(colours: tuple[int, int] | None) -> None:
    dice = random.Random(17)
    for _ in range(400):
        assert stream_colours([streams.configuration_of(streams.parameter_set(colours, dice))]) == colours


def test_numbers_that_are_reserved_say_nothing() -> None:
    dice = random.Random(3)
    for written, read in (((0, 0), (2, 2)), ((3, 13), (2, 13)), ((255, 200), (2, 2)), ((22, 19), (22, 2))):
        assert stream_colours([streams.configuration_of(streams.parameter_set(written, dice))]) == read


def test_of_several_streams_one_for_hdr_screens_decides() -> None:
    dice = random.Random(5)
    plain, bright = (streams.configuration_of(streams.parameter_set(colours, dice)) for colours in ((1, 13), (9, PQ)))
    assert stream_colours([plain, bright]) == (9, PQ)
    assert stream_colours([plain, plain]) == (1, 13)
    assert stream_colours([]) is None
    other_layer = bytearray(streams.parameter_set((9, PQ), dice))
    other_layer[1] |= 1 << 3
    assert stream_colours([streams.configuration_of(bytes(other_layer))]) is None
    many = [streams.configuration_of(streams.parameter_set(None, dice)) for _ in range(MOST_SETS)]
    assert stream_colours([*many, bright]) is None


def test_damaged_streams_are_read_to_an_end() -> None:
    dice = random.Random(11)
    whole = streams.configuration_of(*(streams.parameter_set((9, PQ), dice) for _ in range(3)))
    for length in range(len(whole)):
        assert stream_colours([whole[:length]]) in (None, (9, PQ))
    for _ in range(1000):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 1, 4, 40))):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        found = stream_colours([bytes(damaged)])
        assert found is None or all(0 <= number <= 255 for number in found)
    for _ in range(300):
        found = stream_colours([dice.randbytes(dice.randrange(400))])
        assert found is None or all(0 <= number <= 255 for number in found)


def test_damaged_boxes_are_read_to_an_end() -> None:
    numbers = {"color_primaries": 9, "transfer_characteristics": PQ, "matrix_coefficients": 9, "full_range_flag": 1}
    dice = random.Random(13)
    for whole in (streams.in_stream(make.scene(64, 64), **numbers), streams.tiled(make.scene(64, 128), wide=True, **numbers)):
        (configuration,) = main_stream_configurations(whole)
        head = whole.index(b"mdat")
        for position in range(head):
            for value in (0, 255, whole[position] ^ 1, dice.randrange(256)):
                damaged = whole[:position] + bytes([value]) + whole[position + 1 :]
                found = main_stream_configurations(damaged)
                assert len(found) <= 1
                assert all(len(one) <= len(whole) for one in found)
        for length in range(head):
            assert main_stream_configurations(whole[:length]) in ([], [configuration])


@pytest.mark.thorough
def test_a_damaged_file_is_a_photo_or_refused() -> None:
    numbers = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    whole = streams.in_stream(**numbers)
    begin, end = whole.index(b"hvcC"), whole.index(b"mdat")
    dice = random.Random(19)
    outcomes = set[str]()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 2, 8))):
            damaged[dice.randrange(begin, end)] = dice.randrange(256)
        try:
            outcomes.add(read_photo(bytes(damaged)).facts.colour_space)
        except PhotoError as refusal:
            outcomes.add(type(refusal).__name__)
    assert "Display P3" in outcomes
    assert len(outcomes) > 1
