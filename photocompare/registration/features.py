"""Points that both photos share: found on the leg's own skin, matched by what their surroundings look like.

Learned path: XFeat keypoints and descriptors (Potje et al., CVPR 2024) matched by LighterGlue, both through onnxruntime.
Classical path: RootSIFT (Arandjelovic & Zisserman, CVPR 2012) with mutual nearest neighbours.
Both see the same picture: density of the luminance, brought to zero mean and unit spread locally, blank outside the limb.
So neither light nor colour cast reaches the descriptors, and nothing but skin can be matched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, LinearRGB, Mask, PointsXY, scaled_position
from photocompare.base.colour import DARKEST
from photocompare.base.masks import disc, eroded
from photocompare.registration.matcher_models import Matcher

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of linear sRGB in luminance (IEC 61966-2-1)."""

NETWORK_STRIDE = 32
"""XFeat's input must be a multiple of this many pixels; its keypoint cells are 8 x 8."""

CELL = 8


@dataclass(frozen=True)
class FeatureOptions:
    """How points are found and matched.

    Parameters
    ----------
    learned : bool
        Whether the learned matcher may be used where it is there.
    pixels : float
        Size in px that the limb's bounding box is reduced to before matching (never enlarged).  0.6 MP keeps the mottle of 1 to 5 mm
        that survives treatment (METHODS: mid-scale mottle carries the match) and halves the network's time against 1.2 MP.
    coarse_pixels : float
        Size in px for a second look, where the first one finds little: on soft, coarse or shadowed photos the broader mottle is what both
        still hold (docs/registration-notes.md, "A coarser look").
    foothold : int
        Cells of the before limb (of about 100) below which the matches of the strongest keypoints say nothing: the coarse look comes next.
    normalise_sigma : float
        Width of the local mean and spread, as a share of the square root of `pixels`: wide against mottle, narrow against shading.
    keypoints : int
        Most points per photo; LighterGlue's time grows with the square.
    first_keypoints : int
        The strongest of them, tried first: half of them cost a third, and where their matches spread over the limb, more of them move the
        map by less than its own error.
    first_spread : int
        Cells of the before limb (of about 100) over which those matches must spread to be enough.
    keypoint_threshold : float
        Least keypoint probability, XFeat's own default.
    match_probability : float
        Least assignment probability of a match, LightGlue's own default filter threshold.
    margin : float
        Points nearer the limb's edge than this share of the square root of `pixels` are dropped: their surroundings are background.
    sift_ratio : float
        Largest ratio of best to second-best descriptor distance (Lowe 2004 gives 0.8; skin's self-likeness asks for no less slack because
        the geometry is checked afterwards).
    sift_contrast : float
        Least contrast of a SIFT keypoint: below Lowe's 0.04, for mottle on normalised skin is soft, and geometry weeds later.
    spread_cells : int
        Cells a side, about, into which a limb picture is divided to see how widely matches are spread.
    """

    learned: bool = True
    pixels: float = 0.6e6
    coarse_pixels: float = 0.25e6
    foothold: int = 25
    normalise_sigma: float = 0.02
    keypoints: int = 1536
    first_keypoints: int = 768
    first_spread: int = 60
    keypoint_threshold: float = 0.05
    match_probability: float = 0.1
    margin: float = 0.008
    sift_ratio: float = 0.9
    sift_contrast: float = 0.01
    spread_cells: int = 12


@dataclass(frozen=True, eq=False)
class Limb:
    """One limb in its photo's working frame.

    Parameters
    ----------
    density : Grey
        -ln of luminance of the whole photo.
    leg, measurable : Mask
        The limb, and which of its pixels are seen well.
    label : int
        The limb's label in the photo's field.
    """

    density: Grey
    leg: Mask
    measurable: Mask
    label: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the working frame."""
        return self.leg.shape[0], self.leg.shape[1]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the limb, px; it must not be empty."""
        columns, rows = np.flatnonzero(self.leg.any(axis=0)), np.flatnonzero(self.leg.any(axis=1))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    def mirrored(self) -> Limb:
        """The same with left and right exchanged."""
        leg, measurable = np.ascontiguousarray(self.leg[:, ::-1]), np.ascontiguousarray(self.measurable[:, ::-1])
        return Limb(np.ascontiguousarray(self.density[:, ::-1]), leg, measurable, self.label)


@dataclass(frozen=True)
class LimbPicture:
    """One limb, cut out, reduced and locally normalised: what the matchers see.

    Parameters
    ----------
    label : int
        The limb's label in the photo's field.
    grey : Grey
        0..1, 0.5 outside the limb.
    usable : Mask
        Where a keypoint may lie.
    scale : float
        Reduced px per working px.
    origin_xy : tuple of float
        Working-frame pixel of the cut's first column and row.
    """

    label: int
    grey: Grey
    usable: Mask
    scale: float
    origin_xy: tuple[int, int]

    def to_working(self, points_xy: PointsXY) -> PointsXY:
        """Points of this picture in the working frame."""
        return np.asarray(scaled_position(points_xy, 1.0 / self.scale) + np.asarray(self.origin_xy, np.float32), dtype=np.float32)

    def from_working(self, points_xy: PointsXY) -> PointsXY:
        """Points of the working frame in this picture."""
        return np.asarray(scaled_position(points_xy - np.asarray(self.origin_xy, np.float32), self.scale), dtype=np.float32)


@dataclass(frozen=True)
class Keypoints:
    """Points of a limb picture and what they look like: `xy` (N, 2), `descriptors` (N, D) of unit length, `shape` of the picture.

    Strongest first.
    """

    xy: PointsXY
    descriptors: NDArray[np.float32]
    shape: tuple[int, int]

    def strongest(self, count: int) -> Keypoints:
        """The first `count` of them."""
        return Keypoints(self.xy[:count], self.descriptors[:count], self.shape)


@dataclass(frozen=True)
class Matches:
    """Index pairs into two sets of keypoints, with the matcher's confidence 0..1."""

    pairs: NDArray[np.intp]
    confidence: NDArray[np.float32]


def luminance_density(linear: LinearRGB) -> Grey:
    """-ln of luminance, (H, W): light falls off additively in it."""
    density = np.asarray(cv2.transform(linear, np.asarray([LUMINANCE], np.float32)), dtype=np.float32)
    np.maximum(density, np.float32(DARKEST), out=density)
    cv2.log(density, density)
    return np.negative(density, out=density)


def locally_normalised(grey: Grey, inside: Mask, sigma: float) -> Grey:
    """`grey` with zero mean and unit spread within about `sigma` px, means taken over `inside` only; 0 elsewhere."""
    weight = inside.astype(np.float32)
    share = np.maximum(_smoothed(weight, sigma), np.float32(1e-3))
    residual = np.asarray((grey - _smoothed(grey * weight, sigma) / share) * weight, dtype=np.float32)
    spread = np.sqrt(_smoothed(residual * residual, sigma) / share)
    # A floor at a part of the limb's usual spread keeps noise on flat skin from being blown up to texture.
    usual = float(np.median(spread[inside])) if inside.any() else 1.0
    return np.asarray(residual / np.maximum(spread, max(0.3 * usual, 1e-4)), dtype=np.float32)


def _smoothed(picture: Grey, sigma: float) -> Grey:
    """Gaussian blur; wide ones on a reduced copy, where they cost little (a copy at a quarter of sigma loses nothing)."""
    reduction = max(1, int(sigma / 4))
    if reduction == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=np.float32)
    height, width = picture.shape
    size = (max(1, width // reduction), max(1, height // reduction))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / reduction)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def limb_picture(limb: Limb, options: FeatureOptions) -> LimbPicture:
    """Cut one limb out of the density picture, reduce and normalise it.

    Raises
    ------
    ValueError
        When `limb` is empty.
    """
    if not limb.leg.any():
        raise ValueError("the limb is empty")
    x0, y0, x1, y1 = limb.box
    side = math.sqrt(options.pixels)
    scale = min(1.0, side / math.sqrt((x1 - x0) * (y1 - y0)))
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    grey = cv2.resize(limb.density[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(limb.leg[y0:y1, x0:x1].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    seen = cv2.resize(limb.measurable[y0:y1, x0:x1].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    reach = 2 * max(1, round(options.margin * side)) + 1
    # Beyond the photo's own border there is no background to keep away from.
    usable = eroded(inside, disc(reach)) & seen
    normal = locally_normalised(np.asarray(grey, np.float32), inside, options.normalise_sigma * side)
    # 3 spreads to either side fill 0..1: more is moles and glints, whose exact depth says nothing.
    picture = np.clip(0.5 + normal / 6.0, 0.0, 1.0).astype(np.float32)
    return LimbPicture(limb.label, picture, usable, scale, (x0, y0))


def xfeat_keypoints(picture: LimbPicture, matcher: Matcher, options: FeatureOptions) -> Keypoints:
    """The strongest XFeat keypoints on the usable skin."""
    h, w = picture.grey.shape
    pad_h, pad_w = -h % NETWORK_STRIDE, -w % NETWORK_STRIDE
    padded = cv2.copyMakeBorder(picture.grey, 0, pad_h, 0, pad_w, cv2.BORDER_CONSTANT, value=0.5)
    # XFeat takes the mean of its colour channels first; three equal planes are its grey.
    feed = np.ascontiguousarray(np.broadcast_to(padded, (1, 3, *padded.shape)), dtype=np.float32)
    descriptors, logits, reliability = matcher.xfeat.run(["desc", "kpt", "rel"], {"x": feed})
    strength = _keypoint_strength(logits[0], reliability[0, 0], options.keypoint_threshold)
    peaks = (strength == cv2.dilate(strength, np.ones((5, 5), np.uint8))) & (strength > 0)
    peaks[:h, :w] &= picture.usable
    peaks[h:] = False
    peaks[:, w:] = False
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-strength[rows, columns], kind="stable")[: options.keypoints]
    xy = np.stack([columns[order], rows[order]], axis=1).astype(np.float32)
    return Keypoints(xy, _sampled_descriptors(descriptors[0], xy, padded.shape), (h, w))


def _keypoint_strength(logits: NDArray[np.float32], reliability: Grey, threshold: float) -> Grey:
    """Keypoint probability times reliability at full size, 0 where the probability is below the threshold."""
    exponent = cv2.exp((logits - logits.max(axis=0)).reshape(len(logits), -1)).reshape(logits.shape)
    probability = exponent[:-1] / exponent.sum(axis=0)
    rows, columns = reliability.shape
    heat = probability.reshape(CELL, CELL, rows, columns).transpose(2, 0, 3, 1).reshape(rows * CELL, columns * CELL)
    trust = cv2.resize(reliability, (columns * CELL, rows * CELL), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(heat > threshold, heat * trust, 0.0), dtype=np.float32)


def _sampled_descriptors(field: NDArray[np.float32], xy: PointsXY, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Unit descriptors (N, 64) read bicubically from the (64, H/8, W/8) field.

    XFeat samples with align_corners=False on positions divided by (size - 1): the cell position is x / (W - 1) * W / 8 - 0.5.
    """
    if not len(xy):
        return np.zeros((0, len(field)), np.float32)
    field = field / np.maximum(np.linalg.norm(field, axis=0, keepdims=True), 1e-12)
    extent = np.asarray([shape[1] - 1, shape[0] - 1], np.float32)
    cells = xy / extent * np.asarray([field.shape[2], field.shape[1]], np.float32) - 0.5
    whole = np.floor(cells)
    weights = _cubic_weights(cells - whole)
    sampled = np.zeros((len(xy), len(field)), np.float32)
    for j in range(4):
        row = np.clip(whole[:, 1].astype(int) + j - 1, 0, field.shape[1] - 1)
        for i in range(4):
            column = np.clip(whole[:, 0].astype(int) + i - 1, 0, field.shape[2] - 1)
            sampled += (weights[:, 1, j] * weights[:, 0, i])[:, None] * field[:, row, column].T
    return np.asarray(sampled / np.maximum(np.linalg.norm(sampled, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _cubic_weights(t: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of the four neighbours under cubic convolution (Keys 1981, a = -0.75 as torch's bicubic has it), (..., 4)."""
    a = -0.75
    distance = np.stack([1 + t, t, 1 - t, 2 - t], axis=-1)
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return np.asarray(np.where(distance <= 1, near, far), dtype=np.float32)


def lighterglue_matches(before: Keypoints, after: Keypoints, matcher: Matcher, options: FeatureOptions) -> Matches:
    """Mutually best assignments above the probability threshold."""
    if len(before.xy) < 2 or len(after.xy) < 2:
        return Matches(np.zeros((0, 2), np.intp), np.zeros(0, np.float32))
    feed = {
        "k0": _centred(before)[None],
        "k1": _centred(after)[None],
        "d0": before.descriptors[None],
        "d1": after.descriptors[None],
    }
    assignment = matcher.lighterglue.run(["s"], feed)[0][0, :-1, :-1]
    return mutual_best(assignment, math.log(options.match_probability))


def _centred(points: Keypoints) -> NDArray[np.float32]:
    size = np.asarray([points.shape[1], points.shape[0]], np.float32)
    return np.asarray((points.xy - size / 2) / (size.max() / 2), dtype=np.float32)


def mutual_best(log_score: NDArray[np.float32], least: float) -> Matches:
    """Pairs that are each other's best and score at least `least` (natural logarithm)."""
    best_after, best_before = log_score.argmax(axis=1), log_score.argmax(axis=0)
    rows = np.arange(len(log_score))
    keep = (best_before[best_after] == rows) & (log_score[rows, best_after] > least)
    pairs = np.stack([rows[keep], best_after[keep]], axis=1)
    return Matches(pairs, np.asarray(np.exp(log_score[pairs[:, 0], pairs[:, 1]]), dtype=np.float32))


def sift_keypoints(picture: LimbPicture, options: FeatureOptions) -> Keypoints:
    """RootSIFT keypoints and descriptors on the usable skin."""
    sift = cv2.SIFT.create(nfeatures=2 * options.keypoints, contrastThreshold=options.sift_contrast)
    image = np.asarray(np.rint(picture.grey * 255), dtype=np.uint8)
    found, descriptors = sift.detectAndCompute(image, picture.usable.astype(np.uint8))
    if len(found) == 0:
        return Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), picture.usable.shape)
    xy = np.asarray([point.pt for point in found], np.float32)
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-12))
    return Keypoints(xy, np.asarray(root, dtype=np.float32), picture.usable.shape)


def sift_matches(before: Keypoints, after: Keypoints, options: FeatureOptions) -> Matches:
    """Mutual nearest RootSIFT neighbours that beat the second best clearly."""
    if len(before.xy) < 2 or len(after.xy) < 2:
        return Matches(np.zeros((0, 2), np.intp), np.zeros(0, np.float32))
    # In place: with 3,000 keypoints each such array is 36 MiB.
    distance = before.descriptors @ after.descriptors.T
    distance *= -2
    distance += 2
    np.sqrt(np.maximum(distance, 0, out=distance), out=distance)
    rows, nearest = np.arange(len(distance)), distance.argmin(axis=1)
    # Down the columns OpenCV looks twice as fast as NumPy.
    nearest_back = cv2.reduceArgMin(distance, 0)[0]
    best = distance[rows, nearest]
    distance[rows, nearest] = np.inf
    ratio = best / np.maximum(distance.min(axis=1), 1e-6)
    keep = (nearest_back[nearest] == rows) & (ratio < options.sift_ratio)
    return Matches(np.stack([rows[keep], nearest[keep]], axis=1), np.asarray(1 - ratio[keep], dtype=np.float32))
