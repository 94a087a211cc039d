"""From the fates of the pieces to the numbers of the result, and the gates that they must pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask
from photocompare.base.estimate import Estimate
from photocompare.base.masks import depth_px, grown, parts_of
from photocompare.clearance.intervals import (
    ClearanceOptions,
    Counts,
    area_clearance,
    expected_clearance,
    length_clearance,
    net_change,
    unchanged_map,
)
from photocompare.veins.classes import ASSESSED_FATES, CALIBRES, FATES
from photocompare.veins.fate import FateOptions, Fates
from photocompare.veins.pieces import Veins
from photocompare.veins.pigment import Pigment
from photocompare.veins.reading import PairReading


@dataclass(frozen=True)
class OutcomeOptions:
    """When there is enough vein, and not too much, for a percentage.

    Parameters
    ----------
    clearance : ClearanceOptions
    least_runs : float
        Independent runs of vein (`ClearanceOptions.run_pieces` pieces each, 6 mm) below which there is nothing to measure: so much hair and
        mottle is taken for veins on bare skin (`docs/method.md`, "Skin without a vein").
    least_line_mm : float
        Expected length of a line of vein below which it doesn't count for these runs: specks of 2 to 9 mm are found on skin without a vein,
        beside drops and hair, and are gone in any other photo.  12 real pairs and 94 rendered ones have 5 cm and more in longer lines.
    gap_mm : float
        Gap over which a line goes on: a vein is found with gaps of its width.
    few_runs : float
        Runs below which the result is marked: at ten, one run misjudged moves the clearance by 10 points.
    most_hidden_share : float
        Share of the before photo's vein length that may lie beyond the shared field: with three quarters unseen the percentage would speak
        for a quarter of the veins.  Assumed.
    calibre_doubt : float
        How far the calibre from which a vein is reticular may be off, a ratio, either way: two renderers' own classes are met best at 0.7
        and at 1.1 mm (`VeinOptions.reticular_mm` lies between).
    most_vein_share : float
        Share of the shared field above which vein can't be told from skin: a vein is seen against as much skin on either side of it.
    """

    clearance: ClearanceOptions = field(default_factory=ClearanceOptions)
    least_runs: float = 5.0
    least_line_mm: float = 10.0
    gap_mm: float = 1.0
    few_runs: float = 10.0
    most_hidden_share: float = 0.75
    calibre_doubt: float = 1.25
    most_vein_share: float = 1 / 3


@dataclass(frozen=True)
class CalibreOutcome:
    """Clearance of length within one calibre class, and how much of it there was before, in full pixels."""

    clearance: Estimate
    before_px: float


@dataclass(frozen=True)
class PigmentOutcome:
    """Brown pigment of the hemosiderin kind: areas in full square pixels, and the stained share of baseline length in percent."""

    before_px2: float
    after_px2: float
    gained_px2: float
    faded_px2: float
    stained_percent: float


@dataclass(frozen=True)
class Outcome:
    """The numbers of a measured pair.

    Parameters
    ----------
    length, area, contrast : Estimate
        Clearance in percent, at most 100; `length` is the headline.  Below 0 where more is seen after.
    net_change : Estimate
        Change of visible vein length in percent, new veins included.
    by_calibre : mapping
        `CALIBRES` to their outcome; empty without a scale.
    fate_px : mapping
        `FATES` to expected length in full pixels.
    pigment : PigmentOutcome
    """

    length: Estimate
    area: Estimate
    contrast: Estimate
    net_change: Estimate
    by_calibre: Mapping[str, CalibreOutcome]
    fate_px: Mapping[str, float]
    pigment: PigmentOutcome


@dataclass(frozen=True)
class VeinFindings:
    """What the vein stages found, all in the before photo's working frame.

    Parameters
    ----------
    pair : PairReading
    veins : tuple of Veins
        Before, after.
    fates : Fates
    pigment : Pigment
    """

    pair: PairReading
    veins: tuple[Veins, Veins]
    fates: Fates
    pigment: Pigment


def vein_flags(findings: VeinFindings, piece_px: float, *, options: OutcomeOptions = OutcomeOptions()) -> tuple[str, ...]:
    """Codes for no vein, too little, too little in view and implausibly much of it in the before photo.

    Parameters
    ----------
    findings : VeinFindings
    piece_px : float
        Length of a piece of vein, px.
    """
    run = options.clearance.run_pieces * piece_px
    least = options.least_runs * run
    in_lines = findings.fates.only(_in_lines(findings, options))
    assessed = sum(in_lines.length_px(fate) for fate in ASSESSED_FATES)
    # By length and not by area: at a limb's shaded edge one wide vein may be read.
    lines = np.count_nonzero(findings.veins[0].centreline)
    hidden = np.count_nonzero(findings.veins[0].centreline & ~findings.pair.shared)
    if lines >= least and hidden > options.most_hidden_share * lines:
        return ("veins_out_of_view",)
    if assessed < least:
        return ("no_veins_before",)
    covered = max(np.count_nonzero(veins.mask & findings.pair.shared) for veins in findings.veins)
    if covered > options.most_vein_share * np.count_nonzero(findings.pair.shared):
        return ("implausible_veins",)
    return ("too_few_veins",) if assessed < options.few_runs * run else ()


def _in_lines(findings: VeinFindings, options: OutcomeOptions) -> NDArray[np.bool_]:
    """Which pieces of the baseline lie in lines that are long enough for a vein."""
    baseline, px_per_mm = findings.fates.baseline, findings.pair.px_per_mm
    if not baseline:
        return np.zeros(0, np.bool_)
    lines = parts_of(grown(findings.veins[0].centreline, options.gap_mm * px_per_mm / 2))
    middles = np.array([p.points[len(p.points) // 2] for p in baseline]).round().astype(np.intp)
    line = lines.labels[middles[:, 0], middles[:, 1]]
    lengths = np.bincount(line, findings.fates.expected_px)
    return np.asarray(lengths[line] >= options.least_line_mm * px_per_mm, dtype=np.bool_)


def summarise(findings: VeinFindings, reticular_px: float | None, factor: float, *, options: OutcomeOptions, fate: FateOptions) -> Outcome:
    """The numbers of a pair.

    Parameters
    ----------
    findings : VeinFindings
    reticular_px : float or None
        Calibre from which a vein is reticular, working px; None without a scale, and then there is no split by calibre.
    factor : float
        Working over full size; the outcome is in full pixels.
    options : OutcomeOptions
    fate : FateOptions
        The rules that the fates were judged by.
    """
    fates, pair, how, observer = findings.fates, findings.pair, options.clearance, fate.observer
    length = length_clearance(fates.only(fates.assessed), pair.px_per_mm, options=how, rules=fate)
    inner = pair.shared & (depth_px(pair.shared) > how.border_mm * pair.px_per_mm)
    unchanged = unchanged_map(fates, findings.veins[0])
    area, contrast = (
        area_clearance(pair, findings.veins, unchanged, inner, options=how, observer=observer, weighted=weighted)
        for weighted in (False, True)
    )
    change = net_change(fates, length, options=how)
    return Outcome(
        length=_share(length, how, how.widening.length),
        area=_fall(area, how, how.widening.area, "visible area in the shared field"),
        contrast=_fall(contrast, how, how.widening.contrast, "contrast summed over visible area"),
        net_change=change.estimate(
            how, how.widening.net_change, lowest=-100.0, highest=math.inf, method="visible length, new veins included"
        ),
        by_calibre={} if reticular_px is None else _by_calibre(findings, reticular_px, factor, options, fate),
        fate_px={name: fates.length_px(name) / factor for name in FATES},
        pigment=_pigment(findings, factor),
    )


def _by_calibre(
    findings: VeinFindings, reticular_px: float, factor: float, options: OutcomeOptions, rules: FateOptions
) -> Mapping[str, CalibreOutcome]:
    """The clearance of each calibre that there was."""
    found = {}
    for calibre in CALIBRES:
        chosen = _of_calibre(findings.fates, calibre, reticular_px)
        before_px = math.fsum(chosen.expected_px.tolist())
        if before_px > 0:
            counts = length_clearance(chosen, findings.pair.px_per_mm, options=options.clearance, rules=rules)
            doubt = _calibre_doubt(findings.fates, calibre, reticular_px, options.calibre_doubt, rules)
            widening = options.clearance.widening.reticular if calibre == "reticular" else options.clearance.widening.length
            share = _share(Counts(counts.percent, {**counts.causes, "calibre": doubt}), options.clearance, widening)
            found[calibre] = CalibreOutcome(share, before_px / factor)
    return found


def _of_calibre(fates: Fates, calibre: str, reticular_px: float) -> Fates:
    """What became of the assessed veins of one calibre, and of the new ones."""
    known, new = (np.array([p.piece.calibre(reticular_px) == calibre for p in some], np.bool_) for some in (fates.baseline, fates.new))
    return fates.only(fates.assessed & known, new)


def _calibre_doubt(fates: Fates, calibre: str, reticular_px: float, doubt: float, rules: FateOptions) -> float:
    """Standard error of a calibre's clearance from which veins it is made of, percentage points; 0 where another limit leaves it none."""
    narrower, wider = (
        expected_clearance(_of_calibre(fates, calibre, limit), rules) for limit in (reticular_px / doubt, reticular_px * doubt)
    )
    return 0.0 if math.isnan(narrower + wider) else abs(narrower - wider) / 2


def _share(counts: Counts, how: ClearanceOptions, widening: float) -> Estimate:
    return counts.estimate(how, widening, lowest=-math.inf, highest=100.0, method="expected length of what an observer sees")


def _fall(counts: Counts, how: ClearanceOptions, widening: float, method: str) -> Estimate:
    return counts.estimate(how, widening, lowest=-math.inf, highest=100.0, method=method)


def _pigment(findings: VeinFindings, factor: float) -> PigmentOutcome:
    def area(mask: Mask) -> float:
        return float(np.count_nonzero(mask & findings.pair.shared)) / factor**2

    pigment, fates = findings.pigment, findings.fates
    assessed = sum(fates.length_px(fate) for fate in ASSESSED_FATES)
    stained = 100.0 * fates.length_px("stained") / assessed if assessed > 0 else math.nan
    return PigmentOutcome(area(pigment.before), area(pigment.after), area(pigment.gained), area(pigment.faded), stained)
