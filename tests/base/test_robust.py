"""Medians of many groups at once are what numpy says of each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.robust import medians_by_owner


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-1e3, 1e3, width=32)), max_size=60))
def test_medians_by_owner_are_numpys(owned: list[tuple[int, float]]) -> None:
    owner = np.array([k for k, _ in owned], np.intp)
    values = np.array([value for _, value in owned], np.float32)
    medians = medians_by_owner(values, owner, 6)
    for k in range(6):
        if (owner == k).any():
            assert medians[k] == np.median(values[owner == k])
        else:
            assert np.isnan(medians[k])


def test_an_endless_distance_stays_endless() -> None:
    assert medians_by_owner(np.array([np.inf, np.inf, 1.0]), np.array([0, 0, 1], np.intp), 2).tolist() == [np.inf, 1.0]
