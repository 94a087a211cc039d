"""The field against painted truth: leg from the rest, in any light; what hides skin; the reader's polygon."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photocompare.base.arrays import Mask
from photocompare.base.errors import UsageError
from photocompare.leg.field import MOST_POLYGON_BYTES, FieldOptions, cut_field, find_field, other_limb, read_polygon
from tests.support.painted_leg import BACKGROUNDS, CASTS, TONES, colour_blobs, overlap, paint_leg

STAMPS = ((0.68, 0.01, 0.013), (1.0, 0.26, 0.0), (1.0, 0.8, 0.0), (0.0, 0.6, 0.1), (0.1, 0.2, 1.0), (0.0, 0.8, 0.9))
"""Red, orange, yellow, green, blue and cyan, in linear light."""

_SMALL_FIELD = find_field(paint_leg("light", "blue", shape=(160, 120)).linear)


def _cover(found: Mask, truth: Mask) -> float:
    return float(np.count_nonzero(found & truth) / np.count_nonzero(truth))


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_leg_is_found_on_any_background_in_any_light(tone: str, background: str) -> None:
    for cast in CASTS:
        painted = paint_leg(tone, background, cast, shape=(400, 300))
        field = find_field(painted.linear)
        assert overlap(field.leg, painted.leg) > 0.95, cast
        assert field.flags == ()


@pytest.mark.parametrize("tone", TONES)
def test_veins_stay_measurable(tone: str) -> None:
    painted = paint_leg(tone, "grey")
    field = find_field(painted.linear)
    assert _cover(field.leg, painted.veins) > 0.999
    assert _cover(field.measurable | field.rim, painted.veins) > 0.97


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("gloss", [0.0, 0.15])
def test_a_leg_before_something_of_its_own_colour_ends_at_its_edge(tone: str, gloss: float) -> None:
    painted = paint_leg(tone, "grey", gloss=gloss, shape=(400, 300))
    wood = np.array(TONES[tone]) * np.exp([0.12, 0.03, -0.06])
    linear = np.where(painted.leg[..., np.newaxis], painted.linear, np.asarray(wood, np.float32))
    assert overlap(find_field(linear).leg, painted.leg) > 0.95


@pytest.mark.parametrize("tone", ["light", "medium"])
def test_a_leg_that_fills_the_frame_but_for_a_redder_strip_is_the_leg(tone: str) -> None:
    painted = paint_leg(tone, "grey", limbs=((0.58, 0.84),))
    cork = np.where(np.arange(480) % 5 < 2, 0.9, 1.1)[np.newaxis, :, np.newaxis] * np.array([0.42, 0.12, 0.04])
    linear = np.where(painted.leg[..., np.newaxis], painted.linear, cork).astype(np.float32)
    assert overlap(find_field(linear).leg, painted.leg) > 0.95


def test_skin_that_fills_the_frame_is_all_leg() -> None:
    painted = paint_leg("medium", "blue", limbs=((0.5, 1.9),))
    field = find_field(painted.linear)
    assert field.leg.mean() > 0.999
    assert not field.rim.any()
    assert field.measurable.mean() > 0.98


def test_leg_stays_solid_around_moles_and_stains() -> None:
    painted = paint_leg("light", "white")
    for x, radius in ((200, 12), (260, 25)):
        cv2.circle(painted.linear, (x, 300), radius, (0.09, 0.045, 0.02), -1)
    field = find_field(painted.linear)
    assert field.leg[275:326, 188:286].all()


def close_up(strip: tuple[float, float, float] = (1.0, 1.0, 1.0), *, specks: int = 0) -> np.ndarray:
    """Pale skin that fills the frame, a soft strip across it multiplied by a colour, and specks of red."""
    linear = np.full((480, 360, 3), (0.42, 0.34, 0.25), np.float32) * np.linspace(0.9, 1.1, 480, dtype=np.float32)[:, None, None]
    course = np.zeros((480, 360), np.float32)
    cv2.line(course, (-20, 200), (380, 300), 1.0, 32)
    course = cv2.GaussianBlur(course, (0, 0), 5)[..., None]
    linear *= np.exp(course * np.log(np.array(strip, np.float32)))
    for k in range(specks):
        cv2.circle(linear, (40 + 60 * k, 60), 3, (0.4, 0.12, 0.08), -1)
    return linear


def test_a_broad_deep_vein_is_leg_and_a_strip_of_grey_cloth_is_not() -> None:
    middle = np.s_[240:260, 170:190]
    assert find_field(close_up((0.72, 0.82, 0.86))).leg[middle].all()
    assert not find_field(close_up((0.40, 0.50, 0.68))).leg[middle].any()


def test_specks_of_red_are_not_taken_for_the_skin() -> None:
    assert find_field(close_up(specks=5)).leg.mean() > 0.99


def test_rim_turns_away_and_the_frames_border_does_not() -> None:
    painted = paint_leg("light", "green", limbs=((0.95, 0.9),))
    field = find_field(painted.linear)
    left_edge = int(np.flatnonzero(field.leg[320])[0])
    assert field.rim[320, left_edge : left_edge + 8].all()
    assert not field.rim[320, -20:].any()
    assert not (field.measurable & field.rim).any()


def test_two_limbs_apart_get_two_labels_and_either_can_be_the_leg() -> None:
    painted = paint_leg("medium", "white", limbs=((0.45, 0.36), (0.86, 0.3)))
    field = find_field(painted.linear)
    assert set(np.unique(field.limbs)) == {0, 1, 2}
    assert field.principal == 1
    assert overlap(field.leg, painted.parts[0]) > 0.93
    other = other_limb(painted.linear, field, 2, options=FieldOptions())
    assert overlap(other.leg, painted.parts[1]) > 0.93
    assert not (other.measurable & field.leg).any()
    with pytest.raises(ValueError, match="no limb 3"):
        other_limb(painted.linear, field, 3, options=FieldOptions())


def test_touching_limbs_are_parted_at_their_crease() -> None:
    painted = paint_leg("light", "blue", limbs=((0.36, 0.4), (0.70, 0.4)))
    field = find_field(painted.linear)
    assert field.limbs.max() == 2
    assert max(overlap(field.leg, part) for part in painted.parts) > 0.9


def test_hairs_are_left_out_and_veins_are_not() -> None:
    painted = paint_leg("light", "grey", hairs=12)
    field = find_field(painted.linear)
    assert _cover(field.hidden.hair, painted.hairs) > 0.8
    apart = cv2.dilate(painted.hairs.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert _cover(field.hidden.hair, painted.veins & apart) < 0.02


def test_no_hair_is_seen_where_there_is_none() -> None:
    for tone in TONES:
        assert find_field(paint_leg(tone, "grey").linear).hidden.hair.mean() < 0.001


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(
    "colour", [(0.68, 0.01, 0.013), (1.0, 0.26, 0.0), (1.0, 0.8, 0.0), (0.0, 0.6, 0.1), (0.1, 0.2, 1.0), (0.0, 0.8, 0.9)]
)
def test_a_date_stamp_is_left_out_and_told(tone: str, colour: tuple[float, float, float]) -> None:
    painted = paint_leg(tone, "grey")
    stamp = np.zeros(painted.leg.shape, np.uint8)
    cv2.putText(stamp, "01/05/2026", (170, 560), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    share = (stamp / np.float32(255))[..., np.newaxis]
    field = find_field(painted.linear * (1 - share) + np.float32(colour) * share)
    letters = (stamp > 0) & painted.leg
    assert field.flags == ("drawn_on",)
    assert _cover(field.hidden.any, letters) > 0.99
    assert field.hidden.paint.sum() < 8 * letters.sum()
    assert not find_field(painted.linear).hidden.paint.any()


def written_on(shape: tuple[int, ...], *, turned: bool = False, height_px: int = 34) -> np.ndarray:
    """Digits of seven strokes, as cameras burn them in; True where a stroke is."""
    strokes = {"0": "abcdef", "1": "bc", "2": "abged", "5": "afgcd", "6": "afgedc", " ": ""}
    sheet = np.zeros(shape[::-1] if turned else shape, np.uint8)
    wide, x, y = height_px // 2, int(0.3 * sheet.shape[1]), int(0.55 * sheet.shape[0])
    ends = {
        "a": (0, 0, 1, 0),
        "b": (1, 0, 1, 1),
        "c": (1, 1, 1, 2),
        "d": (0, 2, 1, 2),
        "e": (0, 1, 0, 2),
        "f": (0, 0, 0, 1),
        "g": (0, 1, 1, 1),
    }
    for figure in "12 05 2026":
        for stroke in strokes[figure]:
            x0, y0, x1, y1 = (wide * k for k in ends[stroke])
            cv2.line(sheet, (x + x0, y + y0), (x + x1, y + y1), 255, 3, cv2.LINE_AA)
        x += int(1.6 * wide)
    return sheet.T if turned else sheet


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("light", "opaque"), [(0.0, 1.0), (1.0, 1.0), (0.0, 0.45), (1.0, 0.45)])
def test_black_or_white_writing_is_left_out_and_told(tone: str, turned: bool, light: float, opaque: float) -> None:
    painted = paint_leg(tone, "grey")
    sheet = written_on(painted.leg.shape, turned=turned)
    share = (opaque * sheet / np.float32(255))[..., np.newaxis]
    codes = np.sqrt(painted.linear) * (1 - share) + np.float32(light) * share  # as programs blend: by code, not by light
    field = find_field(codes**2)
    letters = (sheet > 0) & field.leg
    assert "drawn_on" in field.flags
    assert _cover(field.hidden.any, letters) > 0.99
    assert field.hidden.writing.sum() < 8 * letters.sum()


def test_no_writing_is_seen_where_there_is_none() -> None:
    """Nor in hair, nor in marks that stand in no row."""
    rng = np.random.default_rng(3)
    for tone in TONES:
        painted = paint_leg(tone, "grey")
        marked = painted.linear.copy()
        for _ in range(60):
            x, y, turn = int(rng.integers(160, 380)), int(rng.integers(100, 700)), float(rng.uniform(0, 180))
            cv2.ellipse(marked, (x, y), (int(rng.integers(2, 6)), int(rng.integers(8, 20))), turn, 0, 360, (0.03, 0.02, 0.02), -1)
        for linear in (painted.linear, marked):
            assert not find_field(linear).hidden.writing.any()


def test_glare_is_part_of_the_leg_but_not_measurable() -> None:
    painted = paint_leg("medium", "blue", gloss=1.0)
    field = find_field(painted.linear)
    assert overlap(field.leg, painted.leg) > 0.95
    assert _cover(field.hidden.glare | field.hidden.clipped, painted.gloss) > 0.9
    assert not (field.measurable & field.hidden.glare).any()


def test_clipped_and_shaded_skin_is_not_measurable() -> None:
    painted = paint_leg("light", "blue")
    painted.linear[100:140, 200:260] = 1.0
    painted.linear[300:360, 180:300] *= 0.02
    field = find_field(painted.linear)
    assert field.leg[100:140, 200:260].all()
    assert field.hidden.clipped[100:140, 200:260].all()
    assert field.hidden.shadow[306:354, 186:294].all()


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_constant_frames_hold_no_skin(level: float) -> None:
    field = find_field(np.full((120, 90, 3), level, np.float32))
    assert field.flags == ("no_skin",)
    assert field.principal == 0
    assert not field.measurable.any()


def test_colour_blobs_are_no_leg() -> None:
    for seed in range(5):
        assert find_field(colour_blobs(seed=seed)).flags == ("no_skin",)


def test_nan_and_tiny_frames_do_no_harm() -> None:
    painted = paint_leg("light", "blue")
    painted.linear[50:60, 200:210] = np.nan
    assert overlap(find_field(painted.linear).leg, painted.leg) > 0.95
    assert find_field(np.zeros((1, 1, 3), np.float32)).flags == ("no_skin",)


def test_same_photo_gives_the_same_field() -> None:
    painted = paint_leg("medium", "beige tile", "orange", hairs=10)
    one, two = find_field(painted.linear), find_field(painted.linear.copy())
    assert np.array_equal(one.measurable, two.measurable)
    assert np.array_equal(one.limbs, two.limbs)


def test_exposure_and_mirroring_change_nothing() -> None:
    painted = paint_leg("light", "blue")
    leg = find_field(painted.linear).leg
    assert overlap(find_field(painted.linear * np.float32(0.5)).leg, leg) > 0.98
    assert overlap(find_field(np.ascontiguousarray(painted.linear[:, ::-1])).leg[:, ::-1], leg) > 0.98


def test_polygon_cuts_leg_and_measurable() -> None:
    field = find_field(paint_leg("light", "blue").linear)
    cut = cut_field(field, np.array([[200, 200], [300, 200], [300, 400], [200, 400]], np.float32))
    assert cut.leg.sum() == pytest.approx(101 * 201, abs=250)
    assert cut.leg[300, 250]
    assert not cut.leg[300, 330]
    assert not (cut.measurable & ~field.measurable).any()
    assert np.array_equal(cut.limbs, field.limbs)


def test_polygon_off_the_skin_raises_the_flag_and_off_the_photo_an_error() -> None:
    field = find_field(paint_leg("light", "blue").linear)
    assert "no_skin" in cut_field(field, np.array([[0, 0], [20, 0], [20, 20]], np.float32)).flags
    with pytest.raises(UsageError, match="outside the photo"):
        cut_field(field, np.array([[5000, 5000], [6000, 5000], [6000, 9000]], np.float32))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_polygon_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "FIELD.json"
    path.write_text('{"polygon": [[1, 2.5], [30, 4], [20, 50]]}', encoding=encoding)
    polygon = read_polygon(path)
    assert polygon.dtype == np.float32
    assert polygon.tolist() == [[1, 2.5], [30, 4], [20, 50]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"polygon": 3}',
        '{"polygon": []}',
        '{"polygon": [[0, 0], [9, 9]]}',
        '{"polygon": [[0, 0], [9, 0], [9]]}',
        '{"polygon": [[0, 0], [9, 0], [9, "9"]]}',
        '{"polygon": [[0, 0], [9, 0], [9, true]]}',
        '{"polygon": [[0, 0], [9, 0], [9, NaN]]}',
        '{"polygon": [[0, 0], [9, 0], [9, Infinity]]}',
        '{"polygon": [[0, 0], [9, 0], [9, 1e30]]}',
        '{"polygon": [[0, 0], [9, 0], [9, 9]], "holes": []}',
        '{"polygon": [[0, 0], [5, 5], [9, 9]]}',
        '{"polygon": [[-9, 0], [-5, 0], [-5, 9]]}',
        "[" * 100_000,
        '{"polygon": ' + json.dumps([[k, k * k % 97] for k in range(10_001)]) + "}",
    ],
)
def test_malformed_polygons_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "FIELD.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        read_polygon(path)


def test_missing_or_binary_polygon_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_polygon(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UsageError):
        read_polygon(tmp_path / "bytes.json")


def test_what_is_no_file_or_too_much_is_no_polygon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for path in (tmp_path, tmp_path / "pipe.json", Path("/dev/zero")):
        with pytest.raises(UsageError, match="a folder, a pipe or a device"):
            read_polygon(path)
    (tmp_path / "long.json").write_bytes(b" " * (MOST_POLYGON_BYTES + 1))
    with pytest.raises(UsageError, match="more than 2 MB"):
        read_polygon(tmp_path / "long.json")


@settings(max_examples=60, deadline=None)
@given(corners=st.lists(st.tuples(st.floats(-50, 200, width=32), st.floats(-50, 200, width=32)), min_size=3, max_size=9))
def test_any_polygon_only_ever_cuts(corners: list[tuple[float, float]]) -> None:
    field = _SMALL_FIELD
    try:
        cut = cut_field(field, np.array(corners, np.float32))
    except UsageError:
        return
    assert not (cut.measurable & ~field.measurable).any()
    assert not (cut.leg & ~field.leg).any()
