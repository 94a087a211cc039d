"""The dossier: what is shown and kept of a comparison."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import subprocess
import sys
import zipfile

import cv2
import jsonschema
import numpy as np
import pytest

from photocompare.base.errors import UsageError
from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
from photocompare.report.pictures.pair import pictures_of
from photocompare.report.pictures.summary import draw_summary, summary_png
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.dossier import RETICULAR_MM, read_dossier, write_dossier
from photocompare.results.redated import redated, under_dates
from photocompare.results.result_json import as_dict, result_of, result_schema
from photocompare.results.timing import Timing, TimingOptions
from tests.support.made_comparison import make_comparison, make_pictures, with_contrasts


def decoded(data: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_a_dossier_comes_back_as_it_was_written() -> None:
    dossier = dossier_of(with_contrasts(make_comparison()))
    again = read_dossier(write_dossier(dossier))
    assert again.result == dossier.result
    assert again.lines == dossier.lines
    assert again.pictures == dossier.pictures
    assert (again.shown_over_full, again.px_per_mm, again.error_at_most) == (0.5, 4.2, pytest.approx(0.7))
    assert again.veins is not None
    assert dossier.veins is not None
    assert [p.fate for p in again.veins.pieces] == [p.fate for p in dossier.veins.pieces]
    for one, other in zip(again.veins.pieces, dossier.veins.pieces, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
        assert (one.piece.length_px, one.piece.width_px) == (other.piece.length_px, other.piece.width_px)
    assert again.veins.contrasts is not None
    np.testing.assert_array_equal(again.veins.contrasts.depth_mm, dossier.veins.contrasts.depth_mm)  # type: ignore[union-attr]
    assert write_dossier(again) == write_dossier(dossier)


def test_a_refused_pair_has_its_photos_and_no_number() -> None:
    dossier = dossier_of(make_comparison("not_same_view"))
    assert not dossier.measured
    assert set(dossier.pictures) == {"before_original", "after_original"}
    assert dossier.result.clearance is None
    assert not read_dossier(write_dossier(dossier)).measured


def test_the_difference_shows_a_vein_that_went_in_blue_and_a_new_one_in_vermilion() -> None:
    comparison = with_contrasts(make_comparison())
    picture = decoded(dossier_of(comparison).pictures["difference"]).astype(int)
    assert comparison.pictures.measured is not None
    for piece in comparison.pictures.measured.pieces:
        if piece.fate not in ("cleared", "new"):
            continue
        rows, cols = np.rint(piece.points[80:120]).astype(int).T
        red, _, blue = np.median(picture[rows, cols], axis=0)
        assert (blue > red + 20) if piece.fate == "cleared" else (red > blue + 20), piece.fate


def test_the_difference_shows_nothing_where_there_is_no_map() -> None:
    comparison = with_contrasts(make_comparison())
    pictures = comparison.pictures
    assert pictures.measured is not None
    assert pictures.registration is not None
    nowhere = np.full_like(pictures.registration.map_xy, np.nan)
    unmapped = dataclasses.replace(pictures, registration=dataclasses.replace(pictures.registration, map_xy=nowhere))
    red, green, blue = np.moveaxis(decoded(dossier_of(dataclasses.replace(comparison, pictures=unmapped)).pictures["difference"]), 2, 0)
    assert np.abs(red.astype(int) - blue).max() <= 6  # grey alone
    assert np.abs(red.astype(int) - green).max() <= 6


def test_full_size_pictures_have_the_photo_s_own_pixels_in_the_common_light() -> None:
    comparison = with_contrasts(make_comparison())
    full = full_size_pictures(comparison)
    before = decoded(full["before_full"])
    assert before.shape == comparison.pictures.before.shape
    # the made pair is in one light already: the full picture is the photo itself
    assert np.abs(before.astype(int) - comparison.pictures.before).mean() < 2.0
    small = make_comparison(pictures=make_pictures((200, 150), factor=1.0))
    assert full_size_pictures(small) == {}


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", write_dossier(dossier_of(make_comparison("not_same_view")))[:-300]])
def test_what_is_no_dossier_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="measure the photos again"):
        read_dossier(data)


def test_a_dossier_of_another_version_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("dossier.json", '{"schema": "photocompare.dossier/9"}')
    with pytest.raises(UsageError, match="another version"):
        read_dossier(buffer.getvalue())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stored_dossier_draws_the_summary_that_the_comparison_drew(language: str) -> None:
    t = texts(language)
    comparison = with_contrasts(make_comparison("recompressed:before", "scale_assumed"))
    drawn = decoded(summary_png(dossier_of(comparison), t))
    expected = draw_summary(result_of(comparison), pictures_of(comparison), t)
    assert drawn.shape == expected.shape
    assert np.abs(drawn.astype(int) - expected).mean() < 2.0  # JPEG between them


def test_dates_move_the_window_and_nothing_measured() -> None:
    dossier = dossier_of(with_contrasts(make_comparison()))
    interim = under_dates(dossier, dt.date(2026, 3, 1), dt.date(2026, 3, 22))
    assert interim.result.timing == Timing(21, "interim")
    assert interim.result.benchmark.verdict == "not_assessed"
    assert interim.result.clearance == dossier.result.clearance
    unknown = under_dates(dossier, None, dt.date(2026, 3, 22))
    assert [r.code for r in unknown.result.reasons] == ["window_unknown"]
    again = under_dates(unknown, dt.date(2026, 1, 1), dt.date(2026, 3, 22))
    assert again.result.reasons == ()
    assert again.result.timing.window == "assessment"
    assert not under_dates(dossier, dt.date(2026, 3, 22), dt.date(2026, 3, 1)).measured


def test_a_result_whose_dates_are_in_reverse_loses_its_numbers() -> None:
    result = redated(dossier_of(make_comparison()).result, dt.date(2026, 3, 22), dt.date(2026, 3, 1), options=TimingOptions())
    assert result.status == "not_comparable"
    assert result.clearance is None
    assert not result.fates
    assert result.pigment is None
    assert not result.benchmark.assessed
    jsonschema.validate(as_dict(result), result_schema())


def test_a_dossier_keeps_the_settings_that_its_readers_need() -> None:
    made = dossier_of(make_comparison())
    benchmark = dataclasses.replace(made.result.benchmark, responder_percent=60.0)
    other = dataclasses.replace(
        made, result=dataclasses.replace(made.result, benchmark=benchmark), reticular_mm=2.0, timing=TimingOptions(interim_from_days=5)
    )
    again = read_dossier(write_dossier(other))
    assert (again.reticular_mm, again.timing, again.result.benchmark.band.responder_percent) == (
        2.0,
        TimingOptions(interim_from_days=5),
        60.0,
    )
    assert under_dates(again, dt.date(2026, 3, 1), dt.date(2026, 3, 8)).result.timing.window == "interim"


def test_an_older_dossier_has_the_standard_settings() -> None:
    made = dossier_of(make_comparison())
    with zipfile.ZipFile(io.BytesIO(write_dossier(made))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    head = json.loads(members["dossier.json"])
    members["dossier.json"] = json.dumps(
        {name: head[name] for name in ("schema", "shown_over_full", "px_per_mm", "error_at_most")}
    ).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    older = read_dossier(buffer.getvalue())
    assert (older.reticular_mm, older.timing) == (RETICULAR_MM, TimingOptions())
    assert older.result == made.result


def test_opening_a_dossier_needs_no_measuring_core() -> None:
    asked = (
        "import sys, photocompare.results.dossier, photocompare.results.redated; print([m for m in ('cv2', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip() == "[]"
