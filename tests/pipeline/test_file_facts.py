"""Scale and side as a card or a photo's file tell them, in the whole recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from photocompare import prepared_pair, prepared_photo
from photocompare.comparison import compare
from photocompare.leg.scale import Scale
from photocompare.photo.reading import Photo
from tests.support.put_in_stages import LINE_ROWS, bare_leg, codes, legs


def test_a_card_in_the_after_photo_gives_the_scale(put_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    put_in(LINE_ROWS, LINE_ROWS, scale=1.1)
    scales = iter([Scale(0.3, 0.3, 0.5, "assumed", ("scale_assumed",)), Scale(0.2, 0.2, 0.02, "card")])
    seen: dict[int, Scale] = {}

    def judge(*_: object, **__: object) -> Scale:
        return seen.setdefault(len(seen), next(scales))

    monkeypatch.setattr(prepared_photo, "judge_scale", judge)
    monkeypatch.setattr(prepared_pair, "ThreadPoolExecutor", OneAfterTheOther)
    comparison = compare(*legs())
    assert comparison.scale.mm_per_px == pytest.approx(0.22)
    assert comparison.scale.source == "card"
    assert "scale_assumed" not in codes(comparison)


def with_facts(photo: Photo, **facts: object) -> Photo:
    return dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, **facts))


@pytest.mark.parametrize(
    ("before", "after", "expected", "disagree"),
    [(0.1, None, 0.1, False), (None, 0.2, 0.22, False), (0.22, 0.2, 0.22, False), (0.22, 0.4, 0.22, True)],
)
def test_a_calibration_in_a_photos_file_gives_the_scale(
    put_in: Callable[..., None], before: float | None, after: float | None, expected: float, disagree: bool
) -> None:
    put_in(LINE_ROWS, LINE_ROWS, scale=1.1)
    photos = [with_facts(photo, mm_per_px=mm) for photo, mm in zip(legs(), (before, after), strict=True)]
    comparison = compare(*photos)
    assert (comparison.scale.source, comparison.scale.mm_per_px) == ("given", pytest.approx(expected))
    assert ("cards_disagree" in codes(comparison)) == disagree
    assert compare(*photos, mm_per_px=0.5).scale.mm_per_px == pytest.approx(0.5)


@pytest.mark.parametrize(("after", "told"), [("right", True), ("left", False), (None, False)])
def test_files_that_name_different_legs_are_told(after: str | None, told: bool) -> None:
    photo = bare_leg(1)
    comparison = compare(with_facts(photo, laterality="left"), with_facts(photo, laterality=after))
    assert ("sides_disagree" in codes(comparison)) == told


class OneAfterTheOther(ThreadPoolExecutor):
    """One worker, so that the before photo is looked at first."""

    def __init__(self, _: int) -> None:
        super().__init__(1)
