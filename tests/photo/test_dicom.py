"""DICOM in: every way of writing a photo gives its pixels, facts come from an allow-list, and whose it is comes nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from photocompare.base.errors import DicomFile, PhotoError, TooLarge, TruncatedPhoto, UnsupportedColour, UnsupportedDicom, UnsupportedJpeg
from photocompare.photo import dicom as dicom_room
from photocompare.photo.decoding.call import PhotoLimits
from photocompare.photo.decoding.dicom_pixels import decodes_jpeg_2000
from photocompare.photo.dicom import dicom_source, is_dicom, without_identity
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import read_photo
from tests.support import dicom_files as files
from tests.support import high_throughput
from tests.support import hostile_files as make
from tests.support import kinds_of_file as kinds

SCENE = make.scene()
PALETTES = {bits: files.palette_of(SCENE, bits=bits) for bits in (8, 16)}


def of_palette(bits: int, **options: Any) -> bytes:
    return files.dicom(SCENE, **{name: value for name, value in PALETTES[bits].items() if name != "shown"}, **options)


EXACT: dict[str, Callable[[], bytes]] = {
    "explicit little endian": lambda: files.dicom(SCENE),
    "implicit little endian": lambda: files.dicom(SCENE, syntax=uid.ImplicitVRLittleEndian),
    "explicit big endian": lambda: files.dicom(SCENE, syntax=uid.ExplicitVRBigEndian),
    "deflated": lambda: files.dicom(SCENE, syntax=uid.DeflatedExplicitVRLittleEndian),
    "planes": lambda: files.dicom(SCENE, PlanarConfiguration=1, PixelData=SCENE.transpose(2, 0, 1).tobytes()),
    "run lengths": lambda: files.compressed(uid.RLELossless, SCENE),
    "JPEG-LS": lambda: files.compressed(uid.JPEGLSLossless, SCENE),
    "JPEG 2000, RCT": lambda: files.encapsulated(files.jpeg_2000(SCENE), uid.JPEG2000Lossless, PhotometricInterpretation="YBR_RCT"),
    "JPEG 2000, RGB": lambda: files.encapsulated(files.jpeg_2000(SCENE, mct=0), uid.JPEG2000Lossless),
    "JPEG 2000 in boxes": lambda: files.encapsulated(
        files.jpeg_2000(SCENE, no_jp2=False), uid.JPEG2000, PhotometricInterpretation="YBR_RCT"
    ),
    "JPEG lossless": lambda: files.encapsulated(files.lossless_jpeg(SCENE), uid.JPEGLosslessSV1),
    "fragments": lambda: files.encapsulated(files.jpeg_2000(SCENE), uid.JPEG2000Lossless, fragments=5),
    "secondary capture": lambda: files.dicom(SCENE, SOPClassUID=uid.SecondaryCaptureImageStorage),
    "endoscopic": lambda: files.dicom(SCENE, SOPClassUID=uid.VLEndoscopicImageStorage),
    "one frame of many": lambda: files.dicom(SCENE, SOPClassUID=uid.MultiFrameTrueColorSecondaryCaptureImageStorage, NumberOfFrames=1),
}
"""Ways of writing that lose nothing."""


@pytest.mark.parametrize("name", sorted(EXACT))
def test_every_lossless_way_of_writing_gives_the_same_pixels(name: str) -> None:
    photo = read_photo(EXACT[name]())
    np.testing.assert_array_equal(photo.encoded, SCENE)
    assert (photo.facts.format, photo.facts.colour_space, photo.flags) == ("DICOM", "sRGB (assumed)", ())


CLOSE: dict[str, tuple[Callable[[], bytes], float]] = {
    "YBR_FULL": (lambda: files.dicom(files.luma(SCENE), PhotometricInterpretation="YBR_FULL"), 1.5),
    "YBR_FULL_422": (lambda: files.dicom(SCENE, PhotometricInterpretation="YBR_FULL_422", PixelData=files.luma_422(SCENE)), 1.5),
    "YBR_FULL, run lengths": (lambda: files.compressed(uid.RLELossless, files.luma(SCENE), PhotometricInterpretation="YBR_FULL"), 1.5),
    "JPEG": (lambda: files.encapsulated(make.jpeg(SCENE), uid.JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL_422"), 2.0),
    "JPEG, extended": (lambda: files.encapsulated(make.jpeg(SCENE), uid.JPEGExtended12Bit, PhotometricInterpretation="YBR_FULL"), 2.0),
    "JPEG that says RGB and holds YCbCr": (lambda: files.encapsulated(make.jpeg(SCENE), uid.JPEGBaseline8Bit), 2.0),
    "JPEG of red, green and blue": (lambda: files.encapsulated(bare_rgb_jpeg(), uid.JPEGBaseline8Bit), 2.0),
    "JPEG 2000, ICT": (
        lambda: files.encapsulated(
            files.jpeg_2000(SCENE, irreversible=True, quality_layers=[60], quality_mode="dB"),
            uid.JPEG2000,
            PhotometricInterpretation="YBR_ICT",
        ),
        2.0,
    ),
    "JPEG 2000 of YCbCr": (
        lambda: files.encapsulated(files.jpeg_2000(files.luma(SCENE), mct=0), uid.JPEG2000Lossless, PhotometricInterpretation="YBR_FULL"),
        1.5,
    ),
    "16 bits": (
        lambda: files.dicom(SCENE, BitsAllocated=16, BitsStored=16, HighBit=15, PixelData=(SCENE.astype("<u2") * 257).tobytes()),
        0.0,
    ),
    "12 bits of 16": (
        lambda: files.dicom(
            SCENE, BitsAllocated=16, BitsStored=12, HighBit=11, PixelData=(SCENE.astype(int) * 4095 // 255).astype("<u2").tobytes()
        ),
        1.0,
    ),
}
"""Ways of writing that lose a little, and how far off a colour may be on average."""


HIGH_THROUGHPUT = ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203")


@pytest.mark.parametrize("syntax", HIGH_THROUGHPUT)
def test_high_throughput_jpeg_2000_is_read(syntax: str) -> None:
    drawn = high_throughput.drawn()
    exact = files.encapsulated(high_throughput.lossless(), syntax, picture=drawn, PhotometricInterpretation="YBR_RCT")
    np.testing.assert_array_equal(read_photo(exact).encoded, drawn)
    with pytest.raises(TruncatedPhoto):
        read_photo(files.encapsulated(high_throughput.lossless()[:-900], syntax, picture=drawn, PhotometricInterpretation="YBR_RCT"))


def test_lossy_high_throughput_jpeg_2000_is_near() -> None:
    drawn = high_throughput.drawn()
    photo = read_photo(files.encapsulated(high_throughput.lossy(), HIGH_THROUGHPUT[2], picture=drawn, PhotometricInterpretation="YBR_ICT"))
    assert np.abs(photo.encoded.astype(int) - drawn).mean() < 1.5
    assert photo.flags == ()


@pytest.mark.parametrize(
    ("openjpeg", "usual", "high"), [("2.5.4", True, True), ("2.10.0", True, True), ("2.4.0", True, False), (None, False, False)]
)
def test_a_decoder_that_lacks_a_kind_of_jpeg_2000_is_no_damage(openjpeg: str | None, usual: bool, high: bool) -> None:
    assert decodes_jpeg_2000(uid.JPEG2000, openjpeg) == usual
    assert {decodes_jpeg_2000(syntax, openjpeg) for syntax in HIGH_THROUGHPUT} == {high}


def bare_rgb_jpeg() -> bytes:
    """A JPEG of red, green and blue without a word of it: as some devices wrap it."""
    whole = make.jpeg(SCENE, keep_rgb=True)
    at = whole.find(b"\xff\xee")
    if at > 0:
        whole = whole[:at] + whole[at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big") :]
    frame = bytearray(whole)
    for marker, start in ((b"\xff\xc0", 10), (b"\xff\xda", 5)):
        at, step = frame.find(marker), 3 if marker == b"\xff\xc0" else 2
        for number in range(3):
            frame[at + start + step * number] = number + 1
    return bytes(frame)


@pytest.mark.parametrize("name", sorted(CLOSE))
def test_every_colour_model_gives_the_same_colours(name: str) -> None:
    data, tolerance = CLOSE[name]
    photo = read_photo(data())
    assert np.abs(photo.encoded.astype(int) - SCENE).mean() <= tolerance
    assert np.abs(photo.encoded.astype(int) - SCENE).mean(axis=(0, 1)).max() <= 1.5 * tolerance
    assert ("reduced_bit_depth" in photo.flags) == (name in ("16 bits", "12 bits of 16"))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_palette_is_applied(bits: int) -> None:
    photo = read_photo(of_palette(bits))
    np.testing.assert_array_equal(photo.encoded, PALETTES[bits]["shown"])
    assert "recompressed" in photo.flags


def test_a_profile_is_applied_wherever_the_file_has_it() -> None:
    profile = make.WIDE_PROFILES["Display P3"]
    wanted = read_photo(make.png(SCENE, icc_profile=profile)).encoded
    path = Dataset()
    path.ICCProfile = profile
    in_jpeg = files.encapsulated(make.jpeg(SCENE, icc_profile=profile), uid.JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL_422")
    for data, tolerance in (
        (files.dicom(SCENE, ICCProfile=profile), 0),
        (files.dicom(SCENE, OpticalPathSequence=Sequence([path])), 0),
        (in_jpeg, 2),
    ):
        photo = read_photo(data)
        assert photo.facts.colour_space == "Display P3"
        assert np.abs(photo.encoded.astype(int) - wanted).mean() <= tolerance


def test_colours_that_are_named_are_used_or_flagged() -> None:
    assert read_photo(files.dicom(SCENE, ColorSpace="SRGB")).facts.colour_space == "sRGB"
    adobe = read_photo(files.dicom(SCENE, ColorSpace="ADOBERGB"))
    assert adobe.facts.colour_space == "Adobe RGB"
    np.testing.assert_allclose(
        adobe.encoded.astype(int), read_photo(make.png(SCENE, icc_profile=make.WIDE_PROFILES["Adobe RGB"])).encoded, atol=1
    )
    assert "unknown_colour_space" in read_photo(files.dicom(SCENE, ColorSpace="ROMMRGB")).flags
    assert "unknown_colour_space" in read_photo(files.dicom(SCENE, ICCProfile=b"no profile at all")).flags


def test_facts_are_told() -> None:
    facts = read_photo(
        files.dicom(
            SCENE,
            ImageLaterality="L",
            BodyPartExamined="CALF",
            PixelSpacing=[0.11, 0.11],
            PixelSpacingCalibrationType="FIDUCIAL",
            FocalLengthIn35mmFilm=26,
            ExposureTimeInSeconds=0.01,
        )
    ).facts
    assert facts.capture_time == "2026-03-14T09:30:15+01:00"
    assert (facts.camera_make, facts.camera_model) == ("Camera Works", "Model 5")
    assert (facts.laterality, facts.body_part, facts.mm_per_px) == ("left", "calf", pytest.approx(0.11))
    assert (facts.focal_length_35mm, facts.exposure_s) == (26, 0.01)
    coded = read_photo(files.dicom(SCENE, AnatomicRegionSequence=files.with_regions("68367000", "24028007"))).facts
    assert (coded.laterality, coded.body_part) == ("right", "thigh")


@pytest.mark.parametrize(
    ("changes", "moment"),
    [
        ({"AcquisitionDateTime": "20260314"}, "2026-03-14T00:00:00"),
        ({"AcquisitionDateTime": None, "AcquisitionDate": "20260315", "AcquisitionTime": "101112.5"}, "2026-03-15T10:11:12"),
        ({"AcquisitionDateTime": None, "ContentDate": "2026.03.16", "ContentTime": "10:11:12"}, "2026-03-16T10:11:12"),
        ({"AcquisitionDateTime": None, "TimezoneOffsetFromUTC": "-0330"}, "2026-03-14T09:30:00-03:30"),
        ({"AcquisitionDateTime": "", "StudyDate": None}, None),
    ],
)
def test_the_moment_is_the_photos_own_or_the_next_best(changes: dict[str, Any], moment: str | None) -> None:
    assert read_photo(files.dicom(SCENE, **changes)).facts.capture_time == moment


@pytest.mark.parametrize(
    "changes",
    [
        {"PixelSpacing": [0.11, 0.11]},
        {"PixelSpacing": [0.11, 0.16], "PixelSpacingCalibrationType": "FIDUCIAL"},
        {"PixelSpacing": [0.0, 0.0], "PixelSpacingCalibrationType": "FIDUCIAL"},
        {"ImagerPixelSpacing": [0.11, 0.11], "PixelSpacingCalibrationType": "FIDUCIAL"},
        {"NominalScannedPixelSpacing": [0.11, 0.11]},
    ],
)
def test_a_spacing_that_nobody_calibrated_is_no_scale(changes: dict[str, Any]) -> None:
    assert read_photo(files.dicom(SCENE, **changes)).facts.mm_per_px is None


@pytest.mark.parametrize("region", ["Kowalska", "HAND", "19610502", ""])
def test_a_body_part_that_is_none_of_the_leg_is_not_told(region: str) -> None:
    assert read_photo(files.dicom(SCENE, BodyPartExamined=region, ImageLaterality="B")).facts.body_part is None


def test_burnt_in_writing_is_told() -> None:
    assert read_photo(files.dicom(SCENE, BurnedInAnnotation="YES")).flags == ("burnt_in_text",)
    assert read_photo(files.dicom(SCENE, BurnedInAnnotation="NO")).flags == ()


REFUSED: dict[str, tuple[Callable[[], bytes], type[PhotoError], str]] = {
    "monochrome": (
        lambda: files.dicom(SCENE, PhotometricInterpretation="MONOCHROME2", SamplesPerPixel=1, PixelData=SCENE[..., 0].tobytes()),
        UnsupportedDicom,
        "no colour",
    ),
    "grey JPEG": (
        lambda: files.encapsulated(make.jpeg(SCENE[..., 0]), uid.JPEGBaseline8Bit, PhotometricInterpretation="YBR_FULL"),
        UnsupportedDicom,
        "no colour",
    ),
    "frames": (
        lambda: files.dicom(
            SCENE, SOPClassUID=uid.MultiFrameTrueColorSecondaryCaptureImageStorage, NumberOfFrames=3, PixelData=SCENE.tobytes() * 3
        ),
        UnsupportedDicom,
        "several pictures; let the archive",
    ),
    "film": (lambda: files.encapsulated(b"\0\0\1\xba" * 50, uid.MPEG2MPML), UnsupportedDicom, "film"),
    "ultrasound": (lambda: files.dicom(SCENE, SOPClassUID=uid.UltrasoundImageStorage), UnsupportedDicom, "no photograph"),
    "no class": (lambda: files.dicom(SCENE, SOPClassUID=None), UnsupportedDicom, "no photograph"),
    "signed": (lambda: files.dicom(SCENE, PixelRepresentation=1), UnsupportedDicom, "pixels"),
    "pixels that are no squares": (lambda: files.dicom(SCENE, PixelAspectRatio=[4, 3]), UnsupportedDicom, "pixels"),
    "another codec": (
        lambda: files.encapsulated(b"\xff\x0a" * 50, uid.JPEG2000).replace(b"1.2.840.10008.1.2.4.91", b"1.2.840.10008.1.2.4.98"),
        UnsupportedDicom,
        "compressed in a way",
    ),
    "CMYK": (lambda: files.dicom(SCENE, PhotometricInterpretation="CMYK"), UnsupportedColour, "sRGB"),
    "12-bit JPEG": (lambda: files.encapsulated(kinds.jpeg_of_frame(0xC1, 12), uid.JPEGExtended12Bit), UnsupportedJpeg, "12-bit"),
    "too few bytes": (lambda: files.dicom(SCENE, PixelData=SCENE.tobytes()[:-400]), TruncatedPhoto, "ends early"),
    "no picture": (lambda: files.dicom(SCENE)[:2000], TruncatedPhoto, "ends early"),
    "JPEG of another size": (lambda: files.encapsulated(make.jpeg(SCENE), uid.JPEGBaseline8Bit, Rows=300), TruncatedPhoto, "ends early"),
    "JPEG that is cut": (lambda: files.encapsulated(make.cut(make.jpeg(SCENE), 0.8), uid.JPEGBaseline8Bit), TruncatedPhoto, "ends early"),
    "JPEG 2000 that is cut": (
        lambda: files.encapsulated(make.cut(files.jpeg_2000(SCENE), 0.8), uid.JPEG2000),
        TruncatedPhoto,
        "ends early",
    ),
    "run lengths that are cut": (
        lambda: files.encapsulated(bytes([3, *[0] * 63]) + b"\x05ab", uid.RLELossless),
        TruncatedPhoto,
        "ends early",
    ),
    "words for numbers": (lambda: files.dicom(SCENE).replace(b"RGB ", b"\xff\xff\xff\xff"), PhotoError, "sRGB"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_single_colour_photo_is_refused_with_the_next_step(name: str) -> None:
    data, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words) as refused:
        read_photo(data())
    assert not any(secret in str(refused.value) for secret in files.SECRETS)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("name", ["explicit little endian", "deflated", "JPEG 2000, RCT", "JPEG lossless", "run lengths"])
def test_a_file_that_is_cut_is_refused(name: str, share: float) -> None:
    with pytest.raises(PhotoError) as refused:
        read_photo(make.cut(EXACT[name](), share))
    assert not any(secret in str(refused.value) for secret in files.SECRETS)


def test_bombs_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(TooLarge, match="megapixels"):
        read_photo(files.dicom(SCENE, Rows=60_000, Columns=60_000))
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(files.deflate_bomb())
    small = files.jpeg_2000(make.scene(1200, 1600))
    with pytest.raises(PhotoError):
        read_photo(files.encapsulated(small, uid.JPEG2000), limits=PhotoLimits(max_pixels=1_000_000))


def test_files_without_a_preamble_are_read() -> None:
    for syntax in (uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian):
        whole = files.dicom(SCENE, syntax=syntax, SpecificCharacterSet="ISO_IR 100")
        head_end = 144 + int.from_bytes(whole[140:144], "little")
        assert is_dicom(whole[head_end:])
        np.testing.assert_array_equal(read_photo(whole[head_end:]).encoded, SCENE)


def test_without_the_libraries_the_word_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_room, "READER", "no_such_library")
    for ask in (read_photo, without_identity, dicom_source):
        for data in (files.dicom(SCENE), *kinds.DICOM.values()):
            with pytest.raises(DicomFile, match=r"is DICOM.*pip install 'photocompare\[dicom\]'"):
                ask(data)


# Whose it is


def test_a_photo_tells_nobody_whose_it_is() -> None:
    photo = read_photo(files.dicom(SCENE))
    told = repr(photo) + repr(photo.facts) + repr(kept_facts(photo.facts))
    assert not any(secret in told for secret in files.SECRETS)


@pytest.mark.parametrize("name", [*sorted(EXACT), "palette", "JPEG"])
def test_the_kept_copy_is_the_same_photo_without_whose_it_is(name: str) -> None:
    made = {**EXACT, "palette": lambda: of_palette(16), "JPEG": CLOSE["JPEG"][0]}[name]()
    copy = without_identity(made)
    assert not any(secret.encode() in copy for secret in files.SECRETS)
    original, kept = read_photo(made), read_photo(copy)
    np.testing.assert_array_equal(kept.encoded, original.encoded)
    assert kept.facts == original.facts
    assert kept.flags == original.flags
    assert kept.facts.sha256 == hashlib.sha256(copy).hexdigest()
    assert without_identity(copy) == copy


def test_the_kept_copy_keeps_the_facts() -> None:
    made = files.dicom(
        SCENE,
        AnatomicRegionSequence=files.with_regions("61685007", "7771000"),
        PixelSpacing=[0.2, 0.2],
        PixelSpacingCalibrationType="GEOMETRY",
        BurnedInAnnotation="YES",
        ICCProfile=make.WIDE_PROFILES["Adobe RGB"],
        FocalLengthIn35mmFilm=26,
    )
    facts = read_photo(made).facts
    assert (facts.body_part, facts.laterality, facts.mm_per_px) == ("leg", "left", 0.2)
    assert read_photo(without_identity(made)).facts == facts
    names = {element.keyword for element in files.attributes_of(without_identity(made))}
    assert not names & set(files.IDENTITY)
    assert not names & {"StudyInstanceUID", "SeriesInstanceUID"}


def test_other_photos_are_kept_as_they_are() -> None:
    for data in (make.jpeg(), make.png(), b"", b"no photo"):
        assert without_identity(data) == data


def test_the_source_is_told_to_who_asks_for_it_and_prints_nothing() -> None:
    made = files.dicom(SCENE, SpecificCharacterSet="ISO_IR 192", PatientName="Müller^Änne")
    source = dicom_source(made)
    assert source is not None
    attributes = files.attributes_of(made)
    assert (source.name, source.patient_id, source.birth_date) == ("Müller^Änne", "CHART-4711-X", "19610502")
    assert (source.study, source.instance) == (attributes.StudyInstanceUID, attributes.SOPInstanceUID)
    assert source.sha256 == read_photo(made).facts.sha256
    assert "Müller" not in repr(source)
    assert dicom_source(make.jpeg()) is None


def test_a_source_without_sense_links_nothing() -> None:
    source = dicom_source(files.dicom(SCENE, StudyInstanceUID="../../etc/passwd", PatientName="A\x1b[31mB\\C^D"))
    assert source is not None
    assert source.study == ""
    assert not source.can_be_linked
    assert source.name.isprintable()


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"\x16\0\x29\0DS\x04\x0035.0", b"\x16\0\x29\0DS\x04\0what"),
        (b"\x08\0\x18\x22SQ", b"\x08\0\x18\x22OB"),
        (b"\x08\0\x2a\0DT", b"\x08\0\x2a\0FL"),
    ],
)
def test_a_fact_that_can_not_be_made_out_costs_the_fact_alone(written: bytes, instead: bytes) -> None:
    made = files.dicom(SCENE, FocalLength="35.0", AnatomicRegionSequence=files.with_regions("68367000", "24028007"))
    assert written in made
    photo = read_photo(made.replace(written, instead))
    np.testing.assert_array_equal(photo.encoded, SCENE)
    facts = (photo.facts.focal_length_mm == 35, photo.facts.body_part == "thigh", photo.facts.capture_time == "2026-03-14T09:30:15+01:00")
    assert sum(facts) == 2
