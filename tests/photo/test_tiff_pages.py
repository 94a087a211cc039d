"""Which page of a TIFF is the photo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from photocompare.base.errors import NotAPhoto, SeveralPictures, TooSmall
from photocompare.photo.reading import read_photo
from tests.support import hostile_files as make

REDUCED, REDUCED_OLD, PAGE, MASK = {254: 1}, {255: 2}, {254: 2}, {254: 4}


def smaller(height: int = 520) -> np.ndarray:
    return make.scene(height, height * 4 // 3, seed=3)


@pytest.mark.parametrize(
    "previews",
    [
        [(smaller(), REDUCED)],
        [(smaller(), REDUCED_OLD)],
        [(make.scene(60, 80), {})],
        [(make.scene(60, 80), PAGE)],
        [(smaller(height), REDUCED) for height in (400, 200, 100, 50)],
    ],
    ids=["flagged", "flagged as TIFF 5 does", "too small for a photo", "too small for a photo, called a page", "pyramid"],
)
def test_a_preview_beside_the_photo_is_passed_over(previews: list[tuple[np.ndarray, dict[int, Any]]]) -> None:
    photo = read_photo(make.tiff_of((make.scene(), {}), *previews))
    np.testing.assert_array_equal(photo.encoded, make.scene())
    assert photo.flags == ()


def test_a_preview_that_comes_first_is_passed_over_with_all_that_it_says() -> None:
    wide = make.WIDE_PROFILES["Display P3"]
    photo = read_photo(make.tiff_of((smaller(), REDUCED), (make.scene(), {}), icc_profile=wide))
    np.testing.assert_array_equal(photo.encoded, make.scene())
    assert photo.facts.colour_space == "sRGB (assumed)"


def test_the_photos_own_orientation_counts() -> None:
    turned = np.ascontiguousarray(np.rot90(make.scene()))
    for pages in ([(turned, {274: 6}), (make.scene(60, 80), REDUCED)], [(make.scene(60, 80), REDUCED), (turned, {274: 6})]):
        np.testing.assert_array_equal(read_photo(make.tiff_of(*pages)).encoded, make.scene())


def test_a_big_tiff_is_looked_through_likewise() -> None:
    for further, several in ((make.scene(60, 80), False), (smaller(), True)):
        data = make.encoded(make.scene(), "TIFF", big_tiff=True, save_all=True, append_images=[Image.fromarray(further)])
        if several:
            with pytest.raises(SeveralPictures):
                read_photo(data)
        else:
            np.testing.assert_array_equal(read_photo(data).encoded, make.scene())


@pytest.mark.parametrize("tags", [{}, PAGE, MASK])
def test_two_pages_are_refused(tags: dict[int, int]) -> None:
    with pytest.raises(SeveralPictures):
        read_photo(make.tiff_of((make.scene(), tags), (smaller(), tags)))
    with pytest.raises(SeveralPictures):
        read_photo(make.tiff_of((make.scene(), {}), (smaller(100), REDUCED), (smaller(), tags)))


def test_previews_without_a_photo_are_camera_raw() -> None:
    with pytest.raises(NotAPhoto, match="camera raw"):
        read_photo(make.tiff_of((make.scene(), REDUCED), (smaller(), REDUCED)))
    for tags in ({0xC612: bytes([1, 4, 0, 0])}, REDUCED | {330: 8}):
        with pytest.raises(NotAPhoto, match="camera raw"):
            read_photo(make.tiff_of((make.scene(), tags), (smaller(), {})))


def test_a_canon_raw_is_named() -> None:
    whole = make.tiff_pages(1)
    with pytest.raises(NotAPhoto, match="camera raw"):
        read_photo(whole[:8] + b"CR\x02\0" + whole[12:])


def test_a_photo_that_is_itself_too_small_is_refused() -> None:
    with pytest.raises(TooSmall):
        read_photo(make.tiff_of((make.scene(100, 120), {}), (make.scene(60, 80), {})))
