"""Where the after photo shows something else than a leg."""

from __future__ import annotations

import numpy as np

from photocompare.registration.background import background_by_after
from photocompare.registration.resampling import carried_on, own_positions

SHAPE = (300, 240)
SHIFT = 40


def skin_after() -> np.ndarray:
    skin = np.zeros(SHAPE, bool)
    skin[:, 100:200] = True
    return skin


def known_on_the_limb() -> np.ndarray:
    """The limb lies `SHIFT` px farther right in the after photo; the map is known within it alone."""
    map_xy = own_positions(SHAPE)
    map_xy[..., 0] += SHIFT
    map_xy[:, :65] = map_xy[:, 155:] = np.nan
    return map_xy


def test_beside_the_limb_lies_background_and_outside_the_after_photo_nothing_is_known() -> None:
    background = background_by_after(skin_after(), carried_on(known_on_the_limb()))
    assert background[:, :50].all()
    assert not background[:, 60:160].any()
    assert background[:, 170 : SHAPE[1] - SHIFT - 2].all()
    assert not background[:, SHAPE[1] - SHIFT + 2 :].any(), "beyond the after photo's frame"


def test_where_all_is_skin_there_is_none() -> None:
    assert not background_by_after(np.ones(SHAPE, bool), carried_on(known_on_the_limb())).any()
