"""Pictures as bytes: PNG for what is exact, JPEG for what is looked at; pixels only, no metadata."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Mask

try:
    from isal import isal_zlib as deflate
except ImportError:  # a processor that ISA-L isn't built for
    import zlib as deflate  # type: ignore[no-redef]

JPEG_QUALITY = 92
"""libjpeg's scale; at 92 without colour subsampling the error stays below 1 CIE76 unit at a vein's edge, half of what is visible."""

_LEVEL = 1
"""ISA-L's for pictures: a quarter of the time of zlib's fastest, which OpenCV has, and as small (`docs/performance.md`)."""

_ROWS_AT_ONCE = 256
"""So that no copy of a 48-megapixel picture is made."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_UP = 2
"""Filter of a row: its differences to the row above (PNG, third edition, section 9)."""


def png(image: NDArray[np.uint8], shape: tuple[int, ...] | None = None) -> bytes:
    """PNG bytes of an image (W3C, Portable Network Graphics, third edition).

    Parameters
    ----------
    image : ndarray of uint8, (H, W, 3) RGB or (H, W) grey
    shape : tuple of int, optional
        Rows and columns that it is enlarged to first, in a straight line between its pixels.
    """
    if shape is not None and shape[:2] != image.shape[:2]:
        image = np.asarray(cv2.resize(image, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    height, width = image.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB if image.ndim == 3 else _GREY, 0, 0, 0)
    pixels = (_chunk(b"IDAT", piece) for piece in _compressed(image.reshape(height, -1)) if piece)
    return b"".join((_SIGNATURE, _chunk(b"IHDR", header), *pixels, _chunk(b"IEND", b"")))


def _compressed(rows: NDArray[np.uint8]) -> Iterator[bytes]:
    """The rows' differences, deflated, some rows at a time."""
    packing = deflate.compressobj(_LEVEL)
    differences = np.empty((_ROWS_AT_ONCE, 1 + rows.shape[1]), np.uint8)
    differences[:, 0] = _UP
    for top in range(0, len(rows), _ROWS_AT_ONCE):
        strip = rows[top : top + _ROWS_AT_ONCE]
        found = differences[: len(strip)]
        np.subtract(strip[0], rows[top - 1] if top else np.uint8(0), out=found[0, 1:])
        np.subtract(strip[1:], strip[:-1], out=found[1:, 1:])
        yield packing.compress(found)
    yield packing.flush()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def mask_png(mask: Mask) -> bytes:
    """PNG bytes of a mask, (H, W): 0 or 255."""
    return png(np.asarray(mask.view(np.uint8) * np.uint8(255), dtype=np.uint8))


def jpeg(image: SRGB8, quality: int = JPEG_QUALITY) -> bytes:
    """JPEG bytes of an RGB image, (H, W, 3), colour at full resolution.

    Raises
    ------
    OSError
        OpenCV can't encode it.
    """
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), how)
    if not done:
        raise OSError("the picture could not be encoded as JPEG")
    return encoded.tobytes()
