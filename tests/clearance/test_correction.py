"""Hand correction: the number beside the machine's."""

from __future__ import annotations

import datetime as dt

import cv2
import numpy as np
import pytest

from photocompare.base.colour import linear_from_srgb8
from photocompare.base.errors import UsageError
from photocompare.clearance.correction import Corrected, Correction, CorrectionOptions, MeasuredVeins, corrected_clearance
from photocompare.veins.fate import FatedVeinPiece, PieceContrasts
from photocompare.veins.pieces import VeinPiece

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
PX_PER_MM = 8.0
SHAPE = (240, 320)


def skin(*lines: tuple[int, tuple[int, int, int]]) -> np.ndarray:
    """Skin with horizontal veins at rows, each of a colour."""
    image = np.full((*SHAPE, 3), (214, 172, 148), np.uint8)
    for row, colour in lines:
        cv2.line(image, (40, row), (280, row), colour, 4, cv2.LINE_AA)
    return linear_from_srgb8(cv2.GaussianBlur(image, (0, 0), 1.0))


RULES = CorrectionOptions()

VEIN = (170, 110, 110)
PALE = (200, 155, 135)


def piece(row: int, fate: str) -> FatedVeinPiece:
    points = np.column_stack([np.full(100, row), np.linspace(60, 160, 100)]).astype(np.float32)
    return FatedVeinPiece(VeinPiece(points, 100.0, 4.0, 6.0), fate)  # type: ignore[arg-type]


def machine() -> tuple[tuple[FatedVeinPiece, ...], PieceContrasts]:
    """Two cleared pieces, one residual, one new."""
    pieces = (piece(40, "cleared"), piece(60, "cleared"), piece(80, "residual"), piece(100, "new"))
    after = np.array([[0.3, 0.3, 9.0]] * 2)
    return pieces, PieceContrasts(np.full((2, 3), 9.0), after, after, np.zeros(3), np.zeros(3), np.full(3, 20.0), np.zeros(3))


def corrected(correction: Correction, after: np.ndarray | None = None) -> Corrected:
    before = skin((200, VEIN))
    pieces, contrasts = machine()
    measured = MeasuredVeins(pieces, contrasts, before, skin() if after is None else after, np.ones(SHAPE, bool), PX_PER_MM)
    return corrected_clearance(measured, correction, options=RULES)


def drawn(row: int = 200) -> tuple[np.ndarray, ...]:
    return (np.array([[60, row], [260, row]], np.float32),)


def test_a_piece_that_is_no_vein_leaves_the_percentage() -> None:
    result = corrected(Correction("AB", NOW, not_veins=(2,)))
    assert result.length.value == pytest.approx(100.0, abs=0.05)
    assert result.fate_px["residual"] == 0.0
    assert corrected(Correction("AB", NOW, not_veins=(0,))).length.value == pytest.approx(50.0, abs=0.05)


def test_a_new_piece_that_is_no_vein_changes_nothing_but_the_new_length() -> None:
    result = corrected(Correction("AB", NOW, not_veins=(3,)))
    assert result.length.value == pytest.approx(100 * 2 / 3, abs=0.05)
    assert result.fate_px["new"] == 0.0


@pytest.mark.parametrize(
    ("after", "fate"),
    [(skin(), "cleared"), (skin((200, VEIN)), "residual"), (skin((200, PALE)), "faded")],
    ids=["gone", "still there", "paler"],
)
def test_a_missed_vein_gets_the_fate_that_the_photos_show(after: np.ndarray, fate: str) -> None:
    result = corrected(Correction("AB", NOW, missed=drawn()), after)
    assert {p.fate for p in result.drawn} == {fate}
    assert sum(p.piece.length_px for p in result.drawn) == pytest.approx(200.0)
    expected = 100 * (200 + (200 if fate == "cleared" else 0)) / 500
    assert result.length.value == pytest.approx(expected, abs=1.0)  # of the paler one, as good as every look sees some
    assert result.length.low <= expected <= result.length.high


def test_what_was_drawn_outside_the_shared_field_counts_in_no_percentage() -> None:
    pieces, contrasts = machine()
    shared = np.ones(SHAPE, bool)
    shared[180:] = False
    result = corrected_clearance(
        MeasuredVeins(pieces, contrasts, skin((200, VEIN)), skin(), shared, PX_PER_MM), Correction("AB", NOW, missed=drawn()), options=RULES
    )
    assert {p.fate for p in result.drawn} == {"not_assessable"}
    assert result.length.value == pytest.approx(100 * 2 / 3, abs=0.05)


def test_a_line_that_leaves_the_picture_is_kept_inside_it() -> None:
    line = (np.array([[-50.0, 200.0], [400.0, 200.0]], np.float32),)
    result = corrected(Correction("AB", NOW, missed=line))
    assert max(p.points[:, 1].max() for p in result.drawn) <= SHAPE[1] - 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"by": " ", "not_veins": (1,)}, "name"),
        ({"by": "x" * 81, "not_veins": (1,)}, "80"),
        ({"by": "AB"}, "Nothing is marked"),
        ({"by": "AB", "missed": (np.zeros((1, 2), np.float32),)}, "two points"),
        ({"by": "AB", "missed": (np.full((2, 2), np.nan, np.float32),)}, "two points"),
        ({"by": "AB", "not_veins": tuple(range(501))}, "500"),
    ],
)
def test_a_correction_that_can_t_be_kept_is_refused(arguments: dict, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Correction(at=NOW, **arguments)


def test_marks_that_point_nowhere_or_leave_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="not there"):
        corrected(Correction("AB", NOW, not_veins=(4,)))
    with pytest.raises(UsageError, match="no vein is left"):
        corrected(Correction("AB", NOW, not_veins=(0, 1, 2)))
