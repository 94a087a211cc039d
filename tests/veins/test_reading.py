"""Two readings of the same skin, held against each other."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.reading import AgreementOptions, agreed, less_surround
from tests.support.drawn_readings import SHAPE, lines, reading


def test_what_both_see_stays_and_what_one_sees_counts_by_its_share() -> None:
    alone, beside, both = lines((100, 8), (200, 8)), lines((100, 8), (300, 8)), np.ones(SHAPE, np.bool_)
    told = agreed(reading(alone), reading(beside), both, options=AgreementOptions(beside_share=0.75))
    assert [float(told.vein_de[row, 300]) for row in (100, 200, 300)] == pytest.approx([8, 2, 6])
    assert told.vein_probability[200, 300] == pytest.approx(0.25, abs=0.01)


def test_where_the_other_photo_shows_nothing_the_photo_alone_counts() -> None:
    both = np.ones(SHAPE, np.bool_)
    both[:, 300:] = False
    told = agreed(reading(lines((100, 8))), reading(np.zeros(SHAPE)), both, options=AgreementOptions(beside_share=0.5))
    assert [float(told.vein_de[100, column]) for column in (299, 300)] == pytest.approx([4, 8])


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        AgreementOptions(beside_share=1.2)
    with pytest.raises(ValueError, match="enlarged by less than 1"):
        AgreementOptions(most_enlarged=0.8)


def test_coarse_photos_are_enlarged_and_fine_ones_stay() -> None:
    options = AgreementOptions(least_pixels=1_210_000, most_enlarged=1.25)
    assert [options.enlarged(pixels) for pixels in (300_000, 1_000_000, 1_210_000, 2_000_000)] == pytest.approx([1.25, 1.1, 1, 1])


def test_a_surround_is_taken_off_within_its_region_whatever_lies_beside_it() -> None:
    density = np.full((160, 200, 1), 0.4, np.float32)
    density[:, 100:] = 3.0
    density[80, 50] += 0.2
    region = np.zeros((160, 200), np.bool_)
    region[:, :100] = True
    left = less_surround(density.copy(), region, 24.0)[..., 0]
    assert left[80, 50] == pytest.approx(0.2, abs=0.01)
    assert np.abs(left[region & (density[..., 0] < 0.5)]).max() < 0.01
    assert not left[~region].any()
