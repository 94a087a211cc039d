"""The classical reading of skin, for when the vein network is missing: ridges in light-free optical density.

A vein is a line of blood: darker than the skin around and much longer than wide.  Thin red ones darken green more than red and blue,
wide deep ones red more than blue.  A hair or a crease darkens all channels about alike; hemosiderin and melanin darken blue most.  Lines
are looked for at several widths by a Gaussian second derivative across (Lindeberg 1998; Steger 1998), averaged along them, in two
directions of density space.  What is left over that is broad and brown is stain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Grey, LinearRGB, Mask, scaled_position
from photocompare.base.colour import JUST_NOTICEABLE_DE, MID_SKIN_LAB, lab_from_linear, linear_from_lab
from photocompare.base.robust import SIGMA_OF_MAD
from photocompare.veins.reading import SkinReading, flattened_density

_Floats = NDArray[np.float32]
_Pixels = tuple[NDArray[np.intp], NDArray[np.intp]]

BLOOD_DIRECTIONS = np.array([[1.0, 1.0, -1.0], [-0.5, 2.0, -1.0]], np.float32)
"""Density directions (R, G, B) in which lines are looked for.  The first keeps thin and wide veins, cancels brown and weakens hair and
shading; the second is for thin red vessels, whose green stands out (Monte Carlo table in `docs/method.md`)."""

PEAK_GAIN = 1.5 * float(np.sqrt(3.0))
"""A Gaussian line of width s and height A has sigma^2 times second derivative A s sigma^2 / (s^2 + sigma^2)^1.5 at its centre; that
is largest, A / PEAK_GAIN, where sigma = sqrt(2) s."""

WIDTH_OF_SCALE = float(np.sqrt(0.5))
"""Width s of the line that answers most at a scale, over the scale."""

MEAN_TO_SIGMA = float(np.sqrt(np.pi / 2))
"""Standard deviation over mean absolute value of a normal distribution."""

_FINEST = 1.4
"""Least sigma in px of a reduced grid: below, a second difference of neighbours is no longer the derivative of the Gaussian."""

_OWN_SCALE = 0.95
"""A point is kept at a scale that answers at least this share of the best: what half a pixel beside the crest makes of the response."""

_CANDIDATE = 2.75
"""Response over noise from which a crest is looked at more closely: above the middle of noise's own crests (the lower of two second
derivatives is already 1.1 standard deviations on average), so that most of them cost no time."""

_COARSE = 4
"""Step in px at which slowly varying maps are kept."""

_PASS, _BEND = np.array([0.0, 1.0, 0.0], np.float32), np.array([1.0, -2.0, 1.0], np.float32)
_SLOPE = np.array([-0.5, 0.0, 0.5], np.float32)


@dataclass(frozen=True)
class RidgeOptions:
    """How lines and stains are told from everything else.

    Parameters
    ----------
    scales_px : tuple of float
        Sigmas of the second derivative, sqrt(2) apart; lines of full width at half maximum 2.5 to 20 px answer most to them: 0.25 to
        2 mm at 0.1 mm per px, which is what veins look like through skin.
    arm_sigmas : tuple of float
        Where along the line, in sigmas to either side, the second derivative is averaged in: as far as a winding vein is straight.
    noise_px : float
        Sigma of the neighbourhood whose noise counts: wider than the widest vein, narrower than the leg.
    least_signal, sure_signal : float
        Line over noise, in standard deviations: for a point to belong to a line, and on average over the line.
    colour_px : float
        Sigma over which a line's colour is averaged: beyond the 16 px blocks of a JPEG's halved chroma.
    least_blood : float
        2 G - R - B or R - B, as shares of the line's density, whichever is larger.  0.2 and more for veins of all calibres (Monte Carlo
        table), 0 for colourless shade, hardly above 0 for brown; half of 0.2, as a camera's matrix and chroma blur take much.
    least_straight : float
        Response away along the line over that at the point: 1 in a line, about 0.5 at its end, less on a mole.
    shortest_sigmas : float
        A run of points shorter than this many times its sigma is a speck: blobs of noise are about two sigmas long.
    stain_px : float
        Sigma of the smoothing before stains are read: above the pores and fine mottle of skin, below the width of stains (several mm).
    least_brown : float
        B - R as a share of the density: 0.3 to 0.5 for hemosiderin, 0 for shade; a third, for cameras as above.
    beside_px : int
        Skin so near to a vein is left out of what is read as stain: light scatters half a millimetre and more in skin.
    mottle_sigmas : float
        Spreads of the skin's own broad mottle taken off a stain's colour difference, so that no mottle below its spread counts.
    least_noise_de : float
        CIE76; no reading is surer than this.  A fifth of the just noticeable difference, the spread among observers being larger.
    """

    scales_px: tuple[float, ...] = (1.5, 2.1, 3.0, 4.2, 6.0, 8.5, 12.0)
    arm_sigmas: tuple[float, ...] = (1.0, 2.0, 3.0)
    noise_px: float = 48.0
    least_signal: float = 2.0
    sure_signal: float = 3.5
    colour_px: float = 8.0
    least_blood: float = 0.08
    least_straight: float = 0.35
    shortest_sigmas: float = 5.0
    stain_px: float = 6.0
    least_brown: float = 0.12
    beside_px: int = 5
    mottle_sigmas: float = 1.0
    least_noise_de: float = 0.46


@dataclass(frozen=True)
class _Points:
    """N points on the crests of lines.

    position : (N, 2), (row, col).  strength : (N,), response in the point's direction of density.  signal : (N,), strength over noise.
    amplitude : (N, 3), density that the line adds in its middle.  straight : (N,), see `RidgeOptions`.  sigma : (N,), scale in px.
    spacing : (N,), px between neighbours.
    """

    position: _Floats
    strength: _Floats
    signal: _Floats
    amplitude: _Floats
    straight: _Floats
    sigma: _Floats
    spacing: _Floats

    def of(self, chosen: NDArray[np.bool_]) -> _Points:
        """Some of the points."""
        return _Points(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def pixels(self, shape: tuple[int, ...], step: int = 1) -> _Pixels:
        """Indices of their pixels in a picture of that shape, or in one reduced by `step`."""
        rows, cols = (np.clip(np.rint(self.position[:, k]), 0, shape[k] - 1).astype(np.intp) // step for k in (0, 1))
        return rows, cols


STANDARD_RIDGES = RidgeOptions()


def read_skin_by_ridges(linear: LinearRGB, leg: Mask, *, options: RidgeOptions = STANDARD_RIDGES) -> SkinReading:
    """How visible vein and stain are at every pixel of the leg, without a learned model.

    Parameters
    ----------
    linear : LinearRGB (H, W, 3)
    leg : Mask
        Outside it everything reads 0.
    options : RidgeOptions
    """
    out = np.zeros((4, *leg.shape), np.float32)
    if not leg.any():
        return SkinReading(*out)
    rows, cols = (np.flatnonzero(leg.any(axis=axis)) for axis in (1, 0))
    box = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1))
    inside = leg[box]
    flat = flattened_density(linear[box], inside)
    vein_de, vein_noise = _painted(_lines(flat, inside, options), inside.shape)
    stain_de, stain_noise = _stains(flat, inside, vein_de >= JUST_NOTICEABLE_DE / 2, options)
    channels = (
        vein_de,
        stain_de,
        _visible(vein_de, vein_noise, options),
        _visible(stain_de, stain_noise, options),
    )
    for whole, channel in zip(out, channels, strict=True):
        whole[box] = np.where(inside, channel, np.float32(0))
    return SkinReading(*out)


def _visible(de: Grey, noise: Grey | float, options: RidgeOptions) -> Grey:
    """Probability of a difference of at least 2.3, by a logistic of the distance to it in units of noise."""
    surplus = (de - JUST_NOTICEABLE_DE) / np.maximum(noise, options.least_noise_de)
    return np.asarray(np.where(de > 0, 1 / (1 + np.exp(np.clip(-surplus, -30, 30))), 0), dtype=np.float32)


def difference_of(density: _Floats) -> _Floats:
    """CIE76 (N,) that added densities (N, 3) make on mid skin."""
    skin = linear_from_lab(MID_SKIN_LAB).astype(np.float32)
    lab = lab_from_linear(np.concatenate([skin[None], skin * np.exp(-density)])[:, None])[:, 0]
    return np.asarray(np.linalg.norm(lab[1:] - lab[0], axis=1), dtype=np.float32)


def _lines(flat: Density, leg: Mask, options: RidgeOptions) -> _Points:
    """Crest points that belong to lines of blood, each at the scale at which its line answers most."""
    found, strongest = [], np.zeros(leg.shape, np.float32)
    for sigma in options.scales_px:
        factor = next(f for f in (4, 2, 1) if f == 1 or sigma >= _FINEST * f)
        size = (-(-leg.shape[1] // factor), -(-leg.shape[0] // factor))
        coarse = cv2.resize(flat, size, interpolation=cv2.INTER_AREA) if factor > 1 else flat
        inside = cv2.resize(leg.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        points, response = _crests(np.asarray(coarse, np.float32), np.asarray(inside, np.bool_), sigma / factor, options)
        found.append(_enlarged(points, float(factor)))
        strongest = np.maximum(strongest, cv2.resize(response, leg.shape[::-1], interpolation=cv2.INTER_LINEAR))
    every = _Points(*(np.concatenate([getattr(points, f.name) for points in found]) for f in fields(_Points)))
    lit = (
        (every.strength >= _OWN_SCALE * strongest[every.pixels(leg.shape)])
        & (every.signal >= options.least_signal)
        & (every.straight >= options.least_straight)
        & (every.amplitude.sum(axis=1) > 0)  # the flanks of a brown line are lines too, in the directions of blood, but brighter ones
    )
    return _linked(_of_blood(every.of(lit), leg.shape, options), leg.shape, options)


def _enlarged(points: _Points, factor: float) -> _Points:
    return _Points(
        np.asarray(scaled_position(points.position, factor), np.float32),
        points.strength, points.signal, points.amplitude, points.straight,
        points.sigma * np.float32(factor), points.spacing * np.float32(factor),
    )  # fmt: skip


def _second_derivatives(image: Density, sigma: float) -> tuple[Density, ...]:
    """sigma^2 times the derivatives of the smoothed image, (H, W, 3) each: along columns twice, along rows twice, mixed."""
    smooth = cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    kernels = ((_BEND, _PASS), (_PASS, _BEND), (_SLOPE, _SLOPE))
    return tuple(np.asarray(cv2.sepFilter2D(smooth, -1, x * np.float32(sigma**2), y), np.float32) for x, y in kernels)


def _local_noise(response: Grey, leg: Mask, options: RidgeOptions) -> Grey:
    """Standard deviation of a response around every pixel; what stands out of the leg's usual counts no more than three times that."""
    size = np.abs(response)
    inside = size[::_COARSE, ::_COARSE][leg[::_COARSE, ::_COARSE]]
    usual = float(np.median(inside)) if inside.size else 0.0
    weight = leg.astype(np.float32)
    reduced = (max(1, leg.shape[1] // _COARSE), max(1, leg.shape[0] // _COARSE))
    total, area = (
        cv2.GaussianBlur(cv2.resize(image, reduced, interpolation=cv2.INTER_AREA), (0, 0), options.noise_px / _COARSE)
        for image in (np.minimum(size, np.float32(3 * usual)) * weight, weight)
    )
    mean = cv2.resize(total / np.maximum(area, 1e-3), leg.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(mean * MEAN_TO_SIGMA, _NO_NOISE), dtype=np.float32)


_NO_NOISE = 1e-4
"""Density: below the step of an 8-bit photo by two orders."""


def _crests(flat: Density, leg: Mask, sigma: float, options: RidgeOptions) -> tuple[_Points, Grey]:
    """Crest points at one scale (px of this grid), and the response at every pixel."""
    second = _second_derivatives(flat, sigma)
    responses = [_across_lines(second, weights, leg, options) for weights in BLOOD_DIRECTIONS]
    signals = [response / noise for response, noise in responses]
    redder = signals[1] > signals[0]
    response, noise = (np.where(redder, thin, general) for general, thin in zip(*responses, strict=True))
    rows, cols = np.nonzero(leg & (np.maximum(*signals) > _CANDIDATE))
    weights = BLOOD_DIRECTIONS[redder[rows, cols].astype(np.intp)]
    across = _across(image[rows, cols] * weights for image in second)
    beside = [response[_moved((rows, cols), sign * across, leg.shape)] for sign in (-1, 1)]
    crest = response[rows, cols] >= np.maximum(*beside)
    rows, cols, across, weights = rows[crest], cols[crest], across[crest], weights[crest]
    amplitude, straight = _along((rows, cols), across, second, weights, sigma, options)
    strength = response[rows, cols]
    averaged = (amplitude * weights).sum(axis=1) / noise[rows, cols]
    ones = np.ones(len(rows), np.float32)
    position = np.stack([rows, cols], axis=1).astype(np.float32)
    points = _Points(position, strength, averaged, amplitude * np.float32(PEAK_GAIN), straight, ones * np.float32(sigma), ones)
    return points, response


def _across_lines(second: tuple[Density, ...], weights: _Floats, leg: Mask, options: RidgeOptions) -> tuple[Grey, Grey]:
    """Response to dark lines in one direction of density, whichever way they run, and the noise of a second derivative in it."""
    xx, yy, xy = (np.asarray(cv2.transform(image, weights[np.newaxis]), np.float32) for image in second)
    highest = cv2.magnitude((xx - yy) / 2, xy) - (xx + yy) / 2
    return np.asarray(highest, np.float32), _local_noise(xx, leg, options)


def _across(second: Iterable[_Floats]) -> _Floats:
    """Unit vectors (N, 2), (x, y), of the lowest second derivative: a right angle from that of the highest."""
    xx, yy, xy = (values.sum(axis=1) for values in second)
    angle = np.arctan2(2 * xy, xx - yy) / 2 + np.float32(np.pi / 2)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _moved(pixels: _Pixels, by_xy: _Floats, shape: tuple[int, ...]) -> _Pixels:
    """The nearest pixels after a move by (x, y), held inside the picture."""
    rows = np.clip(np.rint(pixels[0] + by_xy[:, 1]), 0, shape[0] - 1).astype(np.intp)
    return rows, np.clip(np.rint(pixels[1] + by_xy[:, 0]), 0, shape[1] - 1).astype(np.intp)


def _along(
    pixels: _Pixels, across: _Floats, second: tuple[Density, ...], weights: _Floats, sigma: float, options: RidgeOptions
) -> tuple[_Floats, _Floats]:
    """Response per channel (N, 3) averaged along the line, and how much of it remains away from the point."""
    x, y = across[:, :1], across[:, 1:]
    along = np.concatenate([-y, x], axis=1)
    shape = second[0].shape[:2]

    def response(step: float) -> _Floats:
        at = _moved(pixels, np.float32(step) * along, shape)
        return np.asarray(-(x * x * second[0][at] + y * y * second[1][at] + 2 * x * y * second[2][at]), dtype=np.float32)

    here = response(0.0)
    arms = [response(sign * sigma * arm) for arm in options.arm_sigmas for sign in (-1, 1)]
    away = np.asarray(sum(arms), np.float32)
    straight = (away * weights).sum(axis=1) / len(arms) / np.maximum((here * weights).sum(axis=1), _NO_NOISE)
    return (here + away) / np.float32(1 + len(arms)), np.asarray(straight, np.float32)


def _of_blood(points: _Points, shape: tuple[int, ...], options: RidgeOptions) -> _Points:
    """The points whose line, as far as `colour_px`, has the colour of blood."""
    pixels = points.pixels(shape, _COARSE)
    total = np.zeros((-(-shape[0] // _COARSE), -(-shape[1] // _COARSE), 3), np.float32)
    np.add.at(total, pixels, points.amplitude * (points.signal * points.spacing)[:, np.newaxis])
    colour = cv2.GaussianBlur(total, (0, 0), options.colour_px / _COARSE)[pixels]
    red, green, blue = (colour / np.maximum(np.abs(colour).sum(axis=1, keepdims=True), 1e-9)).T
    return points.of(np.maximum(2 * green - red - blue, red - blue) >= options.least_blood)


def _linked(points: _Points, shape: tuple[int, ...], options: RidgeOptions) -> _Points:
    """The points that lie in runs long and clear enough to be lines."""
    mask = np.zeros(shape, np.uint8)
    for spacing in np.unique(points.spacing):
        drawn = np.zeros(shape, np.uint8)
        drawn[points.of(points.spacing == spacing).pixels(shape)] = 1
        mask = np.maximum(mask, cv2.dilate(drawn, np.ones((2 * int(spacing) + 1,) * 2, np.uint8)))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    run = labels[points.pixels(shape)]
    size = np.maximum(np.bincount(run, minlength=count), 1)
    signal, sigma = (np.bincount(run, values, minlength=count) / size for values in (points.signal, points.sigma))
    extent = np.hypot(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    is_line = (signal >= options.sure_signal) & (extent >= options.shortest_sigmas * sigma)
    return points.of(np.asarray(is_line[run], np.bool_))


def _painted(points: _Points, shape: tuple[int, ...]) -> tuple[Grey, Grey]:
    """CIE76 of the lines and its noise: at every pixel those of the nearest point, fallen off by the line's Gaussian profile."""
    if len(points.sigma) == 0:
        return np.zeros(shape, np.float32), np.ones(shape, np.float32)
    elsewhere = np.ones(shape, np.uint8)
    pixels = points.pixels(shape)
    elsewhere[pixels] = 0
    distance, labels = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros(int(labels.max()) + 1, np.intp)
    nearest[labels[pixels]] = np.arange(len(points.sigma))
    point = nearest[labels]
    peak = difference_of(points.amplitude)
    profile = np.exp(-0.5 * (distance / (points.sigma * np.float32(WIDTH_OF_SCALE))[point]) ** 2)
    noise = peak / np.maximum(points.signal, 1.0)
    return np.asarray(peak[point] * profile, np.float32), np.asarray(noise[point], np.float32)


def _stains(flat: Density, leg: Mask, veins: Mask, options: RidgeOptions) -> tuple[Grey, float]:
    """CIE76 of broad brown excess beside the veins over what this skin shows everywhere at that breadth, and that spread."""
    reach = np.ones((2 * options.beside_px + 1,) * 2, np.uint8)
    known = (leg & (cv2.dilate(veins.astype(np.uint8), reach) == 0)).astype(np.float32)
    reduced = (-(-leg.shape[1] // _COARSE), -(-leg.shape[0] // _COARSE))
    total, area = (
        cv2.GaussianBlur(cv2.resize(image, reduced, interpolation=cv2.INTER_AREA), (0, 0), options.stain_px / _COARSE)
        for image in (flat * known[..., np.newaxis], known)
    )
    broad = np.asarray(total / np.maximum(area, 0.05)[..., np.newaxis], np.float32)
    red, green, blue = cv2.split(broad)
    is_brown = (blue - red >= options.least_brown * np.abs(broad).sum(axis=2)) & (blue >= green) & (green > 0) & (red > 0)
    de = difference_of(broad.reshape(-1, 3)).reshape(area.shape)
    ordinary = de[area > 0.5]
    spread = SIGMA_OF_MAD * float(np.median(ordinary)) if ordinary.size else 0.0
    excess = np.where(is_brown, np.maximum(de - np.float32(options.mottle_sigmas * spread), 0), np.float32(0))
    return np.asarray(cv2.resize(excess, leg.shape[::-1]), np.float32), spread
