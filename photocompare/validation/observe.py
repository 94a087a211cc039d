"""Renders one pair, runs the whole tool on its files, and scores what it left against the truth."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.errors import PhotocompareError
from photocompare.base.estimate import Estimate
from photocompare.base.flags import Severity
from photocompare.comparison import compare
from photocompare.phantom import PairFacts, PhantomPair, render_pair
from photocompare.phantom.facts import VisitFacts
from photocompare.photo.reading import read_photos
from photocompare.registration.resampling import sampled_at
from photocompare.report.files.comparison_files import write_comparison
from photocompare.results.comparison import Comparison
from photocompare.results.result_json import result_of
from photocompare.validation.plan import PairCase, Pairing
from photocompare.validation.rows import FAULT, Compared, Row
from photocompare.veins.classes import ASSESSED_FATES, CALIBRES

Grey8 = NDArray[np.uint8]

VEIN_TOLERANCE_PX = 3
"""How far a vein's mask may lie from the true one: about half a millimetre's blur and the mask's own border."""

STAIN_TOLERANCE_PX = 8
"""Likewise for stains, whose borders are soft over a millimetre."""

LEAST_TRUE_PX = 400
"""Below this much true mask precision and recall say nothing; the false area is counted instead."""

_HALF = 127
"""Of a picture's 255: more looks see a vein there than not."""

_LIGHT_BLUR_PX = 3.0
"""Gaussian that takes noise and pores out before two photos' colours are compared."""


def photo_paths(case: PairCase, pool: Path) -> tuple[Path, Path]:
    """Where a pair's photos are kept while wrong pairings need them."""
    return pool / f"{case.number:05d}-before.jpg", pool / f"{case.number:05d}-after.jpg"


def keep_photos(pair: PhantomPair, case: PairCase, pool: Path) -> None:
    """Put a pair's photos into the pool."""
    for path, data in zip(photo_paths(case, pool), (pair.before_jpeg, pair.after_jpeg), strict=True):
        path.write_bytes(data)


def observe_pair(case: PairCase, key: str, pool: Path | None) -> Row:
    """Render a pair, measure it through its files, score it; its photos stay in `pool` when there is one."""
    pair = render_pair(case.facts)
    if pool is not None:
        keep_photos(pair, case, pool)

    def named(**told: Any) -> Row:
        facts = case.facts
        why = facts.why if case.expect == "refuse" else ""
        return Row(key, "pair", facts.kind, why, case.ranges, case.number, facts.seed, case.expect, conditions=conditions_of(case), **told)

    with tempfile.TemporaryDirectory(prefix="photocompare-study-") as folder:
        home = Path(folder)
        photos = home / "before.jpg", home / "after.jpg"
        for path, data in zip(photos, (pair.before_jpeg, pair.after_jpeg), strict=True):
            path.write_bytes(data)
        scale = float(pair.truth["mm_per_px_front_before"]) if case.scale_given else None
        return _observed(photos, named, scale=scale, pair=pair, home=home)


def observe_pairing(pairing: Pairing, key: str, pool: Path) -> Row:
    """Measure two photos of different legs, which must be refused."""
    first, second = pairing.before, pairing.after

    def named(**told: Any) -> Row:
        ranges = first.ranges if first.ranges == second.ranges else "mixed"
        conditions = {"melanin": first.facts.melanin, "melanin_after": second.facts.melanin}
        return Row(key, "pairing", "pairing", "other", ranges, pairing.number, first.facts.seed, "refuse", conditions=conditions, **told)

    return _observed((photo_paths(first, pool)[0], photo_paths(second, pool)[1]), named)


def _observed(
    photos: tuple[Path, Path],
    named: Callable[..., Row],
    *,
    scale: float | None = None,
    pair: PhantomPair | None = None,
    home: Path | None = None,
) -> Row:
    """The row of two files; scored against the pair's truth when there is one to score."""
    try:
        comparison = compare(*read_photos(list(photos)), mm_per_px=scale)
        refusals = tuple(flag.code for flag in comparison.reasons if flag.severity is Severity.REFUSE)
        told: dict[str, Any] = {"status": comparison.status, "refusals": refusals}
        if comparison.skin is not None:
            told["skin_group"] = comparison.skin.group or ""
        if comparison.outcome is None or pair is None or home is None or pair.truth["expect"] == "refuse":
            return named(**told)
        write_comparison(comparison, home / "result")
        return named(**told, numbers=_numbers(comparison, pair.truth), figures=score(comparison, home / "result", pair))
    except PhotocompareError as error:
        return named(status="unreadable", refusals=(type(error).__name__,))
    except Exception as error:  # noqa: BLE001 - a study has to count what the program fails on, and go on
        return named(status=FAULT, refusals=(f"{type(error).__name__}: {error}",))


def _direction(visit: VisitFacts) -> NDArray[np.float64]:
    """Where the camera stands, seen from the limb."""
    turn, tilt = math.radians(visit.turn_deg), math.radians(visit.tilt_deg)
    return np.array([-math.sin(turn) * math.cos(tilt), math.sin(tilt), math.cos(turn) * math.cos(tilt)])


def _angle_deg(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    cosine = float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))
    return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))


def conditions_of(case: PairCase) -> dict[str, float]:
    """How a pair was photographed, by which results are grouped.

    `melanin` (melanosome fraction); `view_angle_deg` (between the two viewing directions, on the limb), `roll_deg` (in the picture
    plane), `distance_percent`; `light_angle_deg` (between the lights' directions), `exposure_stops`, `white_balance_percent` (largest
    change of a gain); `stain`, `new_veins`, `trapped` (how much of each), `scale_given` (0 or 1).
    """
    facts: PairFacts = case.facts
    a, b = facts.before, facts.after
    gains = [abs(math.log(x / y)) for x, y in zip(a.gains, b.gains, strict=True)]
    conditions = {
        "melanin": facts.melanin,
        "view_angle_deg": _angle_deg(_direction(a), _direction(b)),
        "roll_deg": abs(a.roll_deg - b.roll_deg),
        "distance_percent": 100 * abs(math.log(a.distance_factor / b.distance_factor)),
        "light_angle_deg": _angle_deg(np.array(a.light_xyz), np.array(b.light_xyz)),
        "exposure_stops": abs(math.log2(a.skin_level / b.skin_level)),
        "white_balance_percent": 100 * max(gains),
        "stain": facts.stain,
        "new_veins": facts.matting + facts.grown_clusters,
        "trapped": facts.trapped,
        "scale_given": case.scale_given,
    }
    return {name: float(value) for name, value in conditions.items()}


def _numbers(comparison: Comparison, truth: dict[str, Any]) -> dict[str, Compared]:
    """The percentages beside their truth; a part that has no truth or no estimate is NaN there."""
    outcome = comparison.outcome
    assert outcome is not None
    seen = truth["observer"]
    found: dict[str, tuple[float | None, Estimate]] = {
        "length": (seen["clearance_length"], outcome.length),
        "area": (seen["clearance_area"], outcome.area),
        "contrast": (seen["clearance_contrast"], outcome.contrast),
        "net_change": (seen["net_change"], outcome.net_change),
        **{name: (seen[name], outcome.by_calibre[name].clearance) for name in CALIBRES if name in outcome.by_calibre},
    }
    return {
        name: Compared(math.nan if true is None else float(true), estimate.value, estimate.low, estimate.high)
        for name, (true, estimate) in found.items()
    }


def score(comparison: Comparison, result: Path, pair: PhantomPair) -> dict[str, float]:
    """Figures of a measured pair, from the files that the tool left: those of the functions below and `vein_mm_before`."""
    mm_per_px = float(pair.truth["mm_per_px_front_before"])
    figures = registration_figures(comparison, result, pair, mm_per_px)
    figures |= mask_figures(result, pair, mm_per_px)
    figures["skin_delta_e"] = light_left_over(result)
    figures["fate_l1"] = fate_l1(comparison, pair.truth)
    figures["vein_mm_before"] = float(pair.truth["observer"]["before_mm"])
    return figures


def registration_figures(comparison: Comparison, result: Path, pair: PhantomPair, mm_per_px: float) -> dict[str, float]:
    """True error of the written map at the phantom's corresponding points, and the claimed one, in mm at the limb's front.

    `tre_median_mm`, `tre_p95_mm` (target registration error, Fitzpatrick & West, IEEE TMI 2001;20:917), `tre_share` (of points that have a
    map), `tre_claimed_median_mm`, `tre_claimed_p95_mm`.
    """
    with np.load(result / "registration.npz") as written:
        grid, step = written["map_xy"].astype(np.float32), float(written["step"])
    points = np.asarray(pair.truth["points_before_xy_after_xy"], np.float32)
    where = points[:, :2] / np.float32(step)
    found = sampled_at(grid, where[:, :1].copy(), where[:, 1:2].copy(), beyond="edge")[:, 0]
    error = np.linalg.norm(found - points[:, 2:], axis=1)
    known = error[np.isfinite(error)]
    figures = result_of(comparison).registration
    if figures is None:
        raise ValueError("a pair without a map has no registration to score")
    return {
        "tre_median_mm": float(np.median(known)) * mm_per_px if len(known) else math.nan,
        "tre_p95_mm": float(np.percentile(known, 95)) * mm_per_px if len(known) else math.nan,
        "tre_share": len(known) / len(error) if len(error) else math.nan,
        "tre_claimed_median_mm": float(figures.error_px_median or math.nan) * mm_per_px,
        "tre_claimed_p95_mm": float(figures.error_px_p95 or math.nan) * mm_per_px,
    }


def overlap(found: NDArray[np.bool_], true: NDArray[np.bool_], tolerance_px: int) -> tuple[float, float]:
    """Precision and recall of a mask, forgiving a tolerance; NaN where there is nothing to be precise about."""
    side = 2 * tolerance_px + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))

    def share(of: NDArray[np.bool_], near: NDArray[np.bool_]) -> float:
        around = cv2.dilate(near.astype(np.uint8), disc) > 0
        return float(np.count_nonzero(of & around) / np.count_nonzero(of)) if of.any() else math.nan

    return share(found, true), share(true, found)


def mask_figures(result: Path, pair: PhantomPair, mm_per_px: float) -> dict[str, float]:
    """Precision and recall of the vein and stain masks; where there is next to nothing to find, the falsely marked area in mm2."""
    figures: dict[str, float] = {}
    field = _picture(result / "field.png", cv2.IMREAD_GRAYSCALE) > 0
    figures["field_share"] = float(np.count_nonzero(field) * mm_per_px**2 / pair.truth["shared_mm2"])
    for which in ("before", "after"):
        for name, file, tolerance in (("vein", "veins", VEIN_TOLERANCE_PX), ("stain", "pigment", STAIN_TOLERANCE_PX)):
            found = _picture(result / f"{file}_{which}.png", cv2.IMREAD_GRAYSCALE) > _HALF
            true = pair.masks[f"{'veins' if name == 'vein' else name}_{which}"]
            if which == "before":
                true = true & field
            if np.count_nonzero(true) < LEAST_TRUE_PX:
                figures[f"{name}_{which}_false_mm2"] = float(np.count_nonzero(found)) * mm_per_px**2
                continue
            precision, recall = overlap(found, true, tolerance)
            # What was not marked at all was not marked precisely either: 0, as nothing right was found.
            figures[f"{name}_{which}_precision"] = 0.0 if math.isnan(precision) else precision
            figures[f"{name}_{which}_recall"] = recall
    return figures


def light_left_over(result: Path) -> float:
    """Median CIE76 difference of the two normalised photos over the shared field: what is left of the light."""
    field = _picture(result / "field.png", cv2.IMREAD_GRAYSCALE) > 0

    def lab(name: str) -> NDArray[np.float32]:
        picture = cv2.GaussianBlur(_picture(result / name, cv2.IMREAD_COLOR), (0, 0), _LIGHT_BLUR_PX)
        return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB), np.float32)

    if not field.any():
        return math.nan
    return float(np.median(np.linalg.norm(lab("before_normalised.png") - lab("after_normalised.png"), axis=2)[field]))


def fate_l1(comparison: Comparison, truth: dict[str, Any]) -> float:
    """Half the sum of absolute differences between the fates' shares of the baseline's expected length, percent: 0 all right."""
    assert comparison.outcome is not None
    lengths = comparison.outcome.fate_px, truth["observer"]["fate_mm"]
    totals = [math.fsum(float(length[fate]) for fate in ASSESSED_FATES) for length in lengths]
    if not all(totals):
        return math.nan
    found, true = lengths
    return 50 * math.fsum(abs(found[fate] / totals[0] - float(true[fate]) / totals[1]) for fate in (*ASSESSED_FATES, "darkened"))


def _picture(path: Path, how: int) -> Grey8:
    picture = cv2.imread(str(path), how)
    if picture is None:
        raise RuntimeError(f"{path.name} was not written")
    return np.asarray(picture, np.uint8)
