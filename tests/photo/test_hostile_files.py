"""What the door does with damaged, hostile and odd files: one group of tests for each promise."""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocompare.base.errors import (
    NotAPhoto,
    PhotoError,
    SeveralPictures,
    TooLarge,
    TooSmall,
    TruncatedPhoto,
    UnsupportedColour,
)
from photocompare.photo.decoding.checks import jpeg_end, require_whole
from photocompare.photo.decoding.refusal import CannotDecode
from photocompare.photo.reading import read_photo
from tests.support import hostile_files as make

# --- 1, 2: cut and damaged


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_a_cut_file_is_refused(kind: str) -> None:
    whole = make.encoded(make.scene(), kind, **({"compression": "tiff_lzw"} if kind == "TIFF" else {}))
    for share in (0.99, 0.9, 0.5, 0.2):
        with pytest.raises(TruncatedPhoto, match="ends early or is damaged"):
            read_photo(make.cut(whole, share))


def test_a_progressive_jpeg_cut_between_scans_is_refused() -> None:
    whole = make.jpeg(progressive=True)
    with pytest.raises(TruncatedPhoto):
        read_photo(whole[: whole.rfind(b"\xff\xda")])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
def test_a_file_filled_up_with_zeros_is_refused(kind: str) -> None:
    with pytest.raises(TruncatedPhoto):
        read_photo(make.zero_filled(make.encoded(make.scene(), kind), 0.7))


def test_a_jpeg_overwritten_in_its_scan_is_flagged() -> None:
    """No promise can be made for every such file; most lose step, which libjpeg notices."""
    flagged = ["decoder_warning" in read_photo(make.overwritten(make.jpeg(), seed=seed)).flags for seed in range(5)]
    assert sum(flagged) >= 4


def test_padding_before_the_end_marker_is_no_damage() -> None:
    assert read_photo(make.with_padding(make.jpeg())).flags == ()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_flipped_bit_in_a_png_is_refused(share: float) -> None:
    damaged = bytearray(make.png())
    damaged[int(len(damaged) * share)] ^= 4
    with pytest.raises(TruncatedPhoto):
        read_photo(bytes(damaged))


def test_the_end_of_a_jpeg_is_its_own_and_not_its_thumbnails() -> None:
    whole = make.jpeg()
    thumbnail = make.jpeg_segment(0xE1, b"Exif\0\0" + make.jpeg(make.scene(40, 40)))
    assert jpeg_end(whole) == len(whole) - 2
    assert jpeg_end(make.jpeg_with(thumbnail)) == len(whole) + len(thumbnail) - 2
    assert jpeg_end(make.jpeg_with(thumbnail)[: len(thumbnail) + 600]) == -1
    for restarts in (make.jpeg(restart_marker_rows=1), make.jpeg(progressive=True)):
        assert jpeg_end(restarts) == len(restarts) - 2


def test_no_byte_changed_in_a_container_makes_the_checks_fail_otherwise() -> None:
    """Mutation of small seeds: the parent's and the child's own parsers either pass or refuse, they never crash or hang."""
    generator = np.random.default_rng(5)
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        seed = make.encoded(make.scene(32, 40), kind)
        for position in range(0, min(len(seed), 600)):
            mutated = bytearray(seed)
            mutated[position] = generator.integers(256)
            with suppress(CannotDecode):
                require_whole(bytes(mutated), kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_mutated_photos_are_read_or_refused(kind: str) -> None:
    whole = make.encoded(make.scene(256, 256), kind)
    generator = np.random.default_rng(6)
    for _ in range(4):
        mutated = bytearray(whole)
        for position in generator.integers(4, min(len(whole), 400), 3):
            mutated[position] = generator.integers(256)
        with suppress(PhotoError):
            assert read_photo(bytes(mutated)).encoded.ndim == 3


# --- 3, 13: no photos


@pytest.mark.parametrize("name", sorted(make.NOT_PHOTOS))
def test_what_is_no_photo_is_refused_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.NOT_PHOTOS[name])
    with pytest.raises(NotAPhoto, match="not a JPEG, PNG, TIFF, WebP, HEIC or DICOM") as caught:
        read_photo(path)
    assert "photo.jpg" not in str(caught.value)


def test_no_child_is_started_for_what_is_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photocompare.photo.decoding.call.child", lambda _: pytest.fail("asked for a child"))
    for data in make.NOT_PHOTOS.values():
        with pytest.raises(NotAPhoto):
            read_photo(data)


def test_a_magic_number_with_nothing_behind_it_is_damaged() -> None:
    for magic in (b"\xff\xd8\xff\xe0", make.png()[:40], b"II*\0" + bytes(20), b"RIFF\x10\0\0\0WEBP", make.heic()[:60]):
        with pytest.raises(TruncatedPhoto):
            read_photo(magic)


def test_camera_raw_is_refused() -> None:
    with pytest.raises(NotAPhoto, match="camera raw"):
        read_photo(make.tiff_pages(1, subfile=1))


def test_things_that_are_no_files(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.jpg"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, Path("/dev/zero")):
        with pytest.raises(NotAPhoto, match="folder or a device"):
            read_photo(path)
    for path in (tmp_path / "Anna.jpg", tmp_path / "a\0b", tmp_path / ("x" * 400)):
        with pytest.raises(PhotoError, match="can't be opened") as caught:
            read_photo(path)
        assert "Anna" not in str(caught.value)


# --- 4, 5, 6, 7: sizes and bombs


@pytest.mark.parametrize(("width", "height"), [(14_000, 14_000), (60_000, 60_000), (20_001, 300), (300, 20_001), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_promises_too_much_is_refused_before_pixels_exist(width: int, height: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="120 megapixels"):
        read_photo(make.png_claiming(width, height))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_header_within_the_limits_without_data_is_damaged() -> None:
    with pytest.raises(TruncatedPhoto):
        read_photo(make.png_claiming(10_000, 10_000))


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(60_000_001)
    for source in (path, bytes(60_000_001)):
        with pytest.raises(TooLarge, match="60 MB"):
            read_photo(source)


@pytest.mark.parametrize(
    ("name", "error"),
    [("text", TooLarge), ("pages", SeveralPictures), ("loop", PhotoError), ("exif loop", None), ("frames", SeveralPictures)],
)
def test_what_unfolds_without_end_is_settled_in_time(name: str, error: type[PhotoError] | None) -> None:
    data = {
        "text": make.png_text_bomb,
        "pages": lambda: make.tiff_pages(10_000),
        "loop": lambda: make.tiff_pages(2, loop=True),
        "exif loop": make.tiff_with_looping_exif,
        "frames": lambda: make.animated("WEBP", 500),
    }[name]()
    start = time.monotonic()
    if error is None:
        np.testing.assert_array_equal(read_photo(data).encoded, make.scene())
    else:
        with pytest.raises(error):
            read_photo(data)
    assert time.monotonic() - start < make.PROMPT_S


def test_a_large_photo_is_read_whole() -> None:
    photo = read_photo(make.jpeg(np.tile(make.scene(400, 400), (15, 20, 1)), quality=80))
    assert (photo.facts.height, photo.facts.width) == (6000, 8000)
    linear, factor = photo.working(2_000_000)
    assert linear.shape[0] * linear.shape[1] == pytest.approx(2_000_000, rel=0.01)
    assert factor == pytest.approx((2e6 / 48e6) ** 0.5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (64, 64), (1, 20_000), (239, 4000)])
def test_too_small_is_refused(height: int, width: int) -> None:
    with pytest.raises(TooSmall, match="240 pixels"):
        read_photo(make.png(np.full((height, width, 3), 128, dtype=np.uint8)))


# --- 8, 9, 10: modes


def test_cmyk_needs_a_profile_that_works() -> None:
    for profile in (None, b"garbage" * 40, make.WIDE_PROFILES["Display P3"]):
        with pytest.raises(UnsupportedColour, match="CMYK"):
            read_photo(make.cmyk_jpeg(profile=profile))
    photo = read_photo(make.cmyk_jpeg(profile=make.cmyk_profile()))
    assert photo.facts.colour_space == "CMYK profile"
    # Paper is white; full cyan of the ideal press is (0, 255, 255), within the 8-bit Lab of the profile.
    np.testing.assert_allclose(photo.encoded[128, 32], (255, 255, 255), atol=2)
    np.testing.assert_allclose(photo.encoded[128, 224], (0, 255, 255), atol=8)


@pytest.mark.parametrize("mode", ["1", "F", "I"])
def test_data_without_certain_colours_is_refused(mode: str) -> None:
    with pytest.raises(UnsupportedColour):
        read_photo(make.encoded(make.grey(mode), "TIFF"))


def test_transparency_is_refused_and_opaque_alpha_dropped() -> None:
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.alpha_png(254))
    np.testing.assert_array_equal(read_photo(make.alpha_png(255)).encoded, make.scene())
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.png(Image.fromarray(make.scene()).quantize(32), transparency=3))
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.png(Image.merge("LA", (make.grey("L"), make.grey("L")))))


def test_a_palette_is_a_photo_written_anew() -> None:
    photo = read_photo(make.png(Image.fromarray(make.scene()).quantize(256)))
    assert photo.facts.has_colour
    assert photo.flags == ("recompressed",)
    assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 8


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_are_reduced_and_said(kind: str) -> None:
    colour = read_photo(make.deep(kind))
    np.testing.assert_array_equal(colour.encoded, make.scene())
    assert (colour.facts.bit_depth, colour.flags) == (16, ("reduced_bit_depth",))
    grey = read_photo(make.deep(kind, grey=True))
    np.testing.assert_array_equal(grey.encoded[:, :, 0], make.scene()[:, :, 1])
    assert (grey.facts.bit_depth, grey.flags) == (16, ("no_colour", "reduced_bit_depth"))


# --- 11, 16, 17: several pictures, gain maps


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str) -> None:
    with pytest.raises(SeveralPictures):
        read_photo(make.animated(kind, 3))


def test_a_heif_sequence_is_refused() -> None:
    with pytest.raises(SeveralPictures):
        read_photo(b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1" + bytes(100))


def test_the_main_picture_of_a_cameras_file_is_used() -> None:
    photo = read_photo(make.mpo())
    assert photo.flags == ("primary_of_several",)
    assert photo.encoded.shape == (260, 340, 3)
    several = make.heic(save_all=True, append_images=[Image.fromarray(make.scene(seed=9))])
    assert read_photo(several).flags == ("primary_of_several",)


def test_a_gain_map_is_noted_and_the_standard_picture_used() -> None:
    for data in (make.jpeg_gain_map(), make.heic_gain_map()):
        photo = read_photo(data)
        assert photo.facts.gain_map
        assert photo.flags == ("tone_mapped",)
        assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 3


def test_ten_bit_heic() -> None:
    photo = read_photo(make.heic_ten_bit())
    assert (photo.facts.bit_depth, photo.flags) == (10, ("reduced_bit_depth",))
    assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 3


def test_heic_with_an_hdr_curve_is_refused() -> None:
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(make.heic(color_primaries=9, transfer_characteristics=16, matrix_coefficients=9, full_range_flag=1))


# --- 12, 18: what else a file may carry


def test_a_tail_of_another_kind_is_never_looked_at() -> None:
    assert read_photo(make.polyglot()).flags == ()


@pytest.mark.parametrize(
    "tags", [b"", b"II*\0\xff\xff\xff\xff", b"garbage", b"MM\0*\0\0\0\x08\xff\xff" + b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08" * 50]
)
def test_malformed_exif_counts_as_none(tags: bytes) -> None:
    photo = read_photo(make.jpeg_with(make.jpeg_segment(0xE1, b"Exif\0\0" + tags)))
    assert photo.facts.camera_make is None
    assert photo.encoded.shape == (260, 340, 3)


# --- 15: profiles


def test_profiles_that_are_no_use_are_flagged() -> None:
    for data in (
        make.png(icc_profile=b"garbage" * 40),
        make.png(icc_profile=make.WIDE_PROFILES["Display P3"][:200]),
        make.png(icc_profile=make.cmyk_profile()),
        make.png(exif=make.exif_block({0xA001: 65535})),
    ):
        photo = read_photo(data)
        assert photo.facts.colour_space == "unknown"
        assert photo.flags == ("unknown_colour_space",)
        np.testing.assert_array_equal(photo.encoded, make.scene())


def test_a_grey_photo_with_a_colour_profile_stays_grey() -> None:
    photo = read_photo(make.png(make.grey("L"), icc_profile=make.WIDE_PROFILES["Display P3"]))
    assert photo.flags == ("no_colour",)
    assert np.ptp(photo.encoded.astype(int), axis=2).max() <= 1
