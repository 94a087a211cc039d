"""Maps joined place by place, and the sections of a limb that they are found on."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.registration.features import Limb
from photocompare.registration.judge import JudgeOptions
from photocompare.registration.placing import Placed, joined
from photocompare.registration.sections import section_of, sections

SHAPE = (40, 30)


def _placed(trusted: np.ndarray, level: float) -> Placed:
    everywhere = np.ones(SHAPE, np.bool_)
    return Placed(np.full((*SHAPE, 2), level, np.float32), np.full(SHAPE, level, np.float32), everywhere, trusted, 100.0)


def _rows(first: int, last: int) -> np.ndarray:
    rows = np.arange(SHAPE[0])[:, None] * np.ones(SHAPE)
    return (rows >= first) & (rows < last)


def test_each_place_takes_the_map_that_is_trusted_there() -> None:
    both = joined(_placed(_rows(0, 20), 1.0), _placed(_rows(10, 40), 2.0))
    assert np.all(both.map_xy[:20] == 1.0)
    assert np.all(both.map_xy[20:] == 2.0)
    assert np.array_equal(both.sigma, both.map_xy[..., 0])


def test_nothing_is_read_across_the_seam_of_two_maps() -> None:
    both = joined(_placed(_rows(0, 20), 1.0), _placed(_rows(10, 40), 2.0))
    assert np.flatnonzero(~both.trusted.all(axis=1)).tolist() == [19]


def test_joining_what_is_trusted_nowhere_changes_nothing() -> None:
    first = _placed(_rows(0, 20), 1.0)
    both = joined(first, _placed(_rows(0, 0), 2.0))
    assert np.array_equal(both.trusted, first.trusted)
    assert np.array_equal(both.map_xy, first.map_xy)


def _limb(leg: np.ndarray) -> Limb:
    return Limb(np.zeros(leg.shape, np.float32), leg, leg, 1)


def test_shared_skin_is_counted_in_windows() -> None:
    limb = _limb(np.ones(SHAPE, np.bool_))
    # Of the leg's 12 windows of 100 px, a quarter have to agree.
    assert not _placed(_rows(0, 9), 1.0).same_skin(limb, options=JudgeOptions())
    assert _placed(_rows(0, 10), 1.0).same_skin(limb, options=JudgeOptions())


@pytest.mark.parametrize(("shape", "side"), [((200, 100), 1), ((100, 200), 0)])
def test_sections_are_halves_of_the_longer_side_and_quarters(shape: tuple[int, int], side: int) -> None:
    found = sections(_limb(np.ones(shape, np.bool_)))
    assert len(found) == 6
    for half in found[:2]:
        assert half[side + 2] - half[side] == pytest.approx(0.55)
        assert half[1 - side + 2] - half[1 - side] == 1.0
    assert all(box[2] - box[0] == box[3] - box[1] == pytest.approx(0.55) for box in found[2:])


def test_a_section_is_cut_from_the_limbs_own_box() -> None:
    leg = np.zeros((100, 100), np.bool_)
    leg[20:60, 10:30] = True
    part = section_of(_limb(leg), (0.0, 0.0, 1.0, 0.5), margin=0.1)
    assert part.box == (10, 20, 30, 44)
    assert part.measurable.sum() == part.leg.sum() == 20 * 24
