"""Two readings of the same skin, held against each other."""

from __future__ import annotations

import pytest

from photocompare.veins.reading import agreed
from tests.support.drawn_readings import lines, reading


def test_what_both_see_stays_and_what_one_sees_counts_half() -> None:
    both, one = lines((100, 8), (200, 8)), lines((100, 8))
    told = agreed(reading(both), reading(one))
    assert told.vein_de[100, 300] == pytest.approx(8)
    assert told.vein_de[200, 300] == pytest.approx(4)
    assert told.vein_probability[200, 300] == pytest.approx(0.5, abs=0.01)
