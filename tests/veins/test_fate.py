"""The fate of drawn veins."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.fate import FateOptions, Fates, Remains, judge_fate, still_visible
from photocompare.veins.photometry import Forced
from photocompare.veins.pieces import find_veins
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, pair_of, unsaid

EVERYWHERE = np.ones(SHAPE, bool)
RULES = FateOptions()


def fates_of(before: np.ndarray, after: np.ndarray, *, gained: np.ndarray | None = None, shared: np.ndarray = EVERYWHERE) -> Fates:
    pair = pair_of(before, after, shared=shared)
    veins = find_veins(pair.before, EVERYWHERE, PX_PER_MM), find_veins(pair.after, shared, PX_PER_MM)
    brown = np.zeros(SHAPE, bool) if gained is None else gained
    return judge_fate(pair, veins, brown, unsaid(veins[0]))


def share(fates: Fates, fate: str) -> float:
    return fates.length_px(fate) / sum(p.piece.length_px for p in fates.baseline)


def test_each_fate_by_the_contract() -> None:
    gained = np.zeros(SHAPE, bool)
    gained[90:110] = True
    fates = fates_of(lines((50, 9), (100, 9), (150, 9), (200, 9)), lines((50, 1.0), (100, 1.0), (150, 4.5), (200, 8.5)), gained=gained)
    for fate in ("cleared", "stained", "faded", "residual"):
        assert share(fates, fate) == pytest.approx(0.25, abs=0.02)
    assert not fates.new


def test_a_pair_of_identical_readings_has_only_residual_veins() -> None:
    before = lines((50, 9), (150, 2.5), (250, 4))
    fates = fates_of(before, before)
    assert share(fates, "residual") == 1.0
    assert not fates.new


def test_a_vein_at_the_threshold_that_dips_under_it_unchanged_is_not_cleared() -> None:
    fates = fates_of(lines((100, 2.5)), lines((100, 2.15)))
    assert share(fates, "residual") == 1.0


def test_the_same_place_reaches_half_a_millimetre() -> None:
    near, far = (fates_of(lines((100, 9)), lines((100 + shift, 9))) for shift in (4, 14))
    assert share(near, "residual") == 1.0
    assert share(far, "cleared") == 1.0


def test_a_vein_beyond_the_reach_is_new_and_counts_in_no_share() -> None:
    fates = fates_of(lines((100, 9)), lines((100, 9), (200, 5)))
    assert sum(p.piece.length_px for p in fates.new) == pytest.approx(500, rel=0.03)
    assert share(fates, "residual") == 1.0


def test_outside_the_shared_field_nothing_is_assessed() -> None:
    shared = EVERYWHERE.copy()
    shared[:, :300] = False
    fates = fates_of(lines((100, 9)), np.zeros(SHAPE), shared=shared)
    assert share(fates, "not_assessable") == pytest.approx(0.5, abs=0.03)
    assert share(fates, "cleared") == pytest.approx(0.5, abs=0.03)


def remains(after_de: float, profile_de: float, stained: float = 0.0) -> Remains:
    """Of one piece that had 8 units before."""
    one = lambda value: np.array([value])  # noqa: E731
    return Remains(one(8.0), one(after_de), one(0.1), one(0.1), one(0.1), one(stained), one(20.0), Forced(one(8.0), one(profile_de)))


def stretched(one: Remains, gain: float) -> Remains:
    return one.stretched(gain, options=RULES)


@pytest.mark.parametrize(
    ("after_de", "profile_de", "stained", "seen"),
    [
        (3.0, 0.0, 0.0, True),
        (1.5, 3.0, 0.0, True),
        (0.2, 1.5, 0.0, False),
        (3.0, 0.0, 1.0, False),  # in a stain both must see it
        (3.0, 3.0, 1.0, True),
    ],
)
def test_the_two_witnesses(after_de: float, profile_de: float, stained: float, seen: bool) -> None:
    assert still_visible(remains(after_de, profile_de, stained), options=RULES).tolist() == [seen]


def test_stretched_contrasts_make_faint_remains_visible() -> None:
    faint = remains(2.2, 0.0)
    assert not still_visible(faint, options=RULES).any()
    assert still_visible(stretched(faint, 1.1), options=RULES).all()
    assert not still_visible(stretched(remains(2.4, 0.0), 1 / 1.1), options=RULES).any()
    likely = stretched(faint, 1.25).probability_after
    np.testing.assert_allclose(likely / (1 - likely), 1.25**5 / 9)
