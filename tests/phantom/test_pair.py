"""The phantom: its truth agrees with its photos, its numbers with the contract's definitions, its folders with the scoring layout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from photocompare.phantom import HARD, PRESETS, CardPlacement, PhantomPair, draw_facts, render_pair, simple_pair, write_cases
from photocompare.phantom import skin as skin_colours
from photocompare.phantom.facts import MISMATCHES, POOR
from photocompare.phantom.samples import SAMPLES, Sample, sample_facts
from photocompare.phantom.surface import build_limb, build_view, project

SMALL = (400, 300)
SHIPPED = Path(__file__).parents[2] / "sample_images"


@pytest.fixture(scope="module")
def null_pair() -> PhantomPair:
    return simple_pair("null", seed=14, tone=0.03, size=SMALL)


@pytest.fixture(scope="module")
def graded_pair() -> PhantomPair:
    return simple_pair("graded", seed=21, tone=0.03, clearance=0.7, stain=0.9, size=SMALL)


def test_same_seed_gives_same_bytes_and_truth() -> None:
    first, again, other = (simple_pair(seed=s, size=(200, 150)) for s in (3, 3, 4))
    assert first.before_jpeg == again.before_jpeg
    assert first.after_jpeg == again.after_jpeg
    assert first.truth == again.truth
    assert first.before_jpeg != other.before_jpeg


def test_untreated_veins_read_exactly_unchanged(null_pair: PhantomPair) -> None:
    seen = null_pair.truth["observer"]
    assert seen["before_mm"] > 100
    assert seen["clearance_length"] == seen["clearance_area"] == seen["clearance_contrast"] == 0
    assert seen["net_change"] == pytest.approx(0, abs=0.05)  # skin that hardly anybody sees a vein in, far from all others
    assert seen["fate_mm"]["residual"] == pytest.approx(seen["before_mm"])
    assert null_pair.truth["stain_mm2_after"] == 0


def test_fates_and_calibres_each_make_up_the_baseline(graded_pair: PhantomPair) -> None:
    seen = graded_pair.truth["observer"]
    fates = seen["fate_mm"]
    baseline = sum(fates[name] for name in ("cleared", "stained", "faded", "residual"))
    assert baseline == pytest.approx(seen["before_mm"])
    gone = fates["cleared"] + fates["stained"] - fates["darkened"]
    assert seen["clearance_length"] == pytest.approx(100 * gone / baseline)
    left = fates["faded"] + fates["residual"] + fates["darkened"] + fates["new"]
    assert seen["net_change"] == pytest.approx(100 * (left / baseline - 1))
    assert min(seen["telangiectasia"], seen["reticular"]) <= seen["clearance_length"] <= max(seen["telangiectasia"], seen["reticular"])


def test_a_treated_vein_of_full_contrast_counts_more_than_a_faint_one() -> None:
    """By the contract a vein weighs the share of looks that see it: no hard border between seen and not."""
    strong, faint = (simple_pair("null", seed=14, tone=tone, size=(200, 150)).truth["observer"]["before_mm"] for tone in (0.03, 0.4))
    assert 0 < faint < strong


def test_more_treatment_clears_more() -> None:
    percents = [
        simple_pair(seed=21, tone=0.03, clearance=c, stain=0.0, size=(200, 150)).truth["observer"]["clearance_length"]
        for c in (0.1, 0.5, 0.95)
    ]
    assert percents[0] < percents[1] - 15 < percents[2] - 30


def test_stain_lies_on_veins_that_went(graded_pair: PhantomPair) -> None:
    assert graded_pair.truth["observer"]["fate_mm"]["stained"] > 20
    assert graded_pair.truth["stain_mm2_after"] > 20
    assert not graded_pair.masks["stain_before"].any()
    clean = simple_pair("graded", seed=21, tone=0.03, clearance=0.7, stain=0.0, size=SMALL)
    assert clean.truth["observer"]["fate_mm"]["stained"] == 0
    assert not clean.masks["stain_after"].any()


def test_stain_darkens_blue_more_than_red(graded_pair: PhantomPair) -> None:
    clean = simple_pair("graded", seed=21, tone=0.03, clearance=0.7, stain=0.0, size=SMALL)
    mask = graded_pair.masks["stain_after"]
    drop = clean.after[mask].mean(axis=0) - graded_pair.after[mask].mean(axis=0)
    assert drop[2] > drop[0] > -1
    assert drop[1] > 5


def test_worse_pairs_grow_veins_and_lose_none() -> None:
    seen = simple_pair("worse", seed=11, tone=0.03, size=SMALL).truth["observer"]
    assert -1.5 < seen["clearance_length"] <= 0  # what grows across an old vein darkens it
    assert seen["fate_mm"]["new"] > 20
    assert seen["net_change"] > 0
    assert seen["clearance_area"] < 0


@pytest.mark.parametrize(
    ("kind", "why"),
    [("mismatch", why) for why in MISMATCHES] + [("poor", why) for why in POOR],
)
def test_pairs_to_refuse_carry_no_numbers(kind: str, why: str) -> None:
    pair = simple_pair(kind, why=why, seed=5, size=(200, 150))
    assert pair.truth["expect"] == "refuse"
    assert pair.truth["why"] == why
    assert "observer" not in pair.truth
    assert pair.masks == {}
    assert not pair.shared.any()
    assert np.isnan(pair.true_map(step=4)).all()


def test_mirrored_photo_is_the_true_after_photo_flipped() -> None:
    mirrored = simple_pair("mismatch", why="mirror", seed=5, size=(200, 150))
    straight = render_pair(replace(mirrored.facts, kind="graded"))
    difference = np.abs(mirrored.after[:, ::-1].astype(float) - straight.after)
    assert difference.mean() < 3  # both are JPEGs
    assert np.array_equal(mirrored.leg_after[:, ::-1], straight.leg_after)


def test_dark_photo_is_dark_and_blurred_photo_is_smooth() -> None:
    detail = {
        why: cv2.Laplacian(simple_pair("poor", why=why, seed=5, size=SMALL).after[..., 1], cv2.CV_32F).std() for why in ("blur", "glare")
    }
    assert detail["blur"] < 0.5 * detail["glare"]
    assert simple_pair("poor", why="dark", seed=5, size=SMALL).after.mean() < 40


def _fine(image: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return grey - cv2.GaussianBlur(grey, (0, 0), 6)


def test_true_map_lays_the_after_photo_on_the_before_photo(null_pair: PhantomPair) -> None:
    map_xy = null_pair.true_map()
    assert np.array_equal(np.isfinite(map_xy[..., 0]), null_pair.shared)
    filled = np.nan_to_num(map_xy, nan=-10)
    warped = cv2.remap(null_pair.after, filled[..., 0], filled[..., 1], cv2.INTER_LINEAR)
    inside = cv2.erode(null_pair.shared.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    before, after = _fine(null_pair.before), _fine(warped)

    def agreement(dx: int, dy: int) -> float:
        return float(np.corrcoef(before[inside], np.roll(after, (dy, dx), (0, 1))[inside])[0, 1])

    here = agreement(0, 0)
    assert here > 0.3
    assert all(here > agreement(dx, dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)))


def test_points_follow_the_true_map(null_pair: PhantomPair) -> None:
    points = np.array(null_pair.truth["points_before_xy_after_xy"], np.float32)
    assert points.shape == (400, 4)
    map_xy = null_pair.true_map()
    there = cv2.remap(map_xy, points[:, :1], points[:, 1:2], cv2.INTER_LINEAR)[:, 0]
    error = np.linalg.norm(there - points[:, 2:], axis=1)
    assert np.nanmedian(error) < 0.05
    assert np.nanpercentile(error, 99) < 0.5


def test_map_with_step_is_the_full_map_thinned(null_pair: PhantomPair) -> None:
    assert np.array_equal(null_pair.true_map(step=8), null_pair.true_map()[::8, ::8], equal_nan=True)


def test_traced_pixels_project_back_to_themselves() -> None:
    facts = draw_facts("null", seed=8, ranges=HARD, size=SMALL)
    limb = build_limb(facts.limb, seed=8, visit="after", slide_mm=facts.slide_mm, swelling=0.01)
    view = build_view(limb, facts.after, SMALL)
    projected = project(view)
    y, x = np.nonzero((projected.cover == 1) & (projected.normal[..., 2] > 0.3))
    back = view.pixel_of_skin(projected.skin_uv[y, x].astype(float))
    assert len(y) > 0.2 * SMALL[0] * SMALL[1]
    assert np.percentile(np.hypot(back[:, 0] - x, back[:, 1] - y), 99) < 0.1


def test_veins_are_darker_than_the_skin_beside_them(null_pair: PhantomPair) -> None:
    for which, photo in (("before", null_pair.before), ("after", null_pair.after)):
        vein = null_pair.masks[f"veins_{which}"]
        grown = cv2.dilate(vein.astype(np.uint8), np.ones((3, 3), np.uint8))
        ring = (cv2.dilate(vein.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0) & (grown == 0)
        assert vein.any()
        assert photo[vein].mean() < photo[ring].mean() - 3


def test_vein_masks_stay_on_the_shared_skin(graded_pair: PhantomPair) -> None:
    assert not (graded_pair.masks["veins_before"] & ~graded_pair.shared).any()
    assert not (graded_pair.shared & ~graded_pair.leg_before).any()


def test_lengths_do_not_depend_on_the_photos_size() -> None:
    coarse, fine = (simple_pair("null", seed=14, tone=0.03, size=s).truth for s in ((300, 225), (600, 450)))
    assert coarse["observer"]["before_mm"] == pytest.approx(fine["observer"]["before_mm"], rel=0.06)
    assert coarse["shared_mm2"] == pytest.approx(fine["shared_mm2"], rel=0.04)


def test_table_is_met_where_it_was_computed() -> None:
    calibre, depth = skin_colours.CALIBRES_MM, skin_colours.TABLE_DEPTH_MM
    assert skin_colours.vein_fwhm_mm(calibre, depth) == pytest.approx([0.5, 0.7, 1.15, 2.0, 3.25], abs=0.13)
    for k, tone in enumerate(skin_colours.TONES):
        assert np.exp(-skin_colours.skin_density(tone)) == pytest.approx(np.exp(-skin_colours.SKIN_DENSITY[k]))
        added = skin_colours.vein_density(calibre, depth, 0.4, tone)
        assert added == pytest.approx(skin_colours.VEIN_DENSITY[:, k], abs=1e-6)


def test_thin_veins_are_red_and_deep_ones_blue_green() -> None:
    thin, deep = skin_colours.vein_density(np.array([0.2, 1.8]), np.array([0.2, 0.8]), 0.4, 0.03)
    assert thin[1] > thin[0]  # takes green light, so looks red
    assert deep[0] > 2 * deep[1]  # takes red light, so looks blue-green


@pytest.mark.parametrize("tone", [0.012, 0.4])
def test_tone_decides_how_dark_plain_skin_is(tone: float) -> None:
    reflectance = np.exp(-skin_colours.skin_density(tone))
    assert reflectance[0] > reflectance[1] > reflectance[2] > 0.005
    assert (reflectance[1] > 0.3) == (tone < 0.1)


def test_unknown_kind_or_manner_is_named() -> None:
    with pytest.raises(ValueError, match="no such kind of pair: improved"):
        draw_facts("improved", seed=1)
    with pytest.raises(ValueError, match="mismatch glare"):
        draw_facts("mismatch", seed=1, why="glare")


def test_presets_widen() -> None:
    standard, hard, wide = (PRESETS[name] for name in ("standard", "hard", "wide"))
    assert standard.turn_deg < hard.turn_deg < wide.turn_deg
    assert standard.distance < hard.distance < wide.distance


def _marker_card() -> np.ndarray:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    card = np.full((200, 200), 255, np.uint8)
    card[30:170, 30:170] = cv2.aruco.generateImageMarker(dictionary, 7, 140)
    return np.repeat((card / 255.0 * 0.85 + 0.03).astype(np.float32)[..., None], 3, axis=2)


def test_card_on_the_skin_is_found_where_it_was_laid() -> None:
    card = CardPlacement(_marker_card(), mm_per_texel=0.2, skin_uv=(3.0, -10.0), rotation_deg=12.0)
    pair = simple_pair("null", seed=14, size=(600, 450), card=card)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    for photo, corners in ((pair.before, pair.card_corners_before), (pair.after, pair.card_corners_after)):
        assert corners is not None
        found, ids, _ = detector.detectMarkers(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))
        assert ids is not None
        assert ids.ravel().tolist() == [7]
        middle = np.array(found[0]).reshape(4, 2).mean(axis=0)
        assert middle == pytest.approx(corners.mean(axis=0), abs=1.5)
    centre = pair.card_corners_before.mean(axis=0).astype(int)
    assert not pair.shared[centre[1], centre[0]]


TRUTH_KEYS = {
    "case", "kind", "hard", "tone_melanin", "mm_per_px_front_before", "mm_per_px_front_after", "expect", "observer", "shared_mm2",
    "stain_mm2_before", "stain_mm2_after", "points_before_xy_after_xy",
}  # fmt: skip
PICTURES = {"vein_de_before.png", "vein_de_after.png", "stain_before.png", "stain_after.png"}


def test_case_folders_hold_what_the_scoring_reads(tmp_path: Path) -> None:
    cases = write_cases(tmp_path / "cases", pairs=3, seed=2, size=(200, 150), kinds=("graded", "mismatch"))
    assert [c.name for c in cases] == ["graded-00", "mismatch-00", "graded-01"]
    graded, refused, _ = (json.loads((c / "truth.json").read_text()) for c in cases)
    assert set(graded) == TRUTH_KEYS
    assert graded["case"] == "graded-00"
    assert set(refused) == {"case", "kind", "hard", "tone_melanin", "mm_per_px_front_before", "mm_per_px_front_after", "expect", "why"}
    assert {p.name for p in cases[0].iterdir()} == PICTURES | {"before.jpg", "after.jpg", "truth.json"}
    assert {p.name for p in cases[1].iterdir()} == {"before.jpg", "after.jpg", "truth.json"}
    for name in PICTURES:
        mask = cv2.imread(str(cases[0] / name), cv2.IMREAD_UNCHANGED)
        assert mask.shape == (200, 150)
        assert mask.dtype == np.uint8
        assert mask.ndim == 2
    assert cv2.imread(str(cases[0] / "before.jpg")).shape == (200, 150, 3)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.name)
def test_shipped_samples_match_their_description(sample: Sample) -> None:
    home = SHIPPED / sample.name
    text = (home / "README.md").read_text(encoding="utf-8")
    facts = sample_facts(sample)
    small = render_pair(replace(facts, size=(400, 300)))
    assert f"Seed {facts.seed}, kind {facts.kind}" in text
    for which in ("before", "after"):
        shipped = cv2.imread(str(home / f"{which}.jpg"))
        assert shipped.shape == (1600, 1200, 3)
        assert (home / f"{which}.jpg").stat().st_size < 600_000
        seen = cv2.resize(shipped, (30, 40), interpolation=cv2.INTER_AREA).astype(float)
        again = cv2.resize(getattr(small, which)[..., ::-1], (30, 40), interpolation=cv2.INTER_AREA)
        assert np.abs(seen - again).mean() < 8  # the same limb in the same light, but for the random texture
    if sample.kind == "null":
        assert "0.0 % of" in text
