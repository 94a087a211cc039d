"""Which page of a TIFF is the photo."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from photocompare.base.errors import NotAPhoto, SeveralPictures, TooSmall, UnsupportedColour
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


def deep_tiff(samples: np.ndarray, *, photometric: int, planar: int) -> bytes:
    """An uncompressed TIFF of 16 bits a sample, (C, H, W): by planes (2) or, for one plane, chunky (1)."""
    count, height, width = samples.shape
    plane = height * width * 2
    entries = [(256, 4, [width]), (257, 4, [height]), (258, 3, [16] * count), (259, 3, [1]), (262, 3, [photometric])]
    entries += [(273, 4, [8 + k * plane for k in range(count)]), (277, 3, [count]), (278, 4, [height])]
    entries += [(279, 4, [plane] * count), (284, 3, [planar])]
    at, table, aside = 8 + count * plane, struct.pack("<H", len(entries)), b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(packed) > 4:
            where, aside = behind + len(aside), aside + packed
            packed = struct.pack("<I", where)
        table += struct.pack("<HHI", tag, kind, len(values)) + packed.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<I", at) + samples.astype("<u2").tobytes() + table + bytes(4) + aside


@pytest.mark.parametrize(("planes", "photometric", "planar"), [(3, 2, 2), (1, 0, 1)], ids=["planes", "0 is white"])
def test_deep_samples_that_the_decoder_misreads_are_refused(planes: int, photometric: int, planar: int) -> None:
    samples = np.moveaxis(make.scene(), -1, 0)[:planes].astype(np.uint16) * 257
    with pytest.raises(UnsupportedColour, match="sRGB JPEG"):
        read_photo(deep_tiff(samples, photometric=photometric, planar=planar))


def test_deep_grey_where_0_is_black_is_read() -> None:
    grey = make.scene()[..., 1]
    read = read_photo(deep_tiff(grey[np.newaxis].astype(np.uint16) * 257, photometric=1, planar=1)).encoded
    np.testing.assert_array_equal(read[..., 1], grey)
