"""The gates between the fates of the pieces and a number."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.clearance.outcome import Outcome, OutcomeOptions, VeinFindings, summarise, vein_flags
from photocompare.veins.fate import FateOptions, judge_fate
from photocompare.veins.pieces import find_veins
from photocompare.veins.pigment import Pigment
from photocompare.veins.reading import PairReading
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of, sharp, unsaid

NOWHERE = np.zeros(SHAPE, bool)


def flags(shared_columns: int) -> tuple[str, ...]:
    """What is said of two long veins of which the photos share so many columns."""
    shared = np.ones(SHAPE, bool)
    shared[:, 50 + shared_columns :] = False
    return flags_of(pair_of(lines((100, 8), (200, 8)), lines((100, 8), (200, 8)), shared=shared))


def flags_of(pair: PairReading) -> tuple[str, ...]:
    """What is said of veins that stayed."""
    veins = find_veins(pair.before, np.ones(SHAPE, bool), PX_PER_MM)
    fates = judge_fate(pair, (veins, veins), NOWHERE, unsaid(veins), sharp(veins))
    findings = VeinFindings(pair, (veins, veins), fates, Pigment(NOWHERE, NOWHERE, NOWHERE, NOWHERE))
    return vein_flags(findings, PX_PER_MM, options=OutcomeOptions())


@pytest.mark.parametrize(("millimetres", "expected"), [(28, ("no_veins_before",)), (32, ("too_few_veins",)), (50, ("too_few_veins",))])
def test_less_than_three_centimetres_may_be_no_vein(millimetres: int, expected: tuple[str, ...]) -> None:
    line = lines((100, 8), columns=(50, 50 + round(millimetres * PX_PER_MM)))
    assert flags_of(pair_of(line, line)) == expected


@pytest.mark.parametrize(("gap_mm", "expected"), [(0.2, ("too_few_veins",)), (3.0, ("no_veins_before",))])
def test_specks_are_no_veins_unless_they_follow_each_other(gap_mm: float, expected: tuple[str, ...]) -> None:
    """Eight specks of 6 mm in a row: together more than the 3 cm that are needed, each by itself too short for a vein."""
    starts = [round(50 + k * (6 + gap_mm) * PX_PER_MM) for k in range(8)]
    drawn = np.max([lines((100, 8), columns=(start, start + round(6 * PX_PER_MM))) for start in starts if start < 540], axis=0)
    assert flags_of(pair_of(drawn, drawn)) == expected


@pytest.mark.parametrize(("columns", "expected"), [(500, ()), (350, ()), (100, ("veins_out_of_view",))])
def test_a_number_needs_a_quarter_of_the_veins_in_view(columns: int, expected: tuple[str, ...]) -> None:
    assert flags(columns) == expected


def test_a_wide_band_out_of_view_counts_by_its_length() -> None:
    """A limb's shaded edge, read as one vein: nine tenths of the area, a third of the length."""
    seen = np.ones(SHAPE, bool)
    shared = seen.copy()
    shared[280:] = False
    drawn = np.maximum(lines((100, 8), (200, 8)), lines((340, 8), width_px=60))
    pair = pair_of(drawn, drawn, shared=shared)
    veins = find_veins(pair.before, seen, PX_PER_MM)
    assert np.count_nonzero(veins.mask & ~shared) > 0.75 * np.count_nonzero(veins.mask)
    assert flags_of(pair) == ()


def by_calibre(reticular_px: float) -> Outcome:
    """A thin vein that stayed and two wide ones that went, 12 and 18 px as drawn."""
    thin, middle, wide = lines((60, 8), width_px=5), lines((160, 8), width_px=12), lines((280, 8), width_px=18)
    pair = pair_of(np.maximum(np.maximum(thin, middle), wide), thin)
    veins = find_veins(pair.before, np.ones(SHAPE, bool), PX_PER_MM)
    fates = judge_fate(pair, (veins, veins), NOWHERE, unsaid(veins), sharp(veins))
    findings = VeinFindings(pair, (veins, veins), fates, Pigment(NOWHERE, NOWHERE, NOWHERE, NOWHERE))
    return summarise(findings, reticular_px, 1.0, options=OutcomeOptions(), fate=FateOptions())


def test_a_vein_whose_class_is_in_doubt_widens_the_interval_of_its_class() -> None:
    """With the limit at 12 px the middle vein may be of either class: the thin ones' clearance is 0 or a half."""
    clear, doubtful = (by_calibre(limit).by_calibre for limit in (8.0, 12.5))
    assert clear["telangiectasia"].clearance.value == pytest.approx(0, abs=3)
    assert clear["reticular"].clearance.value == pytest.approx(100, abs=3)
    assert clear["telangiectasia"].clearance.causes["calibre"] == 0
    assert clear["reticular"].clearance.causes["calibre"] == pytest.approx(0, abs=0.1)
    unsure, sure = doubtful["telangiectasia"].clearance, clear["telangiectasia"].clearance
    assert unsure.causes["calibre"] > 20
    assert unsure.high - unsure.low > sure.high - sure.low + 20


def test_without_a_class_there_is_no_figure_for_it() -> None:
    assert set(by_calibre(60.0).by_calibre) == {"telangiectasia"}
