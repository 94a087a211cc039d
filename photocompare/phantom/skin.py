"""Colours of skin, veins and stains of any tone, in optical density (-ln of linear sRGB).

The numbers come from one Monte Carlo run of light in layered skin: melanosome, blood, baseline and scattering coefficients
of Jacques (1998) as used by S-SYNTH (Kim et al., MICCAI 2024), Prahl's haemoglobin extinction, D65, linear sRGB, at
melanosome fractions of 2, 12 and 30 %.  Between them everything is interpolated.  Rows are (R, G, B).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

TONES = np.array([0.02, 0.12, 0.30])
"""Melanosome fractions of the epidermis at which the Monte Carlo ran."""

SKIN_DENSITY = -np.log(np.array([[0.44, 0.32, 0.22], [0.19, 0.10, 0.05], [0.07, 0.03, 0.02]]))
"""Density of plain skin at `TONES`."""

CALIBRES_MM = np.array([0.1, 0.3, 0.8, 1.5, 2.5])
"""Lumen calibres of the vein rows below."""

TABLE_DEPTH_MM = np.array([0.2, 0.2, 0.3, 0.7, 1.2])
"""Depth of the lumen's top in the vein rows below."""

VEIN_DENSITY = np.array(
    [
        [[0.08, 0.21, 0.13], [0.07, 0.18, 0.03], [0.06, 0.07, 0.01]],
        [[0.26, 0.41, 0.21], [0.24, 0.29, 0.07], [0.16, 0.13, -0.03]],
        [[0.42, 0.34, 0.16], [0.34, 0.23, 0.04], [0.23, 0.11, -0.02]],
        [[0.17, 0.08, 0.02], [0.13, 0.06, 0.02], [0.09, 0.02, 0.01]],
        [[0.06, 0.02, 0.00], [0.04, 0.02, 0.00], [0.04, 0.00, 0.01]],
    ]
)
"""Density that a vein adds at its centre: (calibre, tone, RGB)."""

DEPTH_FALL_MM = np.array([0.47, 0.32, 0.20])
"""Depth over which a vein's contrast falls to 1/e, per channel: from the fall between the last three vein rows."""

ERYTHEMA_DENSITY = np.array([[0.08, 0.22, 0.16], [0.06, 0.15, 0.04], [0.04, 0.07, 0.00]])
"""Density of dermal blood rising from 0.5 to 1.5 %, per tone."""

MELANIN_DENSITY = np.array([[0.31, 0.44, 0.62], [0.19, 0.25, 0.27], [0.14, 0.16, 0.10]])
"""Density of 3 % more melanosomes, per tone (the dark row was run with 5 % and is scaled)."""

HEMOSIDERIN_STEEP = np.array([[0.07, 0.27, 0.44], [0.07, 0.16, 0.19], [0.05, 0.07, 0.01]])
"""Density of shallow hemosiderin whose absorption falls as wavelength^-9 (rust), per tone."""

HEMOSIDERIN_FLAT = np.array([[0.17, 0.35, 0.44], [0.13, 0.21, 0.19], [0.08, 0.09, 0.02]])
"""The same for wavelength^-7 (brown).  Only the light row was run; the others are scaled as the steep rows are."""

TRAPPED_BLOOD = np.array([0.62, 0.58, 0.30])
"""Density of coagulated blood close under light skin, per unit: deoxygenated, so red is absorbed nearly as green (dark blue-purple)."""

PSF_AT_SURFACE_MM, PSF_PER_DEPTH = 0.15, 1.75
"""Blur of skin over a lumen: FWHM = sqrt(calibre^2 + (0.15 + 1.75 depth)^2) gives the table's apparent widths
(0.5, 0.7, 1.1, 2.0, 3.3 mm) within 0.1 mm."""


def over_tone(table: F64, melanin: float) -> F64:
    """Row of a (tone, RGB) table at a melanosome fraction; held at the ends."""
    return np.array([np.interp(melanin, TONES, table[:, k]) for k in range(3)])


def skin_density(melanin: float) -> F64:
    """Density of plain skin; beyond the table the last slope goes on."""
    low, mid, high = SKIN_DENSITY
    if melanin <= TONES[1]:
        return np.asarray(low + (mid - low) * (melanin - TONES[0]) / (TONES[1] - TONES[0]))
    return np.asarray(mid + (high - mid) * (melanin - TONES[1]) / (TONES[2] - TONES[1]))


def vein_fwhm_mm(calibre_mm: F64, depth_mm: F64) -> F64:
    """Apparent width (full width at half of the added density) of a lumen seen through the skin over it."""
    return np.asarray(np.sqrt(calibre_mm**2 + (PSF_AT_SURFACE_MM + PSF_PER_DEPTH * depth_mm) ** 2))


def vein_density(calibre_mm: F64, depth_mm: F64, oxygenation: float, melanin: float) -> F64:
    """Density that veins add at their centres.

    Parameters
    ----------
    calibre_mm, depth_mm : ndarray (N,)
        Lumen calibre and depth of its top.
    oxygenation : float
        0 (venous, purple to blue) .. 1 (arterial, bright red); the table stands at about 0.4.
    melanin : float
        Melanosome fraction.

    Returns
    -------
    ndarray (N, 3)
    """
    per_tone = np.stack([over_tone(row, melanin) for row in VEIN_DENSITY])
    log_calibre = np.log(np.clip(calibre_mm, CALIBRES_MM[0], CALIBRES_MM[-1]))
    density = np.stack([np.interp(log_calibre, np.log(CALIBRES_MM), per_tone[:, k]) for k in range(3)], axis=1)
    table_depth = np.interp(log_calibre, np.log(CALIBRES_MM), TABLE_DEPTH_MM)
    most = 2.0  # a shallower lumen than the table's shows at most twice its contrast: the blood is then already opaque
    density *= np.minimum(np.exp((table_depth - depth_mm)[:, None] / DEPTH_FALL_MM), most)
    density *= np.minimum(calibre_mm / CALIBRES_MM[0], 1.0)[:, None]  # thinner than the table: less blood in the light's path
    # red light sees deoxygenated blood ten times better than oxygenated blood; green and blue hardly tell them apart (Prahl)
    density[:, 0] *= 1.24 - 0.6 * oxygenation
    return density


def hemosiderin_density(melanin: float, steepness: float) -> F64:
    """Density of one unit of hemosiderin; steepness 0 (wavelength^-7, brown) .. 1 (wavelength^-9, rust)."""
    return (1 - steepness) * over_tone(HEMOSIDERIN_FLAT, melanin) + steepness * over_tone(HEMOSIDERIN_STEEP, melanin)
