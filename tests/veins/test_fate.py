"""The fate of drawn veins."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from photocompare.veins.fate import FatedVeinPiece, FateOptions, Fates, PieceContrasts, fated, judge_fate, seen_after, seen_before
from photocompare.veins.kept_contrast import NETWORK_POWER, Softness
from photocompare.veins.observer import seen
from photocompare.veins.pieces import VeinPiece, find_veins
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of, sharp, unsaid

EVERYWHERE = np.ones(SHAPE, bool)
RULES = FateOptions(unchanged=None)
"""The contract's rules, of veins that are as they were found."""


def fates_of(
    before: np.ndarray,
    after: np.ndarray,
    *,
    gained: np.ndarray | None = None,
    shared: np.ndarray = EVERYWHERE,
    softness: Softness | None = None,
) -> Fates:
    pair = pair_of(before, after, shared=shared)
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, shared, PX_PER_MM)
    brown = np.zeros(SHAPE, bool) if gained is None else gained
    return judge_fate(pair, veins, brown, unsaid(veins[0]), softness or sharp(veins[0]), options=RULES)


def test_what_one_exposure_shows_less_well_is_not_cleared() -> None:
    before, after = lines((50, 5), (100, 6), (150, 4.5), (200, 7)), lines((50, 4.2), (100, 5), (150, 3.8), (200, 5.9))
    pair = pair_of(before, after)
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, EVERYWHERE, PX_PER_MM)
    told = [
        judge_fate(pair, veins, np.zeros(SHAPE, bool), unsaid(veins[0]), sharp(veins[0]), options=rules) for rules in (RULES, FateOptions())
    ]
    assert share(told[0], "cleared") > 0.08
    assert share(told[1], "cleared") < 0.02


def share(fates: Fates, fate: str) -> float:
    return fates.length_px(fate) / sum(p.piece.length_px for p in fates.baseline)


def p_of(contrast: float) -> float:
    return float(seen(np.array([contrast]), RULES.observer)[0])


def test_each_fate_by_the_contract() -> None:
    gained = np.zeros(SHAPE, bool)
    gained[90:110] = True
    fates = fates_of(lines((50, 9), (100, 9), (150, 9), (200, 9)), lines((50, 0.5), (100, 0.5), (150, 5.3), (200, 8.5)), gained=gained)
    for fate in ("cleared", "stained", "faded", "residual"):
        assert share(fates, fate) == pytest.approx(0.25, abs=0.02)
    assert not fates.new


def test_a_faint_vein_counts_by_the_share_of_looks_that_see_it() -> None:
    fates = fates_of(lines((100, 3.5)), lines((100, 2.3)))
    assert share(fates, "residual") == pytest.approx(p_of(2.3), abs=0.02)
    assert share(fates, "cleared") == pytest.approx(p_of(3.5) - p_of(2.3), abs=0.02)


def test_a_pair_of_identical_readings_has_only_residual_veins() -> None:
    before = lines((50, 9), (150, 2.5), (250, 4))
    fates = fates_of(before, before)
    assert fates.length_px("residual") == pytest.approx(sum(p.piece.length_px * p.seen_before for p in fates.baseline))
    assert fates.length_px("cleared") == fates.length_px("darkened") == 0
    assert not fates.new


def test_more_seen_than_before_is_darkened() -> None:
    fates = fates_of(lines((100, 3.0)), lines((100, 6.0)))
    assert share(fates, "residual") == pytest.approx(p_of(3.0), abs=0.02)
    assert share(fates, "darkened") == pytest.approx(p_of(6.0) - p_of(3.0), abs=0.02)
    assert {p.fate for p in fates.baseline} == {"darkened"}


def test_a_vein_beside_the_place_is_not_its_remains() -> None:
    beside = fates_of(lines((100, 9)), lines((100 + round(0.6 * PX_PER_MM), 9)))
    assert share(beside, "cleared") > 0.9


def test_a_vein_far_from_all_others_is_new_and_counts_in_no_share() -> None:
    fates = fates_of(lines((100, 9)), lines((100, 9), (200, 5)))
    assert fates.length_px("new") == pytest.approx(500 * p_of(5), rel=0.04)
    assert share(fates, "residual") == pytest.approx(1.0)


def test_only_what_a_place_gained_is_new() -> None:
    faintly = fates_of(lines((100, 9), (200, 1.5)), lines((100, 9), (200, 5)))
    assert len(faintly.baseline) == len(fates_of(lines((100, 9)), lines((100, 9))).baseline)
    assert faintly.length_px("new") == pytest.approx(500 * p_of(5 - 1.5), rel=0.04)
    assert faintly.length_px("new") < 0.75 * fates_of(lines((100, 9)), lines((100, 9), (200, 5))).length_px("new")


def test_what_another_exposure_shows_better_is_less_new() -> None:
    before, after = lines((50, 5), (100, 6), (150, 4.5), (200, 7)), lines((50, 5.5), (100, 6.6), (150, 4.95), (200, 7.7), (250, 4))
    pair = pair_of(before, after)
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, EVERYWHERE, PX_PER_MM)
    told = judge_fate(pair, veins, np.zeros(SHAPE, bool), unsaid(veins[0]), sharp(veins[0]), options=FateOptions())
    assert told.length_px("new") == pytest.approx(500 * p_of(4 / 1.1), rel=0.06)
    assert told.length_px("new") < 0.93 * 500 * p_of(4)


def test_outside_the_shared_field_nothing_is_assessed() -> None:
    shared = EVERYWHERE.copy()
    shared[:, :300] = False
    fates = fates_of(lines((100, 9)), np.zeros(SHAPE), shared=shared)
    assert share(fates, "not_assessable") == pytest.approx(0.5, abs=0.03)
    assert share(fates, "cleared") == pytest.approx(0.5, abs=0.03)


def test_contrasts_are_as_the_skin_has_them_however_soft_the_after_photo() -> None:
    before, after = lines((100, 6.0)), lines((100, 6.0 * 0.7**NETWORK_POWER))
    count = len(find_veins(pair_of(before, after).before, EVERYWHERE, PX_PER_MM).pieces)
    fates = fates_of(before, after, softness=Softness(np.full(count, 0.7), np.ones(count, bool), np.full(count, 0.1), "after"))
    assert share(fates, "residual") == pytest.approx(p_of(6.0), abs=0.02)
    assert fates.length_px("cleared") == pytest.approx(0, abs=3)
    assert (fates.contrasts.error == 0.1).all()


def test_what_is_too_fine_for_the_photos_is_not_assessed() -> None:
    before = lines((100, 8), (200, 8))
    veins = find_veins(pair_of(before, before).before, EVERYWHERE, PX_PER_MM)
    resolved = np.array([p.points[0, 0] > 150 for p in veins.pieces])
    count = len(resolved)
    fates = fates_of(before, np.zeros(SHAPE), softness=Softness(np.ones(count), resolved, np.zeros(count), "before"))
    assert share(fates, "not_assessable") == pytest.approx(0.5, abs=0.02)
    assert share(fates, "cleared") == pytest.approx(0.5, abs=0.02)


def test_what_nobody_sees_is_no_piece() -> None:
    pair = pair_of(lines((100, 9), (200, 3)), np.zeros(SHAPE))
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, EVERYWHERE, PX_PER_MM)
    seen_well = judge_fate(
        pair, veins, np.zeros(SHAPE, bool), unsaid(veins[0]), sharp(veins[0]), options=FateOptions(least_seen=0.9, unchanged=None)
    )
    assert all(p.points[0, 0] < 120 for p in seen_well.baseline)
    assert seen_well.baseline
    assert seen_well.contrasts.before.shape == (2, len(seen_well.baseline))


def contrasts(before: list[float], after: list[float]) -> PieceContrasts:
    """By the reading as given, which is the only one."""
    told = [np.stack([np.array(x), np.full(len(x), np.nan)]) for x in (before, after, after)]
    return PieceContrasts(*told, *(np.zeros(len(before)) for _ in range(4)))


def test_the_numbers_follow_the_reading() -> None:
    told = contrasts([9.0, 3.5, 9.0], [9.0, 3.5, 0.0])
    np.testing.assert_allclose(seen_before(told, RULES), [1.0, 0.632, 1.0], atol=1e-3)
    np.testing.assert_allclose(seen_after(told, RULES), [1.0, 0.632, 0.0], atol=1e-3)
    np.testing.assert_allclose(told.ratio, [1.0, 1.0, 0.0])


def test_what_is_unchanged_is_seen_as_before() -> None:
    told = dataclasses.replace(contrasts([9.0, 3.5, 9.0], [3.5, 2.3, 0.0]), unchanged=np.array([1.0, 0.5, 0.0]))
    p = [float(p_of(x)) for x in (3.5, 2.3)]
    np.testing.assert_allclose(seen_after(told, RULES), [1.0, (p[0] + p[1]) / 2, 0.0], atol=1e-3)


@pytest.mark.parametrize(
    ("before", "after", "stained", "faded", "shares"),
    [
        (0.9, 0.2, False, True, {"cleared": 7.0, "faded": 2.0, "darkened": 0.0}),
        (0.9, 0.2, True, False, {"stained": 7.0, "residual": 2.0, "darkened": 0.0}),
        (0.4, 0.7, False, False, {"cleared": 0.0, "residual": 4.0, "darkened": 3.0}),
    ],
)
def test_shares_add_up(before: float, after: float, stained: bool, faded: bool, shares: dict[str, float]) -> None:
    piece = VeinPiece(np.zeros((10, 2), np.float32), 10.0, 3.0, 5.0)
    told = fated(piece, before, after, assessable=True, stained=stained, faded=faded)
    assert told.shares == pytest.approx(shares)
    assert (told.seen_before, told.seen_after) == pytest.approx((before, after))
    assert told.fate == max(shares, key=lambda fate: shares[fate])


def test_a_piece_told_by_one_fate_has_its_whole_length() -> None:
    piece = FatedVeinPiece(VeinPiece(np.zeros((10, 2), np.float32), 10.0, 3.0, 5.0), "cleared")
    assert piece.shares == {"cleared": 10.0}
    assert (piece.seen_before, piece.seen_after) == (1.0, 0.0)


def test_contrasts_of_some_and_of_more_pieces() -> None:
    first = PieceContrasts(*(np.arange(6.0).reshape(2, 3) for _ in range(3)), *(np.arange(3.0) for _ in range(4)))
    both = first.only(np.array([2])).joined(first)
    assert both.before.tolist() == [[2, 0, 1, 2], [5, 3, 4, 5]]
    assert both.stained.tolist() == [2, 0, 1, 2]
