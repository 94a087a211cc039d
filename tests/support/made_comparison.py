"""A comparison made by hand: a painted leg, a known map, pieces with known fates.  No stage of the measurement takes part."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.colour import linear_from_srgb8
from photocompare.base.estimate import Estimate
from photocompare.base.flags import RaisedFlag, raised, worst_first
from photocompare.clearance.outcome import CalibreOutcome, Outcome, PigmentOutcome
from photocompare.leg.scale import Scale
from photocompare.leg.tone import SkinTone
from photocompare.registration import Registration
from photocompare.results.comparison import Comparison, Measured, PhotoRecord, Pictures, Provenance
from photocompare.results.reference_band import judge_against_band
from photocompare.results.timing import Timing
from photocompare.veins.fate import Fate, FatedVeinPiece, PieceContrasts
from photocompare.veins.pieces import VeinPiece

MM_PER_PX = 0.12
SKIN = (214, 172, 148)
FATES_IN_TURN: tuple[Fate, ...] = ("cleared", "cleared", "stained", "faded", "residual", "new", "not_assessable", "darkened")

SHARES: dict[Fate, dict[Fate, float]] = {
    "cleared": {"cleared": 0.85, "faded": 0.1},
    "stained": {"stained": 0.8, "residual": 0.1},
    "faded": {"cleared": 0.35, "faded": 0.5},
    "residual": {"cleared": 0.1, "residual": 0.8},
    "new": {"new": 0.9},
    "not_assessable": {"not_assessable": 0.95},
    "darkened": {"residual": 0.4, "darkened": 0.5},
}
"""Of a piece's length, by its largest: seen before 0.95, 0.9, 0.85, 0.9, 0, 0.95, 0.4; after 0.1, 0.1, 0.5, 0.8, 0.9, 0, 0.9."""


def similarity(shape: tuple[int, int], turn_degrees: float, scale: float, shift_xy: tuple[float, float]) -> NDArray[np.float32]:
    """A map that turns and scales about the centre, then shifts."""
    h, w = shape
    turn = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), turn_degrees, scale) + np.array([[0, 0, shift_xy[0]], [0, 0, shift_xy[1]]])
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    return np.dstack([turn[0, 0] * x + turn[0, 1] * y + turn[0, 2], turn[1, 0] * x + turn[1, 1] * y + turn[1, 2]]).astype(np.float32)


def pieces(shape: tuple[int, int]) -> list[FatedVeinPiece]:
    h, w = shape
    made = []
    for number, fate in enumerate(FATES_IN_TURN):
        col = np.linspace(0.25 * w, 0.75 * w, 200)
        row = h * (0.2 + 0.08 * number) + 0.02 * h * np.sin(col / w * 20 + number)
        path = np.column_stack([row, col])
        length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        piece = VeinPiece(path.astype(np.float32), length, 3.0 if number % 2 else 12.0, 4.5)
        made.append(FatedVeinPiece(piece, fate, {name: share * length for name, share in SHARES[fate].items()}))
    return made


def _painted(shape: tuple[int, int], drawn: list[FatedVeinPiece]) -> NDArray[np.uint8]:
    image = np.full((*shape, 3), SKIN, np.uint8)
    image[:, : shape[1] // 8] = (70, 90, 130)
    for piece in drawn:
        cv2.polylines(image, [np.rint(piece.points[:, ::-1]).astype(np.int32)], False, (150, 80, 100), 3, cv2.LINE_AA)
    return image


def _mask(shape: tuple[int, int], drawn: list[FatedVeinPiece]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.uint8)
    for piece in drawn:
        cv2.polylines(mask, [np.rint(piece.points[:, ::-1]).astype(np.int32)], False, 1, 3)
    return mask > 0


def _shares(shape: tuple[int, ...], drawn: list[FatedVeinPiece], when: str) -> NDArray[np.float32]:
    """Share of looks that see a vein at each pixel."""
    return np.maximum.reduce([np.float32(getattr(piece, when)) * _mask(shape, [piece]) for piece in drawn])


NO_SCALE = Scale(None, None, math.nan, "none")


def registration_of(map_xy: NDArray[np.float32], shared: NDArray[np.bool_], factor: float = 0.5) -> Registration:
    """A map with a shared field, and claims that read 0.61 and 1.9 full pixels."""
    error = np.full(shared.shape, np.nan, np.float32)
    return Registration(map_xy, error, 0.61 * factor, 1.9 * factor, shared, 0.9, 1.05, 300, "xfeat+lighterglue", (1, 1), ())


def make_pictures(full: tuple[int, int] = (400, 300), factor: float = 0.5, map_xy: NDArray[np.float32] | None = None) -> Pictures:
    """Before and after of the same size; the working frames are `factor` of it."""
    shape = (round(full[0] * factor), round(full[1] * factor))
    drawn = pieces(shape)
    before = _painted(shape, [p for p in drawn if p.fate != "new"])
    after = _painted(shape, [p for p in drawn if p.fate in ("residual", "new", "darkened")])
    shared = np.zeros(shape, bool)
    shared[shape[0] // 10 : -shape[0] // 10, shape[1] // 6 : -shape[1] // 6] = True
    if map_xy is None:
        map_xy = similarity(shape, 4.0, 1.05, (3.0, -2.0))
    map_xy = np.where(shared[..., np.newaxis], map_xy, np.float32(np.nan))
    after_linear = linear_from_srgb8(after)
    after_linear[:5] = np.nan
    measured = Measured(
        before_normalised=linear_from_srgb8(before),
        after_normalised=after_linear,
        veins_before=_shares(shape, drawn, "seen_before") * shared,
        veins_after=_shares(shape, drawn, "seen_after") * shared,
        pigment_before=np.zeros(shape, bool),
        pigment_after=_mask(shape, drawn[2:3]) & shared,
        pieces=drawn,
    )
    enlarged = [cv2.resize(image, full[::-1], interpolation=cv2.INTER_LINEAR) for image in (before, after)]
    return Pictures(enlarged[0], enlarged[1], factor, factor, registration_of(map_xy, shared, factor), measured)


def make_comparison(
    *codes: str, pictures: Pictures | None = None, length: Estimate | None = None, scale: Scale | None = None
) -> Comparison:
    """A measured pair with the flags of those codes; a code that refuses takes its numbers away."""
    pictures = pictures or make_pictures()
    assert pictures.measured is not None
    assert pictures.registration is not None
    timing = Timing(84, "assessment")
    reasons = worst_first([flag(code) for code in codes])
    fate_px: dict[str, float] = {}
    for piece in pictures.measured.pieces:
        for fate, px in piece.shares.items():
            fate_px[fate] = fate_px.get(fate, 0.0) + px / pictures.factor_before
    length = length or Estimate(61.25, 48.3, 72.04, "%", causes={"noise": 9.04, "threshold": 4.96})
    outcome = Outcome(
        length=length,
        area=Estimate(55.0, 41.0, 66.0, "%"),
        contrast=Estimate(-3.0, -20.0, 12.0, "%"),
        net_change=Estimate(-41.0, -55.0, -30.0, "%"),
        by_calibre={
            "telangiectasia": CalibreOutcome(Estimate(70.0, 60.0, 80.0, "%"), 1200.0),
            "reticular": CalibreOutcome(Estimate.failed("%"), 0.0),
        },
        fate_px=fate_px,
        pigment=PigmentOutcome(100.0, 900.0, 850.0, 50.0, 12.34),
    )
    comparison = Comparison(
        reasons=(),
        scale=scale or Scale(MM_PER_PX, MM_PER_PX, 0.01, "card"),
        skin=SkinTone(38.1, 39.0),
        outcome=outcome,
        timing=timing,
        benchmark=judge_against_band(length, timing),
        before=PhotoRecord("a" * 64, *pictures.before.shape[1::-1], {"focus": np.float32(0.81234), "glare_share": float("nan")}),
        after=PhotoRecord("b" * 64, *pictures.after.shape[1::-1], {}),
        provenance=Provenance("0.1.0", "standard", "c" * 64, {"read": 0.2, "register": 1.1}),
        pictures=pictures,
    )
    if any(r.severity.value == "refuse" for r in reasons):
        refused = dataclasses.replace(pictures, measured=None, registration=None)
        return dataclasses.replace(
            comparison,
            reasons=reasons,
            outcome=None,
            skin=None,
            pictures=refused,
            benchmark=judge_against_band(None, timing),
        )
    return dataclasses.replace(comparison, reasons=reasons)


def flag(code: str) -> RaisedFlag:
    """The flag `code`, or `code:before`."""
    name, _, which = code.partition(":")
    return raised(name, which)


def with_contrasts(comparison: Comparison) -> Comparison:
    """The made comparison with contrasts of its baseline pieces and an error map."""
    pictures = comparison.pictures
    assert pictures.measured is not None
    assert pictures.registration is not None
    count = sum(p.fate != "new" for p in pictures.measured.pieces)
    rng = np.random.default_rng(5)
    before, after = rng.uniform(3, 6, (2, count)), rng.uniform(0, 4, (2, count))
    contrasts = PieceContrasts(before, after, after, np.zeros(count), rng.uniform(0, 1, count), rng.uniform(0, 9, count), np.zeros(count))
    measured = dataclasses.replace(pictures.measured, contrasts=contrasts, px_per_mm=4.2)
    error = np.full(pictures.registration.shared.shape, 0.7, np.float32)
    registration = dataclasses.replace(pictures.registration, error_px=error)
    return dataclasses.replace(comparison, pictures=dataclasses.replace(pictures, measured=measured, registration=registration))
