"""The same skin as codes of other colour spaces, from their definitions alone, and files that declare them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.photo.decoding.primaries import BT2020_CORNERS, SRGB_CURVE, matrix_profile
from tests.support import hostile_files as make


def primaries_to_xyz(corners: tuple[tuple[float, float], ...], white: tuple[float, float]) -> np.ndarray:
    """RGB to XYZ from chromaticities, by the definition (SMPTE RP 177)."""
    matrix = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in corners]).T
    target = np.array([white[0] / white[1], 1.0, (1 - white[0] - white[1]) / white[1]])
    return matrix * np.linalg.solve(matrix, target)


D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
SRGB = primaries_to_xyz(((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65)
SPACES: dict[str, tuple[tuple[tuple[float, float], ...], tuple[float, float], float | None]] = {
    "Display P3": (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), D65, None),
    "Adobe RGB": (((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 563 / 256),
    "BT.2020": (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), D65, None),
    "gamma 1.8": (((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, 1.8),
    "linear": (((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), D65, 1.0),
    "ProPhoto RGB": (((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), D50, 1.8),
}
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def chromaticities(space: str) -> tuple[float, ...]:
    """White, red, green and blue, as files write them."""
    corners, white, _ = SPACES[space]
    return (*white, *(value for corner in corners for value in corner))


def seen_in(space: str, srgb: np.ndarray) -> np.ndarray:
    """The same colours as codes of another space: the oracle, from chromaticities alone."""
    corners, white, gamma = SPACES[space]
    cones = [BRADFORD @ np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in (D65, white)]
    adapt = np.linalg.inv(BRADFORD) @ np.diag(cones[1] / cones[0]) @ BRADFORD
    linear = linear_from_srgb8(srgb) @ (np.linalg.inv(primaries_to_xyz(corners, white)) @ adapt @ SRGB).T
    if gamma is None:
        return srgb8_from_linear(linear.astype(np.float32))
    return np.rint(np.clip(linear, 0, 1) ** (1 / gamma) * 255).astype(np.uint8)


def skin_patches() -> np.ndarray:
    """Skin from very light to dark, telangiectasia, reticular vein, hemosiderin, neutral."""
    colours = [
        (245, 214, 196),
        (224, 172, 145),
        (141, 96, 72),
        (86, 58, 46),
        (178, 98, 96),
        (150, 132, 138),
        (160, 112, 78),
        (128, 128, 128),
    ]
    return np.repeat(np.repeat(np.array(colours, dtype=np.uint8).reshape(2, 4, 3), 128, axis=0), 64, axis=1)


def png_cicp(primaries: int, transfer: int, *, full_range: int = 1, picture: make.Picture | None = None, **options: Any) -> bytes:
    """A PNG that names its colours by the numbers of H.273."""
    return make.png_with(make.png_chunk(b"cICP", bytes([primaries, transfer, 0, full_range])), make.png(picture, **options))


def png_values(picture: make.Picture, *, gamma: float | None = None, corners: tuple[float, ...] = ()) -> bytes:
    """A PNG that gives its gamma and its white, red, green and blue."""
    chunks = make.png_chunk(b"gAMA", struct.pack(">I", round(1e5 / gamma))) if gamma else b""
    chunks += make.png_chunk(b"cHRM", struct.pack(">8I", *(round(value * 1e5) for value in corners))) if corners else b""
    return make.png_with(chunks, make.png(picture))


def hdr_profile(*, by_tag: bool) -> bytes:
    """A profile of BT.2020 for HDR screens, told by its `cicp` tag or by its description."""
    profile = matrix_profile(BT2020_CORNERS, SRGB_CURVE, description="BT.2020" if by_tag else "ITUR_2100_PQ_FULL")
    if not by_tag:
        return profile
    (count,) = struct.unpack_from(">I", profile, 128)
    # One more line in the table moves all that it points to by 12 bytes.
    entries = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    table = b"".join(struct.pack(">4sII", name, start + 12, length) for name, start, length in entries)
    table += struct.pack(">4sII", b"cicp", len(profile) + 12, 12)
    content = profile[132 + 12 * count :] + b"cicp\0\0\0\0" + bytes([9, 16, 0, 1])
    return struct.pack(">I", len(profile) + 24) + profile[4:128] + struct.pack(">I", count + 1) + table + content
