"""Whether what was found before treatment has the colour of veins, or only the shade of bulges, folds and creases.

A bulging vein under slanting light is a dark line without a colour of its own; this measurement is about colour.  Thin pieces can't tell:
red vessels, as a small compressed photo shows them, have the colour of a shade on skin within the noise.  Veins 2 mm wide can: they lie
deep, and from there red light is missing and blue hardly is, while shade on skin takes blue most and red least.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Mask
from photocompare.registration.resampling import sampled_at
from photocompare.veins.pieces import VeinPiece, owners, places_across

_CORE = np.linspace(-0.4, 0.4, 5)
"""Where the vein is read across, in calibres."""

_BESIDE = np.concatenate([np.linspace(-2.0, -1.2, 5), np.linspace(1.2, 2.0, 5)])
"""Where its skin is read."""


@dataclass(frozen=True)
class ColourOptions:
    """When a baseline is taken for relief.

    Parameters
    ----------
    wide_mm : float
        Apparent calibre from which colour tells: 1.5 mm of lumen is seen 2.0 mm wide (Monte Carlo).
    least_wide_share : float
        Share of the baseline's expected length in such pieces, below which nothing is said.
    least_red_over_blue : float
        Density that is missing in red less that in blue, over that in green: 0 is grey.  By Monte Carlo a vessel of 0.8 mm has 0.8 and one
        of 1.5 mm 1.9 on light skin, more on dark; the darkest blank places of 60 photos (15 rendered) have -0.26 to -0.85, so above this
        nothing is shade alone.
    most_blue : float
        Density that is missing in blue over that in green from which it is no blood: vessels of any calibre have 0.7 at most (Monte Carlo),
        red mats of fine ones too; shade on skin has 1.0 to 1.5.
    least_pieces : int
        Wide pieces needed: five runs of six, which err together.
    """

    wide_mm: float = 2.0
    least_wide_share: float = 0.5
    least_red_over_blue: float = -0.25
    most_blue: float = 1.0
    least_pieces: int = 30


@dataclass(frozen=True)
class VeinColour:
    """Colour of a baseline's wide pieces.

    Parameters
    ----------
    wide_share : float
        Their share of the baseline's expected length, 0..1.
    red_over_blue : float
        See `ColourOptions.least_red_over_blue`; NaN without wide pieces that are darker than their skin.
    blue : float
        See `ColourOptions.most_blue`; likewise.
    pieces : int
        How many they are.
    """

    wide_share: float
    red_over_blue: float
    blue: float
    pieces: int

    def relief_only(self, *, options: ColourOptions = ColourOptions()) -> bool:
        """Whether the baseline is shade: mostly wide, and of no vein's colour."""
        enough = self.pieces >= options.least_pieces and self.wide_share > options.least_wide_share
        return enough and self.red_over_blue < options.least_red_over_blue and self.blue > options.most_blue


def vein_colour(
    pieces: Sequence[VeinPiece],
    density: Density,
    veins: Mask,
    expected: NDArray[np.float64],
    px_per_mm: float,
    *,
    options: ColourOptions = ColourOptions(),
) -> VeinColour:
    """Colour of a baseline.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        Of the before photo.
    density : Density
        Of that photo, (H, W, 3); light and white balance stretch all of it alike and don't count.
    veins : Mask
        All its veins: skin is read beside them.
    expected : ndarray of shape (N,)
        Length of each piece times the share of looks that see it before.
    px_per_mm : float
    options : ColourOptions
    """
    wide = np.array([piece.width_px >= options.wide_mm * px_per_mm for piece in pieces], dtype=np.bool_)
    total = float(expected.sum())
    if total <= 0 or not wide.any():
        return VeinColour(0.0, math.nan, math.nan, 0)
    chosen = [piece for piece, is_wide in zip(pieces, wide.tolist(), strict=True) if is_wide]
    contrasts = _contrasts(chosen, density, veins)
    known = np.isfinite(contrasts).all(axis=1)
    red, green, blue = expected[wide][known] @ contrasts[known]
    ratios = (float((red - blue) / green), float(blue / green)) if green > 0 else (math.nan, math.nan)
    return VeinColour(float(expected[wide].sum()) / total, *ratios, int(known.sum()))


def _contrasts(pieces: Sequence[VeinPiece], density: Density, veins: Mask) -> NDArray[np.float64]:
    """Density of each piece over the skin beside it, (N, 3); NaN where other veins take all of that skin."""
    owner = owners(pieces)
    core = np.stack([_mean_by(owner, _across(pieces, density, _CORE)[..., k], len(pieces)) for k in range(3)], axis=1)
    skin = (_across(pieces, veins.astype(np.float32), _BESIDE) < 0.5).astype(np.float64)
    beside = _across(pieces, density, _BESIDE)
    return core - np.stack([_mean_by(owner, beside[..., k], len(pieces), skin) for k in range(3)], axis=1)


def _across(pieces: Sequence[VeinPiece], picture: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float32]:
    """`picture` square to each point's piece, at offsets in calibres: (all points, len(at), ...)."""
    return sampled_at(picture, *places_across(pieces, [at * piece.width_px for piece in pieces]), beyond="mirror")


def _mean_by(
    owner: NDArray[np.intp], values: NDArray[np.floating], count: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Mean of each owner's rows, (count,); NaN without weight."""
    weighed = np.ones(values.shape) if weights is None else weights
    sums, mass = (np.bincount(owner, part.sum(axis=1), count) for part in (values * weighed, weighed))
    return np.asarray(np.divide(sums, mass, out=np.full(count, np.nan), where=mass > 0), dtype=np.float64)
