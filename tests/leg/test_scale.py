"""The scale: which source wins, what it claims, where it declines."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import pytest

from photocompare.base.errors import UsageError
from photocompare.base.flags import REGISTRY
from photocompare.card.finding import SCALE_DRAWS, Card
from photocompare.card.patches import ColourOptions
from photocompare.leg.limb_width import LimbWidth, measure_limb_width
from photocompare.leg.scale import HIGHEST_MM_PER_PX, LIMB_GIRTHS_MM, LOWEST_MM_PER_PX, WorkingFrame, judge_scale, of_both_cards

CENTRE = (300.0, 400.0)


@dataclass(frozen=True)
class Lens:
    """A photo's size in px and its focal length."""

    width: int = 1200
    height: int = 1600
    focal_length_35mm: float | None = 26.0


def flat_card(mm_per_px: float = 0.2, *, stretch: float = 1.0, spread: float = 0.0, scale_known: bool = True) -> Card:
    """A card seen square on (or stretched along y), whose refits differ by `spread`."""
    homography = np.diag([mm_per_px / math.sqrt(stretch), mm_per_px * math.sqrt(stretch), 1.0])
    factors = np.exp(spread * np.random.default_rng(0).normal(size=SCALE_DRAWS))
    draws = np.stack([np.diag([factor, factor, 1.0]) @ homography for factor in factors])
    corners = np.array([[0.0, 0.0], [400.0, 0.0], [400.0, 250.0], [0.0, 250.0]])
    return Card("photocompare-credit", homography, corners, 6, ("left", "right"), 0.02, {}, scale_known, draws, ColourOptions())


def test_the_card_gives_the_scale_in_both_frames() -> None:
    scale = judge_scale(flat_card(0.2), centre_xy=CENTRE, frame=WorkingFrame(0.5))
    assert scale.source == "card"
    assert scale.mm_per_working_px == pytest.approx(0.2)
    assert scale.mm_per_px == pytest.approx(0.1)
    assert scale.flags == ()


def test_a_cards_uncertainty_holds_print_depth_tilt_and_fit() -> None:
    at_400_mm = 0.0138  # root of (0.5 mm in 50 mm, uniform)^2 + (5 mm in 400 mm)^2
    square = judge_scale(flat_card(), centre_xy=CENTRE).relative_uncertainty
    assert square == pytest.approx(at_400_mm, abs=2e-4)
    assert judge_scale(flat_card(spread=0.02), centre_xy=CENTRE).relative_uncertainty == pytest.approx(math.hypot(0.02, square), rel=0.2)
    tilted = judge_scale(flat_card(stretch=1.22), centre_xy=CENTRE).relative_uncertainty
    assert tilted == pytest.approx(math.hypot(square, math.log(1.22) / (2 * math.sqrt(2))), rel=1e-6)
    # 0.2 mm per px at 26 mm equivalent is 240 mm away: nearer, so that the card's height above the skin matters more
    assert judge_scale(flat_card(), centre_xy=CENTRE, frame=WorkingFrame(facts=Lens())).relative_uncertainty > square


def test_a_length_in_any_direction_varies_as_the_tilt_term_says() -> None:
    angles = np.linspace(0, 2 * math.pi, 3600, endpoint=False)
    ratio = 1.22
    logs = np.log(np.hypot(np.cos(angles) / math.sqrt(ratio), np.sin(angles) * math.sqrt(ratio)))
    assert logs.std() == pytest.approx(math.log(ratio) / (2 * math.sqrt(2)), rel=0.02)


def test_a_chart_without_millimetres_gives_no_scale() -> None:
    scale = judge_scale(flat_card(scale_known=False), centre_xy=CENTRE)
    assert (scale.mm_per_px, scale.mm_per_working_px, scale.source, scale.flags) == (None, None, "none", ("scale_unknown",))
    assert math.isnan(scale.relative_uncertainty)


def test_a_given_scale_is_for_the_photos_own_pixels_and_wins() -> None:
    scale = judge_scale(flat_card(0.2), given_mm_per_px=0.101, centre_xy=CENTRE, frame=WorkingFrame(0.5))
    assert (scale.source, scale.flags) == ("given", ())
    assert scale.mm_per_px == pytest.approx(0.101)
    assert scale.mm_per_working_px == pytest.approx(0.202)


def test_a_given_scale_that_the_card_contradicts_says_so() -> None:
    scale = judge_scale(flat_card(0.2), given_mm_per_px=0.25, centre_xy=CENTRE)
    assert scale.mm_per_px == pytest.approx(0.25)
    assert scale.flags == ("scale_disagrees",)


@pytest.mark.parametrize("value", [0.0, -0.1, LOWEST_MM_PER_PX * 0.99, HIGHEST_MM_PER_PX * 1.01, math.inf, math.nan])
def test_an_impossible_given_scale_is_refused_with_what_to_do(value: float) -> None:
    with pytest.raises(UsageError, match="mm-per-px"):
        judge_scale(None, given_mm_per_px=value, centre_xy=CENTRE)


@pytest.mark.parametrize("region", LIMB_GIRTHS_MM)
def test_an_assumed_scale_holds_every_region_of_a_leg(region: str) -> None:
    true = 0.12
    width_px = LIMB_GIRTHS_MM[region][0] / math.pi / true
    scale = judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(width_px, True))
    assert (scale.source, scale.flags) == ("assumed", ("scale_assumed",))
    assert scale.mm_per_px is not None
    assert abs(math.log(scale.mm_per_px / true)) <= 1.96 * scale.relative_uncertainty


def test_an_assumed_scale_follows_the_working_factor() -> None:
    full = judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(1000.0, True))
    half = judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(500.0, True), frame=WorkingFrame(0.5))
    assert full.mm_per_px == pytest.approx(half.mm_per_px)


def test_a_limb_cut_by_the_frame_gives_no_scale() -> None:
    assert judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(900.0, False)).source == "none"
    assert judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(math.nan, True)).source == "none"


def test_a_lens_that_would_stand_at_an_impossible_distance_gives_no_scale() -> None:
    near = {"centre_xy": CENTRE, "limb": LimbWidth(900.0, True)}
    assert judge_scale(None, frame=WorkingFrame(facts=Lens()), **near).source == "assumed"
    assert judge_scale(None, frame=WorkingFrame(facts=Lens(focal_length_35mm=None)), **near).source == "assumed"
    # 113 mm over 10 of 2000 px: the camera would be 12 m away
    assert judge_scale(None, centre_xy=CENTRE, limb=LimbWidth(10.0, True), frame=WorkingFrame(facts=Lens())).source == "none"


def test_one_of_several_cards_gives_no_scale_and_says_so() -> None:
    one_of_two = dataclasses.replace(flat_card(0.2), alone=False)
    scale = judge_scale(one_of_two, centre_xy=CENTRE, limb=LimbWidth(900.0, True))
    assert (scale.source, scale.flags) == ("assumed", ("several_cards",))
    assert judge_scale(one_of_two, centre_xy=CENTRE).flags == ("scale_unknown", "several_cards")
    given = judge_scale(one_of_two, given_mm_per_px=0.3, centre_xy=CENTRE)
    assert (given.source, given.flags) == ("given", ())


@pytest.mark.parametrize(("printed", "flags"), [(1.0, ()), (0.97, ()), (0.92, ("cards_disagree",)), (1.08, ("cards_disagree",))])
def test_cards_of_two_photos_are_held_against_each_other(printed: float, flags: tuple[str, ...]) -> None:
    first, second = judge_scale(flat_card(0.2), centre_xy=CENTRE), judge_scale(flat_card(0.2 * printed), centre_xy=CENTRE)
    both = of_both_cards(first, second)
    assert both.flags == flags
    assert both.mm_per_px == first.mm_per_px
    assert both.relative_uncertainty == (pytest.approx(abs(math.log(printed))) if flags else first.relative_uncertainty)


def test_every_flag_is_in_the_registry() -> None:
    assert {"scale_assumed", "scale_unknown", "scale_disagrees", "several_cards", "cards_disagree"} <= REGISTRY.keys()


# --- the limb's width


def slanted_band(degrees: float, width: float, shape: tuple[int, int] = (400, 300)) -> np.ndarray:
    """A straight limb of a width through the middle, its axis turned from upright."""
    rows, columns = np.indices(shape)
    turn = math.radians(degrees)
    across = (columns - shape[1] / 2) * math.cos(turn) + (rows - shape[0] / 2) * math.sin(turn)
    return np.asarray(np.abs(across) <= width / 2)


@pytest.mark.parametrize("degrees", [0.0, 8.0, -8.0])
def test_limb_width_is_measured_square_to_its_axis(degrees: float) -> None:
    width = measure_limb_width(slanted_band(degrees, 120.0))
    assert width.whole
    assert width.across_px == pytest.approx(120.0, rel=0.02)


def test_a_lying_limb_is_measured_as_well() -> None:
    width = measure_limb_width(slanted_band(5.0, 120.0).T)
    assert width.whole
    assert width.across_px == pytest.approx(120.0, rel=0.02)


def test_a_limb_that_leaves_the_frame_sideways_is_not_whole() -> None:
    for mask in (slanted_band(0.0, 400.0), np.roll(slanted_band(0.0, 120.0), 95, axis=1), np.zeros((50, 60), dtype=bool)):
        width = measure_limb_width(mask)
        assert not width.whole
        assert math.isnan(width.across_px)


def test_one_ruler_tells_the_widest_circle_too_even_of_a_limb_that_the_frame_cuts() -> None:
    band = slanted_band(0.0, 120.0)
    assert measure_limb_width(band).circle_px == pytest.approx(120.0, rel=0.03)
    cut = measure_limb_width(np.roll(band, 95, axis=1))
    assert cut.circle_px == pytest.approx(115.0, rel=0.05)  # five of its columns are outside
    assert math.isnan(measure_limb_width(np.zeros((50, 60), dtype=bool)).circle_px)


def test_a_files_own_scale_counts_where_there_is_neither_hand_nor_card() -> None:
    filed = judge_scale(None, centre_xy=(0.0, 0.0), filed_mm_per_px=0.1, frame=WorkingFrame(0.5))
    assert (filed.mm_per_px, filed.mm_per_working_px, filed.source, filed.flags) == (0.1, 0.2, "given", ())
    by_hand = judge_scale(None, centre_xy=(0.0, 0.0), filed_mm_per_px=0.1, given_mm_per_px=0.3)
    assert by_hand.mm_per_px == 0.3
    for impossible in (0.0, -1.0, 40.0, math.inf, math.nan):
        assert judge_scale(None, centre_xy=(0.0, 0.0), filed_mm_per_px=impossible).source == "none"
