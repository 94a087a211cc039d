"""Sound files that phones and programs write otherwise than most are read; kinds that are not read are named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from photocompare.base.errors import TruncatedPhoto, UnsupportedJpeg
from photocompare.photo.decoding.checks import unusual_jpeg
from photocompare.photo.dicom import is_dicom
from photocompare.photo.reading import read_photo
from tests.support import hostile_files as make
from tests.support import kinds_of_file as kinds


@pytest.mark.parametrize("tail", kinds.HEIF_TAILS)
def test_a_heic_with_something_behind_its_last_box_is_whole(tail: str) -> None:
    """Phones put text, sound or a film there, and it may look like a box that is cut."""
    whole = make.heic()
    photo = read_photo(whole + kinds.HEIF_TAILS[tail])
    assert photo.flags == ()
    np.testing.assert_array_equal(photo.encoded, read_photo(whole).encoded)


@pytest.mark.parametrize("tail", kinds.HEIF_TAILS)
def test_a_heic_cut_in_its_picture_is_refused_whatever_follows(tail: str) -> None:
    whole = make.heic()
    for share in (0.999, 0.9, 0.5):
        with pytest.raises(TruncatedPhoto):
            read_photo(make.cut(whole, share) + kinds.HEIF_TAILS[tail][:8])


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"mif2"])
def test_every_brand_of_still_heic_is_read(brand: bytes) -> None:
    whole = make.heic()
    assert read_photo(whole[:8] + brand + whole[12:]).facts.format == "HEIF"


@pytest.mark.parametrize("odd", [kinds.with_zeros_in_its_scans, kinds.with_bytes_between_segments])
def test_what_cameras_write_otherwise_is_no_damage_and_hides_none(odd: Callable[[bytes], bytes]) -> None:
    for whole in (make.jpeg(), make.jpeg(restart_marker_rows=1), make.with_padding(make.jpeg())):
        photo = read_photo(odd(whole))
        assert photo.flags == ()
        np.testing.assert_array_equal(photo.encoded, read_photo(whole).encoded)
    flagged = ["decoder_warning" in read_photo(odd(make.overwritten(make.jpeg(), seed=seed))).flags for seed in range(5)]
    assert sum(flagged) >= 4
    with pytest.raises(TruncatedPhoto):
        read_photo(odd(make.cut(make.jpeg(), 0.9)))


@pytest.mark.parametrize("name", sorted(kinds.DICOM))
def test_dicom_is_known_by_its_beginning(name: str) -> None:
    assert is_dicom(kinds.DICOM[name])
    with pytest.raises(TruncatedPhoto):
        read_photo(kinds.DICOM[name])


@pytest.mark.parametrize(
    ("marker", "bits", "name"),
    [
        (0xC0, 12, "12-bit JPEG"),
        (0xC1, 12, "12-bit JPEG"),
        (0xC2, 12, "12-bit JPEG"),
        (0xC3, 8, "lossless JPEG"),
        (0xC3, 16, "lossless JPEG"),
        (0xC5, 8, "hierarchical JPEG"),
        (0xCB, 8, "lossless JPEG"),
        (0xF7, 8, "JPEG-LS"),
    ],
)
def test_a_rare_kind_of_jpeg_is_named(marker: int, bits: int, name: str) -> None:
    with pytest.raises(UnsupportedJpeg, match=f"{name}.*a kind of JPEG that is not supported; export the photo as plain JPEG"):
        read_photo(kinds.jpeg_of_frame(marker, bits))


def test_jpeg_ls_jpeg_2000_and_jpeg_xl_are_named() -> None:
    jp2 = make.encoded(make.scene(), "JPEG2000")
    files = {"JPEG-LS": kinds.jpeg_ls(), "JPEG 2000": jp2, "JPEG XL": b"\xff\x0a" + bytes(60), "JPEG XR": b"II\xbc\x01" + bytes(60)}
    files_of_boxes = {"JPEG 2000": jp2[jp2.find(b"\xff\x4f\xff\x51") :], "JPEG XL": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60)}
    for name, data in [*files.items(), *files_of_boxes.items()]:
        with pytest.raises(UnsupportedJpeg, match=name):
            read_photo(data)


def test_a_usual_jpeg_that_is_cut_is_still_damaged() -> None:
    for whole in (make.jpeg(), make.jpeg(progressive=True), make.jpeg_with(make.jpeg_segment(0xE1, kinds.jpeg_of_frame(0xC0, 12)))):
        assert unusual_jpeg(whole) == ""
        with pytest.raises(TruncatedPhoto):
            read_photo(make.cut(whole, 0.9))
