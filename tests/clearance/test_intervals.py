"""The percentages and their intervals, on drawn veins."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import pytest

from photocompare.base.masks import depth_px
from photocompare.clearance.intervals import ClearanceOptions, Counts, area_clearance, length_clearance, net_change, seen_map, unchanged_map
from photocompare.veins.fate import FatedVeinPiece, FateOptions, Fates, PieceContrasts, judge_fate
from photocompare.veins.pieces import VeinPiece, find_veins
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of, sharp, unsaid

EVERYWHERE = np.ones(SHAPE, bool)
HOW = ClearanceOptions()
RULES = FateOptions(unchanged=None)


def measured(before: np.ndarray, after: np.ndarray, rules: FateOptions = RULES) -> tuple[Counts, Counts, Counts, Counts]:
    """Counts of length, area, contrast and net change."""
    pair = pair_of(before, after)
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, EVERYWHERE, PX_PER_MM)
    fates = judge_fate(pair, veins, np.zeros(SHAPE, bool), unsaid(veins[0]), sharp(veins[0]), options=rules)
    length = length_clearance(fates, PX_PER_MM, options=HOW, rules=rules)
    inner = depth_px(EVERYWHERE) > HOW.border_mm * PX_PER_MM
    area, contrast = (
        area_clearance(pair, veins, unchanged_map(fates, veins[0]), inner, options=HOW, observer=rules.observer, weighted=weighted)
        for weighted in (False, True)
    )
    return length, area, contrast, net_change(fates, length, options=HOW)


def test_half_the_veins_gone_is_fifty_percent_of_everything() -> None:
    for counts, expected in zip(measured(lines((100, 8), (200, 8)), lines((100, 8))), (50, 50, 50, -50), strict=True):
        assert counts.percent == pytest.approx(expected, abs=1.5)


def test_nothing_changed_is_zero_and_swapping_turns_the_sign() -> None:
    same = lines((100, 8), (200, 4))
    assert [abs(c.percent) < 1e-6 for c in measured(same, same)] == [True] * 4
    more = measured(lines((100, 8)), lines((100, 8), (200, 8)))
    assert more[0].percent == 0
    assert more[1].percent == pytest.approx(-100, abs=3)
    assert more[3].percent == pytest.approx(100, abs=3)


def test_only_what_a_place_gained_is_new_area() -> None:
    known, new = (8.0, 5.0)
    from_nothing, from_faint = (measured(lines((100, known), (200, faint)), lines((100, known), (200, new)))[1] for faint in (0.0, 1.8))
    gained = measured(lines((100, known)), lines((100, known), (200, new - 1.8)))[1]
    assert from_nothing.percent < from_faint.percent < -5
    assert from_faint.percent == pytest.approx(gained.percent, abs=4)


def test_what_did_not_change_has_its_area_too() -> None:
    before, after = lines((50, 5), (100, 6), (150, 4.5), (200, 7)), lines((50, 4.2), (100, 5), (150, 3.8), (200, 5.9))
    assert all(abs(counts.percent) > 8 for counts in measured(before, after))
    assert all(abs(counts.percent) < 3 for counts in measured(before, after, FateOptions()))


def test_what_is_held_for_unchanged_widens_the_interval_by_half_of_what_that_moves() -> None:
    fates = contrasts(*[(5, 3, 5, 3)] * 9)
    every_difference = clearance_of(fates)
    unchanged = dataclasses.replace(fates, contrasts=dataclasses.replace(fates.contrasts, unchanged=np.ones(9)))
    assert clearance_of(unchanged).percent == pytest.approx(0)
    assert causes(fates)["unchanged"] == 0
    assert causes(unchanged)["unchanged"] == pytest.approx(every_difference.percent / 2)


def test_an_interval_holds_its_value_and_stays_possible() -> None:
    estimate = measured(lines((100, 8)), np.zeros(SHAPE))[0].estimate(HOW, 1.5, lowest=0, highest=100, method="")
    assert estimate.value == 100
    assert 80 < estimate.low < estimate.high == 100


def test_an_undecided_vein_widens_the_interval() -> None:
    sure = measured(lines((100, 8), (200, 8)), lines((100, 8)))[0]
    unsure = measured(lines((100, 8), (200, 8)), lines((100, 8), (200, 3.2)))[0]
    told = [math.hypot(*(error for name, error in counts.causes.items() if name != "sample")) for counts in (sure, unsure)]
    assert told[1] > 2 * told[0]


def contrasts(*rows: tuple[float, float, float, float], blur: float = 0.0, apart_px: float = 0.0) -> Fates:
    """Pieces of 10 px: contrast before and after by the reading, and by a witness; each so far from the one before it."""
    reading_before, reading_after, witness_before, witness_after = np.array(rows, float).T
    places = (np.full((10, 2), k * apart_px, np.float32) for k in range(len(rows)))
    pieces = tuple(FatedVeinPiece(VeinPiece(place, 10.0, 3.0, 8.0), "residual") for place in places)
    after = np.stack([reading_after, witness_after])
    deep = np.full(len(rows), 20.0)
    none = np.zeros(len(rows))
    told = PieceContrasts(np.stack([reading_before, witness_before]), after, after, none + blur, none, deep, none)
    return Fates(pieces, (), told, np.arange(len(rows)))


def clearance_of(fates: Fates) -> Counts:
    return length_clearance(fates, PX_PER_MM, options=HOW, rules=RULES)


def causes(fates: Fates) -> Mapping[str, float]:
    return clearance_of(fates).causes


def test_witnesses_that_differ_widen_the_interval_by_their_common_difference() -> None:
    assert causes(contrasts(*[(8, 8, 8, 8)] * 9))["witnesses"] == 0
    apart = causes(contrasts(*[(8, 8, 8, 0)] * 9))
    assert apart["witnesses"] == pytest.approx(50, abs=0.1)
    assert apart["noise"] == pytest.approx(0, abs=0.1)
    scattered = causes(contrasts(*[(8, 8, 8, 0), (8, 0, 8, 8)] * 8))
    assert scattered["witnesses"] == pytest.approx(0, abs=0.1)
    assert scattered["noise"] == pytest.approx(50 * math.sqrt(HOW.misread_pieces / 16), rel=0.01)


def test_either_witness_lies_as_far_from_the_reading() -> None:
    nearer, farther = (causes(contrasts(*[(8, 3.5, 8, witness)] * 9))["witnesses"] for witness in (3.0, 4.0))
    assert nearer == pytest.approx(farther)
    assert nearer > 5


def test_a_piece_without_a_second_way_of_reading_has_no_witness() -> None:
    unsaid_of = causes(contrasts(*[(8, 3.5, math.nan, math.nan)] * 9))
    assert unsaid_of["witnesses"] == unsaid_of["noise"] == 0


@pytest.mark.parametrize(("new_mm", "counted_mm"), [(0.0, 0.0), (12.0, 12.0), (500.0, HOW.misread_mm)])
def test_what_is_found_new_may_be_misread_and_as_much_before(new_mm: float, counted_mm: float) -> None:
    fates = contrasts(*[(8, 8, 8, 8)] * 60)
    new = VeinPiece(np.zeros((10, 2), np.float32), new_mm * PX_PER_MM, 3.0, 8.0)
    found = dataclasses.replace(fates, new=(FatedVeinPiece(new, "new"),))
    assert causes(found)["misread"] == pytest.approx(100 * counted_mm * PX_PER_MM / 600, rel=1e-3)


def test_uneven_clearance_widens_the_interval_for_what_was_not_found() -> None:
    halves = [(8.0, 8.0, 8.0, 8.0), (8.0, 0.0, 8.0, 0.0)]
    side = HOW.square_mm * PX_PER_MM
    assert causes(contrasts(*halves, apart_px=side))["sample"] == pytest.approx(50, abs=0.1)
    assert causes(contrasts(*halves, apart_px=side / 4))["sample"] == 0
    assert causes(contrasts(*[halves[0]] * 5, apart_px=side))["sample"] == pytest.approx(0)
    assert causes(contrasts(*halves * 8, apart_px=side))["sample"] == pytest.approx(50 / math.sqrt(15), rel=0.01)


def test_what_is_not_known_of_the_blur_widens_the_interval() -> None:
    assert causes(contrasts(*[(8, 3.5, 8, 3.5)] * 9))["blur"] == 0
    # At 3.5 units a tenth more or less moves p by 37 x 0.35 x 10 %.
    assert causes(contrasts(*[(8, 3.5, 8, 3.5)] * 9, blur=0.1))["blur"] == pytest.approx(12.9, abs=0.5)


def test_every_cause_is_told_and_together_they_make_the_interval() -> None:
    length, area, contrast, _ = measured(lines((100, 8), (200, 8)), lines((100, 8), (200, 3.2)))
    of_readings = {"witnesses", "noise", "unchanged", "misread", "sample"}
    assert set(length.causes) == of_readings | {"threshold", "registration", "light", "blur", "field"}
    assert set(area.causes) == set(contrast.causes) == {"threshold", "noise", "light", "field"}
    assert length.causes["light"] > 2  # a tenth less contrast, and fewer looks see the faint vein
    estimate = length.estimate(HOW, 1.5, lowest=-1e9, highest=1e9, method="")
    assert estimate.width / 2 == pytest.approx(math.hypot(*estimate.causes.values()))


def test_a_number_that_hangs_on_the_border_says_so() -> None:
    at_border, inside = lines((12, 8), (200, 8)), lines((100, 8), (200, 8))
    assert measured(at_border, lines((200, 8)))[0].causes["field"] > 5 + measured(inside, lines((200, 8)))[0].causes["field"]


def test_no_baseline_is_a_failed_estimate_not_zero() -> None:
    for counts in measured(np.zeros(SHAPE), lines((100, 8))):
        assert math.isnan(counts.percent)
        assert not counts.estimate(HOW, 1.5, lowest=-100, highest=100, method="").ok


def test_a_vein_that_is_seen_more_reads_below_zero() -> None:
    length = measured(lines((100, 3.0), (200, 8)), lines((100, 6.0), (200, 8)))[0]
    assert length.percent < -20
    estimate = length.estimate(HOW, 1.2, lowest=-math.inf, highest=100, method="")
    assert estimate.low < estimate.value < 0


def test_the_picture_of_what_is_seen() -> None:
    pair = pair_of(lines((100, 3.5), (200, 8)), np.zeros(SHAPE))
    field = EVERYWHERE.copy()
    field[:, :300] = False
    told = seen_map(pair.before.vein_de, find_veins(pair.before, EVERYWHERE, PX_PER_MM), field, RULES.observer)
    assert told[100, 400] == pytest.approx(0.632, abs=0.02)
    assert told[200, 400] > 0.99
    assert not told[:, :300].any()
    assert not told[150].any()
