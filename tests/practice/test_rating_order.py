"""The order of a blinded round: shuffled for each rater, some pairs twice and apart, the same when taken up again."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photocompare.base.errors import UsageError
from photocompare.practice.rating_order import LEAST_APART, Showing, chosen_twice, rating_order


def between(order: tuple[Showing, ...]) -> list[int]:
    places: dict[int, list[int]] = {}
    for place, showing in enumerate(order):
        places.setdefault(showing.comparison_id, []).append(place)
    return [b - a - 1 for a, *rest in places.values() for b in rest]


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 80), share=st.floats(0, 1), seed=st.integers(0, 2**31), rater=st.text(max_size=20))
def test_every_pair_is_shown_and_the_repeated_ones_twice(n: int, share: float, seed: int, rater: str) -> None:
    pairs = list(range(100, 100 + n))
    twice = chosen_twice(pairs, share=share, seed=seed)
    order = rating_order(pairs, twice, seed=seed, rater=rater)
    assert Counter(s.comparison_id for s in order) == Counter([*pairs, *twice])
    assert Counter(s.occasion for s in order) == Counter([1] * n + [2] * len(twice))
    seen = set()
    for showing in order:
        assert showing.occasion == 1 + (showing.comparison_id in seen)
        seen.add(showing.comparison_id)
    assert all(gap > 0 for gap in between(order))


@pytest.mark.parametrize("seed", range(20))
def test_a_round_of_thirty_keeps_repetitions_well_apart(seed: int) -> None:
    pairs = list(range(30))
    order = rating_order(pairs, chosen_twice(pairs, share=0.2, seed=seed), seed=seed, rater="ana")
    assert len(order) == 36
    assert min(between(order)) >= LEAST_APART


def test_a_round_can_be_taken_up_again_and_each_rater_has_an_own_order() -> None:
    pairs, twice = list(range(40)), (3, 7, 9)
    ana = rating_order(pairs, twice, seed=1, rater="ana")
    assert ana == rating_order(list(reversed(pairs)), twice, seed=1, rater="ana")
    assert ana != rating_order(pairs, twice, seed=1, rater="ben")
    assert ana != rating_order(pairs, twice, seed=2, rater="ana")


def test_places_are_drawn_evenly() -> None:
    first = Counter(rating_order(range(10), (), seed=seed, rater="ana")[0].comparison_id for seed in range(2000))
    assert all(140 < first[pair] < 260 for pair in range(10))


def test_raters_share_the_repeated_pairs() -> None:
    assert chosen_twice(range(50), share=0.2, seed=4) == chosen_twice(range(50), share=0.2, seed=4)
    assert len(chosen_twice(range(50), share=0.2, seed=4)) == 10
    assert len(chosen_twice(range(7), share=0.2, seed=4)) == 2
    assert chosen_twice([5], share=1.0, seed=4) == ()


@pytest.mark.parametrize(("pairs", "twice"), [([1, 1], ()), ([1, 2], (3,)), ([1], (1,))])
def test_a_round_that_makes_no_sense_is_refused(pairs: list[int], twice: tuple[int, ...]) -> None:
    with pytest.raises(UsageError):
        rating_order(pairs, twice, seed=1, rater="ana")


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(UsageError):
        chosen_twice([1, 2], share=1.5, seed=1)
