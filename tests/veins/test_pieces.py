"""Visible veins out of drawn readings."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import label

from photocompare.base.masks import depth_px
from photocompare.veins.lookalikes import LookalikeOptions, SkinDensity
from photocompare.veins.pieces import _paths, find_baseline, find_veins
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, reading

EVERYWHERE = np.ones(SHAPE, bool)


def test_a_line_is_found_at_its_place_with_its_length_and_calibre() -> None:
    veins = find_veins(reading(lines((100, 8.0), width_px=9)), EVERYWHERE, PX_PER_MM)
    points = np.concatenate([piece.points for piece in veins.pieces])
    assert np.abs(points[:, 0] - 100).max() <= 1.5
    assert veins.length_px == pytest.approx(500, rel=0.03)
    assert np.median([piece.width_px for piece in veins.pieces]) == pytest.approx(9, abs=1.5)
    assert np.median([piece.contrast_de for piece in veins.pieces]) == pytest.approx(8.0, rel=0.02)


def test_what_is_under_the_just_noticeable_difference_is_no_vein() -> None:
    veins = find_veins(reading(lines((100, 2.0), (200, 2.6))), EVERYWHERE, PX_PER_MM)
    assert not veins.mask[90:110].any()
    assert veins.mask[195:206].any()


def test_a_faint_vein_is_not_called_thin_for_being_faint() -> None:
    strong, faint = (find_veins(reading(lines((100, peak), width_px=12)), EVERYWHERE, PX_PER_MM) for peak in (12.0, 3.5))
    widths = [np.median([piece.width_px for piece in veins.pieces]) for veins in (strong, faint)]
    assert widths[1] == pytest.approx(widths[0], rel=0.25)


def test_specks_are_left_out_and_the_field_is_kept_to() -> None:
    de = lines((100, 8.0))
    de[300:305, 300:305] = 8.0
    field = EVERYWHERE.copy()
    field[:, :200] = False
    veins = find_veins(reading(de), field, PX_PER_MM)
    assert not veins.mask[250:350].any()
    assert not veins.mask[:, :200].any()


def test_pieces_are_about_a_millimetre_and_crossings_lose_little_length() -> None:
    de = lines((100, 8.0))
    de[50:350, 297:303] = 8.0
    veins = find_veins(reading(de), EVERYWHERE, PX_PER_MM)
    assert np.median([piece.length_px for piece in veins.pieces]) == pytest.approx(PX_PER_MM, rel=0.2)
    assert veins.length_px == pytest.approx(800, rel=0.05)


def test_calibre_needs_a_scale() -> None:
    thin = find_veins(reading(lines((100, 8.0), width_px=5)), EVERYWHERE, PX_PER_MM).pieces[5]
    wide = find_veins(reading(lines((100, 8.0), width_px=25)), EVERYWHERE, PX_PER_MM).pieces[5]
    assert (thin.calibre(13.0), wide.calibre(13.0), thin.calibre(None)) == ("telangiectasia", "reticular", "unknown")


def test_bare_skin_has_no_veins() -> None:
    veins = find_veins(reading(np.zeros(SHAPE)), EVERYWHERE, PX_PER_MM)
    assert veins.pieces == ()
    assert not veins.mask.any()


def test_a_short_faint_line_is_not_believed_and_a_short_strong_or_long_faint_one_is() -> None:
    short = {"columns": (100, 130)}
    faint, strong = (find_veins(reading(lines((100, peak), **short)), EVERYWHERE, PX_PER_MM) for peak in (3.0, 12.0))
    assert faint.pieces == ()
    assert strong.length_px == pytest.approx(30, abs=6)
    assert find_veins(reading(lines((100, 3.0), columns=(100, 200))), EVERYWHERE, PX_PER_MM).length_px == pytest.approx(100, abs=8)


def test_depth_counts_from_the_mask_s_border_and_the_picture_s_edge() -> None:
    mask = np.ones((40, 60), bool)
    assert depth_px(mask)[20, 5] == pytest.approx(6, abs=0.5)
    mask[:, :10] = False
    assert depth_px(mask)[20, 15] == pytest.approx(6, abs=0.5)
    assert not depth_px(mask)[:, :10].any()


def test_runs_come_in_the_order_of_their_first_pixels() -> None:
    rng = np.random.default_rng(2)
    centreline = rng.random((150, 170)) < 0.08
    expected = label(centreline, connectivity=2)  # numbered row by row
    simple = [path for path in _paths(centreline) if len(path) == len(np.argwhere(expected == expected[tuple(path[0].astype(int))]))]
    numbers = [expected[tuple(path[0].astype(int))] for path in simple]
    assert len(numbers) > 100
    assert numbers == sorted(numbers)


def test_the_baseline_is_what_the_before_photo_shows_by_itself() -> None:
    """In sight of the after photo one vein was no longer believed, and another, which only that photo shows well, is."""
    alone, agreed = reading(lines((100, 8.0), (200, 8.0))), reading(lines((100, 8.0), (300, 8.0)))
    baseline = find_baseline(alone, agreed, EVERYWHERE, PX_PER_MM)
    rows = {round(float(np.median(piece.points[:, 0])) / 100) * 100 for piece in baseline.pieces}
    assert rows == {100, 200}
    assert not baseline.centreline[250:350].any()
    assert all(baseline.mask[row - 1 : row + 2, 100:500].all() for row in (100, 200, 300)), "what either shows is neither bare skin nor new"


def test_hair_is_no_baseline_and_no_vein_after() -> None:
    both = reading(lines((100, 8.0), (200, 8.0), width_px=5, columns=(200, 280)))
    density = np.zeros((*SHAPE, 3), np.float32)
    density[98:103, 200:280], density[198:203, 200:280] = 0.3, (0.2, 0.4, 0.25)
    photo = SkinDensity(density, EVERYWHERE, LookalikeOptions().around_mm * PX_PER_MM)
    for veins in (find_baseline(both, both, EVERYWHERE, PX_PER_MM, photo), find_veins(both, EVERYWHERE, PX_PER_MM, photo)):
        assert not veins.mask[:150].any()
        assert veins.length_px == pytest.approx(80, abs=6)
    assert find_veins(both, EVERYWHERE, PX_PER_MM).length_px == pytest.approx(160, abs=12)
