"""The gates between the fates of the pieces and a number."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.clearance.outcome import Findings, vein_flags
from photocompare.veins.fate import judge_fate
from photocompare.veins.pieces import find_veins
from photocompare.veins.pigment import Pigment
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, reading, unsaid

NOWHERE = np.zeros(SHAPE, bool)


def flags(shared_columns: int) -> tuple[str, ...]:
    """What is said of two long veins of which the photos share so many columns."""
    seen = np.ones(SHAPE, bool)
    shared = seen.copy()
    shared[:, 50 + shared_columns :] = False
    told = reading(lines((100, 8), (200, 8)))
    veins = find_veins(told, seen, PX_PER_MM)
    fates = judge_fate(veins, told, told, shared, seen, veins, NOWHERE, unsaid(veins), PX_PER_MM, 1.0)
    findings = Findings((told, told), (veins, veins), fates, Pigment(NOWHERE, NOWHERE, NOWHERE, NOWHERE), shared)
    return vein_flags(findings, PX_PER_MM)


@pytest.mark.parametrize(("columns", "expected"), [(500, ()), (350, ()), (100, ("veins_out_of_view",))])
def test_a_number_needs_a_quarter_of_the_veins_in_view(columns: int, expected: tuple[str, ...]) -> None:
    assert flags(columns) == expected
