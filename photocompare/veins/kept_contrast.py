"""What a photo's blur leaves of a vein's contrast, and which veins it leaves too little of to be judged.

The contract's contrast is as the skin has it.  How soft a photo is by itself is known only roughly, but how much softer one photo of a
pair is than the other is known well (`leg/relative_blur.py`).  So nothing is sharpened: what that further blur does to a known vein is
tried on the sharper photo, and the softer one's reading is divided by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Mask
from photocompare.leg.relative_blur import RelativeBlur
from photocompare.registration.resampling import own_positions
from photocompare.veins.photometry import PhotometryOptions, forced_contrast
from photocompare.veins.pieces import VeinPiece

FWHM_OF_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gaussian of sigma 1: 2.355."""


NETWORK_POWER = 0.7
"""A network's contrast falls as this power of the profile's: 0.76, 0.92 and 0.52 where profiles keep 0.66, 0.82 and 0.42 (photos read
again after a blur of 1 to 3 px, 1900 pieces)."""

_USUAL_PHOTOMETRY = PhotometryOptions()


@dataclass(frozen=True)
class BlurOptions:
    """What is made of blur.

    Parameters
    ----------
    least_kept : float
        Share of its contrast that a vein must keep to be judged.  With half of it left an error of a fifth of the blur moves the contrast
        by 15 %, as much as two readings of an unchanged vein differ; with less the blur's error says more than the photo.
    sigma_error : float
        Relative standard error of the blur: what is found on pairs blurred by known amounts differs by 5 % on ten real pairs and by 20 %
        on four rendered ones, whose skin is smoother (root mean squares, 1 to 5 px).
    variance_doubt_px2 : float
        What two photos of one sharpness differ by at random, px2; only what is beyond it is allowed for.  Rendered and real pairs whose
        blur is known to be alike differ by up to so much.
    thinnest_mm : float
        Apparent width of the thinnest vessel (0.1 mm of lumen; Monte Carlo): a photo that resolves it resolves every vein.
    most_unresolved : float
        Share of the baseline's expected length that may be too soft to judge: with more, the rest speaks for less than half of it.
    told_unresolved : float
        The same from which it is told: a twentieth of the baseline moves a percentage by hardly more than its interval does.
    soft_kept : float
        Mean share kept below which the softer photo is told of: it is where the division moves contrasts by a tenth.
    """

    least_kept: float = 0.5
    sigma_error: float = 0.15
    variance_doubt_px2: float = 0.5
    thinnest_mm: float = 0.5
    most_unresolved: float = 0.5
    told_unresolved: float = 0.05
    soft_kept: float = 0.9


def kept_contrast(width_px: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    """Share of the peak that a blur leaves of Gaussian profiles, 0..1.

    Parameters
    ----------
    width_px : ndarray
        Full widths at half maximum without that blur.
    sigma_px : float
        Gaussian sigma.
    """
    return np.asarray(width_px / np.hypot(width_px, FWHM_OF_SIGMA * sigma_px), dtype=np.float64)


def least_width(sigma: float, *, options: BlurOptions = BlurOptions()) -> float:
    """Full width at half maximum of the thinnest vein of which a blur leaves enough, in the unit of `sigma`."""
    return FWHM_OF_SIGMA * sigma * options.least_kept / math.sqrt(1.0 - options.least_kept**2)


def softened(density: Density, sigma_px: float) -> Density:
    """A photo's density as a further Gaussian blur would leave it; as it is where the blur is too small to show."""
    # A Gaussian that narrow has less than a hundredth of its weight beside its pixel.
    return density if sigma_px < 0.3 else np.asarray(cv2.GaussianBlur(density, (0, 0), sigma_px), dtype=np.float32)


def kept_by_pieces(
    pieces: Sequence[VeinPiece], density: Density, veins: Mask, sigma_px: float, *, options: PhotometryOptions = _USUAL_PHOTOMETRY
) -> NDArray[np.float64]:
    """Share of each piece's contrast that a further blur would leave, (N,), 0..1: tried on the photo in which the pieces were found.

    Unlike `kept_contrast` it knows the template, the profile and the neighbours of each piece.

    Parameters
    ----------
    pieces : sequence of VeinPiece
    density : Density
        (H, W, 3), of the photo in which they lie.
    veins : Mask
        All veins of that photo.
    sigma_px : float
        Gaussian sigma in its px.
    options : PhotometryOptions
        As the pieces' contrast is measured.
    """
    if not pieces or sigma_px <= 0:
        return np.ones(len(pieces))
    found = forced_contrast(pieces, (density, softened(density, sigma_px)), own_positions(veins.shape), veins, options=options)
    return np.asarray(np.clip(np.nan_to_num(found.after_de / np.maximum(found.before_de, 1e-6)), 0.0, 1.0), dtype=np.float64)


def kept_alone(
    pieces: Sequence[VeinPiece], sigma_px: float, px_per_mm: float, *, options: BlurOptions = BlurOptions()
) -> NDArray[np.float64]:
    """Share of its contrast that the photo in which pieces were found leaves of each by its own blur, (N,), 0..1.

    What is hardly wider than the blur is a thinner vein that the blur has spread.  1 where the blur is too small to hide any vein there is:
    it is then hardly told from the width of skin's own detail.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        Their widths are as that photo shows them.
    sigma_px : float
        The photo's own blur, px of its working frame.
    px_per_mm : float
    options : BlurOptions
    """
    if not least_width(sigma_px, options=options) > options.thinnest_mm * px_per_mm:
        return np.ones(len(pieces))
    seen = np.array([piece.width_px for piece in pieces], dtype=np.float64).reshape(len(pieces))
    return np.sqrt(np.maximum(1.0 - (FWHM_OF_SIGMA * sigma_px / np.maximum(seen, 1e-6)) ** 2, 0.0))


@dataclass(frozen=True)
class Softness:
    """What the softer photo of a pair leaves of each baseline piece; arrays are (N,).

    Parameters
    ----------
    kept : ndarray of float
        Share of the contrast in the before photo that the after photo's further blur leaves: contrasts after are divided by it.
    resolved : ndarray of bool
        Whether both photos leave enough of it to be judged.
    error : ndarray of float
        Relative standard error of the contrast after over that before, from what is not known of the blur: one error, common to all pieces.
    softer : {"", "before", "after"}
        The photo with more blur; "" where neither has more, or nothing is known.
    """

    kept: NDArray[np.float64]
    resolved: NDArray[np.bool_]
    error: NDArray[np.float64]
    softer: str

    def only(self, chosen: NDArray[np.intp]) -> Softness:
        """The softness of some pieces."""
        return Softness(self.kept[chosen], self.resolved[chosen], self.error[chosen], self.softer)

    @property
    def kept_by_network(self) -> NDArray[np.float64]:
        """The same of a network's reading, which allows for part of the blur by itself."""
        return np.asarray(self.kept**NETWORK_POWER, dtype=np.float64)


def judge_softness(
    pieces: Sequence[VeinPiece],
    density: Density,
    veins: Mask,
    relative: RelativeBlur,
    *,
    own_sigma_px: float,
    px_per_mm: float,
    options: BlurOptions = BlurOptions(),
    photometry: PhotometryOptions = _USUAL_PHOTOMETRY,
) -> Softness:
    """What blur leaves of the before photo's pieces.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        Found in the before photo.
    density : Density
        Of the before photo.
    veins : Mask
        All its veins.
    relative : RelativeBlur
        In its px.
    own_sigma_px : float
        Its own blur (`Quality.focus`), px of its working frame.
    px_per_mm : float
    options : BlurOptions
    photometry : PhotometryOptions
    """
    kept = kept_by_pieces(pieces, density, veins, relative.before_px, options=photometry)
    alone = kept_alone(pieces, own_sigma_px, px_per_mm, options=options)
    resolved = (kept >= options.least_kept) & (alone >= options.least_kept)
    # Each photo's own blur is known by itself, what lies between them from both.
    error = np.hypot(contrast_error(kept, options=options), math.sqrt(2.0) * contrast_error(alone, options=options))
    softer = "after" if relative.before_px > 0 else "before" if relative.after_px > 0 else ""
    return Softness(np.maximum(kept, options.least_kept), resolved, error, softer)


def softness_flags(
    softness: Softness, expected: NDArray[np.float64], *, options: BlurOptions = BlurOptions()
) -> tuple[tuple[str, str], ...]:
    """(code, which photo) of what blur does to a pair's baseline.

    Parameters
    ----------
    softness : Softness
    expected : ndarray of shape (N,)
        Length of each piece times the share of looks that see it before.
    options : BlurOptions
    """
    total = float(expected.sum())
    if total <= 0:
        return ()
    unresolved = float(expected[~softness.resolved].sum()) / total
    which = softness.softer or "before"
    if unresolved > options.most_unresolved:
        return (("blurred", which),)
    found = [("soft", which)] if unresolved > options.told_unresolved else []
    if float((expected * softness.kept).sum()) / total < options.soft_kept:
        found.append(("sharpness_differs", ""))
    return tuple(found)


def contrast_error(kept: NDArray[np.float64], *, options: BlurOptions = BlurOptions()) -> NDArray[np.float64]:
    """Relative standard error of contrasts of which a blur leaves `kept`, from the blur's own: one error, common to all pieces."""
    return np.asarray((1.0 - kept**2) * options.sigma_error, dtype=np.float64)
