"""The colours of a card in a photo: patches read, light over the card levelled, and the matrix to the card's nominal colours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB
from photocompare.base.colour import lab_from_linear
from photocompare.base.robust import SIGMA_OF_MAD, robust_spread

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class ColourOptions:
    """How patches are read and the correction is fitted.

    Parameters
    ----------
    samples_per_side : int
        Points read along each side of a patch; 12 x 12 brings the noise of a median to about a tenth of a pixel's (1.25 / 12).
    clipped_level : float
        Linear light, 0..1, from which a channel counts as clipped: sRGB 253, where JPEG rounding may hide the camera's 255.
    clipped_share : float
        Share of a patch's samples that may clip before the patch is passed over (glare): one point in twenty.
    uneven_spread : float
        Largest robust spread (1.4826 MAD) of a patch's samples as a share of their median, in the patch's steadiest channel: a printed
        patch is flat, so more than a quarter means shadow, glare or something lying on it.
    dark_floor : float
        Linear light added to the median before that share is taken: on dark patches noise alone is a large share.
    outlier_factor : float
        A patch whose colour misses the first fit by more than this many robust spreads (and by `outlier_de`) is left out of the second.
        3 spreads keep 99.7 % of sound patches.
    outlier_de : float
        CIE76 units that every printed patch may miss without being suspected: five just-noticeable differences.
    largest_residual_de : float
        Mean CIE76 difference after correction above which the patches are not believed (card covered, reflecting, or not one of ours):
        about twice the 6.4 that calibrated clinical photographs kept in practice (Van Poucke et al. 2010).
    matrix_patches : int
        Fewest patches for a 3x3 matrix: 9 numbers, each patch gives 3, and twice as many equations as numbers.
    neutral_patches : int
        Fewest neutral patches for gains: with two, one spoilt by glare still shows as disagreement.
    """

    samples_per_side: int = 12
    clipped_level: float = 0.98
    clipped_share: float = 0.05
    uneven_spread: float = 0.25
    dark_floor: float = 0.02
    outlier_factor: float = 3.0
    outlier_de: float = 11.5
    largest_residual_de: float = 12.0
    matrix_patches: int = 6
    neutral_patches: int = 2


@dataclass(frozen=True)
class PatchReading:
    """One patch in the photo.

    Parameters
    ----------
    kind : str
        "neutral", "skin", "red", "brown" or "chart".
    measured : ndarray of float64, shape (3,)
        Median linear RGB inside the patch, 0 and up, levelled to the light at the card's middle; NaN where it lies outside the photo.
    known : ndarray of float64, shape (3,)
        Nominal linear RGB, 0..1.
    usable : bool
        False when clipped, uneven, or outside the photo.
    """

    kind: str
    measured: Vector
    known: Vector
    usable: bool


@dataclass(frozen=True)
class ColourCorrection:
    """Linear maps from a photo's linear RGB to the card's nominal colours: `corrected = matrix @ measured`.

    Parameters
    ----------
    matrix : ndarray of float64, shape (3, 3)
        Least squares over all usable patches, or `diag(neutral_gains)` where patches left out one at a time are predicted better by gains.
    neutral_gains : ndarray of float64, shape (3,)
        From the neutral patches alone.
    residual_de, neutral_residual_de, uncorrected_de : float
        Mean CIE76 difference over the usable patches after the matrix, after the gains, and before any correction.
    predicted_de : float
        Mean CIE76 difference of patches left out of the matrix's fit: what to expect on a colour that is not on the card.
    patches : int
        Patches used.
    """

    matrix: Vector
    neutral_gains: Vector
    residual_de: float
    neutral_residual_de: float
    uncorrected_de: float
    predicted_de: float
    patches: int


def sample_quads(linear: LinearRGB, quads_xy: NDArray[np.float64], samples_per_side: int) -> NDArray[np.float32]:
    """Linear light on a grid inside each quadrilateral.

    Parameters
    ----------
    linear : ndarray of float32, shape (H, W, 3)
    quads_xy : ndarray, shape (N, 4, 2)
        Corners in px, clockwise from the patch's top left.
    samples_per_side : int

    Returns
    -------
    ndarray of float32, shape (N, samples_per_side ** 2, 3)
        NaN outside the photo.
    """
    steps = (np.arange(samples_per_side) + 0.5) / samples_per_side
    u, v = (axis.ravel()[None, :, None] for axis in np.meshgrid(steps, steps))
    top = quads_xy[:, None, 0] * (1 - u) + quads_xy[:, None, 1] * u
    bottom = quads_xy[:, None, 3] * (1 - u) + quads_xy[:, None, 2] * u
    points = (top * (1 - v) + bottom * v).astype(np.float32)
    return np.asarray(
        cv2.remap(linear, points[..., 0], points[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(np.nan,) * 3),
        dtype=np.float32,
    )


def light_levels(paper: NDArray[np.float32], paper_xy: NDArray[np.float64], at_xy: NDArray[np.float64], options: ColourOptions) -> Vector:
    """How much lighter the card is lit at some places than on average, from its blank paper.

    Parameters
    ----------
    paper : ndarray, shape (N, S, 3)
        Samples of the blanks that are in view, linear light; N may be 0.
    paper_xy, at_xy : ndarray, shape (N, 2) and (M, 2)
        Middles of the blanks and the places asked for, card mm.

    Returns
    -------
    ndarray of float64, shape (M, 3)
        Factors of light, 1 at the blanks' middle; all 1 when fewer than three blanks are readable: three places span a slope.
    """
    levels = np.median(paper.astype(np.float64), axis=1).reshape(-1, 3)
    sound = np.all((levels > options.dark_floor) & (levels < options.clipped_level), axis=1)
    if np.count_nonzero(sound) < 3:
        return np.ones((len(at_xy), 3))
    middle = paper_xy.mean(axis=0)
    slope = np.linalg.lstsq(
        np.column_stack([np.ones(np.count_nonzero(sound)), paper_xy[sound] - middle]),
        np.log(levels[sound]),
        rcond=None,
    )[0][1:]
    return np.asarray(np.exp((at_xy - middle) @ slope))


def read_patch(samples: NDArray[np.float32], light: Vector, kind: str, known: Vector, options: ColourOptions) -> PatchReading:
    """One patch from its samples (S, 3) and the light there (3,)."""
    if not np.all(np.isfinite(samples)):
        return PatchReading(kind, np.full(3, np.nan), known, False)
    median = np.median(samples.astype(np.float64), axis=0)
    clipped = float(np.mean(np.any(samples >= options.clipped_level, axis=1)))
    spread = robust_spread(samples.astype(np.float64))
    uneven = float(np.min(spread / (median + options.dark_floor)))
    usable = clipped <= options.clipped_share and uneven <= options.uneven_spread and bool(np.all(median > 0))
    return PatchReading(kind, median / light, known, usable)


def colour_difference(measured: Vector, known: Vector) -> Vector:
    """(N,) CIE76 differences of linear RGB (N, 3), each clipped to 0..1 as a screen would show it."""
    stack = np.clip(np.stack([measured, known]), 0.0, 1.0).astype(np.float32)
    measured_lab, known_lab = lab_from_linear(stack)
    return np.asarray(np.linalg.norm(measured_lab - known_lab, axis=1), dtype=np.float64)


def _weights(known: Vector) -> Vector:
    """Weights that turn squared errors of linear light into squared errors of lightness: dL*/dY is proportional to Y^(-2/3)."""
    luminance = np.maximum(known @ np.array([0.2126, 0.7152, 0.0722]), 0.01)  # below 1 % L* turns linear (CIE 15)
    return np.asarray(luminance ** (-4 / 3))


def _fit_matrix(measured: Vector, known: Vector) -> Vector:
    root = np.sqrt(_weights(known))[:, None]
    return np.asarray(np.linalg.lstsq(measured * root, known * root, rcond=None)[0].T)


def _fit_gains(measured: Vector, known: Vector) -> Vector:
    weights = _weights(known)[:, None]
    return np.asarray((weights * known * measured).sum(axis=0) / (weights * measured**2).sum(axis=0))


def _left_out_de(measured: Vector, known: Vector) -> Vector:
    """CIE76 difference of each patch under the matrix fitted to all the others."""
    keep = ~np.eye(len(measured), dtype=bool)
    predicted = np.stack([_fit_matrix(measured[others], known[others]) @ one for others, one in zip(keep, measured, strict=True)])
    return colour_difference(predicted, known)


def fit_correction(readings: list[PatchReading], options: ColourOptions) -> ColourCorrection | None:
    """Matrix and gains that carry the measured colours to the known ones; None with too few usable patches or where they don't fit.

    The fit minimises lightness-weighted squared errors in linear light, drops patches that miss it by far (a finger, a reflex), and fits
    again.  Gains replace the matrix where they foretell patches left out of the fit better.
    """
    chosen = [reading for reading in readings if reading.usable]
    neutral = np.array([reading.kind == "neutral" for reading in chosen], dtype=bool)
    if neutral.sum() < options.neutral_patches:
        return None
    measured, known = (np.stack([getattr(reading, name) for reading in chosen]) for name in ("measured", "known"))
    gains = _fit_gains(measured[neutral], known[neutral])
    if len(chosen) >= options.matrix_patches:
        misses = colour_difference(measured @ _fit_matrix(measured, known).T, known)
        limit = max(options.outlier_de, options.outlier_factor * SIGMA_OF_MAD * float(np.median(misses)))
        sound = misses <= limit
        if sound.sum() >= options.matrix_patches and (sound & neutral).sum() >= options.neutral_patches:
            measured, known, neutral = measured[sound], known[sound], neutral[sound]
            gains = _fit_gains(measured[neutral], known[neutral])
    gains_de = colour_difference(measured * gains, known)
    matrix, predicted = np.diag(gains), float(gains_de.mean())
    if len(measured) >= options.matrix_patches:
        left_out = float(_left_out_de(measured, known).mean())
        if left_out < predicted:
            matrix, predicted = _fit_matrix(measured, known), left_out
    residual = float(colour_difference(measured @ matrix.T, known).mean())
    if residual > options.largest_residual_de:
        return None
    return ColourCorrection(
        matrix=matrix,
        neutral_gains=gains,
        residual_de=residual,
        neutral_residual_de=float(gains_de.mean()),
        uncorrected_de=float(colour_difference(measured, known).mean()),
        predicted_de=predicted,
        patches=len(measured),
    )
