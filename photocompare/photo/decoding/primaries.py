"""Primaries and tone curves that files name by number or by value, and the ICC profile that says the same."""

from __future__ import annotations

import math
import struct

Corners = tuple[float, float, float, float, float, float, float, float]
"""CIE 1931 x and y of white, red, green and blue, in that order, as PNG's cHRM has them."""

D65_XY, C_XY, DCI_XY, E_XY = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351), (1 / 3, 1 / 3)

SRGB_CORNERS: Corners = (*D65_XY, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_CORNERS: Corners = (*D65_XY, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
BT2020_CORNERS: Corners = (*D65_XY, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
ADOBE_CORNERS: Corners = (*D65_XY, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
"""IEC 61966-2-1; SMPTE EG 432-1; ITU-R BT.2020; Adobe RGB (1998), version 2005-05, 4.3.1."""

BT601_CORNERS: Corners = (*D65_XY, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070)

H273_CORNERS: dict[int, Corners] = {
    1: SRGB_CORNERS,
    4: (*C_XY, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65_XY, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: BT601_CORNERS,
    7: BT601_CORNERS,
    8: (*C_XY, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: BT2020_CORNERS,
    10: (*E_XY, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
    11: (*DCI_XY, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: P3_CORNERS,
    22: (*D65_XY, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""ITU-T H.273 (2021), table 2: colour primaries by number."""

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""g, a, b, c, d of IEC 61966-2-1 as an ICC parametric curve of type 3."""

ADOBE_RGB_GAMMA = 563 / 256
"""Adobe RGB (1998), 4.3.4.2."""

H273_CURVES: dict[int, tuple[float, ...]] = {
    **dict.fromkeys((1, 6, 11, 12, 13, 14, 15), SRGB_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
}
"""ITU-T H.273, table 3: transfer characteristics by number.  BT.709 and its kin (1, 6, 11, 12, 14, 15) describe a camera; still
pictures that bear them are shown, and by nearly all writers meant, as sRGB."""

H273_HDR_CURVES = frozenset({16, 18})
"""PQ (SMPTE ST 2084) and HLG (ARIB STD-B67)."""

H273_UNSPECIFIED = 2

H273_PRIMARY_NUMBERS = frozenset(H273_CORNERS)
H273_CURVE_NUMBERS = frozenset({1, *range(4, 19)})
"""Primaries and transfer characteristics that say something; all other numbers are unspecified or reserved."""

D50 = (0.9642, 1.0, 0.8249)
"""White of the ICC connection space (ICC.1:2022, 7.2.16)."""

BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
"""Cone responses in which white is adapted (ICC.1:2022, annex E)."""

PARAMETERS_OF_TYPE_3 = 5


def colorants(corners: Corners) -> list[list[float]]:
    """XYZ of red, green and blue adapted to D50 (SMPTE RP 177, ICC.1:2022 annex E).

    Raises
    ------
    ValueError
        The corners are no triangle around a white.
    """
    # Few files need it: the import costs more than most of them take to decode.
    import numpy as np

    white, *primaries = (np.array([x / y, 1.0, (1 - x - y) / y]) if y else np.array([x, y, 1 - x - y]) for x, y in _pairs(corners))
    matrix = np.array(primaries).T
    matrix = matrix * np.linalg.solve(matrix, white)
    cones = np.array(BRADFORD)
    adapted = np.linalg.solve(cones, np.diag((cones @ np.array(D50)) / (cones @ white)) @ cones @ matrix)
    if not np.isfinite(adapted).all():
        raise ValueError("no triangle around a white")
    return [[float(value) for value in column] for column in adapted.T]


def _pairs(corners: Corners) -> list[tuple[float, float]]:
    return list(zip(corners[::2], corners[1::2], strict=True))


def matrix_profile(corners: Corners, curve: tuple[float, ...], *, description: str) -> bytes:
    """An ICC profile of three primaries and one tone curve (ICC.1:2022, 8.3.3), for files that only name their colours.

    Parameters
    ----------
    corners : tuple of 8 float
        Chromaticities of white, red, green and blue.
    curve : tuple of float
        One number: a gamma.  Five: g, a, b, c, d of a parametric curve of type 3.  More: the linear light of evenly spaced codes, 0..1.
    description : str
        ASCII.

    Raises
    ------
    ValueError, struct.error
        Corners or curve that no colours can have.
    """

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(math.floor(value * 65536 + 0.5) for value in values))

    def text(words: str) -> bytes:
        encoded = words.encode("utf-16-be")
        return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded

    if len(curve) > PARAMETERS_OF_TYPE_3:
        tone = b"curv" + struct.pack(f">4xI{len(curve)}H", len(curve), *(round(value * 65535) for value in curve))
    else:
        tone = b"para" + struct.pack(">4xHxx", 3 if len(curve) == PARAMETERS_OF_TYPE_3 else 0) + fixed(*curve)
    tags = {b"desc": text(description), b"cprt": text("Public domain"), b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50)}
    for letter, colorant in zip("rgb", colorants(corners), strict=True):
        tags[f"{letter}XYZ".encode()] = b"XYZ \0\0\0\0" + fixed(*colorant)
        tags[f"{letter}TRC".encode()] = tone
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        table += struct.pack(">4sII", signature, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 0x04400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    return (header + bytes(28) + fixed(*D50)).ljust(128, b"\0") + table + body
