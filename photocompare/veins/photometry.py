"""Forced photometry of a known vein: its cross-profile in either photo, measured at the same place with the same template.

The network says what is visible in one photo; this says what is left of one known vein, in both photos by the same rule.  A vein so faint
that nothing would find it anew still shows in the mean of a millimetre's profiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, MapXY, Mask
from photocompare.base.colour import lab_per_density
from photocompare.registration.resampling import map_at, sampled_at
from photocompare.veins.pieces import VeinPiece, owners, places_across

_ACROSS = np.linspace(-2.0, 2.0, 17)
"""Where a profile is read, in calibres: twice the vein's width to either side holds its skin and not yet the next stain's."""


@dataclass(frozen=True)
class PhotometryOptions:
    """How a cross-profile is measured.

    Parameters
    ----------
    template_sigma : float
        Of the Gaussian template, in calibres: a full width at half maximum of 1.06.
    bend_penalty : float
        Holds back the fit's curvature, which a broad stain needs and a vein must not lose itself in; small against the 17 samples.
    other_vein_weight : float
        Of samples that lie on a neighbouring vein, 0..1: hardly any, so that the fit stays determined where all do.
    core : float
        Half width in calibres within which a sample belongs to the vein itself.
    narrowest_px, widest_px : float
        Calibres that a profile of 17 samples resolves, and that the surround that was read still holds.
    """

    template_sigma: float = 0.45
    bend_penalty: float = 0.05
    other_vein_weight: float = 0.02
    core: float = 0.9
    narrowest_px: float = 2.5
    widest_px: float = 30.0


@dataclass(frozen=True)
class Forced:
    """What is left of each piece; both arrays (N,), NaN where the after photo has no profile.

    before_de, after_de : CIE76 units; `after_de` is the part along the before photo's own colour, so noise of other colours cancels
    and it may be negative.
    """

    before_de: NDArray[np.float64]
    after_de: NDArray[np.float64]


def forced_contrast(
    pieces: Sequence[VeinPiece],
    densities: tuple[Density, Density],
    map_xy: MapXY,
    veins: Mask,
    *,
    options: PhotometryOptions = PhotometryOptions(),
) -> Forced:
    """Contrast of known pieces in both photos.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        Found in the before photo.
    densities : tuple of Density
        Before and after, each in its own frame: nothing is resampled twice.
    map_xy : MapXY
        Before frame to after frame.
    veins : Mask
        All veins of the before photo: a profile's samples on another vein hardly count.
    options : PhotometryOptions
    """
    if not pieces:
        return Forced(np.zeros(0), np.zeros(0))
    widths = (float(np.clip(piece.width_px, options.narrowest_px, options.widest_px)) for piece in pieces)
    x, y = places_across(pieces, [_ACROSS * width for width in widths])
    owner = owners(pieces)
    on_vein = sampled_at(veins.astype(np.float32), x, y, beyond="zero")
    weights = np.where((np.abs(_ACROSS) > options.core) & (on_vein > 0.5), options.other_vein_weight, 1.0)
    there = map_at(map_xy, x, y)
    profiles = tuple(
        # Linear reading between the pixels of a photo of half the size would take a twentieth of a thin vein.
        sampled_at(density, *at, interpolation="cubic", beyond="mirror")
        for density, at in zip(densities, ((x, y), (there[..., 0], there[..., 1])), strict=True)
    )
    amplitudes = [_amplitudes(profile, weights, owner, len(pieces), options) @ lab_per_density().T for profile in profiles]
    strength = np.linalg.norm(amplitudes[0], axis=1)
    along = (amplitudes[0] * amplitudes[1]).sum(axis=1) / np.maximum(strength, 1e-6)
    lost = np.bincount(owner, (there.min(axis=(1, 2)) < 0).astype(np.float64), len(pieces)) > 0
    return Forced(strength, np.where(lost, np.nan, along))


def _amplitudes(
    profiles: NDArray[np.float32], weights: NDArray[np.float64], owner: NDArray[np.intp], count: int, options: PhotometryOptions
) -> NDArray[np.float64]:
    """Template amplitude (count, 3) of each piece's mean profile, by weighted least squares over a baseline that may slope and bend."""
    basis = np.stack([np.exp(-((_ACROSS / options.template_sigma) ** 2) / 2), np.ones_like(_ACROSS), _ACROSS, _ACROSS**2 - 1], axis=1)
    normal = np.zeros((count, 4, 4))
    right = np.zeros((count, 4, 3))
    np.add.at(normal, owner, np.einsum("nt,ti,tj->nij", weights, basis, basis))
    np.add.at(right, owner, np.einsum("nt,ti,ntc->nic", weights, basis, profiles))
    total = np.bincount(owner, weights.sum(axis=1), count)
    normal[:, 3, 3] += options.bend_penalty * total
    normal += 1e-6 * np.maximum(total, 1)[:, None, None] * np.eye(4)
    return np.asarray(np.linalg.solve(normal, right)[:, 0], dtype=np.float64)
