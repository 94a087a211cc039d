"""What the door gives: pixels, colour, orientation, facts, the reduced copy."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocompare.base.arrays import scaled_position
from photocompare.base.errors import PhotocompareError, PhotoError, TruncatedPhoto
from photocompare.base.flags import REGISTRY
from photocompare.photo.decoding.call import REFUSALS
from photocompare.photo.facts import capture_time, libjpeg_quality, positive, printable, was_recompressed
from photocompare.photo.reading import Photo, photo_from_array, read_photo, read_photos
from tests.support import hostile_files as make

NOW = datetime(2025, 6, 1, tzinfo=UTC)


def mean_difference(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(np.int16) - second.astype(np.int16)).mean())


# --- pixels and facts


def test_a_lossless_photo_comes_through_unchanged(tmp_path: Path) -> None:
    data = make.png()
    path = tmp_path / "Anna Kowalska.jpg"
    path.write_bytes(data)
    photo = read_photo(path)
    np.testing.assert_array_equal(photo.encoded, make.scene())
    assert not photo.encoded.flags.writeable
    assert photo.facts.sha256 == hashlib.sha256(data).hexdigest()
    assert (photo.facts.width, photo.facts.height, photo.facts.format) == (340, 260, "PNG")
    assert (photo.facts.bit_depth, photo.facts.colour_space, photo.facts.has_colour) == (8, "sRGB (assumed)", True)
    assert photo.flags == ()
    assert "Kowalska" not in repr(photo.facts)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "WEBP", "HEIF"])
def test_every_format_of_the_list_is_read(kind: str) -> None:
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "TIFF": {"compression": "tiff_lzw"}, "WEBP": {"lossless": True}}
    data = make.heic(quality=98) if kind == "HEIF" else make.encoded(make.scene(), kind, **options[kind])
    photo = read_photo(data)
    assert photo.facts.format == kind
    assert photo.encoded.shape == (260, 340, 3)
    assert mean_difference(photo.encoded, make.scene()) < 2.0
    assert photo.flags == ()


def test_several_photos_are_read_in_order() -> None:
    scenes = [make.scene(seed=seed) for seed in (1, 2, 3)]
    photos = read_photos([make.png(scene) for scene in scenes])
    for photo, scene in zip(photos, scenes, strict=True):
        np.testing.assert_array_equal(photo.encoded, scene)
    assert read_photos([]) == []


def test_the_first_of_several_that_can_t_be_used_is_the_error() -> None:
    with pytest.raises(TruncatedPhoto, match=r"^The picture data ends early"):
        read_photos([make.png(), make.cut(make.png(), 0.5)])


def test_a_photo_of_an_array_behaves_like_one_that_was_read() -> None:
    scene = make.scene()
    photo = photo_from_array(scene)
    np.testing.assert_array_equal(photo.encoded, read_photo(make.png(scene)).encoded)
    assert photo.facts.sha256 == photo_from_array(scene.copy()).facts.sha256
    assert photo.facts.sha256 != photo_from_array(scene[:, ::-1]).facts.sha256
    scene[:] = 0
    assert photo.encoded.max() > 0
    with pytest.raises(ValueError, match="uint8"):
        photo_from_array(scene.astype(np.float32))  # type: ignore[arg-type]


def test_grey_is_noticed_however_it_is_stored() -> None:
    grey = make.grey("L")
    for data in (make.png(grey), make.png(grey.convert("RGB")), make.jpeg(grey.convert("RGB"))):
        photo = read_photo(data)
        assert not photo.facts.has_colour
        assert photo.flags == ("no_colour",)
        assert mean_difference(photo.encoded[:, :, 1], np.asarray(grey)) < 1.0


# --- orientation


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_all_eight_orientations_give_the_same_upright_photo(kind: str) -> None:
    # PNG and WebP go the same way as JPEG: one turn shows that their EXIF is found.
    orientations = (6,) if kind in ("PNG", "WEBP") else range(1, 9)
    photos = read_photos([make.oriented(kind, orientation) for orientation in orientations])
    for photo in photos:
        assert photo.encoded.shape == (260, 340, 3)
        assert (photo.facts.height, photo.facts.width) == (260, 340)
        assert mean_difference(photo.encoded, make.scene()) < 3.5
        assert photo.flags == ()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_orientation_that_makes_no_sense_is_passed_over(kind: str) -> None:
    for photo in read_photos([make.oriented(kind, 0), make.oriented(kind, 9)]):
        assert photo.encoded.shape == (260, 340, 3)
        assert photo.flags == ("bad_orientation",)
    assert read_photo(make.oriented(kind, None)).flags == ()


def test_orientation_in_xmp_is_passed_over() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    segment = make.jpeg_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp)
    tiff = make.encoded(make.scene(), "TIFF", tiffinfo={700: xmp})
    for photo in read_photos([make.jpeg_with(segment), make.jpeg_with(segment, data=make.oriented("JPEG", 3)), tiff]):
        assert photo.encoded.shape == (260, 340, 3)
        assert mean_difference(photo.encoded, make.scene()) < 3.5


# --- the reduced copy


def test_the_reduced_copy_keeps_light_and_place() -> None:
    columns, rows = np.meshgrid(np.arange(401), np.arange(301))
    blob = np.exp(-((columns - 250.0) ** 2 + (rows - 90.0) ** 2) / (2 * 12.0**2))
    photo = photo_from_array(np.repeat(np.rint(40 + 200 * blob)[:, :, None], 3, axis=2).astype(np.uint8))
    linear, factor = photo.working(20_000)
    assert linear.dtype == np.float32
    assert linear.shape == (round(301 * factor), round(401 * factor), 3)
    assert abs(linear.shape[0] * linear.shape[1] - 20_000) < 200
    assert linear.mean() == pytest.approx(photo.linear().mean(), rel=5e-3)
    weight = linear[:, :, 0] - linear[:, :, 0].min()
    y, x = (np.average(axis, weights=weight**2) for axis in np.indices(weight.shape))
    assert x == pytest.approx(scaled_position(250.0, factor), abs=0.02)
    assert y == pytest.approx(scaled_position(90.0, factor), abs=0.02)


def test_area_averaging_happens_in_linear_light() -> None:
    stripes = np.zeros((400, 400, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    linear, factor = photo_from_array(stripes).working(10_000)
    assert factor == 0.25
    np.testing.assert_allclose(linear, 0.5, atol=1e-6)


def test_strips_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photocompare.photo.reading.STRIP_PIXELS", 170 * 7)
    photo = photo_from_array(np.random.default_rng(3).integers(0, 256, (130, 170, 3), dtype=np.uint8))
    linear, factor = photo.working(5_000)
    averaged_down = np.tensordot(area_weights(130, factor), photo.linear(), axes=(1, 0))
    expected = np.tensordot(averaged_down, area_weights(170, factor), axes=(1, 1)).transpose(0, 2, 1)
    # OpenCV passes over shares of a pixel below a thousandth.
    np.testing.assert_allclose(linear, expected, atol=1e-3)


def area_weights(length: int, factor: float) -> np.ndarray:
    """Share of each source pixel in each output pixel: the definition of averaging over area."""
    count = round(length * factor)
    starts, ends = np.arange(count) / factor, np.minimum((np.arange(count) + 1) / factor, length)
    pixels = np.arange(length)
    overlap = np.clip(np.minimum(ends[:, None], pixels + 1) - np.maximum(starts[:, None], pixels), 0, None)
    return overlap / overlap.sum(axis=1, keepdims=True)


def test_a_small_photo_is_not_enlarged() -> None:
    photo = photo_from_array(make.scene())
    linear, factor = photo.working(10_000_000)
    assert factor == 1.0
    np.testing.assert_array_equal(linear, photo.linear())
    with pytest.raises(ValueError, match="max_pixels"):
        photo.working(0)


# --- facts


def test_facts_come_from_the_allow_list_and_nothing_else_leaves() -> None:
    photo = read_photo(make.private_jpeg())
    facts = photo.facts
    assert facts.capture_time == "2024-05-01T10:11:12+02:00"
    assert (facts.camera_make, facts.camera_model) == ("Canon <b>", "EOS R5")
    assert (facts.exposure_s, facts.iso, facts.focal_length_mm, facts.focal_length_35mm) == (0.008, 200.0, 50.0, 75.0)
    assert facts.flash_fired is True
    assert not facts.recompressed
    said = repr(facts) + repr(dataclasses.asdict(facts)) + repr(photo) + repr(photo.flags)
    for secret in make.SECRETS:
        assert secret not in said


@pytest.mark.parametrize(
    ("written", "offset", "expected"),
    [
        ("2024:05:01 10:11:12", "", ("2024-05-01T10:11:12", False)),
        ("2024:05:01 10:11:12", "-03:30", ("2024-05-01T10:11:12-03:30", False)),
        ("2024:05:01 10:11:12", "'); DROP", ("2024-05-01T10:11:12", False)),
        ("1970:01:01 00:00:00", "", (None, True)),
        ("2031:01:01 00:00:00", "", (None, True)),
        ("0000:00:00 00:00:00", "", (None, True)),
        ("2024:13:45 10:11:12", "", (None, True)),
        ("2024-05-01 10:11:12", "", ("2024-05-01T10:11:12", False)),
        ("2024/05/01 10:11:12", "", ("2024-05-01T10:11:12", False)),
        ("2024.05.01 10.11.12", "", ("2024-05-01T10:11:12", False)),
        ("2024-05-01T10:11:12.345+02:00", "", ("2024-05-01T10:11:12+02:00", False)),
        ("2024: 5: 1  9: 1: 2", "", ("2024-05-01T09:01:02", False)),
        ("2024:05:01 10:11", "", ("2024-05-01T10:11:00", False)),
        ("2024:05:01   :  :  ", "", ("2024-05-01T00:00:00", False)),
        ("2024:05:01", "", ("2024-05-01T00:00:00", False)),
        ("2024:05:01 24:04:20", "", ("2024-05-01T00:04:20", False)),
        ("2024:05:01 10:11:60", "", ("2024-05-01T10:11:59", False)),
        ("2024:05:01 12:11:12 am", "", ("2024-05-01T00:11:12", False)),
        ("2024:05:01 01:11:12 PM", "", ("2024-05-01T13:11:12", False)),
        ("2567:05:01 10:11:12", "", ("2024-05-01T10:11:12", False)),
        ("٢٠٢٤:٠٥:٠١ ١٠:١١:١٢".encode().decode("latin-1"), "", ("2024-05-01T10:11:12", False)),
        ("2024:05:01 25:11:12", "", (None, True)),
        ("0000-00-00 00:00:00", "", (None, True)),
        ("01/05/2024 10:11:12", "", (None, True)),
        ("yesterday", "", (None, True)),
        ("    :  :     :  :  ", "", (None, False)),
        ("", "", (None, False)),
    ],
)
def test_capture_times(written: str, offset: str, expected: tuple[str | None, bool]) -> None:
    assert capture_time({"taken": written, "offset": offset}, NOW) == expected


@pytest.mark.parametrize("taken", ["", "0000:00:00 00:00:00", "    :  :     :  :  ", "no date", "2024:13:45 10:11:12"])
def test_the_time_of_digitising_stands_in_for_one_that_cannot_be_read(taken: str) -> None:
    tags = {"taken": taken, "offset": "+05:00", "digitised": "2024:05:01 10:11:12", "digitised_offset": "+02:00"}
    assert capture_time(tags, NOW) == ("2024-05-01T10:11:12+02:00", False)


def test_the_scan_of_an_old_photo_was_not_taken_when_it_was_digitised() -> None:
    assert capture_time({"taken": "1985:05:01 10:11:12", "digitised": "2024:05:01 10:11:12"}, NOW) == (None, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "TIFF"])
def test_dates_that_people_can_read_are_read_in_every_format(kind: str) -> None:
    exif = make.exif_block({0x9003: "0000:00:00 00:00:00", 0x9004: "2024-05-01 24:11:12"})
    photo = read_photo(make.encoded(make.scene(), kind, exif=exif))
    assert photo.facts.capture_time == "2024-05-01T00:11:12"
    assert "date_implausible" not in photo.flags


def test_a_photo_from_the_future_is_flagged() -> None:
    photo = read_photo(make.png(exif=make.exif_block({0x9003: "2099:01:01 00:00:00"})))
    assert photo.facts.capture_time is None
    assert photo.flags == ("date_implausible",)


def test_recompression_needs_evidence() -> None:
    camera = {"make": "Canon", "model": "EOS R5", "software": "Firmware 1.8.1", "pixel_x": 4000.0, "pixel_y": 3000.0}
    size = (3000, 4000)
    assert not was_recompressed(camera, size, [2] * 64, lossy_copy=False)
    assert was_recompressed(camera, size, [2] * 64, lossy_copy=True)
    assert was_recompressed(camera, (750, 1000), [2] * 64, lossy_copy=False)
    assert was_recompressed(camera | {"software": "Adobe Photoshop 25.0"}, size, [2] * 64, lossy_copy=False)
    assert not was_recompressed({}, size, None, lossy_copy=False)


@pytest.mark.parametrize(("quality", "expected"), [(75, True), (85, True), (95, False)])
def test_a_nameless_jpeg_is_judged_by_its_quantisers(quality: int, expected: bool) -> None:
    with Image.open(io.BytesIO(make.jpeg(quality=quality))) as image:
        assert libjpeg_quality(image.quantization[0]) == pytest.approx(quality, abs=0.7)  # type: ignore[attr-defined]
    photo = read_photo(make.jpeg(quality=quality))
    assert photo.facts.recompressed is expected
    assert photo.flags == (("recompressed",) if expected else ())


def test_names_and_numbers_are_cleaned() -> None:
    assert printable("Apple\x00\x1b[31m \u202eiPhone " + "x" * 80) == "Apple [31m iPhone " + "x" * 22
    assert printable("\x00 ") is None
    assert printable(12) is None
    assert [positive(value) for value in (0.5, 0, -1, float("nan"), float("inf"), True, "3", 1e9)] == [0.5] + [None] * 7


# --- words


def test_every_refusal_has_a_sentence_with_a_next_step() -> None:
    for kind, sentence in REFUSALS.values():
        assert issubclass(kind, PhotoError)
        assert sentence.endswith(".")
        assert ";" in sentence
    assert issubclass(PhotoError, PhotocompareError)


def test_a_photo_has_only_flags_of_the_registry() -> None:
    photo = read_photo(make.jpeg(make.grey("L"), quality=60))
    assert set(photo.flags) <= set(REGISTRY)
    assert isinstance(photo, Photo)
