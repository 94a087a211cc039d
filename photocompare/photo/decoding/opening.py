"""A file's main picture, opened and judged before its pixels are decoded, then decoded."""

from __future__ import annotations

import io
import warnings

from PIL import Image

from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode
from photocompare.photo.decoding.tiff_pages import judge_layout, main_page

HEIF_BRAND = b"mif1"
"""Still pictures of any codec (ISO 23008-12, 10.2.2)."""


def open_picture(data: bytes, kind: str, limits: dict[str, int]) -> Image.Image:
    """The main picture of the file, its header read and judged, its pixels not yet decoded."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = limits["max_pixels"]
    _load_plugin(kind)
    if kind == "HEIF":
        # pillow-heif looks at the first brand alone and knows fewer than libheif reads.
        data = data[:8] + HEIF_BRAND + data[12:]
    try:
        page = main_page(data, limits["min_side"]) if kind == "TIFF" else 0
        picture = Image.open(io.BytesIO(data), formats=[kind])
        if page:
            # Pillow keeps the profile of a page that it leaves.
            picture.info.clear()
            picture.seek(page)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CannotDecode("too_many_pixels") from None
    except ValueError as error:
        # Pillow's own caps against text chunks and tables that unfold without end
        raise CannotDecode("too_costly" if "too large" in str(error).lower() else "damaged") from None
    except MALFORMED:
        raise CannotDecode("damaged") from None
    judge_size(picture.size, limits)
    if kind == "TIFF":
        judge_layout(picture.tag_v2)  # type: ignore[attr-defined]
    # Pillow falls back to the orientation in XMP, which viewers pass over; so must this.
    for key in ("xmp", "XML:com.adobe.xmp"):
        picture.info.pop(key, None)
    return picture


def _load_plugin(kind: str) -> None:
    """Register the one decoder that is needed; Pillow would otherwise load all of them."""
    if kind == "TIFF":
        from PIL import TiffImagePlugin  # noqa: F401
    elif kind == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401
    elif kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)


def judge_size(size: tuple[int, int], limits: dict[str, int]) -> None:
    """Refuse what is too large or too small to measure."""
    width, height = size
    if max(width, height) > limits["max_side"] or width * height > limits["max_pixels"]:
        raise CannotDecode("too_many_pixels")
    if min(width, height) < limits["min_side"]:
        raise CannotDecode("too_small")


def load_pixels(picture: Image.Image) -> None:
    """Decode.  Never with LOAD_TRUNCATED_IMAGES: what is missing must not become a grey leg."""
    try:
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CannotDecode("too_many_pixels") from None
    except MALFORMED:
        raise CannotDecode("damaged") from None
