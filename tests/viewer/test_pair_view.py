"""What goes to the pictures' component, and what is let in from it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.errors import UsageError
from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.words.texts import texts
from photocompare.results.dossier import Dossier
from photocompare.results.redated import redated
from photocompare.results.timing import TimingOptions
from photocompare.viewer.result.pair_view import MOST_POINTS, Mode, checked_points, packed_pair, polygon_in_full_pixels
from tests.support.made_comparison import NO_SCALE, make_comparison, with_contrasts
from tests.support.sent_to_browser import unpacked

T = texts("en")
COMPARISON = with_contrasts(make_comparison())
MEASURED = dossier_of(COMPARISON)
FULL_SIZE = full_size_pictures(COMPARISON)
REFUSED = dossier_of(make_comparison("not_same_view"))
REVERSED = dataclasses.replace(MEASURED, result=redated(MEASURED.result, dt.date(2026, 3, 2), dt.date(2026, 3, 1), options=TimingOptions()))
"""Measured, then dated in reverse: the dossier still holds the pictures of the measurement."""

ORIGINALS = {"before_original", "after_original"}


def packed(dossier: Dossier, mode: Mode, **more: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    return unpacked(packed_pair(dossier, T, mode=mode, identity="pair", **more))


# --- to the browser


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("full", {"before", "after", "difference", "error", "pigment_before", "pigment_after"}),
        ("consult", {"before", "after"}),
        ("field", {"before"}),
        ("correct", {"before"}),
    ],
)
def test_a_mode_gets_the_pictures_it_shows_and_no_others(mode: Mode, expected: set[str]) -> None:
    head, pictures = packed(MEASURED, mode)
    assert set(pictures) == expected
    assert all(pictures[name] == MEASURED.pictures[name] for name in expected)
    for name, (_, _, kind) in head["pictures"].items():
        assert kind == ("image/png" if name.startswith("pigment") else "image/jpeg")
    assert (head["id"], head["mode"], head["size"]) == ("pair", mode, [150, 200])
    assert head["texts"] == T.section("pair")


@pytest.mark.parametrize("dossier", [REFUSED, REVERSED], ids=["refused", "reversed dates"])
def test_of_a_refused_pair_only_the_photos_as_they_were_taken_are_shown(dossier: Dossier) -> None:
    head, pictures = packed(dossier, "refused", wanted=["full", "originals"], more=FULL_SIZE)
    assert set(pictures) == ORIGINALS
    assert (head["size"], head["fates"], head["pieces"], head["pigment_amount"]) == (None, [], [], "")
    _, to_draw_on = packed(dossier, "field")
    assert set(to_draw_on) == {"before_original"}


@pytest.mark.parametrize("dossier", [REFUSED, REVERSED], ids=["refused", "reversed dates"])
@pytest.mark.parametrize("mode", ["refused", "field", "consult"])
def test_no_length_or_share_of_a_refused_pair_reaches_the_browser(dossier: Dossier, mode: Mode) -> None:
    head, _ = packed(dossier, mode)
    assert head.pop("texts")
    assert not any(fate["amount"] for fate in head["fates"])
    assert "%" not in json.dumps(head)


def test_pictures_that_were_asked_for_come_along() -> None:
    _, pictures = packed(MEASURED, "full", wanted=["originals"])
    assert pictures["before_original"] == MEASURED.pictures["before_original"]
    head, pictures = packed(MEASURED, "full", wanted=["full"], more=FULL_SIZE)
    assert pictures["after_full"] == FULL_SIZE["after_full"]
    assert head["full_size"] == "there"
    small = dataclasses.replace(MEASURED, shown_over_full=1.0)
    assert packed(small, "full")[0]["full_size"] == "none"  # shown at full size already


def test_what_was_not_asked_for_stays_here() -> None:
    _, pictures = packed(MEASURED, "full", more=FULL_SIZE)
    assert not set(pictures) & {*ORIGINALS, *FULL_SIZE}


def test_each_fate_comes_with_its_look_its_lines_and_its_length() -> None:
    head, _ = packed(MEASURED, "full")
    assert MEASURED.lines is not None
    found = {fate["code"]: fate for fate in head["fates"]}
    assert list(found) == [fate for fate in FATE_STYLES if fate in found]  # drawn in this order
    assert set(found) == set(MEASURED.result.fates)
    for code, fate in found.items():
        assert fate["label"] == T(f"fate.{code}")
        assert fate["amount"] == f"{MEASURED.result.fates[code]:.0f} mm"
        assert fate["colour"] == "rgb({},{},{})".format(*FATE_STYLES[code].colour)
        assert fate["lines"] == MEASURED.lines["fates"][code]
    assert set(head["overlays_on"]) <= set(FATE_STYLES)
    assert head["pieces"] == []


def test_only_the_correction_gets_the_pieces_and_the_consultation_no_lines_at_all() -> None:
    head, _ = packed(MEASURED, "correct")
    assert MEASURED.lines is not None
    assert head["pieces"] == MEASURED.lines["pieces"]
    assert len(head["pieces"]) == len(MEASURED.veins.pieces)  # type: ignore[union-attr]
    for mode in ("consult", "field"):
        head, _ = packed(MEASURED, mode)  # type: ignore[arg-type]
        assert (head["fates"], head["pieces"]) == ([], [])


def test_the_error_is_told_in_mm_or_without_a_scale_in_pixels() -> None:
    head, _ = packed(MEASURED, "full")
    assert head["error_most"] == T("pair.in_mm", n=f"{0.7 / 4.2:.2f}")
    without = dossier_of(with_contrasts(make_comparison(scale=NO_SCALE)))
    head, _ = packed(without, "full")
    assert head["error_most"] == T("pair.in_px", n="0.7")
    assert all(fate["amount"].endswith(" px") for fate in head["fates"])
    assert head["pigment_amount"] == ""


def test_words_of_another_language_arrive_whole() -> None:
    spanish = texts("es")
    head, _ = unpacked(packed_pair(MEASURED, spanish, mode="full", identity="ñandú"))
    assert head["texts"] == spanish.section("pair")
    assert head["id"] == "ñandú"


# --- from the browser


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 2), min_size=3, max_size=9), st.floats(0.05, 1.0))
def test_a_field_is_scaled_from_pixel_centre_to_pixel_centre(points: list[tuple[float, float]], factor: float) -> None:
    full = polygon_in_full_pixels({"polygon": [list(p) for p in points]}, factor)
    for (x, y), (full_x, full_y) in zip(points, full, strict=True):
        assert (full_x + 0.5) * factor == pytest.approx(x + 0.5, abs=1e-8)
        assert (full_y + 0.5) * factor == pytest.approx(y + 0.5, abs=1e-8)


def test_the_corner_of_the_shown_picture_is_the_corner_of_the_photo() -> None:
    width = 1000
    shown = width // 4
    polygon = {"polygon": [[-0.5, -0.5], [shown - 0.5, -0.5], [0, 0]]}
    assert polygon_in_full_pixels(polygon, 0.25) == ((-0.5, -0.5), (width - 0.5, -0.5), (1.5, 1.5))
    assert polygon_in_full_pixels(polygon, 1.0) == ((-0.5, -0.5), (shown - 0.5, -0.5), (0.0, 0.0))


TRIANGLE = [[0, 0], [9, 0], [9, 9]]


@pytest.mark.parametrize(
    "given_field",
    [
        None,
        "polygon",
        7,
        [],
        TRIANGLE,
        {},
        {"polygon": None},
        {"polygon": "abc"},
        {"polygon": {"a": 1}},
        {"polygon": TRIANGLE[:2]},
        {"polygon": [*TRIANGLE, [1]]},
        {"polygon": [*TRIANGLE, [1, 2, 3]]},
        {"polygon": [*TRIANGLE, 4]},
        {"polygon": [*TRIANGLE, [None, 1]]},
        {"polygon": [*TRIANGLE, ["<script>", 1]]},
        {"polygon": [*TRIANGLE, [math.nan, 1]]},
        {"polygon": [*TRIANGLE, [math.inf, 1]]},
        {"polygon": [*TRIANGLE, ["1e999", 1]]},
        {"polygon": [*TRIANGLE, [[1], 1]]},
        {"polygon": [*TRIANGLE, [10**400, 1]]},
        {"polygon": [[0, k] for k in range(MOST_POINTS + 1)]},
    ],
)
def test_what_is_no_field_is_asked_for_again(given_field: object) -> None:
    with pytest.raises(UsageError, match="draw it again"):
        polygon_in_full_pixels(given_field, 0.5)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(JSON, st.integers(1, 3))
def test_whatever_comes_from_the_browser_is_points_or_a_sentence(value: Any, least: int) -> None:
    try:
        points = checked_points(value, least)
    except UsageError:
        return
    assert least <= len(points) <= MOST_POINTS
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in points)


def test_as_many_points_as_are_taken_are_taken() -> None:
    assert len(checked_points([[0, k] for k in range(MOST_POINTS)], 3)) == MOST_POINTS
