"""Whether one picture is two photos joined side by side or one above the other, and where to cut it.

A join made on a computer is one straight line along a whole column (or row) of pixels, from edge to edge, at which every part of
the picture changes at once, within a pixel or two.  The lens, the hand and the leg itself leave no such line in a single photo: its
straight edges end at the leg, lean by more than a pixel over the frame, or go on beyond the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8
from photocompare.base.colour import linear_from_srgb8
from photocompare.photo.decoding.call import DEFAULT_LIMITS

Axis = Literal["columns", "rows"]
F32 = NDArray[np.float32]

REACH_PX = 1
"""Columns to either side of a step that are passed over when it is judged: a join that was resized is spread over two or three."""

RIM_PX = 4
"""Columns that stand for one side of a seam, and that its own step spreads over in the reading of its surroundings."""

SURROUNDINGS_PX = 32
"""Columns to either side whose own steps a step is held against: four JPEG blocks."""

SKIN_SIDE_PX = 240
"""Long side of the copy in which skin is counted: a share is wanted, no outline."""

BLACK_LEVEL = 0.004
"""Linear light added before logarithms, as in `photocompare.leg.skin`."""

GREEN_DROP, REDNESS, BLUE_WEIGHT = 0.05, 0.15, 0.4
"""Least ln(R/G) of skin, least ln(R/G) + 0.4 ln(G/B): the limits that `photocompare.leg.skin` derives for any tone under any lamp."""


@dataclass(frozen=True)
class CollageOptions:
    """How a seam is told from an edge in a photo.

    Parameters
    ----------
    long_side_px : int
        Long side of the reduced copy that is searched; the cut is then placed in full pixels.
    bands : int
        Parts into which the seam's length is divided, each judged alone.  With 32 a band is some 40 rows: texture averages out, a
        step along the column stays.
    middle : float
        Share of the side from either end in which no seam is looked for.  A wide photo (16:9) beside a tall one (9:16) of equal height
        is cut at 0.24, just beyond it; usual formats (3:4 and 4:3) at 0.36.
    ends : int
        Bands at the two ends together that may lack the seam, for a strip with a label: an eighth of the length.
    step_over_texture : float
        A step counts where it is so many times the mean step of the columns around it; 4 is what Gaussian texture reaches once in
        fifteen thousand.
    floor_codes : float
        Added to that mean, 8-bit codes: what JPEG's rounding leaves in a band's mean.  A step below 2 codes then never counts.
    seam_share, second_edge : float
        Least share of the bands with a step at the same column (single photos of legs reach 0.43 at most, `docs/method.md`); and for
        the other edge of a gap, which does not show where the photo beside it has the gap's colour.
    on_line : float
        Least share of a seam's steps, in each third of its length, that lies on its own columns and the next; the rest lies within 4
        columns of them.  Steps without any order put a third there; an edge that leans wanders off at one end.
    wanders : float
        Most columns by which the middle of its steps may differ between the thirds, and half the width of a line more, of which
        either side may show: over 1600 rows an edge that leans by 0.06 degrees does.
    gap_codes, gap_share : float
        A gap has one colour: so many of its columns' bands lie within so many 8-bit codes of it.  JPEG rings by more at its two edges.
    widest_gap : float
        Share of the side.
    differs_share, gap_differs_share : float
        Least share of the bands in which the two sides differ by more than the same distance does within them, without and with a gap.
        With a gap two plain backgrounds may be alike in most bands; a line drawn over one photo has next to none.
    continues : float
        Correlation of the fine detail along the two sides of a gap above which one photo goes on behind it.
    least_skin : float
        Least share of skin-coloured pixels in each picture.
    skin_ratio : float
        Most that these shares may differ by.
    rival, least_photo : float
        A second seam whose share of bands comes this near to the best's makes the picture one of more than two, if it runs across
        the first or leaves this share of the side between the two; nearer by, no photo fits in, and the one nearest the middle counts.
    """

    long_side_px: int = 1600
    bands: int = 32
    middle: float = 0.25
    ends: int = 4
    step_over_texture: float = 4.0
    floor_codes: float = 0.5
    seam_share: float = 0.6
    second_edge: float = 0.3
    on_line: float = 0.45
    wanders: float = 1.1
    gap_codes: float = 6.0
    gap_share: float = 0.85
    widest_gap: float = 0.06
    differs_share: float = 0.5
    gap_differs_share: float = 0.2
    continues: float = 0.5
    least_skin: float = 0.08
    skin_ratio: float = 6.0
    rival: float = 0.25
    least_photo: float = 0.2


@dataclass(frozen=True)
class Cut:
    """Where one picture ends and the next begins.

    Parameters
    ----------
    axis : "columns" or "rows"
        "columns": side by side, cut between two columns; "rows": one above the other.
    at : float
        Share of the width (or height) at which the first picture ends, in (0, 1).
    resumes : float
        Where the second begins, `at` or more: a gap or a line between them is left out.
    confidence : float
        Share of the seam's length at which the step is seen, 0..1.
    """

    axis: Axis
    at: float
    resumes: float
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if self.axis not in ("columns", "rows"):
            raise ValueError(f"axis must be 'columns' or 'rows', not {self.axis!r}")
        if not 0 < self.at <= self.resumes < 1:
            raise ValueError(f"a cut needs 0 < at <= resumes < 1, not {self.at} and {self.resumes}")


@dataclass(frozen=True)
class _Seam:
    """A candidate, in columns of the reduced copy: the first picture's are before `end`, the second's from `start` on."""

    end: int
    start: int
    share: float


@dataclass(frozen=True)
class _Bands:
    """Mean colours (bands, W, 3) and where a step stands out (bands, W), without the bands that a label may fill."""

    means: F32
    hit: NDArray[np.bool_]


DEFAULT_OPTIONS = CollageOptions()


def find_collage(encoded: SRGB8, *, options: CollageOptions = DEFAULT_OPTIONS) -> Cut | None:
    """The cut of a picture that is a collage of two photos of skin; None for a single photo, more than two, or two too small to read.

    Parameters
    ----------
    encoded : ndarray of uint8, shape (H, W, 3)
        sRGB-encoded.
    options : CollageOptions
    """
    factor = min(1.0, options.long_side_px / max(encoded.shape[:2]))
    size = tuple(max(1, round(side * factor)) for side in encoded.shape[1::-1])
    reduced = encoded if factor == 1.0 else np.asarray(cv2.resize(encoded, size, interpolation=cv2.INTER_AREA), np.uint8)
    axes: tuple[Axis, ...] = ("columns", "rows")
    found = {axis: _seams(upright(reduced, axis), options) for axis in axes}
    axis = max(axes, key=lambda one: max((seam.share for seam in found[one]), default=0.0))
    turned = upright(reduced, axis)
    seam = _chosen(found[axis], found["rows" if axis == "columns" else "columns"], turned.shape[1], options)
    if seam is None or not _both_show_skin(turned, seam, options):
        return None
    picture = upright(encoded, axis)
    length = picture.shape[1]
    end, start = _placed(picture, seam, length / turned.shape[1], options.bands)
    if min(end, length - start, len(picture)) < DEFAULT_LIMITS.min_side:
        return None
    return Cut(axis, end / length, start / length, seam.share)


def _chosen(along: list[_Seam], across: list[_Seam], width: int, options: CollageOptions) -> _Seam | None:
    """The seam of two photos; None where there is none, or where the picture is one of more than two."""
    if not along:
        return None
    best = max(seam.share for seam in along)
    if any(seam.share > best - options.rival for seam in across):
        return None
    rivals = [seam for seam in along if seam.share > best - options.rival]
    if rivals[-1].end - rivals[0].end >= options.least_photo * width:
        return None
    return min(rivals, key=lambda seam: abs(seam.end + seam.start - width))


def upright(picture: SRGB8, axis: Axis) -> SRGB8:
    """The picture turned so that its seam runs down a column; its own inverse."""
    return picture if axis == "columns" else picture.transpose(1, 0, 2)


def _band_means(picture: SRGB8, bands: int) -> F32:
    """Mean colour of each column within each band of rows, (bands, W, 3), 8-bit codes."""
    rows = [(part[0], part[-1] + 1) for part in np.array_split(np.arange(len(picture)), bands)]
    strips = (np.ascontiguousarray(picture[top:end]) for top, end in rows)
    return np.stack([np.asarray(cv2.reduce(strip, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[0], np.float32) for strip in strips])


def _seams(picture: SRGB8, options: CollageOptions) -> list[_Seam]:
    """Lines along a column that part the picture from top to bottom."""
    height, width = picture.shape[:2]
    if height < options.bands or width < 2 * SURROUNDINGS_PX:
        return []
    means = _band_means(picture, options.bands)
    hit = _stands_out(means, options)
    share = _share_of_bands(hit, options.ends)
    inner = slice(options.ends, options.bands - options.ends)
    bands = _Bands(means[inner], hit[inner])
    faint = [edge for edge in _edges(share, options.second_edge) if _is_straight(bands, edge, options)]
    seams: list[_Seam] = []
    for edge in _edges(share, options.seam_share):
        low, high = _with_gap(edge, faint, bands, options)
        middle = (low + high + 1) / 2 / width
        if any(low <= known.start and high >= known.end for known in seams) or not options.middle <= middle <= 1 - options.middle:
            continue
        seam = _Seam(low + REACH_PX + 1, max(low + REACH_PX + 1, high), float(share[low : high + 1].max()))
        if _is_straight(bands, edge, options) and _parts(means, picture, seam, options):
            seams.append(seam)
    return seams


def _stands_out(means: F32, options: CollageOptions) -> NDArray[np.bool_]:
    """Where a band's step over a column (and the one after it) stands out of the steps around it, (bands, W)."""
    reach = 2 * REACH_PX + 1
    step = np.zeros(means.shape[:2], np.float32)
    step[:, REACH_PX : -REACH_PX - 1] = np.linalg.norm(means[:, reach:] - means[:, :-reach], axis=2)
    wide, own = 2 * SURROUNDINGS_PX + 1, 2 * RIM_PX + 1
    around, near = (np.asarray(cv2.boxFilter(step, -1, (size, 1), normalize=False), np.float32) for size in (wide, own))
    return np.asarray(step >= options.step_over_texture * ((around - near) / (wide - own) + options.floor_codes))


def _share_of_bands(hit: NDArray[np.bool_], ends: int) -> NDArray[np.float64]:
    """Share of the bands that have it at each column, with the best choice of up to `ends` bands left out at the two ends."""
    bands = len(hit)
    above = np.vstack([np.zeros(hit.shape[1]), np.cumsum(hit, axis=0)])
    shares = [(above[bands - low] - above[top]) / (bands - low - top) for top in range(ends + 1) for low in range(ends + 1 - top)]
    return np.asarray(np.max(shares, axis=0))


def _edges(share: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """First and last column of each run of columns with enough bands; the two sides of a line of a few pixels are one run."""
    columns = np.flatnonzero(share >= least)
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 2 * REACH_PX + 1) + 1)
    return [(int(run[0]), int(run[-1])) for run in runs if len(run)]


def _is_straight(bands: _Bands, edge: tuple[int, int], options: CollageOptions) -> bool:
    """Whether an edge stays on its own columns from end to end, wherever it is seen."""
    low, high = edge
    aside = RIM_PX - REACH_PX
    near = slice(low - aside, high + aside + 2)
    if near.start < 0 or near.stop > bands.means.shape[1] or high - low > 2 * RIM_PX:
        return False
    power = np.sum(np.diff(bands.means[:, near], axis=1) ** 2, axis=2)
    on_line = power[:, aside:-aside].sum(axis=1) / (power.sum(axis=1) + np.finfo(np.float32).eps)
    centre = (power @ np.arange(power.shape[1])) / (power.sum(axis=1) + np.finfo(np.float32).eps)
    seen = np.asarray(bands.hit[:, near].any(axis=1), np.bool_)
    parts = [part[seen[part]] for part in np.array_split(np.arange(len(seen)), 3) if seen[part].any()]
    if not parts:
        return False
    places = [float(np.median(centre[part])) for part in parts]
    line = max(0, high - low - 2 * REACH_PX)
    on_line_everywhere = min(np.median(on_line[part]) for part in parts) >= options.on_line
    return bool(on_line_everywhere and max(places) - min(places) <= options.wanders + line / 2)


def _with_gap(edge: tuple[int, int], others: list[tuple[int, int]], bands: _Bands, options: CollageOptions) -> tuple[int, int]:
    """First and last column of the seam: the edge, or all up to the farthest other edge of a gap of one colour."""
    low, high = edge
    widest = options.widest_gap * bands.means.shape[1]
    for after in reversed(others):
        if high < after[0] <= high + widest and _one_colour(bands.means[:, high : after[0]], options):
            return low, after[1]
    for ahead in others:
        if low - widest <= ahead[1] < low and _one_colour(bands.means[:, ahead[1] : low], options):
            return ahead[0], high
    return edge


def _one_colour(means: F32, options: CollageOptions) -> bool:
    """Whether the columns from one edge's last to the next one's first are one colour from top to bottom, the edges' own reach aside."""
    inside = means[:, REACH_PX + 1 : -REACH_PX]
    if inside.shape[1] == 0:
        return True
    alike = np.mean(np.abs(inside - np.median(inside, axis=(0, 1))).max(axis=2) <= options.gap_codes, axis=0)
    sure = alike[RIM_PX:-RIM_PX]
    return bool(alike.mean() >= options.gap_share and (len(sure) == 0 or sure.min() >= options.gap_share))


def _parts(means: F32, picture: SRGB8, seam: _Seam, options: CollageOptions) -> bool:
    """Whether what lies on the two sides are different things, and not one photo that goes on."""
    gap = seam.start - seam.end
    rim = np.asarray(cv2.blur(means, (RIM_PX, 1), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE))
    apart = np.linalg.norm(rim[:, gap + RIM_PX :] - rim[:, : -gap - RIM_PX], axis=2)
    own = apart[:, seam.end - RIM_PX]
    around = int(means.shape[1] / 6)
    left = apart[:, max(0, seam.end - gap - 2 * RIM_PX - around) : seam.end - gap - 2 * RIM_PX]
    right = apart[:, seam.start : seam.start + around]
    usual = np.median(np.hstack([left, right]), axis=1)
    differs = float(np.mean(own >= options.step_over_texture * (usual + options.floor_codes)))
    if gap <= 2 * REACH_PX and differs < options.differs_share:
        return False
    if differs < options.gap_differs_share:
        return False
    return gap == 0 or _detail_in_common(picture, seam, options) < options.continues


def _detail_in_common(picture: SRGB8, seam: _Seam, options: CollageOptions) -> float:
    """Correlation of the fine detail along the two sides, -1..1; 0 where there is none."""
    cut = round(len(picture) * options.ends / options.bands)
    sides = []
    for columns in (slice(seam.end - RIM_PX, seam.end), slice(seam.start, seam.start + RIM_PX)):
        line = picture[cut : len(picture) - cut, columns].astype(np.float32).mean(axis=(1, 2))
        sides.append(line - cv2.GaussianBlur(line[:, None], (0, 0), len(line) / (2 * options.bands), borderType=cv2.BORDER_REPLICATE)[:, 0])
    power = float(np.sqrt(np.sum(sides[0] ** 2) * np.sum(sides[1] ** 2)))
    return float(np.sum(sides[0] * sides[1])) / power if power > 0 else 0.0


def _both_show_skin(picture: SRGB8, seam: _Seam, options: CollageOptions) -> bool:
    """Whether both parts hold skin, about as much of it; of a grey picture only whether both hold a picture at all."""
    small = min(1.0, SKIN_SIDE_PX / max(picture.shape[:2]))
    shares = []
    for part in (picture[:, : seam.end], picture[:, seam.start :]):
        copy = np.asarray(cv2.resize(np.ascontiguousarray(part), None, fx=small, fy=small, interpolation=cv2.INTER_AREA), np.uint8)
        grey = np.ptp(copy.astype(np.int16), axis=2).max() <= options.floor_codes * RIM_PX
        shares.append(_detail_share(copy) if grey else _skin_share(copy))
    return min(shares) >= options.least_skin and max(shares) <= options.skin_ratio * min(shares)


def _skin_share(copy: SRGB8) -> float:
    """Share of the pixels whose colour can be skin's."""
    red, green, blue = np.moveaxis(np.log(linear_from_srgb8(copy) + np.float32(BLACK_LEVEL)), 2, 0)
    drop = red - green
    return float(np.mean((drop >= GREEN_DROP) & (drop + BLUE_WEIGHT * (green - blue) >= REDNESS)))


def _detail_share(copy: SRGB8) -> float:
    """Share of the pixels that are not the picture's commonest grey: next to nothing for a blank part."""
    codes = np.bincount(copy[..., 1].ravel(), minlength=256)
    return 1.0 - float(codes.max() / codes.sum())


def _placed(picture: SRGB8, seam: _Seam, scale: float, bands: int) -> tuple[int, int]:
    """The seam in full pixels: (one past the first picture's last column, the second's first column)."""
    margin = int(np.ceil((REACH_PX + 1) * scale)) + 1
    low, high = max(0, int(seam.end * scale) - margin), min(picture.shape[1], int(np.ceil(seam.start * scale)) + margin)
    means = _band_means(np.ascontiguousarray(picture[:, low:high]), bands)
    step = np.linalg.norm(np.diff(means, axis=1), axis=2).mean(axis=0)
    near_end = step[: int(np.ceil(2 * margin))]
    near_start = step[-int(np.ceil(2 * margin)) :]
    first = int(np.flatnonzero(near_end >= near_end.max() / 2)[0])
    last = len(step) - len(near_start) + int(np.flatnonzero(near_start >= near_start.max() / 2)[-1])
    return low + first + 1, low + max(first, last) + 1
