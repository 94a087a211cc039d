"""What blur leaves of veins, and what is made of it, on drawn lines."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.base.arrays import Density, Mask
from photocompare.leg.relative_blur import RelativeBlur
from photocompare.veins.kept_contrast import (
    FWHM_OF_SIGMA,
    Softness,
    contrast_error,
    judge_softness,
    kept_alone,
    kept_by_pieces,
    kept_contrast,
    least_width,
    softened,
    softness_flags,
)
from photocompare.veins.photometry import forced_contrast
from photocompare.veins.pieces import VeinPiece

WIDTHS_PX = (4.0, 8.0, 16.0)
RED, GREEN, BLUE = 0.10, 0.22, 0.08


def _drawn(*, fading: float = 1.0) -> tuple[Density, Mask, list[VeinPiece]]:
    """Upright lines of three widths, 100 px apart, and their pieces."""
    density = np.zeros((120, 400, 3), np.float32)
    mask = np.zeros((120, 400), np.bool_)
    cols, pieces = np.arange(400.0), []
    for k, width in enumerate(WIDTHS_PX):
        middle = 80.0 + 110.0 * k
        profile = np.exp(-4 * np.log(2) * ((cols - middle) / width) ** 2)
        density += (fading * profile[None, :, None] * np.array([RED, GREEN, BLUE])).astype(np.float32)
        mask[:, np.abs(cols - middle) < width / 2] = True
        rows = np.arange(30.0, 90.0)
        pieces.append(VeinPiece(np.stack([rows, np.full(60, middle)], axis=1).astype(np.float32), 60.0, width, 5.0))
    return density, mask, pieces


def _here(mask: Mask) -> np.ndarray:
    rows, cols = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    return np.stack([cols, rows], axis=-1)


def test_a_gaussian_keeps_what_the_formula_says() -> None:
    widths = np.array(WIDTHS_PX)
    sharp, _, _ = _drawn()
    peaks = softened(sharp, 3.0)[60, [80, 190, 300], 1] / sharp[60, [80, 190, 300], 1]
    assert kept_contrast(widths, 3.0) == pytest.approx(peaks, abs=0.02)
    assert kept_contrast(np.array([least_width(3.0)]), 3.0)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_dividing_by_what_is_kept_undoes_the_blur(sigma: float) -> None:
    density, mask, pieces = _drawn()
    faded, _, _ = _drawn(fading=0.6)
    kept = kept_by_pieces(pieces, density, mask, sigma)
    assert (np.diff(kept) > 0).all()
    read = forced_contrast(pieces, (density, softened(faded, sigma)), _here(mask), mask)
    assert read.after_de / kept / read.before_de == pytest.approx([0.6] * 3, abs=0.02)


def test_without_more_blur_all_is_kept() -> None:
    density, mask, pieces = _drawn()
    assert kept_by_pieces(pieces, density, mask, 0.0).tolist() == [1.0] * 3
    assert kept_by_pieces([], density, mask, 2.0).size == 0


def _softness(variance: float, *, own: float = 1.0, px_per_mm: float = 8.0) -> Softness:
    density, mask, pieces = _drawn()
    return judge_softness(pieces, density, mask, RelativeBlur(variance), own_sigma_px=own, px_per_mm=px_per_mm)


def test_what_keeps_less_than_half_is_not_judged() -> None:
    found = _softness(9.0)
    assert found.resolved.tolist() == [False, True, True]
    assert found.softer == "after"
    assert found.kept.min() == 0.5
    assert (found.kept_by_network >= found.kept).all()
    assert _softness(-9.0).softer == "before"
    assert _softness(np.nan).resolved.all()


def test_flags_tell_of_some_left_out_and_refuse_when_most_is() -> None:
    lengths = np.ones(3)
    assert softness_flags(_softness(0.1), lengths) == ()
    assert softness_flags(_softness(9.0), lengths) == (("soft", "after"), ("sharpness_differs", ""))
    assert softness_flags(_softness(49.0), lengths) == (("blurred", "after"),)
    assert softness_flags(_softness(9.0), np.zeros(3)) == ()


def test_a_line_as_wide_as_the_photo_s_own_blur_is_a_thinner_one() -> None:
    _, _, pieces = _drawn()
    seen = 4.0 / FWHM_OF_SIGMA  # a blur as wide as the thinnest line
    kept = kept_alone(pieces, seen, 2.0)
    assert kept[0] == pytest.approx(0.0, abs=1e-6)
    assert (np.diff(kept) > 0).all()
    assert kept_alone(pieces, seen, 8.0).tolist() == [1.0] * 3  # it hides no vein there is
    assert kept_alone([], seen, 2.0).size == 0
    judged = _softness(0.0, own=seen, px_per_mm=2.0)
    assert judged.resolved.tolist() == [False, True, True]
    assert judged.error[1] > judged.error[2] > 0
    assert _softness(0.0).error.tolist() == [0.0] * 3


def test_the_more_was_undone_the_less_is_known() -> None:
    errors = contrast_error(np.array([1.0, 0.9, 0.5]))
    assert errors[0] == 0
    assert (np.diff(errors) > 0).all()
    assert errors[-1] == pytest.approx(0.75 * 0.15)
