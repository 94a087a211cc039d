"""What is shown of a pair while it is measured."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np

from photocompare.photo.reading import photo_from_array
from photocompare.viewer.measuring.shown_meanwhile import ShownMeanwhile

SHAPE = (60, 80)
SKIN = np.full((*SHAPE, 3), 0.3, np.float32)


def test_each_step_of_the_first_pair_is_shown_once() -> None:
    shown: list[tuple[str, dict[str, np.ndarray]]] = []
    decoded = lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)  # noqa: E731
    before = photo_from_array(np.full((*SHAPE, 3), 150, np.uint8))
    meanwhile = ShownMeanwhile(before, 40, lambda step, both: shown.append((step, {name: decoded(data) for name, data in both.items()})))
    vein = np.zeros(SHAPE, bool)
    vein[20:30, 10:70] = True
    veins = SimpleNamespace(mask=vein), SimpleNamespace(mask=np.zeros(SHAPE, bool))
    pictured = np.ones(SHAPE, bool)
    pictured[:, 60:] = False
    for _ in range(2):  # two pairs
        meanwhile.told("registration", object())
        meanwhile.told("warped", (SKIN, pictured))
        meanwhile.told("veins", veins)
        meanwhile.told("light", object())
    assert [step for step, _ in shown] == ["laid_over", "veins"]
    assert {image.shape for _, both in shown for image in both.values()} == {(30, 40, 3)}
    laid_over, painted = shown[0][1], shown[1][1]
    assert np.abs(painted["before"][12, 20].astype(int) - laid_over["before"][12, 20]).max() > 60
    assert np.abs(painted["after"].astype(int) - laid_over["after"]).max() < 10
    assert np.abs(laid_over["after"][15, 36].astype(int) - 188).max() < 10
