"""A DICOM file as the child answers for any photo: the picture in sRGB, and the header that describes it."""

from __future__ import annotations

from typing import Any

from PIL import Image

from photocompare.photo.decoding.colour import to_srgb
from photocompare.photo.decoding.dicom_facts import FACT_ATTRIBUTES, dicom_colour, dicom_flags, dicom_tags
from photocompare.photo.decoding.dicom_file import IMAGE_ATTRIBUTES, judge_picture, read_dicom
from photocompare.photo.decoding.dicom_kept import kept_digest
from photocompare.photo.decoding.dicom_pixels import decode_dicom
from photocompare.photo.decoding.opening import judge_size


def decode_dicom_photo(data: bytes, limits: dict[str, int]) -> tuple[Image.Image, dict[str, Any], bytes]:
    """Picture, header and the JPEG within; as `child.decode`.

    The orientation that a JPEG within bears is passed over, as archives' viewers do: the pixels of DICOM lie as they are shown.

    Raises
    ------
    CannotDecode
    """
    file = read_dicom(data, (*IMAGE_ATTRIBUTES, *FACT_ATTRIBUTES), limits)
    judge_picture(file, limits)
    tags, flags = dicom_tags(file), dicom_flags(file)
    decoded = decode_dicom(file, limits)
    digest = kept_digest(file)
    judge_size(decoded.picture.size, limits)
    quantiser = getattr(decoded.picture, "quantization", {}).get(0)
    colour = to_srgb(decoded.picture, dicom_colour(file, decoded.picture, decoded.jpeg))
    header = {
        "width": colour.picture.width,
        "height": colour.picture.height,
        "sha256": digest,
        "bit_depth": decoded.bit_depth,
        "colour_space": colour.name,
        "grey": colour.grey,
        "gain_map": False,
        "luma_quantiser": quantiser,
        "lossy_copy": decoded.palette,
        "flags": [*flags, *colour.flags, *(["reduced_bit_depth"] if decoded.bit_depth > 8 else [])],
        "tags": tags,
    }
    return colour.picture, header, decoded.jpeg
