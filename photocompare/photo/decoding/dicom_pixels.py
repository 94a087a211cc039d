"""The picture in a DICOM file, decoded: plain, run lengths, JPEG of every kind at hand, JPEG 2000; any colour model, as RGB."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from photocompare.photo.decoding.checks import JPEG_FRAMES, jpeg_segments, require_whole, unusual_jpeg
from photocompare.photo.decoding.dicom_file import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, PALETTE, DicomFile
from photocompare.photo.decoding.jpeg_2000 import codestream_of, is_whole, mixes_colours
from photocompare.photo.decoding.opening import load_pixels, open_picture
from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode

if TYPE_CHECKING:
    from numpy.typing import NDArray

JPEG_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (*range(50, 67), 70))
"""JPEG by DCT and lossless, retired ones too; whatever the UID says, the frame itself names its kind (PS3.5, A.4.1)."""

HIGH_THROUGHPUT_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203))

JPEG_2000_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (90, 91, 92, 93)) | HIGH_THROUGHPUT_SYNTAXES
"""JPEG 2000 and its high-throughput kind (PS3.5, A.4.4 and A.4.11)."""

HIGH_THROUGHPUT_SINCE = (2, 5)
"""Version of OpenJPEG that decodes ITU-T T.814 first; Pillow's own packages hold a later one, a system's Pillow may not."""

PLAIN_SYNTAXES = frozenset({DEFLATED, EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE})

LUMA_AND_COLOUR = frozenset({"YBR_FULL", "YBR_FULL_422"})
"""YCbCr as JFIF has it (PS3.3, C.7.6.3.1.2)."""

JPEG_COLOUR_WORDS = (b"JFIF\0", b"Adobe")
"""How the segments begin that tell a decoder which colours a JPEG holds; without them it guesses YCbCr."""

ADOBE_RGB_SEGMENT = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0"
"""APP14 (Adobe TN 5116): the three components are red, green and blue."""

PALETTE_16_BIT = 16
"""Third number of a palette's descriptor for entries of 16 bits (PS3.3, C.7.6.3.1.5)."""


@dataclass(frozen=True, eq=False, repr=False)
class DicomPicture:
    """A decoded picture.

    Parameters
    ----------
    picture : Image
        Of mode RGB; a JPEG's own profile is in its `info`.
    bit_depth : int
        Bits a channel in the file.
    jpeg : bytes
        The JPEG that it came from; empty where it came from none.
    palette : bool
    """

    picture: Image.Image
    bit_depth: int
    jpeg: bytes = b""
    palette: bool = False


def decode_dicom(file: DicomFile, limits: dict[str, int]) -> DicomPicture:
    """Decode the one frame of a file that was judged.

    Raises
    ------
    CannotDecode
        "damaged", "dicom_syntax", a kind of JPEG, "dicom_monochrome", "too_costly".
    """
    try:
        if file.syntax in JPEG_SYNTAXES:
            found = _of_jpeg(file, _frame(file), limits)
        elif file.syntax in JPEG_2000_SYNTAXES:
            found = _of_jpeg_2000(file, _frame(file), limits)
        else:
            found = _of_pydicom(file)
    except MALFORMED:
        raise CannotDecode("damaged") from None
    if found.picture.size != (file.whole("Columns", 0), file.whole("Rows", 0)):
        raise CannotDecode("damaged")
    return found


def _frame(file: DicomFile) -> bytes:
    """The bytes of the one encapsulated frame, whatever number of fragments it lies in (PS3.5, A.4)."""
    from pydicom.encaps import generate_frames

    return next(generate_frames(file.attributes.PixelData, number_of_frames=1))


def _of_jpeg(file: DicomFile, frame: bytes, limits: dict[str, int]) -> DicomPicture:
    if _is_rgb(file, frame):
        frame = frame[:2] + ADOBE_RGB_SEGMENT + frame[2:]
    try:
        require_whole(frame, "JPEG")
        picture = open_picture(frame, "JPEG", limits)
        load_pixels(picture)
    except CannotDecode as refusal:
        raise CannotDecode((unusual_jpeg(frame) if refusal.code == "damaged" else "") or refusal.code) from None
    if picture.mode != "RGB":
        raise CannotDecode("dicom_monochrome" if picture.mode == "L" else "odd_colour")
    return DicomPicture(picture, 8, frame)


def _is_rgb(file: DicomFile, frame: bytes) -> bool:
    """Whether the file alone says that the JPEG's components are red, green and blue."""
    if file.text("PhotometricInterpretation") != "RGB":
        return False
    for marker, start, _ in jpeg_segments(frame):
        if marker in JPEG_FRAMES:
            return True
        if frame[start + 4 : start + 9] in JPEG_COLOUR_WORDS:
            return False
    return False


def _of_jpeg_2000(file: DicomFile, frame: bytes, limits: dict[str, int]) -> DicomPicture:
    from PIL import Jpeg2KImagePlugin, features  # noqa: F401

    if not decodes_jpeg_2000(file.syntax, features.version_codec("jpg_2000")):
        raise CannotDecode("dicom_syntax")
    codestream = codestream_of(frame)
    if not is_whole(codestream):
        raise CannotDecode("damaged")
    picture = open_picture(frame, "JPEG2000", limits)
    load_pixels(picture)
    if picture.mode != "RGB":
        raise CannotDecode("dicom_monochrome" if picture.mode in ("L", "I;16") else "odd_colour")
    if file.text("PhotometricInterpretation") in LUMA_AND_COLOUR and not mixes_colours(codestream):
        picture = _from_luma(picture)
    return DicomPicture(picture, file.whole("BitsStored", 8))


def decodes_jpeg_2000(syntax: str, openjpeg: str | None) -> bool:
    """Whether Pillow's OpenJPEG, of this version, decodes a transfer syntax; None where it has none."""
    if openjpeg is None:
        return False
    version = tuple(int(part) for part in re.findall(r"\d+", openjpeg)[:2])
    return syntax not in HIGH_THROUGHPUT_SYNTAXES or version >= HIGH_THROUGHPUT_SINCE


def _from_luma(picture: Image.Image) -> Image.Image:
    """A picture whose channels are luma and two colour differences."""
    turned = Image.frombytes("YCbCr", picture.size, picture.tobytes()).convert("RGB")
    turned.info = picture.info
    return turned


def _of_pydicom(file: DicomFile) -> DicomPicture:
    """Plain pixels, run lengths, and whatever else pydicom finds a decoder for."""
    import numpy as np
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.processing import apply_color_lut

    attributes = file.attributes
    try:
        decoder = get_decoder(file.syntax)
    except NotImplementedError:
        raise CannotDecode("dicom_syntax") from None
    if not decoder.is_available:
        raise CannotDecode("dicom_syntax")
    if file.syntax in PLAIN_SYNTAXES and len(attributes.PixelData) < _plain_bytes(file):
        raise CannotDecode("damaged")
    pixels, told = decoder.as_array(_source(file), index=0, raw=True)
    bits = file.whole("BitsStored", 8)
    palette = file.text("PhotometricInterpretation") == PALETTE
    if palette:
        descriptor = attributes.RedPaletteColorLookupTableDescriptor
        pixels, bits = apply_color_lut(pixels, attributes)[..., :3], PALETTE_16_BIT if int(descriptor[2]) == PALETTE_16_BIT else 8
    picture = Image.fromarray(np.ascontiguousarray(_as_bytes(pixels, bits)), "RGB")
    luma = not palette and told["photometric_interpretation"] in LUMA_AND_COLOUR
    return DicomPicture(_from_luma(picture) if luma else picture, bits, palette=palette)


def _plain_bytes(file: DicomFile) -> int:
    """Bytes that the pixels take without compression (PS3.5, 8.1.1; PS3.3, C.7.6.3.1.2 for every second colour left out)."""
    samples = 2 if file.text("PhotometricInterpretation") == "YBR_FULL_422" else file.whole("SamplesPerPixel", 1)
    return file.whole("Rows", 0) * file.whole("Columns", 0) * samples * file.whole("BitsAllocated", 8) // 8


def _source(file: DicomFile) -> Any:
    """The attributes with the encoding that pydicom's decoder asks for."""
    from pydicom.dataset import FileMetaDataset

    source = file.attributes
    source.file_meta = FileMetaDataset()
    source.file_meta.TransferSyntaxUID = file.syntax
    source.set_original_encoding(file.syntax == IMPLICIT_LITTLE, file.syntax != EXPLICIT_BIG)
    return source


def _as_bytes(pixels: NDArray[Any], bits: int) -> NDArray[Any]:
    """Channels of up to 16 bits in 8, the largest code as the largest."""
    import numpy as np

    if bits == 8:
        return pixels.astype(np.uint8)
    most = (1 << bits) - 1
    rows = [((row.astype(np.uint32) * 255 + most // 2) // most).astype(np.uint8) for row in pixels]
    return np.stack(rows)
