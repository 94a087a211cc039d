"""Registration as a whole: against known maps, and against pairs that must be refused."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from photocompare.base.flags import REGISTRY, Severity
from photocompare.leg.field import Field, FieldOptions, find_field
from photocompare.phantom.facts import draw_facts
from photocompare.phantom.pair import render_pair
from photocompare.photo.reading import photo_from_array
from photocompare.registration import Registration, RegistrationOptions, register
from photocompare.registration.features import FeatureOptions
from photocompare.registration.judge import JudgeOptions
from photocompare.registration.marks import MarkOptions
from tests.support.made_skin import SHAPE, View, field_of, photo_of, skin_of, true_map
from tests.support.rendered_pairs import MELANIN

VIEW = View()


def _points() -> np.ndarray:
    x, y = np.meshgrid(np.arange(40, SHAPE[1] - 40, 20), np.arange(40, SHAPE[0] - 40, 20))
    return np.stack([x, y], axis=-1).reshape(-1, 2)


def _error(found: Registration, view: View) -> np.ndarray:
    """Distance in before px at points of the shared field."""
    points = _points()
    points = points[found.shared[points[:, 1], points[:, 0]]]
    sent = found.map_xy[points[:, 1], points[:, 0]]
    return np.linalg.norm(sent - true_map(points.astype(float), view), axis=1) / view.scale


@pytest.fixture(scope="module")
def treated() -> Registration:
    before = photo_of(skin_of(3), 1)
    after = photo_of(skin_of(3, treated=True), 2, view=VIEW, light=0.4)
    return register(before, after, field_of(), field_of())


def test_treated_leg_is_found_again_within_half_a_pixel(treated: Registration) -> None:
    error = _error(treated, VIEW)
    assert treated.flags == ()
    assert treated.method == "xfeat+lighterglue"
    assert len(error) > 0.8 * len(_points())
    assert np.median(error) < 0.5
    assert np.percentile(error, 95) < 1.5


def test_claimed_error_holds_and_says_something(treated: Registration) -> None:
    true_p95 = np.percentile(_error(treated, VIEW), 95)
    assert true_p95 <= treated.error_px_p95 <= 3 * max(true_p95, 0.5)
    assert 0 < treated.error_px_median < treated.error_px_p95


def test_map_error_and_shared_field_agree(treated: Registration) -> None:
    assert treated.map_xy.shape == (*SHAPE, 2)
    assert treated.map_xy.dtype == np.float32
    assert np.isfinite(treated.map_xy[treated.shared]).all()
    assert np.isfinite(treated.error_px[treated.shared]).all()
    assert 0.6 < treated.overlap_share <= 1
    assert treated.scale_after_over_before == pytest.approx(VIEW.scale, rel=0.03)


def test_a_photo_lies_on_itself() -> None:
    photo, told = photo_of(skin_of(5), 1), []
    found = register(photo, photo, field_of(), field_of(), matched=lambda: told.append("same"))
    assert told  # what needs no map may begin
    rows, columns = np.nonzero(found.shared)
    assert found.overlap_share > 0.95
    off = np.linalg.norm(found.map_xy[rows, columns] - np.stack([columns, rows], axis=1), axis=1)
    assert np.median(off) < 0.05
    # The frame's corners lie beyond the outermost patches' centres.
    assert np.percentile(off, 95) < 0.3
    assert np.percentile(off, 95) <= found.error_px_p95


def test_other_skin_is_refused_without_a_number() -> None:
    begun = []
    found = register(photo_of(skin_of(3), 1), photo_of(skin_of(4), 2), field_of(), field_of(), matched=lambda: begun.append("same"))
    assert not begun
    assert found.flags == ("not_same_view",)
    assert found.refused
    assert np.isnan(found.map_xy).all()
    assert np.isnan([found.error_px_median, found.error_px_p95, found.scale_after_over_before]).all()
    assert not found.shared.any()


def test_mirrored_photo_is_named_as_such() -> None:
    after = photo_of(skin_of(3), 2, view=View(mirrored=True))
    found = register(photo_of(skin_of(3), 1), after, field_of(), field_of())
    assert found.flags == ("mirrored",)
    assert found.refused


def test_little_common_skin_is_refused() -> None:
    after = photo_of(skin_of(3), 2, view=View(turn=0, scale=1, shift_xy=(0, 0.9 * SHAPE[0]), slide=0))
    field_after = field_of(np.arange(SHAPE[0])[:, None] * np.ones(SHAPE) >= 0.9 * SHAPE[0])
    found = register(photo_of(skin_of(3), 1), after, field_of(), field_after)
    assert found.refused
    assert set(found.flags) <= {"low_overlap", "not_same_view"}


def test_a_quarter_of_the_leg_is_enough_and_marked() -> None:
    seen = np.zeros(SHAPE, np.bool_)
    seen[: SHAPE[0] // 4] = True
    found = register(photo_of(skin_of(3), 1), photo_of(skin_of(3), 2), field_of(), field_of(seen))
    assert found.flags == ("partial_overlap",)
    assert found.overlap_share == pytest.approx(0.25, abs=0.06)
    rows, columns = np.nonzero(found.shared)
    off = np.linalg.norm(found.map_xy[rows, columns] - np.stack([columns, rows], axis=1), axis=1)
    assert np.percentile(off, 95) <= 1.1 * found.error_px_p95


JOINT_XY = np.asarray([SHAPE[1] / 2, SHAPE[0] / 2])
BEND = np.deg2rad(14.0)
BEND_SHIFT_XY = np.asarray([30.0, 12.0])


def _bent(density: np.ndarray) -> np.ndarray:
    """The lower half turned about the middle and moved, as a calf is when the knee bends."""
    columns, rows = np.meshgrid(np.arange(SHAPE[1], dtype=float), np.arange(SHAPE[0], dtype=float))
    xy = np.stack([columns, rows], axis=-1)
    turn = np.asarray([[np.cos(BEND), np.sin(BEND)], [-np.sin(BEND), np.cos(BEND)]])
    moved = (xy - JOINT_XY - BEND_SHIFT_XY) @ turn.T + JOINT_XY
    where = np.where((rows < SHAPE[0] / 2)[..., None], xy, moved).astype(np.float32)
    return cv2.remap(density, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def test_both_parts_of_a_bent_limb_are_laid_over() -> None:
    before, after = photo_of(skin_of(3), 1), photo_of(_bent(skin_of(3)), 2)
    whole_only = RegistrationOptions(judge=JudgeOptions(partial_overlap=0.0))
    alone = register(before, after, field_of(), field_of(), options=whole_only)
    found = register(before, after, field_of(), field_of())
    assert found.overlap_share > alone.overlap_share + 0.2
    points = _points()
    points = points[found.shared[points[:, 1], points[:, 0]]]
    turn = np.asarray([[np.cos(BEND), -np.sin(BEND)], [np.sin(BEND), np.cos(BEND)]])
    bent = (points - JOINT_XY) @ turn.T + JOINT_XY + BEND_SHIFT_XY
    true = np.where((points[:, 1] < SHAPE[0] / 2)[:, None], points, bent)
    error = np.linalg.norm(found.map_xy[points[:, 1], points[:, 0]] - true, axis=1)
    for half in (points[:, 1] < SHAPE[0] / 2 - 20, points[:, 1] > SHAPE[0] / 2 + 40):
        assert half.sum() > 30
        assert np.median(error[half]) < 0.5
    assert np.percentile(error, 90) < 2.0


def test_missing_marks_refuse_what_the_mottle_accepts() -> None:
    # Opening takes out the marks and the thin veins that this skin has.
    plain = cv2.morphologyEx(skin_of(3), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    spots = np.zeros(SHAPE, np.float32)
    for spot in ((60, 80), (200, 90), (340, 150), (90, 270), (240, 300), (150, 420), (330, 450)):
        cv2.circle(spots, spot, 5, 1.0, -1)
    before = photo_of(plain + 0.8 * cv2.GaussianBlur(spots, (0, 0), 1.5)[..., None], 1)
    # Were there no rule about marks, the rest of the skin would settle it.
    no_rule = RegistrationOptions(marks=MarkOptions(several=1000))
    assert register(before, photo_of(plain, 2), field_of(), field_of(), options=no_rule).flags == ()
    assert register(before, photo_of(plain, 2), field_of(), field_of()).flags == ("not_same_view",)


def test_like_skin_in_like_pose_is_refused() -> None:
    facts = draw_facts("graded", seed=12, size=(600, 450), melanin=MELANIN)
    pair, stranger = render_pair(facts), render_pair(dataclasses.replace(facts, seed=facts.seed + 1))
    photos = [photo_from_array(pixels).working(10**6)[0] for pixels in (pair.before, pair.after, stranger.after)]
    before, after, other = ((photo, find_field(photo)) for photo in photos)
    assert not register(before[0], after[0], before[1], after[1]).refused
    assert register(before[0], other[0], before[1], other[1]).flags == ("not_same_view",)


def test_partly_hidden_skin_is_marked() -> None:
    seen = np.zeros(SHAPE, np.bool_)
    seen[: SHAPE[0] // 2] = True
    before, after = photo_of(skin_of(3), 1), photo_of(skin_of(3), 2)
    found = register(before, after, field_of(), field_of(seen))
    assert "partial_overlap" in found.flags
    assert found.overlap_share == pytest.approx(0.5, abs=0.1)
    assert not found.shared[SHAPE[0] // 2 + 20 :].any()


def test_classical_path_serves_without_the_networks() -> None:
    options = RegistrationOptions(features=FeatureOptions(learned=False))
    after = photo_of(skin_of(3), 2, view=VIEW, light=0.3)
    found = register(photo_of(skin_of(3), 1), after, field_of(), field_of(), options=options)
    assert found.method == "rootsift"
    assert np.median(_error(found, VIEW)) < 0.5


def _beside_a_stranger() -> tuple[tuple[np.ndarray, np.ndarray], tuple[Field, Field]]:
    """The after photo's principal limb is another leg; the right one stands beside it."""
    skin, stranger = skin_of(3), skin_of(9)
    half = SHAPE[1] // 2
    right = np.arange(SHAPE[1])[None, :] * np.ones(SHAPE) >= half + 10
    left = np.arange(SHAPE[1])[None, :] * np.ones(SHAPE) < half - 10
    before = photo_of(skin, 1)
    mixed = stranger.copy()
    mixed[:, half:] = skin[:, half:]
    after = photo_of(mixed, 2)
    labels = np.where(left, 1, np.where(right, 2, 0)).astype(np.int32)
    return (before, after), (field_of(right), field_of(limbs=labels))


def test_matches_decide_which_limb_is_the_leg() -> None:
    photos, fields = _beside_a_stranger()
    found = register(*photos, *fields)
    assert found.limbs == (1, 2)
    assert found.overlap_share > 0.7


def test_the_other_limb_is_cut_out_with_the_fields_own_options() -> None:
    photos, fields = _beside_a_stranger()
    steep_skin_left_out = register(*photos, *fields, field_options=FieldOptions(rim_angle_deg=5.0))
    assert steep_skin_left_out.limbs == (1, 2)
    assert steep_skin_left_out.overlap_share < 0.6


def test_no_leg_is_refused() -> None:
    photo = photo_of(skin_of(3), 1)
    found = register(photo, photo, field_of(), field_of(np.zeros(SHAPE, np.bool_)))
    assert found.flags == ("not_same_view",)


def test_featureless_skin_is_refused() -> None:
    flat = np.full((*SHAPE, 3), 0.3, np.float32)
    found = register(flat, flat.copy(), field_of(), field_of())
    assert found.refused
    assert all(REGISTRY[code].severity is Severity.REFUSE for code in found.flags)


def test_photos_of_different_size() -> None:
    before, after = photo_of(skin_of(3), 1), photo_of(skin_of(3), 2)
    smaller = cv2.resize(after, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    field_after = field_of()
    small_field = type(field_after)(
        np.ones(smaller.shape[:2], np.int32),
        1,
        *(np.ones(smaller.shape[:2], np.bool_) for _ in range(2)),
        field_after.hidden,
        np.zeros(smaller.shape[:2], np.bool_),
    )
    found = register(before, smaller, field_of(), small_field)
    rows, columns = np.nonzero(found.shared)
    expected = (np.stack([columns, rows], axis=1) + 0.5) * 0.8 - 0.5
    off = np.linalg.norm(found.map_xy[rows, columns] - expected, axis=1)
    assert np.median(off) < 0.15
    assert found.scale_after_over_before == pytest.approx(0.8, rel=0.01)


def test_same_input_same_map(treated: Registration) -> None:
    before = photo_of(skin_of(3), 1)
    after = photo_of(skin_of(3, treated=True), 2, view=VIEW, light=0.4)
    again = register(before, after, field_of(), field_of())
    assert np.array_equal(again.map_xy, treated.map_xy, equal_nan=True)
