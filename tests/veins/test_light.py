"""The same skin under another light comes back as it was."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.base.colour import lab_from_linear
from photocompare.veins.light import LightOptions, match_light

SHAPE = (480, 360)
NOWHERE = np.zeros(SHAPE, bool)
EVERYWHERE = np.ones(SHAPE, bool)


def skin(seed: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mottle = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), 6)[..., None] * np.float32(0.9)
    fine = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), 1)[..., None] * np.float32(0.05)
    return (np.array([0.42, 0.27, 0.19], np.float32) * np.exp(-(mottle * [0.5, 0.8, 1.0] + fine))).astype(np.float32)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.median(np.linalg.norm(lab_from_linear(a) - lab_from_linear(b), axis=2)))


@pytest.mark.parametrize("gain", [(0.6, 0.6, 0.6), (1.2, 1.0, 0.75), (0.9, 0.8, 1.1)])
def test_exposure_and_white_balance_are_taken_back(gain: tuple[float, float, float]) -> None:
    before = skin()
    after = (before * np.array(gain, np.float32)).astype(np.float32)
    assert difference(before, after) > 4
    assert difference(before, match_light(before, after, EVERYWHERE, NOWHERE).after) < 0.3


def test_a_tan_stays_where_a_card_has_settled_the_colour() -> None:
    before = skin()
    tanned = (before * np.exp(-np.array([0.05, 0.12, 0.22], np.float32)) * np.float32(0.7)).astype(np.float32)
    tan = before * np.exp(-np.array([0.05, 0.12, 0.22], np.float32) + np.float32(0.13))  # the level alone is taken back
    assert difference(before, match_light(before, tanned, EVERYWHERE, NOWHERE).after) < 0.3
    assert difference(tan, match_light(before, tanned, EVERYWHERE, NOWHERE, colour_settled=True).after) < 0.3


def test_a_lamp_from_the_side_is_taken_back() -> None:
    before = skin()
    slope = np.exp(0.8 * np.linspace(-1, 1, SHAPE[1], dtype=np.float32))[None, :, None]
    after = np.clip(before * slope * 0.8, 0, 1).astype(np.float32)
    assert difference(before, match_light(before, after, EVERYWHERE, NOWHERE).after) < 0.5


def test_a_brighter_after_photo_does_not_lighten_a_vein() -> None:
    before = skin()
    before[200:206, 50:300] *= np.exp(-np.array([0.1, 0.3, 0.25], np.float32))
    touched = NOWHERE.copy()
    touched[190:216, 40:310] = True
    result = match_light(before, np.clip(before * 1.5, 0, 1).astype(np.float32), EVERYWHERE, touched)
    contrast = [
        float(np.log(image[180:186, 60:290, 1].mean() / image[201:205, 60:290, 1].mean())) for image in (result.before, result.after)
    ]
    assert contrast[1] == pytest.approx(contrast[0], rel=0.05)


def test_the_sharper_photo_is_softened_to_the_other() -> None:
    before = skin()
    after = cv2.GaussianBlur(before, (0, 0), 1.4)
    result = match_light(before, after, EVERYWHERE, NOWHERE)
    assert result.blur_before > 0.7
    assert result.blur_after == 0.0


def test_without_untouched_skin_nothing_is_believed() -> None:
    before = skin()
    result = match_light(before, before * np.float32(0.5), EVERYWHERE, EVERYWHERE)
    assert result.flags == ("light_differs",)
    assert np.isnan(result.residual_de)


def test_what_is_said_of_the_match_follows_the_options() -> None:
    before = skin()
    after = cv2.GaussianBlur(skin(5), (0, 0), 1.4)
    assert match_light(before, after, EVERYWHERE, NOWHERE, options=LightOptions(differs_de=1e3, much_sharper_px=9.0)).flags == ()
    strict = match_light(before, after, EVERYWHERE, NOWHERE, options=LightOptions(differs_de=0.0, much_sharper_px=0.1))
    assert strict.flags == ("light_differs", "sharpness_differs")
