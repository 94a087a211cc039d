"""Who sees what."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.observer import ObserverOptions, contrast_seen_by, seen

RULES = ObserverOptions()


@pytest.mark.parametrize(("contrast", "share"), [(1.5, 0.05), (2.3, 0.21), (3.5, 0.63), (5.0, 0.97)])
def test_the_shares_that_the_contract_tells(contrast: float, share: float) -> None:
    assert seen(np.array([contrast]), RULES) == pytest.approx(share, abs=0.005)


def test_nothing_is_seen_of_no_contrast_and_what_is_not_known_stays_so() -> None:
    assert seen(np.array([0.0, -3.0]), RULES).tolist() == [0.0, 0.0]
    assert np.isnan(seen(np.array([np.nan]), RULES)).all()


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_the_contrast_that_a_share_of_looks_sees(share: float) -> None:
    assert seen(np.array([contrast_seen_by(share, RULES)]), RULES) == pytest.approx(share)


@pytest.mark.parametrize("wrong", [{"contrast_de": 0.0}, {"slope": -1.0}])
def test_an_observer_needs_some_contrast(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ObserverOptions(**wrong)
