"""The card: drawn, rendered into scenes with known geometry, found again."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, LinearRGB
from photocompare.base.colour import individual_typology_angle, ita_group, lab_from_linear, linear_from_srgb8, srgb8_from_linear
from photocompare.card.chart import CHART_NAME, PATCH_SRGB
from photocompare.card.finding import Card, CardOptions, colour_correction, find_card
from photocompare.card.layout import A6_CARD, CREDIT_CARD, LAYOUTS, MARKER_CELLS, CardLayout, Rect, card_image, ruler_ticks
from photocompare.card.patches import colour_difference
from photocompare.card.plane import transform_points
from photocompare.report.pdf.card import write_card_pdf

SHAPE = (640, 520)
SKIN = (192, 156, 136)
OUTSIDE_THE_CARD = np.array([[25.0, 25.0]])


def skin_scene(rng: np.random.Generator, shape: tuple[int, int] = SHAPE) -> LinearRGB:
    """Mottled skin, linear."""
    mottle = cv2.GaussianBlur(rng.normal(0.0, 1.0, shape).astype(np.float32), (0, 0), 4.0)
    return (linear_from_srgb8(np.array([[SKIN]], dtype=np.uint8)) * np.exp(0.4 * mottle)[..., None]).astype(np.float32)


def px_from_mm(layout: CardLayout, mm_per_px: float, tilt: float, axis: float, spin: float, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Homography of a pinhole camera over the middle of a card that is turned by `spin` and tilted about an axis in its plane (degrees)."""

    def about_view(degrees: float) -> NDArray[np.float64]:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])

    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    turn = about_view(axis) @ np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]]) @ about_view(spin - axis)
    focal = 1.2 * max(shape)
    middle = np.array([layout.width / 2, layout.height / 2])
    pose = np.column_stack([turn[:, 0], turn[:, 1], np.array([0.0, 0.0, focal * mm_per_px]) - turn[:, :2] @ middle])
    camera = np.array([[focal, 0.0, (shape[1] - 1) / 2], [0.0, focal, (shape[0] - 1) / 2], [0.0, 0.0, 1.0]])
    return camera @ pose


def lay_on(scene: LinearRGB, picture: SRGB8, px_per_unit: float, px_from_unit: NDArray[np.float64]) -> LinearRGB:
    """A flat picture laid over a scene by a homography from its own units, antialiased."""
    rows, columns = scene.shape[:2]
    twice = np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
    unit_from_picture = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, px_per_unit]]) / px_per_unit
    layers = np.dstack([linear_from_srgb8(picture), np.ones(picture.shape[:2], dtype=np.float32)])
    warped = cv2.warpPerspective(layers, twice @ px_from_unit @ unit_from_picture, (2 * columns, 2 * rows))
    warped = cv2.resize(warped, (columns, rows), interpolation=cv2.INTER_AREA)
    return scene * (1.0 - warped[..., 3:]) + 0.88 * warped[..., :3]  # paper reflects less than all


def photographed(
    scene: LinearRGB,
    rng: np.random.Generator,
    *,
    blur: float = 0.8,
    noise: float = 0.008,
    slope: float = 0.2,
    cast: tuple[float, float, float] = (0.8, 0.8, 0.8),
    jpeg: int = 90,
) -> LinearRGB:
    """Light that slopes, colour cast, blur, noise, JPEG."""
    rows, columns = scene.shape[:2]
    across, down = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    lit = scene * np.exp(slope * (0.7 * across + 0.5 * down))[..., None] * np.array(cast)
    lit = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), blur)
    lit += rng.normal(0.0, 1.0, lit.shape) * noise * np.sqrt(np.maximum(lit, 0.0) + 0.02)
    coded = cv2.imencode(".jpg", srgb8_from_linear(lit.astype(np.float32))[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1]
    return linear_from_srgb8(np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))


def card_photo(
    layout: CardLayout,
    mm_per_px: float,
    *,
    tilt: float = 0.0,
    axis: float = 0.0,
    spin: float = 0.0,
    seed: int = 0,
    cover: Rect | None = None,
    **conditions: float,
) -> tuple[LinearRGB, NDArray[np.float64]]:
    """A photo with the card (a piece of skin laid over `cover`, card mm), and the true homography from mm to px."""
    rng = np.random.default_rng(seed)
    true = px_from_mm(layout, mm_per_px, tilt, axis, spin, SHAPE)
    px_per_mm = 2.5 / mm_per_px
    picture = card_image(layout, px_per_mm)
    if cover is not None:
        low, high = np.round(cover.corners_xy[[0, 2]] * px_per_mm).astype(int)
        picture[max(low[1], 0) : high[1], max(low[0], 0) : high[0]] = SKIN
    return photographed(lay_on(skin_scene(rng), picture, px_per_mm, true), rng, **conditions), true


def true_scale(true: NDArray[np.float64], point_xy: NDArray[np.float64]) -> float:
    """mm per px from the areas of a small square, independent of the finder's closed formula."""
    square = point_xy + np.array([[0.0, 0.0], [0.01, 0.0], [0.01, 0.01], [0.0, 0.01]])
    mm = transform_points(np.linalg.inv(true), square) * 1e3
    area = 0.5 * abs(np.sum(mm[:, 0] * np.roll(mm[:, 1], 1) - np.roll(mm[:, 0], 1) * mm[:, 1]))
    return math.sqrt(area) / 0.01 / 1e3


def middle_of(layout: CardLayout, true: NDArray[np.float64]) -> NDArray[np.float64]:
    return transform_points(true, np.array([[layout.width / 2, layout.height / 2]]))


def scale_miss(card: Card, true: NDArray[np.float64], point_xy: NDArray[np.float64]) -> float:
    scales = card.mm_per_px_at(point_xy)
    assert scales is not None
    return abs(float(scales[0]) / true_scale(true, point_xy) - 1.0)


# --- the drawing


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_everything_has_its_own_place_on_the_card(layout: CardLayout) -> None:
    places = [marker.square.inset(-marker.square.width / MARKER_CELLS) for marker in layout.markers]
    places += [layout.window, layout.ruler, *(patch.place for patch in layout.patches)]
    for k, one in enumerate(places):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.width <= layout.width
        assert one.y + one.height <= layout.height
        for other in places[k + 1 :]:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart_x or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_the_sizes_share_no_marker() -> None:
    identifiers = [marker.identifier for layout in LAYOUTS.values() for marker in layout.markers]
    assert len(set(identifiers)) == len(identifiers) == 12


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_patches_hold_greys_and_every_skin_tone_group(layout: CardLayout) -> None:
    kinds = [patch.kind for patch in layout.patches]
    assert kinds.count("neutral") >= 4
    assert kinds.count("red") == kinds.count("brown") == 2
    for patch in layout.patches:
        lightness, _, b_star = lab_from_linear(patch.linear[None, None])[0, 0]
        if patch.kind == "skin":
            assert ita_group(individual_typology_angle(lightness, b_star)) == patch.name.removeprefix("skin-").replace("-", " ")
        if patch.kind == "neutral":
            assert len(set(patch.srgb)) == 1


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_check_ruler_is_50_mm_long_with_a_tick_every_millimetre(layout: CardLayout) -> None:
    middles = np.array([tick.x + tick.width / 2 for tick in ruler_ticks(layout)])
    assert np.allclose(np.diff(middles), 1.0)
    assert middles[-1] - middles[0] == pytest.approx(50.0)


def test_card_image_has_the_patches_nominal_colours_and_shares_out_pixels() -> None:
    picture = card_image(CREDIT_CARD, 10.0)
    assert picture.shape == (540, 856, 3)
    for patch in CREDIT_CARD.patches:
        column, row = np.round((patch.place.corners_xy.mean(axis=0)) * 10.0 - 0.5).astype(int)
        assert tuple(picture[row, column]) == patch.srgb
    # the light on the whole card does not depend on how finely it is drawn
    fine, coarse = (linear_from_srgb8(card_image(A6_CARD, scale)).mean() for scale in (5.0, 1.0))
    assert coarse == pytest.approx(fine, abs=0.003)


def test_the_sheet_is_one_a4_page_of_vectors_at_actual_size(tmp_path: Path) -> None:
    write_card_pdf(tmp_path / "one.pdf")
    write_card_pdf(tmp_path / "two.pdf")
    data = (tmp_path / "one.pdf").read_bytes()
    assert data == (tmp_path / "two.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/PrintScaling /None" in data
    assert b"/MediaBox [0 0 595.28 841.89]" in data
    assert data.count(b"/Type /Page\n") == 1
    assert b"/Subtype /Image" not in data


def test_a_sheet_that_finds_no_room_leaves_the_one_that_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")  # a limit on the size of files stands for the full disk
    write_card_pdf(tmp_path / "card.pdf")
    good = (tmp_path / "card.pdf").read_bytes()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) // 2, usual[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_card_pdf(tmp_path / "card.pdf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [good]


# --- the finder

POSES = [
    (CREDIT_CARD, 0.20, 0.0, 0.0, 0.0, {}),
    (CREDIT_CARD, 0.20, 35.0, 0.0, 20.0, {}),
    (CREDIT_CARD, 0.22, 35.0, 60.0, 170.0, {"blur": 1.3, "noise": 0.02}),
    (CREDIT_CARD, 0.32, 20.0, 120.0, 95.0, {"blur": 1.0, "jpeg": 75}),
    (A6_CARD, 0.32, 0.0, 0.0, 45.0, {"slope": 0.6}),
    (A6_CARD, 0.34, 35.0, 90.0, 10.0, {"blur": 1.5}),
    (A6_CARD, 0.34, 25.0, 200.0, 250.0, {"noise": 0.03, "jpeg": 75}),
    (A6_CARD, 0.50, 30.0, 45.0, 300.0, {"blur": 1.0}),
]


@pytest.mark.parametrize(("layout", "mm_per_px", "tilt", "axis", "spin", "conditions"), POSES)
def test_scale_is_within_one_percent(
    layout: CardLayout, mm_per_px: float, tilt: float, axis: float, spin: float, conditions: dict[str, float]
) -> None:
    photo, true = card_photo(layout, mm_per_px, tilt=tilt, axis=axis, spin=spin, **conditions)
    card = find_card(photo)
    assert card is not None
    assert card.layout == layout.name
    assert card.groups == ("left", "right")
    assert scale_miss(card, true, middle_of(layout, true)) < 0.01
    assert scale_miss(card, true, OUTSIDE_THE_CARD) < 0.02
    outline = transform_points(true, layout.outline_xy)
    assert np.abs(card.corners_xy - outline).max() < 2.0
    assert card.foreshortening_at(middle_of(layout, true)[0]) == pytest.approx(1 / math.cos(math.radians(tilt)), rel=0.03)


def test_the_claimed_scale_error_holds() -> None:
    within = []
    for seed in range(6):
        photo, true = card_photo(CREDIT_CARD, 0.25, tilt=25.0, axis=60.0 * seed, spin=50.0 * seed, seed=seed)
        card = find_card(photo)
        assert card is not None
        for point in (middle_of(CREDIT_CARD, true), OUTSIDE_THE_CARD):
            error = card.scale_error_at(point)
            assert error is not None
            assert 0.0 < error[0] < 0.02
            within.append(scale_miss(card, true, point) <= 1.96 * error[0] + 0.001)  # 0.1 % for the blur's own pull at dark edges
    assert np.mean(within) >= 0.9


def test_one_side_is_enough_but_less_certain() -> None:
    whole, true = card_photo(CREDIT_CARD, 0.2, tilt=20.0, axis=30.0)
    covered, _ = card_photo(CREDIT_CARD, 0.2, tilt=20.0, axis=30.0, cover=Rect(-5.0, -5.0, 25.0, 70.0))
    seen, half = find_card(whole), find_card(covered)
    assert seen is not None
    assert half is not None
    assert (half.markers, half.groups) == (3, ("right",))
    far = transform_points(true, np.array([[5.0, 27.0]]))
    seen_error, half_error = seen.scale_error_at(far), half.scale_error_at(far)
    assert seen_error is not None
    assert half_error is not None
    assert half_error[0] > 2 * seen_error[0]
    assert scale_miss(half, true, far) < 3 * half_error[0]


def test_fewer_markers_of_one_side_are_not_enough() -> None:
    one_side, _ = card_photo(CREDIT_CARD, 0.2, cover=Rect(-5.0, -5.0, 76.0, 70.0))
    assert find_card(one_side) is not None
    assert find_card(one_side, options=CardOptions(smallest_group=4)) is None
    ends_only, _ = card_photo(CREDIT_CARD, 0.2, cover=Rect(-5.0, 20.0, 100.0, 15.0))
    found = find_card(ends_only)
    assert found is not None
    assert found.markers == 4


# --- the colours


@pytest.mark.parametrize("cast", [(0.9, 0.62, 0.4), (0.45, 0.6, 0.8)])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_colour_correction_takes_the_cast_away(layout: CardLayout, cast: tuple[float, float, float]) -> None:
    photo, _ = card_photo(layout, 0.32 if layout is A6_CARD else 0.2, tilt=20.0, cast=cast, slope=0.4)
    card = find_card(photo)
    assert card is not None
    correction = colour_correction(card)
    assert correction is not None
    assert correction.patches == len(layout.patches)
    assert correction.residual_de < 2.5
    assert correction.predicted_de < 3.0
    assert correction.residual_de < correction.uncorrected_de / 5
    assert np.allclose(correction.neutral_gains * cast * 0.88, 1.0, rtol=0.1)


def test_two_photos_of_one_card_meet_in_one_colour_frame() -> None:
    """The printer's error is in both: a card printed with tinted paper still brings the photos together."""
    tone = linear_from_srgb8(np.array([[SKIN]], dtype=np.uint8))[0, 0].astype(np.float64)
    met = []
    for cast in ((0.85, 0.7, 0.5), (0.5, 0.62, 0.7)):
        printed = tuple(np.array(cast) * (1.0, 0.93, 0.85))
        card = find_card(card_photo(CREDIT_CARD, 0.2, cast=printed)[0])
        assert card is not None
        correction = colour_correction(card)
        assert correction is not None
        met.append(correction.matrix @ (tone * cast))
    assert colour_difference(met[0][None], met[1][None])[0] < 2.3


@pytest.mark.parametrize("jpeg", [95, 80, 60])
@pytest.mark.parametrize("size", [0.7, 1.0])
def test_of_two_cards_neither_gives_the_scale(jpeg: int, size: float) -> None:
    rng = np.random.default_rng(jpeg)
    layout, mm_per_px = CREDIT_CARD, 0.28
    scene = skin_scene(rng)
    for factor, down in ((1.0, -200.0), (size, 200.0)):
        true = px_from_mm(layout, mm_per_px / factor, 0.0, 0.0, 0.0, SHAPE)
        px_per_mm = 2.5 / mm_per_px
        scene = lay_on(
            scene, card_image(layout, px_per_mm), px_per_mm, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, down], [0.0, 0.0, 1.0]]) @ true
        )
    card = find_card(photographed(scene, rng, jpeg=jpeg))
    assert card is not None
    assert not card.alone
    assert card.mm_per_px_at(OUTSIDE_THE_CARD) is None
    assert card.scale_error_at(OUTSIDE_THE_CARD) is None


def test_a_covered_patch_is_left_out_of_the_colours() -> None:
    patch = CREDIT_CARD.patches[5]
    photo, _ = card_photo(CREDIT_CARD, 0.2, cover=patch.place.inset(-0.4))
    card = find_card(photo)
    assert card is not None
    correction = colour_correction(card)
    assert correction is not None
    assert correction.patches == len(CREDIT_CARD.patches) - 1
    assert correction.residual_de < 2.5


def test_clipped_patches_are_not_used() -> None:
    card = find_card(card_photo(CREDIT_CARD, 0.2, cast=(1.9, 1.9, 1.9), slope=0.0)[0])
    assert card is not None
    assert not card.patches["neutral-1"].usable
    assert card.patches["neutral-6"].usable


def test_no_colours_without_neutral_patches() -> None:
    card = find_card(card_photo(CREDIT_CARD, 0.2)[0])
    assert card is not None
    without = {name: reading for name, reading in card.patches.items() if reading.kind != "neutral"}
    assert colour_correction(replace(card, patches=without)) is None


# --- what is no card


@pytest.mark.parametrize("seed", range(4))
def test_skin_with_vessels_is_no_card(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scene = skin_scene(rng)
    for _ in range(60):
        path = np.cumsum(rng.normal(0, 9, (30, 2)), axis=0) + rng.uniform(0, SHAPE[0], 2)
        cv2.polylines(scene, [np.round(path).astype(np.int32)], False, (0.3, 0.05, 0.06), int(rng.integers(1, 6)))
    for _ in range(40):
        corner = rng.integers(0, SHAPE[1], 2)
        cv2.rectangle(scene, corner.tolist(), (corner + rng.integers(8, 60, 2)).tolist(), rng.uniform(0, 0.9, 3).tolist(), -1)
    assert find_card(photographed(scene, rng, noise=0.02 * (seed + 1))) is None


@pytest.mark.parametrize("dictionary", [cv2.aruco.DICT_6X6_250, cv2.aruco.DICT_ARUCO_MIP_36h12, cv2.aruco.DICT_APRILTAG_36h11])
def test_other_peoples_markers_are_no_card(dictionary: int) -> None:
    rng = np.random.default_rng(3)
    scene = np.full((*SHAPE, 3), 0.8, dtype=np.float32)
    for k, identifier in enumerate((23, 40, 62, 98, 124, 203 if dictionary == cv2.aruco.DICT_6X6_250 else 199)):
        marker = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(dictionary), identifier, 96)
        row, column = 60 + 180 * (k // 3), 40 + 160 * (k % 3)
        scene[row : row + 96, column : column + 96] = (marker > 0)[..., None] * 0.8
    assert find_card(photographed(scene, rng)) is None


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_card_that_reads_backwards_is_told_and_serves_as_well(layout: CardLayout) -> None:
    photo, _ = card_photo(layout, 0.2 if layout is CREDIT_CARD else 0.35, tilt=15.0, axis=30.0, spin=40.0)
    plain, mirrored = find_card(photo), find_card(np.ascontiguousarray(photo[:, ::-1]))
    assert plain is not None
    assert mirrored is not None
    assert (plain.mirrored, mirrored.mirrored) == (False, True)
    assert mirrored.alone
    point = plain.corners_xy.mean(axis=0)[np.newaxis]
    turned = np.array([[SHAPE[1] - 1.0 - point[0, 0], point[0, 1]]])
    assert mirrored.mm_per_px_at(turned) == pytest.approx(plain.mm_per_px_at(point), rel=1e-3)
    assert mirrored.scale_error_at(turned) == pytest.approx(plain.scale_error_at(point), rel=0.3)
    assert mirrored.corners_xy[:, 0] == pytest.approx(SHAPE[1] - 1.0 - plain.corners_xy[:, 0], abs=0.3)
    corrections = colour_correction(mirrored), colour_correction(plain)
    assert corrections[0] is not None
    assert corrections[1] is not None
    assert corrections[0].matrix == pytest.approx(corrections[1].matrix, abs=0.05)


@pytest.mark.parametrize("shape", [(16, 16), (1, 400), (300, 200)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_constant_pictures_are_no_card(shape: tuple[int, int], level: float) -> None:
    assert find_card(np.full((*shape, 3), level, dtype=np.float32)) is None


def test_a_photo_without_a_card_costs_little() -> None:
    rng = np.random.default_rng(5)
    photo = photographed(skin_scene(rng, (1600, 1200)), rng)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        assert find_card(photo) is None
        seconds.append(time.process_time() - start)
    assert min(seconds) <= 0.15


# --- charts of other makers


def chart_photo(*, seed: int = 0, covered: bool = False, patches: tuple[tuple[int, int, int], ...] = PATCH_SRGB) -> LinearRGB:
    """A 24-patch chart on skin, at 20 degrees; its pitch is 60 units, its frame black."""
    picture = np.full((280, 400, 3), 22, dtype=np.uint8)
    for k, colour in enumerate(patches):
        row, column = 25 + 60 * (k // 6), 25 + 60 * (k % 6)
        picture[row : row + 50, column : column + 50] = colour
    if covered:
        picture[:150, :210] = (96, 120, 70)
    rng = np.random.default_rng(seed)
    board = CardLayout("board", "", 400.0, 280.0, Rect(0, 0, 1, 1), Rect(0, 0, 1, 1), (), (), ())
    true = px_from_mm(board, 1.0, 20.0, 40.0, 12.0, SHAPE)
    return photographed(lay_on(skin_scene(rng), picture, 1.0, true), rng, cast=(0.9, 0.75, 0.55))


def test_a_colour_chart_gives_colour_but_no_scale() -> None:
    card = find_card(chart_photo())
    assert card is not None
    assert card.layout == CHART_NAME
    assert not card.scale_known
    assert card.mm_per_px_at(OUTSIDE_THE_CARD) is None
    assert card.scale_error_at(OUTSIDE_THE_CARD) is None
    correction = colour_correction(card)
    assert correction is not None
    assert correction.residual_de < min(4.0, correction.uncorrected_de / 2)


def test_a_covered_chart_is_not_used() -> None:
    assert find_card(chart_photo(covered=True)) is None


def test_a_grid_of_other_colours_is_no_chart() -> None:
    assert find_card(chart_photo(patches=PATCH_SRGB[7:] + PATCH_SRGB[:7])) is None


def test_charts_can_be_left_alone() -> None:
    assert find_card(chart_photo(), options=CardOptions(charts=False)) is None
