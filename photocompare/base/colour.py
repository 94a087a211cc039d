"""sRGB, linear light, CIE Lab, optical density, and the skin-tone angle."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Density, Lab, LinearRGB

DARKEST = 1e-3
"""Linear light below which a pixel is taken as black: half a step of 8-bit sRGB is 1.5e-4, and a camera's read noise is above it."""

BARE_SHARE = 0.25
"""Share of the skin, its redder part, that stands for skin without gloss: on a leg that shines all along, the median would be gloss."""

JUST_NOTICEABLE_DE = 2.3
"""CIE76 colour difference that an observer just notices (Mahy, Van Eycken & Oosterlinck 1994)."""

ITA_GROUPS = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"), (-math.inf, "dark"))
"""Lower bounds in degrees of the groups of Chardon, Cretois & Hourseau 1991."""


def _srgb_decode_table() -> NDArray[np.float32]:
    code = np.arange(256) / 255.0
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


_DECODE = _srgb_decode_table()


def linear_from_srgb8(image: SRGB8) -> LinearRGB:
    """sRGB bytes to linear light, IEC 61966-2-1.  Exact to float32."""
    return np.asarray(cv2.LUT(image, _DECODE), dtype=np.float32)


def srgb8_from_linear(linear: LinearRGB) -> SRGB8:
    """Linear light to sRGB bytes, rounded to nearest; values outside 0..1 are clipped."""
    clipped = np.clip(linear, 0.0, 1.0)
    encoded = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * np.power(clipped, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255.0), dtype=np.uint8)


def density_from_linear(linear: LinearRGB) -> Density:
    """Optical density -ln(linear), (H, W, 3); light falls off additively in it, and blood and pigment add."""
    density: Density = np.maximum(linear, np.float32(DARKEST), dtype=np.float32, order="C")
    # In place: three arrays the size of a photo would cost more than the logarithm.
    cv2.log(density, density)
    return np.negative(density, out=density)


def gloss_share(blue_over_red: NDArray[np.floating], on_skin: NDArray[np.floating], least_colour: float) -> NDArray[np.float32] | None:
    """Share of gloss in red light: how far blue over red has gone from the bare skin's towards the lamp's, which is 1.

    Parameters
    ----------
    blue_over_red : float32
        Wherever it is asked, of any shape; redder than bare skin gives a share below 0.
    on_skin : float32 (N,)
        The same of the skin's pixels.
    least_colour : float
        How far bare skin's lies below 1 at least, for gloss to be told; None below that.
    """
    of_bare = float(np.quantile(on_skin, BARE_SHARE))
    if 1.0 - of_bare < least_colour:
        return None
    return np.asarray((blue_over_red - np.float32(of_bare)) / np.float32(1.0 - of_bare), dtype=np.float32)


_XYZ_OVER_WHITE = np.array(
    [
        [0.412453 / 0.950456, 0.357580 / 0.950456, 0.180423 / 0.950456],
        [0.212671, 0.715160, 0.072169],
        [0.019334 / 1.088754, 0.119193 / 1.088754, 0.950227 / 1.088754],
    ],
    np.float32,
)
"""Linear sRGB to CIE XYZ over that of D65 (ITU-R BT.709 primaries); rows sum to 1, so that grey has no colour."""

_LAB_KNEE = 6 / 29
"""CIE 15:2004, 8.2.1: below its cube the cube root gives way to a straight line of the same slope."""


def lab_from_linear(linear: LinearRGB) -> Lab:
    """CIE L*a*b* (D65) of linear sRGB, (H, W, 3), by the formula of CIE 15:2004.

    OpenCV's conversion first makes tables, which takes a tenth of a second in every process.
    """
    share = np.asarray(cv2.transform(np.ascontiguousarray(linear, dtype=np.float32), _XYZ_OVER_WHITE), dtype=np.float32)
    straight = share / np.float32(3 * _LAB_KNEE**2) + np.float32(4 / 29)
    x, y, z = cv2.split(np.where(share > _LAB_KNEE**3, np.cbrt(share), straight))
    return np.asarray(cv2.merge([116 * y - 16, 500 * (x - y), 200 * (y - z)]), dtype=np.float32)


def linear_from_lab(lab: tuple[float, float, float]) -> NDArray[np.float64]:
    """Linear sRGB, (3,), of one colour in CIE L*a*b* (D65); beyond 0..1 where sRGB has no such colour."""
    y = (lab[0] + 16) / 116
    roots = np.array([y + lab[1] / 500, y, y - lab[2] / 200])
    share = np.where(roots > _LAB_KNEE, roots**3, 3 * _LAB_KNEE**2 * (roots - 4 / 29))
    return np.asarray(np.linalg.solve(_XYZ_OVER_WHITE.astype(np.float64), share))


MID_SKIN_LAB = (60.0, 12.0, 18.0)
"""Skin under neutral light at mid exposure: the midpoint of the ITA scale's groups at L* 60 (ITA 29 degrees)."""


@cache
def lab_per_density() -> NDArray[np.float64]:
    """How L*, a*, b* (rows) of mid skin move with a small added density in R, G, B (columns); (3, 3)."""
    base = linear_from_lab(MID_SKIN_LAB)
    step = 1e-2
    columns = [
        (lab_from_linear((base * np.exp(-sign * step * np.eye(3)[k])).astype(np.float32).reshape(1, 1, 3))[0, 0].astype(np.float64), sign)
        for k in range(3)
        for sign in (1.0, -1.0)
    ]
    return np.stack([(columns[2 * k][0] - columns[2 * k + 1][0]) / (2 * step) for k in range(3)], axis=1)


def individual_typology_angle(lightness: float, b_star: float) -> float:
    """ITA in degrees: atan2(L* - 50, b*) (Chardon 1991).  High is light skin."""
    return math.degrees(math.atan2(lightness - 50.0, b_star))


def ita_group(angle: float) -> str:
    """Name of the skin-tone group of an ITA in degrees."""
    return next(name for lowest, name in ITA_GROUPS if angle > lowest or lowest == -math.inf)
