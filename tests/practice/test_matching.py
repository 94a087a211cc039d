"""Likeness of legs: two photos of one leg lie nearer than two legs, and each thing that a reader sees moves its own distance."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.morphology import skeletonize

from photocompare.phantom import PhantomPair, simple_pair
from photocompare.practice.matching import LegLook, distance, look, look_as_dict, look_from_dict, look_of, most_alike
from photocompare.report.files.dossier_making import dossier_of
from photocompare.veins.pieces import pieces_of
from tests.support.made_comparison import make_comparison

PX_PER_MM = 4.0


def drawn(lines: list[NDArray[np.float64]], width: int = 3, shape: tuple[int, int] = (600, 600)) -> LegLook:
    """The look of a leg with these veins, given as (x, y) in px."""
    mask = np.zeros(shape, np.uint8)
    for line in lines:
        cv2.polylines(mask, [np.rint(line).astype(np.int32)], False, 1, width)
    return of_mask(mask > 0, shape[0] * shape[1], PX_PER_MM)


def of_mask(mask: NDArray[np.bool_], field_px: int, px_per_mm: float, ita: float = math.nan) -> LegLook:
    pieces = pieces_of(
        np.asarray(skeletonize(mask), np.bool_), mask, np.full(mask.shape, 5, np.float32), piece_px=px_per_mm, visible_de=2.3
    )
    return look(pieces, field_px, px_per_mm, ita)


def parallel(number: int, gap: int = 30) -> list[NDArray[np.float64]]:
    at = np.arange(50, 550)
    return [np.column_stack([at, np.full(len(at), 60 + gap * k)]) for k in range(number)]


def star(centre: tuple[float, float], rays: int, length: float) -> list[NDArray[np.float64]]:
    turns = np.linspace(0, 2 * np.pi, rays, endpoint=False)
    return [np.array([centre, (centre[0] + length * np.cos(a), centre[1] + length * np.sin(a))]) for a in turns]


# --- what each figure sees


def test_more_veins_are_denser() -> None:
    few, many = drawn(parallel(4)), drawn(parallel(8))
    assert many.density - few.density == pytest.approx(math.log(2), abs=0.05)


def test_thicker_veins_are_wider_and_reticular() -> None:
    thin, thick = drawn(parallel(5), width=1), drawn(parallel(5), width=9)
    assert thick.width > thin.width + 0.4
    assert (thin.reticular_share, thick.reticular_share) == (0.0, 1.0)


def test_parallel_veins_are_aligned_and_a_burst_is_not() -> None:
    assert drawn(parallel(8)).alignment > 0.9
    assert abs(drawn(star((300, 300), 12, 60)).alignment) < 0.35


def test_bursts_are_clumped() -> None:
    bursts = [ray for centre in ((150, 150), (450, 450)) for ray in star(centre, 10, 50)]
    assert drawn(bursts).clumping > drawn(parallel(9, 55)).clumping + 1.0


def test_a_leg_without_veins_has_a_density_and_no_pattern() -> None:
    found = look([], 1000, PX_PER_MM, 40.0)
    assert found.density < -6
    assert math.isnan(found.alignment)
    assert distance(found, found)[0] == 0.0


# --- the distance


def test_a_leg_is_its_own_twin_and_distance_goes_both_ways() -> None:
    one, other = drawn(parallel(8)), drawn(star((300, 300), 12, 120))
    assert distance(one, one)[0] == 0.0
    assert distance(one, other) == distance(other, one)
    assert distance(one, other)[0] > 1.0


@pytest.mark.parametrize(("figure", "group"), [("ita", "tone"), ("density", "pattern"), ("reticular_share", "calibre")])
def test_each_figure_moves_its_own_group(figure: str, group: str) -> None:
    one = dataclasses.replace(drawn(parallel(8)), ita=40.0)
    other = dataclasses.replace(one, **{figure: getattr(one, figure) + 0.3})
    _, by_group = distance(one, other)
    assert by_group[group] > 0.0
    assert all(value == 0.0 for name, value in by_group.items() if name != group)


def test_groups_weigh_alike() -> None:
    one = LegLook(40.0, -3.0, 1.0, 0.2, 0.2, 0.0)
    tone, pattern = dataclasses.replace(one, ita=40.0 + 13.0), dataclasses.replace(one, density=-3.0 + 0.45 * math.sqrt(3))
    assert distance(one, tone)[0] == pytest.approx(math.sqrt(1 / 3))
    assert distance(one, pattern)[0] == pytest.approx(math.sqrt(1 / 3))


def test_what_is_unknown_does_not_count() -> None:
    one = LegLook(math.nan, -3.0, 1.0, 0.2, 0.2, 0.0)
    other = LegLook(40.0, -3.0, 1.0, 0.2, 0.2, 0.0)
    whole, by_group = distance(one, other)
    assert whole == 0.0
    assert math.isnan(by_group["tone"])


def test_the_nearest_come_first_and_only_as_many_as_asked_for() -> None:
    leg = LegLook(40.0, -3.0, 1.0, 0.2, 0.2, 0.0)
    cases = {key: dataclasses.replace(leg, ita=40.0 + key) for key in (9, 1, 5, 3)}
    cases[7] = LegLook(*(math.nan,) * 6)
    found = most_alike(leg, cases, most=3)
    assert [match.key for match in found] == [1, 3, 5]
    assert found[0].by_group["tone"] == pytest.approx(1 / 13)


def test_a_look_is_kept_and_read_again() -> None:
    one = LegLook(math.nan, -3.0, 1.0, 0.25, 0.2, 0.0)
    again = look_from_dict(look_as_dict(one))
    assert again == dataclasses.replace(one, ita=again.ita)
    assert math.isnan(again.ita)
    with pytest.raises(KeyError):
        look_from_dict({"ita": 1.0})


# --- from stored comparisons and rendered legs


def test_a_stored_comparison_has_a_look() -> None:
    found = look_of(dossier_of(make_comparison()))
    assert found is not None
    assert math.isfinite(found.density)
    assert 0.0 <= found.reticular_share <= 1.0


def test_a_refused_pair_has_none() -> None:
    dossier = dossier_of(make_comparison())
    assert look_of(dataclasses.replace(dossier, vein_bytes=b"")) is None


def looks_of(pair: PhantomPair) -> tuple[LegLook, LegLook]:
    """A leg that nothing was done to, seen in two photos: other pose, distance, light."""
    before, after = (pair.truth[f"mm_per_px_front_{which}"] for which in ("before", "after"))
    field_mm2 = np.count_nonzero(pair.shared) * before**2  # the truth's masks end where the other photo doesn't see
    return (
        of_mask(pair.masks["veins_before"], round(field_mm2 / before**2), 1 / before),
        of_mask(pair.masks["veins_after"], round(field_mm2 / after**2), 1 / after),
    )


@pytest.mark.thorough
def test_rendered_legs_find_themselves_among_others() -> None:
    legs = [looks_of(simple_pair("null", seed=seed, size=(640, 480))) for seed in range(300, 308)]
    ranks = []
    for number, (first, _) in enumerate(legs):
        order = [match.key for match in most_alike(first, {key: second for key, (_, second) in enumerate(legs)}, most=len(legs))]
        ranks.append(order.index(number))
    assert sum(rank == 0 for rank in ranks) >= 3
    assert max(ranks) <= 1
    same = [distance(first, second)[0] for first, second in legs]
    other = [distance(legs[i][0], legs[j][1])[0] for i in range(4) for j in range(4) if i != j]
    assert np.median(same) < 0.5 * np.median(other)
