"""Colours that a file declares: used or refused, never passed over."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.base.errors import UnsupportedColour
from photocompare.photo.reading import read_photo
from tests.support import hostile_files as make
from tests.support.colour_spaces import chromaticities, hdr_profile, png_cicp, png_values, seen_in, skin_patches


def mean_difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean())


# --- profiles


@pytest.mark.parametrize("space", sorted(make.WIDE_PROFILES))
def test_wide_profiles_give_the_same_skin(space: str) -> None:
    truth = skin_patches()
    wide = seen_in(space, truth)
    assert np.abs(wide.astype(int) - truth).max() >= 5
    photo = read_photo(make.png(wide, icc_profile=make.WIDE_PROFILES[space]))
    assert photo.facts.colour_space == space
    assert photo.flags == ()
    # 8-bit codes of a wider space are coarser: one step of it is up to 1.6 of sRGB.
    assert np.abs(photo.encoded.astype(int) - truth).max() <= 2


def test_before_and_after_of_two_cameras_with_known_spaces_compare_equal() -> None:
    truth = skin_patches()
    first = read_photo(make.jpeg(seen_in("Display P3", truth), icc_profile=make.WIDE_PROFILES["Display P3"]))
    second = read_photo(make.jpeg(truth))
    assert mean_difference(first.encoded, second.encoded) < 1.5


def test_adobe_rgb_that_only_exif_tells_is_converted() -> None:
    truth = skin_patches()
    exif = make.exif_block({0xA001: 65535}, interop={1: "R03"})
    photo = read_photo(make.png(seen_in("Adobe RGB", truth), exif=exif))
    assert photo.facts.colour_space == "Adobe RGB"
    assert np.abs(photo.encoded.astype(int) - truth).max() <= 2


def test_an_srgb_profile_changes_no_pixel() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = read_photo(make.png(icc_profile=profile))
    assert photo.facts.colour_space == "sRGB"
    np.testing.assert_array_equal(photo.encoded, make.scene())


def test_display_p3_by_heif_numbers_alone() -> None:
    truth = skin_patches()
    data = make.heic(
        seen_in("Display P3", truth), color_primaries=12, transfer_characteristics=13, matrix_coefficients=6, full_range_flag=1
    )
    photo = read_photo(data)
    assert photo.facts.colour_space == "Display P3"
    assert mean_difference(photo.encoded, truth) < 2.0


@pytest.mark.parametrize("by_tag", [True, False])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_a_profile_for_hdr_screens_is_refused(kind: str, by_tag: bool) -> None:
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(make.encoded(make.scene(), kind, icc_profile=hdr_profile(by_tag=by_tag)))


# --- numbers of H.273


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("primaries", [1, 2, 9, 12])
def test_a_png_for_hdr_screens_is_refused(primaries: int, transfer: int) -> None:
    """An HDR screenshot; neither its bit depth, nor grey, nor a profile beside it makes it another."""
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(png_cicp(primaries, transfer, icc_profile=make.WIDE_PROFILES["Display P3"]))
    for picture in (make.deep("png"), make.png(make.grey("L"))):
        with pytest.raises(UnsupportedColour, match="HDR"):
            read_photo(make.png_with(make.png_chunk(b"cICP", bytes([primaries, transfer, 0, 1])), picture))


@pytest.mark.parametrize(
    ("space", "numbers"), [("Display P3", (12, 13)), ("BT.2020", (9, 13)), ("BT.2020", (9, 14)), ("BT.2020", (9, 1)), ("linear", (1, 8))]
)
def test_a_png_is_converted_by_its_numbers(space: str, numbers: tuple[int, int]) -> None:
    truth = skin_patches()
    photo = read_photo(png_cicp(*numbers, picture=seen_in(space, truth)))
    assert photo.facts.colour_space == ("other declared" if space == "linear" else space)
    assert photo.flags == ()
    # Linear codes are coarse in the dark.
    assert np.abs(photo.encoded.astype(int) - truth).max() <= (5 if space == "linear" else 2)


def test_the_numbers_of_a_png_go_before_its_profile_and_these_before_exif() -> None:
    wide, exif = make.WIDE_PROFILES["Display P3"], make.exif_block({0xA001: 65535}, interop={1: "R03"})
    photo = read_photo(png_cicp(1, 13, icc_profile=wide, exif=exif))
    assert (photo.facts.colour_space, photo.flags) == ("sRGB", ())
    np.testing.assert_array_equal(photo.encoded, make.scene())
    truth = skin_patches()
    values = png_values(seen_in("Display P3", truth), corners=chromaticities("Display P3"))
    with_exif = make.png_with(make.png_chunk(b"eXIf", make.exif_block({0xA001: 1})[6:]), values)
    assert np.abs(read_photo(with_exif).encoded.astype(int) - truth).max() <= 2


def test_a_narrow_range_is_spread() -> None:
    narrow = np.rint(16 + make.scene().astype(float) * 219 / 255).astype(np.uint8)
    photo = read_photo(png_cicp(1, 13, full_range=0, picture=narrow))
    assert np.abs(photo.encoded.astype(int) - make.scene()).max() <= 1


@pytest.mark.parametrize("numbers", [(0, 13), (3, 13), (99, 13), (1, 0), (1, 9), (1, 17), (1, 99)])
def test_numbers_that_can_t_be_used_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedColour, match="declares colours"):
        read_photo(png_cicp(*numbers))


def test_a_malformed_declaration_is_refused() -> None:
    for chunk in (
        make.png_chunk(b"cICP", bytes([9, 16])),
        make.png_chunk(b"cICP", bytes([1, 13, 1, 1])),
        make.png_chunk(b"gAMA", bytes(4)),
        make.png_chunk(b"cHRM", bytes(32)),
    ):
        with pytest.raises(UnsupportedColour, match="declares colours"):
            read_photo(make.png_with(chunk))


def test_bt2020_by_heif_numbers_alone() -> None:
    truth = skin_patches()
    numbers = {"color_primaries": 9, "transfer_characteristics": 13, "matrix_coefficients": 6, "full_range_flag": 1}
    photo = read_photo(make.heic(seen_in("BT.2020", truth), **numbers))
    assert photo.facts.colour_space == "BT.2020"
    assert mean_difference(photo.encoded, truth) < 2.5


# --- values


@pytest.mark.parametrize(
    ("space", "gamma", "name"),
    [
        ("Display P3", None, "Display P3"),
        ("Display P3", 2.2, "Display P3"),
        ("Adobe RGB", 2.2, "Adobe RGB"),
        ("BT.2020", 2.2, "BT.2020"),
        ("gamma 1.8", 1.8, "other declared"),
        ("linear", 1.0, "other declared"),
    ],
)
def test_a_png_is_converted_by_gamma_and_chromaticities(space: str, gamma: float | None, name: str) -> None:
    truth = skin_patches()
    corners = () if space in ("gamma 1.8", "linear") else chromaticities(space)
    photo = read_photo(png_values(seen_in(space, truth), gamma=gamma, corners=corners))
    assert (photo.facts.colour_space, photo.flags) == (name, ())
    assert np.abs(photo.encoded.astype(int) - truth).max() <= (5 if space == "linear" else 2)


def test_gamma_and_chromaticities_of_srgb_change_no_pixel() -> None:
    photo = read_photo(png_values(make.scene(), gamma=2.2, corners=(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)))
    assert photo.facts.colour_space == "sRGB (assumed)"
    np.testing.assert_array_equal(photo.encoded, make.scene())


def test_a_grey_png_is_converted_by_its_gamma() -> None:
    truth = skin_patches()[:, :, :1].repeat(3, axis=2)
    photo = read_photo(png_values(seen_in("gamma 1.8", truth)[:, :, 0], gamma=1.8))
    assert photo.flags == ("no_colour",)
    assert np.abs(photo.encoded.astype(int) - truth).max() <= 2


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_chromaticities_of_tiff_tags_are_used(kind: str) -> None:
    truth, corners = skin_patches(), chromaticities("Display P3")
    tags = {0x013E: corners[:2], 0x013F: corners[2:]}
    options = {"tiffinfo": tags} if kind == "TIFF" else {"exif": make.exif_block({0xA001: 65535, 0xA500: 2.2}, tags), "quality": 98}
    photo = read_photo(make.encoded(seen_in("Display P3", truth), kind, **options))
    assert photo.facts.colour_space == "Display P3"
    assert mean_difference(photo.encoded, truth) < 1.5


def test_the_transfer_function_of_a_tiff_is_used() -> None:
    truth = skin_patches()
    table = tuple(round(65535 * (code / 255) ** 1.8) for code in range(256))
    for tables in (table, table * 3):
        photo = read_photo(make.encoded(seen_in("gamma 1.8", truth), "TIFF", tiffinfo={0x012D: tables}))
        assert photo.facts.colour_space == "other declared"
        assert np.abs(photo.encoded.astype(int) - truth).max() <= 2
    with pytest.raises(UnsupportedColour, match="declares colours"):
        read_photo(make.encoded(make.scene(), "TIFF", tiffinfo={0x012D: (*table, *table, *table[::-1])}))


def test_chromaticities_without_sense_count_as_none() -> None:
    photo = read_photo(make.jpeg(exif=make.exif_block({0x9003: "2024:05:01 10:11:12"}, {0x013E: (0.0, 0.0), 0x013F: (0.0,) * 6})))
    assert photo.facts.capture_time == "2024-05-01T10:11:12"
    assert photo.flags == ()
