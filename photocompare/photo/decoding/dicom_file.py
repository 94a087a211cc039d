"""A DICOM file in the child: only the attributes that are asked for are read, and what is no single colour photo is refused undecoded."""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from photocompare.photo.decoding.opening import judge_size
from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode

PHOTO_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.77.1.4": "VL Photographic",
    "1.2.840.10008.5.1.4.1.1.77.1.1": "VL Endoscopic",
    "1.2.840.10008.5.1.4.1.1.77.1.7": "Dermoscopic Photography",
    "1.2.840.10008.5.1.4.1.1.7": "Secondary Capture",
    "1.2.840.10008.5.1.4.1.1.7.4": "Multi-frame True Color Secondary Capture",
}
"""SOP classes (PS3.4, B.5) whose pictures are taken for photographs of skin."""

PREAMBLE, GROUP_LENGTH_BYTES = 132, 12
"""Bytes of the preamble with its "DICM", and of the element behind it that says how long the file's own head is (PS3.10, 7.1)."""

DEFLATED, EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE = (
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2",
)
"""Transfer syntaxes (PS3.5, annex A) without compressed pixels."""

VIDEO_SYNTAXES = "1.2.840.10008.1.2.4.10"
"""How those of films begin: MPEG-2, MPEG-4 and HEVC are .100 to .108."""

BYTES_A_PIXEL = 3
"""Of what a deflated file may unfold to: three channels of a byte, as its decoded picture has."""

INFLATED_AT_ONCE = 1 << 20

NO_COLOUR = frozenset({"MONOCHROME1", "MONOCHROME2"})
COLOURS = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"})
PALETTE = "PALETTE COLOR"

IMAGE_ATTRIBUTES = (
    "SOPClassUID",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelAspectRatio",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "PixelData",
)
"""What the picture itself is made of (PS3.3, C.7.6.3)."""


@dataclass(frozen=True, eq=False, repr=False)
class DicomFile:
    """A file as far as it was asked for.

    Parameters
    ----------
    attributes : pydicom Dataset
    syntax : str
        UID of the transfer syntax.
    """

    attributes: Any
    syntax: str

    def value(self, name: str) -> Any:
        """An attribute's value; None where it is absent or can't be made out."""
        from pydicom.errors import BytesLengthException

        try:
            return self.attributes.get(name)
        except (BytesLengthException, *MALFORMED):
            return None

    def text(self, name: str) -> str:
        """An attribute of one value as text; empty where it is absent, empty, several or no text."""
        from pydicom.multival import MultiValue
        from pydicom.sequence import Sequence

        value = self.value(name)
        return "" if value is None or isinstance(value, bytes | MultiValue | Sequence) else str(value).strip()

    def items(self, name: str) -> list[Any]:
        """The items of a sequence; none where it is absent or no sequence."""
        from pydicom.sequence import Sequence

        value = self.value(name)
        return list(value) if isinstance(value, Sequence) else []

    def whole(self, name: str, default: int) -> int:
        """An attribute of one whole number.

        Raises
        ------
        ValueError, TypeError
        """
        value = self.value(name)
        return default if value is None or value == "" else int(value)


def read_dicom(data: bytes, names: Iterable[str], limits: dict[str, int]) -> DicomFile:
    """Read some attributes of a file.

    Parameters
    ----------
    data : bytes
    names : iterable of str
        Keywords (PS3.6); all others are passed over unread.
    limits : dict

    Raises
    ------
    CannotDecode
        "damaged", or "too_costly" for a deflated file that unfolds to more than any photo has.
    """
    # Loaded by the child alone, and by it for DICOM alone.
    from pydicom import config, dcmread
    from pydicom.datadict import tag_for_keyword
    from pydicom.filereader import read_dataset

    config.settings.reading_validation_mode = config.IGNORE
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    tags: Any = [tag_for_keyword(name) for name in names]
    try:
        head_end = _head_end(data)
        if DEFLATED.encode() in data[PREAMBLE:head_end]:
            plain = io.BytesIO(_inflated(data[head_end:], BYTES_A_PIXEL * limits["max_pixels"]))
            return DicomFile(read_dataset(plain, False, True, specific_tags=tags), DEFLATED)
        found = dcmread(io.BytesIO(data), force=True, specific_tags=tags)
        implicit, little = found.original_encoding
        usual = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE if little else EXPLICIT_BIG
        return DicomFile(found, str(found.file_meta.get("TransferSyntaxUID") or usual))
    except (zlib.error, NotImplementedError, *MALFORMED):
        raise CannotDecode("damaged") from None


def _head_end(data: bytes) -> int:
    """Where the data set begins behind the file's own head; 0 where the file has none that says."""
    if data[PREAMBLE - 4 : PREAMBLE] != b"DICM" or data[PREAMBLE : PREAMBLE + 8] != b"\x02\0\0\0UL\x04\0":
        return 0
    start = PREAMBLE + GROUP_LENGTH_BYTES
    return start + int.from_bytes(data[start - 4 : start], "little")


def _inflated(data: bytes, most: int) -> bytes:
    """Deflated bytes unfolded, as far as that goes.

    Raises
    ------
    CannotDecode
        "too_costly": more than `most` bytes come out.
    zlib.error
    """
    inflate, parts, size = zlib.decompressobj(-zlib.MAX_WBITS), list[bytes](), 0
    while data and not inflate.eof:
        parts.append(inflate.decompress(data, INFLATED_AT_ONCE))
        data, size = inflate.unconsumed_tail, size + len(parts[-1])
        if size > most:
            raise CannotDecode("too_costly")
    return b"".join(parts)


def judge_picture(file: DicomFile, limits: dict[str, int]) -> None:
    """Refuse what is no single colour photo, or too large or too small, before a pixel is decoded.

    Raises
    ------
    CannotDecode
        "dicom_no_photo", "dicom_frames", "dicom_monochrome", "dicom_pixels", "too_many_pixels", "too_small", "damaged".
    """
    if file.text("SOPClassUID") not in PHOTO_CLASSES:
        raise CannotDecode("dicom_no_photo" if file.text("SOPClassUID") or "Rows" in file.attributes else "damaged")
    try:
        frames, height, width = file.whole("NumberOfFrames", 1), file.whole("Rows", 0), file.whole("Columns", 0)
        colours, samples = file.text("PhotometricInterpretation"), file.whole("SamplesPerPixel", 1)
        allocated, signed = file.whole("BitsAllocated", 8), file.whole("PixelRepresentation", 0)
        stored = file.whole("BitsStored", allocated)
        high = file.whole("HighBit", stored - 1)
        square = [float(part) for part in file.value("PixelAspectRatio") or (1, 1)]
    except MALFORMED:
        raise CannotDecode("damaged") from None
    if frames > 1 or file.syntax.startswith(VIDEO_SYNTAXES):
        raise CannotDecode("dicom_frames")
    judge_size((width, height), limits)
    if colours in NO_COLOUR:
        raise CannotDecode("dicom_monochrome")
    if colours not in COLOURS | {PALETTE}:
        raise CannotDecode("odd_colour")
    usual = allocated in (8, 16) and 8 <= stored <= allocated and high == stored - 1 and not signed
    if not usual or samples != (1 if colours == PALETTE else 3) or len(set(square)) > 1:
        raise CannotDecode("dicom_pixels")
    if "PixelData" not in file.attributes:
        raise CannotDecode("damaged")
