"""The parts of registration, each against what it should find."""

from __future__ import annotations

import hashlib
import sys
from importlib.resources import files

import cv2
import numpy as np
import pytest

from photocompare.base import networks
from photocompare.registration import matcher_models
from photocompare.registration.block_band import BlockBand, places_in_blocks, solve_and_invert
from photocompare.registration.features import (
    FeatureOptions,
    Limb,
    limb_picture,
    locally_normalised,
    mutual_best,
    sift_keypoints,
    xfeat_keypoints,
)
from photocompare.registration.judge import JudgeOptions, claimed_percentiles, pair_flags
from photocompare.registration.patches import PatchOptions, patch_shifts
from photocompare.registration.spline import Displacements, SplineOptions, fit_spline
from photocompare.registration.warp import PolynomialWarp, WarpOptions, exponents, fit_warp


def _texture(seed: int, shape: tuple[int, int] = (240, 200)) -> np.ndarray:
    noise = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal(shape).astype(np.float32), (0, 0), 2.0)
    return noise / noise.std()


# --- the smooth warp


def _cubic_warp() -> PolynomialWarp:
    table = np.zeros((len(exponents(3)), 2))
    table[0], table[1], table[2] = (520, 610), (430, 30), (-25, 470)
    table[3:] = np.random.default_rng(1).normal(0, 8, (7, 2))
    return PolynomialWarp(3, np.asarray([500.0, 600.0]), 500.0, table)


def test_warp_is_found_among_wrong_matches() -> None:
    rng, truth = np.random.default_rng(2), _cubic_warp()
    before = rng.uniform(0, 1000, (400, 2)).astype(np.float32)
    after = (truth.at(before) + rng.normal(0, 1.0, before.shape)).astype(np.float32)
    wrong = rng.random(400) < 0.3
    after[wrong] = rng.uniform(0, 1000, (int(wrong.sum()), 2))
    fit = fit_warp(before, after, 1.0, options=WarpOptions())
    assert fit is not None
    assert fit.warp.order == 3
    assert (fit.inliers & wrong).sum() <= 3
    assert fit.inliers[~wrong].mean() > 0.95
    inner = rng.uniform(100, 900, (200, 2))
    assert np.linalg.norm(fit.warp.at(inner) - truth.at(inner), axis=1).max() < 1.5
    assert fit.spread_px == pytest.approx(1.0, rel=0.2)


def test_warp_on_a_grid_is_the_warp_at_its_points() -> None:
    warp, xs, ys = _cubic_warp(), np.asarray([3.0, 50.5, 900.0]), np.asarray([0.0, 410.0])
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    assert np.allclose(warp.on_grid(xs, ys).reshape(-1, 2), warp.at(points), atol=1e-2)


def test_matches_that_agree_on_nothing_give_no_warp() -> None:
    rng = np.random.default_rng(4)
    before, after = (rng.uniform(0, 1000, (300, 2)).astype(np.float32) for _ in range(2))
    assert fit_warp(before, after, 1.0, options=WarpOptions()) is None


def test_too_few_matches_give_no_warp() -> None:
    points = np.random.default_rng(3).uniform(0, 100, (5, 2)).astype(np.float32)
    assert fit_warp(points, points, 1.0, options=WarpOptions()) is None


# --- the soft field


def _wave(points: np.ndarray) -> np.ndarray:
    return np.stack([6 * np.sin(points[:, 1] / 50), 4 * np.cos(points[:, 0] / 45)], axis=1)


def test_spline_follows_soft_tissue_and_knows_its_error() -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform(0, 400, (900, 2))
    seen = _wave(points) + rng.normal(0, 1.5, points.shape)
    stray = rng.random(900) < 0.1
    seen[stray] += rng.normal(0, 30, (int(stray.sum()), 2))
    field = fit_spline(Displacements(points, seen, np.ones(900)), (0.0, 0.0, 400.0, 400.0), 30.0, options=SplineOptions())
    xs = np.arange(20.0, 390.0, 10.0)
    grid = np.stack(np.meshgrid(xs, xs), axis=-1).reshape(-1, 2)
    error = field.on_grid(xs, xs).reshape(-1, 2) - _wave(grid)
    claimed = field.spread_on_grid(xs, xs).ravel()
    assert np.sqrt((error**2).mean()) < 0.6
    assert 0.6 < np.sqrt(((error / claimed[:, None]) ** 2).mean()) < 1.5
    assert field.noise == pytest.approx(1.5, rel=0.25)
    assert np.allclose(field.at(grid), field.on_grid(xs, xs).reshape(-1, 2), atol=1e-3)


def test_spline_is_unsure_where_nothing_was_seen() -> None:
    rng = np.random.default_rng(5)
    points = rng.uniform(0, 400, (600, 2))
    points = points[points[:, 0] < 200]
    field = fit_spline(Displacements(points, _wave(points), np.ones(len(points))), (0.0, 0.0, 400.0, 400.0), 30.0, options=SplineOptions())
    inside, outside = field.spread_on_grid(np.asarray([100.0, 380.0]), np.asarray([200.0]))[0]
    assert outside > 20 * inside


def test_band_solves_and_inverts_like_the_dense_matrix() -> None:
    rng = np.random.default_rng(11)
    rows, columns = 9, 5
    row = np.arange(rows * columns) // columns
    dense = np.where(np.abs(row[:, None] - row) <= 3, rng.normal(0, 1, (row.size, row.size)), 0.0)
    dense = dense @ dense.T
    dense = np.where(np.abs(row[:, None] - row) <= 3, dense, 0.0) + 200 * np.eye(row.size)
    places = places_in_blocks(np.arange(row.size), columns)
    blocks = np.zeros((rows // 3, 2, 15, 15))
    kept = (places >= 0) & (np.abs(row[:, None] // 3 - row // 3) <= 1)
    blocks.ravel()[places[kept]] = dense[kept]
    right = rng.normal(0, 1, (row.size, 2))
    solution, inverse = solve_and_invert(BlockBand(blocks), right)
    assert np.allclose(solution, np.linalg.solve(dense, right))
    whole = np.linalg.inv(dense)
    for first, second in ((0, 0), (1, 4), (5, 2), (8, 6)):
        expected = whole[first * columns : (first + 1) * columns, second * columns : (second + 1) * columns]
        assert np.allclose(inverse.between(first, second), expected)
    assert BlockBand(blocks).inner(inverse) == pytest.approx(row.size)


# --- patches


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.4, -2.3), (-3.0, 0.5)])
def test_patches_find_a_sub_pixel_shift_under_other_light(shift: tuple[float, float]) -> None:
    fixed = _texture(6)
    step = np.float32([[1, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(fixed, step, (200, 240), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    moved = 0.5 * moved + np.linspace(-3, 3, 200, dtype=np.float32)
    options = PatchOptions(pixels=5e4, radius=5, patch_sigma=8.0, normalise_sigma=10.0, cell=8)
    found = patch_shifts(fixed, moved, np.ones(fixed.shape, np.bool_), options=options)
    inner = ((found.centres_xy > 20) & (found.centres_xy < 180)).all(axis=1)
    assert len(found.shift) > 0.8 * len(found.looked_at_xy)
    assert np.abs(np.median(found.shift[inner], axis=0) - shift).max() < 0.1
    assert np.abs(found.shift[inner] - shift).max() < 0.6


def test_patches_of_other_skin_correlate_little() -> None:
    options = PatchOptions(pixels=5e4, radius=4, patch_sigma=8.0, normalise_sigma=10.0, cell=8)
    found = patch_shifts(_texture(7), _texture(8), np.ones((240, 200), np.bool_), options=options)
    assert len(found.shift) < 0.4 * len(found.looked_at_xy)


# --- features


def test_local_normalisation_drops_gain_and_light() -> None:
    grey, inside = _texture(9), np.ones((240, 200), np.bool_)
    lit = 2.5 * grey + 7
    assert np.allclose(locally_normalised(grey, inside, 12.0), locally_normalised(lit, inside, 12.0), atol=2e-3)


@pytest.mark.parametrize("learned", [True, False])
def test_keypoints_lie_on_measurable_skin_of_the_limb_only(learned: bool) -> None:
    limb = np.zeros((240, 200), np.bool_)
    limb[:, 40:160] = True
    measurable = limb.copy()
    measurable[100:140] = False
    options = FeatureOptions()
    picture = limb_picture(Limb(_texture(10), limb, measurable, 1), options)
    matcher = matcher_models.load_matcher()
    assert matcher is not None
    points = xfeat_keypoints(picture, matcher, options) if learned else sift_keypoints(picture, options)
    placed = np.rint(picture.to_working(points.xy)).astype(int)
    assert len(placed) > 20
    assert measurable[placed[:, 1], placed[:, 0]].mean() > 0.98
    assert np.allclose(np.linalg.norm(points.descriptors, axis=1), 1, atol=1e-3)


def test_reduced_points_return_to_where_they_were() -> None:
    limb = np.zeros((400, 300), np.bool_)
    limb[40:360, 60:260] = True
    picture = limb_picture(Limb(_texture(11, (400, 300)), limb, limb, 1), FeatureOptions(pixels=16_000))
    assert picture.scale == pytest.approx(0.5)
    # The reduced cut's first pixel covers working columns 60 and 61, rows 40 and 41.
    assert np.allclose(picture.to_working(np.zeros((1, 2), np.float32)), [[60.5, 40.5]])


def test_only_mutually_best_pairs_match() -> None:
    score = np.log(np.asarray([[0.9, 0.2], [0.8, 0.05], [0.01, 0.6]], np.float32))
    assert mutual_best(score, np.log(0.1)).pairs.tolist() == [[0, 0], [2, 1]]


# --- the networks


def test_the_matcher_s_thread_alone_takes_tiny_numbers_as_zero() -> None:
    matcher = matcher_models.load_matcher()
    assert matcher is not None
    rng = np.random.default_rng(12)
    looks = rng.standard_normal((1, 90, 64)).astype(np.float32)
    looks /= np.linalg.norm(looks, axis=2, keepdims=True)
    places = rng.uniform(-1, 1, (1, 90, 2)).astype(np.float32)
    feed = {"k0": places, "k1": places[:, ::-1].copy(), "d0": looks, "d1": looks[:, ::-1].copy()}
    plain = networks.opened((files("photocompare") / "models" / "lighterglue.onnx").read_bytes())
    np.testing.assert_array_equal(matcher.lighterglue.run(["s"], feed)[0], plain.run(["s"], feed)[0])
    assert (np.array([1e-38], np.float32) / np.float32(8))[0] > 0


def test_the_digests_are_those_of_the_shipped_files_and_stand_beside_them() -> None:
    folder = files("photocompare") / "models"
    read_me = (folder / "README.md").read_text(encoding="utf-8")
    for name, digest in matcher_models.SHA256.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert f"| `{name}` | {digest} |" in read_me


def test_the_matcher_sums_shares_of_attention_by_plain_products() -> None:
    # Six layers with twelve such products; six of queries with keys and the assignment stay sums by name.
    content = (files("photocompare") / "models" / "lighterglue.onnx").read_bytes()
    assert content.count(b'"\x06Einsum') == 7  # the field of a node's operation, its length, its name


def test_altered_network_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(matcher_models.SHA256, "xfeat.onnx", "0" * 64)
    assert matcher_models.load_matcher() is None


def test_missing_onnxruntime_gives_no_matcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert matcher_models.load_matcher() is None


# --- the judgement


def test_claimed_percentiles_of_one_spread_are_rayleighs() -> None:
    median, p95 = claimed_percentiles(np.full(1000, 2.0, np.float32))
    assert median == pytest.approx(2 * np.sqrt(2 * np.log(2)), rel=0.02)
    assert p95 == pytest.approx(2 * np.sqrt(2 * np.log(20)), rel=0.05)
    assert np.isnan(claimed_percentiles(np.zeros(0, np.float32))).all()


@pytest.mark.parametrize(
    ("same_skin", "overlap", "p95", "expected"),
    [
        (True, 0.9, 2.0, ()),
        (False, 0.9, 2.0, ("not_same_view",)),
        (True, 0.09, 2.0, ("low_overlap",)),
        (True, 0.11, 2.0, ("partial_overlap",)),
        (True, 0.9, 50.0, ("registration_uncertain",)),
        (True, 0.9, float("nan"), ("registration_uncertain",)),
        (True, 0.4, 8.0, ("registration_loose", "partial_overlap")),
    ],
)
def test_flags_follow_the_evidence(same_skin: bool, overlap: float, p95: float, expected: tuple[str, ...]) -> None:
    assert pair_flags(same_skin, overlap, p95, 1000.0, options=JudgeOptions()) == expected


@pytest.mark.parametrize(("windows", "of_the_leg", "enough"), [(4.9, 55.0, False), (5.1, 55.0, True), (0.9, 4.0, False), (1.1, 4.0, True)])
def test_a_leg_that_is_small_in_its_photo_needs_fewer_windows(windows: float, of_the_leg: float, enough: bool) -> None:
    assert JudgeOptions().enough(windows, of_the_leg) is enough
