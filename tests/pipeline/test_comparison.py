"""The recipe: what ends it, what goes into the result, and the numeric edges that must never become 0 % or 100 %."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from photocompare import comparison as recipe
from photocompare import laid_pair
from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.base.flags import raised, worst_first
from photocompare.base.provenance import Stopwatch
from photocompare.comparison import compare
from photocompare.leg.tone import SkinTone, skin_tone
from photocompare.photo.reading import Photo, photo_from_array
from photocompare.registration.resampling import warped_photo
from photocompare.report.files.comparison_files import write_comparison
from photocompare.results.comparison import status_of
from photocompare.results.result_json import as_dict, result_of, result_schema
from photocompare.results.timing import TimingOptions
from photocompare.settings import STANDARD, Settings, WorkingOptions
from tests.support.made_comparison import make_comparison
from tests.support.put_in_stages import LINE_ROWS, assert_refused, bare_leg, codes, legs

JANUARY, APRIL = dt.date(2026, 1, 5), dt.date(2026, 4, 5)


def noise(seed: int, shape: tuple[int, int] = (420, 320)) -> Photo:
    return photo_from_array(np.random.default_rng(seed).integers(0, 255, (*shape, 3), dtype=np.uint8))


def even(code: int | tuple[int, int, int], shape: tuple[int, int] = (420, 320)) -> Photo:
    return photo_from_array(np.full((*shape, 3), code, np.uint8))


def dated(photo: Photo, text: str | None) -> Photo:
    return dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, capture_time=text))


# --- what ends the recipe at once


def test_the_same_photo_twice(tmp_path: Path) -> None:
    photo = bare_leg(1)
    comparison = compare(photo, photo)
    assert "same_photo" in codes(comparison)
    assert_refused(comparison, tmp_path)


def test_the_same_pixels_in_another_file() -> None:
    photo = bare_leg(1)
    copy = dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, sha256="0" * 64))
    assert "same_photo" in codes(compare(photo, copy))


def test_dates_in_reverse(tmp_path: Path) -> None:
    comparison = compare(bare_leg(1), bare_leg(2), before_date=APRIL, after_date=JANUARY)
    assert codes(comparison)[0] == "dates_reversed"
    assert assert_refused(comparison, tmp_path)["timing"] == {"days": -90, "window": "unknown"}


def test_dates_come_from_the_photos_unless_given() -> None:
    before, after = dated(even(0), "2026-01-05T23:00:00+02:00"), dated(even(255), "2026-04-05T08:00:00")
    assert compare(before, after).timing.days == 90
    assert compare(before, after, before_date=dt.date(2026, 3, 5)).timing.days == 31
    assert compare(before, dated(after, None)).timing.days is None


@pytest.mark.parametrize(
    "photo", [even(0), even(128), even(255), even((214, 168, 142)), noise(3)], ids=["black", "grey", "white", "skin colour", "noise"]
)
def test_pictures_of_nothing_are_refused(photo: Photo, tmp_path: Path) -> None:
    result = assert_refused(compare(bare_leg(4), photo), tmp_path)
    assert any("after" in reason["message"] for reason in result["reasons"])


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 110.0, 1e-9])
def test_a_scale_that_cannot_be(value: float) -> None:
    with pytest.raises(UsageError, match="millimetres per pixel"):
        compare(even(0), even(255), mm_per_px=value)


def test_a_polygon_outside_the_photo() -> None:
    with pytest.raises(UsageError, match="outside"):
        compare(bare_leg(1), bare_leg(2), polygon_xy=np.array([[5000, 5000], [6000, 5000], [6000, 6000]], np.float32))


def test_a_drawn_field_is_told_and_kept() -> None:
    corners = np.array([[100, 100], [200, 100], [200, 200]], np.float32)
    drawn = compare(bare_leg(1), bare_leg(2), polygon_xy=corners)
    assert "field_drawn" in [reason.code for reason in drawn.reasons]
    assert drawn.pictures.drawn_field is corners
    assert "field_drawn" not in [reason.code for reason in compare(bare_leg(1), bare_leg(2)).reasons]


# --- what the result may be


def test_status_follows_the_worst_reason() -> None:
    assert status_of([]) == "comparable"
    assert status_of([raised("recompressed", "before")]) == "comparable"
    assert status_of([raised("soft", "before")]) == "indicative"
    assert status_of([raised("scale_assumed")]) == status_of([raised("scale_unknown")]) == "indicative"
    assert status_of([raised("soft", "before"), raised("mirrored")]) == "not_comparable"


def test_reasons_stand_worst_first_and_before_ahead_of_after() -> None:
    fired = [raised("soft", "after"), raised("recompressed", "before"), raised("blurred", "after"), raised("soft", "before")]
    ordered = [(flag.code, flag.which) for flag in worst_first(fired)]
    assert ordered == [("blurred", "after"), ("soft", "before"), ("soft", "after"), ("recompressed", "before")]


def test_numbers_beside_a_refusal_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="refuses"):
        dataclasses.replace(make_comparison(), reasons=(raised("mirrored"),))
    with pytest.raises(ValueError, match="refuses"):
        dataclasses.replace(make_comparison(), outcome=None)


def test_a_failed_headline_cannot_pass_as_measured() -> None:
    measured = make_comparison()
    failed = dataclasses.replace(measured.outcome, length=Estimate.failed("%"))
    with pytest.raises(ValueError, match="clearance of length"):
        dataclasses.replace(measured, outcome=failed)


def test_stages_are_timed_and_told() -> None:
    told: list[str] = []
    comparison = compare(bare_leg(1), even(0), watch=Stopwatch(told.append))
    assert told == ["field"]
    assert set(comparison.provenance.seconds) == {"field"}


# --- settings


def test_settings_have_a_name_and_a_stable_hash() -> None:
    assert Settings().sha256 == STANDARD.sha256
    assert len(STANDARD.sha256) == 64
    assert Settings(working=WorkingOptions(max_pixels=1_000_000)).sha256 != STANDARD.sha256
    comparison = compare(even(0), even(255))
    assert (comparison.provenance.config, comparison.provenance.config_sha256) == ("standard", STANDARD.sha256)


def test_impossible_settings_are_refused_at_construction() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        WorkingOptions(max_pixels=0)
    with pytest.raises(ValueError, match="one after the other"):
        Settings(timing=TimingOptions(late_from_days=1))
    with pytest.raises(TypeError):
        Settings(no_such_setting=1)  # type: ignore[call-arg]


# --- the measuring part of the recipe, with the registration and the reading of skin put in its hands


OPTIONS_OF = {
    "judge_timing": {"options": "timing"},
    "prepare_pair": {"settings": ""},
    "register": {"options": "registration", "field_options": "field"},
    "read_skin": {"ridges": "ridges"},
    "read_beside": {"options": "agreement"},
    "find_veins": {"options": "veins"},
    "agreed": {"options": "agreement"},
    "find_pair_pigment": {"options": "pigment"},
    "forced_contrast": {"options": "photometry"},
    "judge_fate": {"options": "fate"},
    "vein_flags": {"options": "outcome"},
    "summarise": {"options": "outcome", "fate": "fate"},
    "match_light": {"options": "light"},
    "judge_against_band": {"options": "benchmark"},
}
"""Stage to its argument and the field of the settings that is owed to it; "" is all of them."""


def test_every_stage_is_given_the_settings_own_options(put_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    put_in((30, 60), (30,))
    seen: dict[str, dict[str, Any]] = {}

    def spied(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def spy(*args: Any, **how: Any) -> Any:
            seen.setdefault(name, how)
            return stage(*args, **how)

        return spy

    for name in OPTIONS_OF:
        where = laid_pair if name == "register" else recipe
        monkeypatch.setattr(where, name, spied(name, getattr(where, name)))
    copies = {f.name: dataclasses.replace(getattr(STANDARD, f.name)) for f in dataclasses.fields(STANDARD) if f.name != "name"}
    own = Settings("own", **copies)
    compare(*legs(), mm_per_px=0.25, settings=own)
    # The pieces' profiles stand in for the second network where there is none.
    assert "forced_contrast" not in seen
    monkeypatch.setattr(recipe, "network_available", lambda: False)
    compare(*legs(), mm_per_px=0.25, settings=own)
    wrong = [
        (stage, argument)
        for stage, owed in OPTIONS_OF.items()
        for argument, field in owed.items()
        if seen[stage].get(argument) is not (getattr(own, field) if field else own)
    ]
    assert not wrong


def test_skin_of_another_leg_is_not_read(put_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    put_in((30, 60), (30,), flags=("not_same_view",))
    monkeypatch.setattr(recipe, "read_skin", lambda *_, **__: pytest.fail("what was read would be thrown away"))
    assert compare(*legs(), mm_per_px=0.25).status == "not_comparable"


def test_two_of_four_veins_gone(put_in: Callable[..., None], tmp_path: Path) -> None:
    put_in(LINE_ROWS, LINE_ROWS[:2])
    comparison = compare(*legs(), mm_per_px=0.25, before_date=JANUARY, after_date=APRIL, look_for_card=False)
    assert comparison.status == "comparable"
    assert comparison.outcome.length.value == pytest.approx(50.0, abs=1.0)
    assert comparison.outcome.area.value == pytest.approx(50.0, abs=3.0)
    assert comparison.outcome.net_change.value == pytest.approx(-50.0, abs=3.0)
    assert comparison.outcome.fate_px["residual"] == pytest.approx(comparison.outcome.fate_px["cleared"], rel=0.05)
    assert comparison.benchmark.verdict == "below"
    assert set(comparison.provenance.seconds) == {"field", "register", "light", "veins", "pigment", "fate", "clearance"}
    write_comparison(comparison, tmp_path)
    result = json.loads((tmp_path / "result.json").read_text())
    jsonschema.Draft202012Validator(result_schema()).validate(result)
    assert result["scale"] == {"mm_per_px": 0.25, "source": "given", "after_over_before": 1.0}


def test_nothing_changed_reads_zero_and_more_reads_worse(put_in: Callable[..., None]) -> None:
    put_in(LINE_ROWS[:3], LINE_ROWS[:3])
    assert compare(*legs(), mm_per_px=0.25).outcome.length.value == pytest.approx(0.0, abs=1e-6)
    put_in(LINE_ROWS[:3], LINE_ROWS)
    worse = compare(*legs(), mm_per_px=0.25).outcome
    assert worse.length.value == pytest.approx(0.0, abs=1e-6)
    assert worse.area.value < -20
    assert worse.net_change.value > 20
    assert worse.fate_px["new"] > 100


def test_no_vein_before_is_a_reason_not_a_percentage(put_in: Callable[..., None], tmp_path: Path) -> None:
    put_in((), LINE_ROWS)
    comparison = compare(*legs(), mm_per_px=0.25)
    assert codes(comparison)[0] == "no_veins_before"
    assert_refused(comparison, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"registration.npz", "field.png", "summary.png", "result.json"}


def test_vein_everywhere_is_a_reason_not_a_percentage(put_in: Callable[..., None]) -> None:
    put_in(tuple(range(45, 375, 8)), ())
    assert codes(compare(*legs(), mm_per_px=0.25))[0] == "implausible_veins"


def test_a_little_vein_is_told(put_in: Callable[..., None]) -> None:
    put_in(LINE_ROWS[:1], ())  # every length share is 100 %, give or take the last bit
    comparison = compare(*legs(), mm_per_px=0.25)
    assert comparison.status == "indicative"
    assert "too_few_veins" in codes(comparison)
    assert comparison.outcome.length.value == pytest.approx(100.0)
    assert comparison.outcome.length.low < 100.0


def test_an_interval_from_no_clearance_to_the_band_is_a_reason_not_a_percentage(put_in: Callable[..., None], tmp_path: Path) -> None:
    put_in(LINE_ROWS, LINE_ROWS[:2])
    clearance = STANDARD.outcome.clearance
    wide = dataclasses.replace(clearance, widening=dataclasses.replace(clearance.widening, length=40.0))
    settings = dataclasses.replace(STANDARD, outcome=dataclasses.replace(STANDARD.outcome, clearance=wide))
    comparison = compare(*legs(), mm_per_px=0.25, settings=settings)
    assert codes(comparison)[0] == "interval_too_wide"
    assert_refused(comparison, tmp_path)


@pytest.mark.parametrize(("angle", "told"), [(-40.0, True), (20.0, False)])
def test_dark_skin_is_told(put_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch, angle: float, told: bool) -> None:
    put_in(LINE_ROWS, LINE_ROWS[:2])
    monkeypatch.setattr(recipe, "skin_tone", lambda *_: SkinTone(angle, angle))
    assert ("dark_skin_limits" in codes(compare(*legs(), mm_per_px=0.25))) == told


def test_a_refused_registration_shows_no_map(put_in: Callable[..., None], tmp_path: Path) -> None:
    put_in(LINE_ROWS, LINE_ROWS, flags=("mirrored",))
    comparison = compare(*legs(), mm_per_px=0.25)
    assert codes(comparison)[0] == "mirrored"
    assert_refused(comparison, tmp_path)


def test_same_pair_same_result(put_in: Callable[..., None]) -> None:
    results = []
    for _ in range(2):
        put_in(LINE_ROWS, LINE_ROWS[:1])
        result = as_dict(result_of(compare(*legs(), mm_per_px=0.25)))
        result["provenance"].pop("seconds")
        results.append(json.dumps(result))
    assert results[0] == results[1]


def test_the_warped_photo_lies_where_the_map_says_and_nowhere_else() -> None:
    after = np.zeros((60, 80, 3), np.float32)
    after[30, 40] = 1.0
    y, x = np.mgrid[0:60, 0:80].astype(np.float32)
    map_xy = np.dstack([x + 5, y])
    map_xy[:10] = np.nan
    warped, shown = warped_photo(after, map_xy)
    assert np.unravel_index(warped[..., 0].argmax(), (60, 80)) == (30, 35)
    assert not shown[:10].any()
    assert not shown[:, 74:].any()
    assert shown[20:50, 5:70].all()
    assert np.isfinite(warped).all()


def test_skin_tone_of_no_skin_is_nan_not_zero() -> None:
    picture = np.full((10, 10, 3), 0.4, np.float32)
    tone = skin_tone(picture, picture, np.zeros((10, 10), bool))
    assert math.isnan(tone.ita_before)
    assert tone.group is None
