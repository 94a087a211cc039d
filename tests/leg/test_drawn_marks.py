"""Marks drawn into a photo in black or white: left out and told; what skin shows is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.leg.field import find_field
from tests.support.painted_leg import TONES, paint_leg


def arrow(on: np.ndarray) -> None:
    cv2.arrowedLine(on, (180, 200), (280, 330), 255, 6, cv2.LINE_AA, tipLength=0.3)


def circle(on: np.ndarray) -> None:
    cv2.circle(on, (240, 300), 50, 255, 6, cv2.LINE_AA)


def slanted(on: np.ndarray) -> None:
    straight = np.zeros_like(on)
    cv2.putText(straight, "12/03", (150, 300), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 255, 7, cv2.LINE_AA)
    turned = cv2.getRotationMatrix2D((240, 320), 25, 1)
    on[:] = cv2.warpAffine(straight, turned, on.shape[1::-1])


def compressed(linear: LinearRGB) -> LinearRGB:
    """As a phone stores it."""
    _, jpeg = cv2.imencode(".jpg", srgb8_from_linear(linear)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return linear_from_srgb8(np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1]))


def drawn(linear: LinearRGB, draw: Callable[[np.ndarray], None], grey: float) -> tuple[LinearRGB, Mask]:
    """The photo with something in black (0) or white (1), and where it is."""
    share = np.zeros(linear.shape[:2], np.uint8)
    draw(share)
    opaque = share[..., np.newaxis] / np.float32(255)
    return np.asarray(linear * (1 - opaque) + np.float32(grey) * opaque, np.float32), share > 0


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("draw", [arrow, circle, slanted])
@pytest.mark.parametrize("grey", [0.0, 1.0])
def test_a_mark_is_left_out_and_told(tone: str, draw: Callable[[np.ndarray], None], grey: float) -> None:
    painted = paint_leg(tone, "grey", hairs=6)
    marked, where = drawn(painted.linear, draw, grey)
    field = find_field(compressed(marked))
    assert "drawn_on" in field.flags
    assert not (field.measurable & where).any()
    # And no more than a narrow border.
    assert np.count_nonzero(field.hidden.writing) < 5 * np.count_nonzero(where)


@pytest.mark.parametrize("tone", TONES)
def test_hair_moles_shade_and_glare_are_no_marks(tone: str) -> None:
    painted = paint_leg(tone, "grey", hairs=12, gloss=0.9)
    dark = painted.linear.copy()
    for x, y, radius in ((200, 200, 9), (260, 330, 14)):
        cv2.circle(dark, (x, y), radius, (0.03, 0.016, 0.012), -1, cv2.LINE_AA)
    rows, columns = np.mgrid[0 : dark.shape[0], 0 : dark.shape[1]].astype(np.float32)
    hollow = 1 - 0.999 * np.exp(-(((columns - 240) / 40) ** 2) - ((rows - 480) / 60) ** 2)
    field = find_field(compressed(np.asarray(dark * hollow[..., np.newaxis], np.float32)))
    assert field.flags == ()
    assert not field.hidden.writing.any()
