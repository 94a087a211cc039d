"""A result that was measured within a field drawn by hand says so wherever it is shown or kept, and has the field drawn."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from photocompare.base.flags import FIELD_DRAWN
from photocompare.report.files.comparison_files import write_comparison
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.files.piece_csv import piece_csv
from photocompare.report.pdf.pictures import measured_pictures
from photocompare.report.pdf.printouts import file_pdf, patient_pdf
from photocompare.report.pictures.fate_map import draw_fate
from photocompare.report.pictures.pair import pictures_of, stored_pictures
from photocompare.report.pictures.summary import draw_summary
from photocompare.report.words.patient import notes_for_patient
from photocompare.report.words.result import drawn_field
from photocompare.report.words.summary import as_text
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.comparison import Comparison
from photocompare.results.dossier import read_dossier, write_dossier
from photocompare.results.result_json import json_text, result_of
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.result import blocks
from photocompare.viewer.result.pair_view import packed_pair
from tests.support.made_comparison import make_comparison
from tests.support.made_report import text_of
from tests.support.sent_to_browser import unpacked

T = texts("en")
CORNERS = np.array([[60.0, 80.0], [240.0, 80.0], [240.0, 320.0], [60.0, 320.0]], np.float32)
"""Full pixels of the made before photo, 300 x 400; its working frame is half of that."""


def within_field() -> Comparison:
    made = make_comparison(FIELD_DRAWN)
    return dataclasses.replace(made, pictures=dataclasses.replace(made.pictures, drawn_field=CORNERS))


DRAWN, WHOLE = within_field(), make_comparison()


def test_the_flag_changes_no_status_and_no_number() -> None:
    assert result_of(DRAWN).status == result_of(WHOLE).status
    assert result_of(DRAWN).clearance == result_of(WHOLE).clearance
    assert result_of(DRAWN).within_drawn_field
    assert not result_of(WHOLE).within_drawn_field
    assert [reason["code"] for reason in json.loads(json_text(result_of(DRAWN)))["reasons"]] == [FIELD_DRAWN]


def test_a_stored_comparison_keeps_the_field_in_its_shown_pixels() -> None:
    again = read_dossier(write_dossier(dossier_of(DRAWN)))
    assert again.result.within_drawn_field
    expected = (CORNERS + 0.5) * 0.5 - 0.5
    assert np.array(again.drawn_field).reshape(-1, 2) == pytest.approx(expected, abs=0.06)
    assert dossier_of(WHOLE).drawn_field == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_result_says_so(language: str) -> None:
    t = texts(language)
    told, result = t("result.drawn_field"), result_of(DRAWN)
    assert drawn_field(result, t) == told
    assert told in blocks.headline(result, t)
    assert t("consult.drawn_field") in notes_for_patient(result, t)
    assert t.flag(FIELD_DRAWN)[0] in as_text(result, t)
    assert t("consult.drawn_field") not in notes_for_patient(result_of(WHOLE), t)
    assert told not in blocks.headline(result_of(WHOLE), t)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_pages_say_so(language: str) -> None:
    t = texts(language)
    for make, key in ((file_pdf, "result.drawn_field"), (patient_pdf, "consult.drawn_field")):
        said = {name: text_of(make(dossier_of(found), VisitDetails(), t)) for name, found in (("drawn", DRAWN), ("whole", WHOLE))}
        assert " ".join(t(key).split()) in said["drawn"]
        assert " ".join(t(key).split()) not in said["whole"]


def test_the_table_of_pieces_says_so_in_every_row() -> None:
    for found, key in ((DRAWN, "csv.drawn_field"), (WHOLE, "csv.whole_leg")):
        header, *rows = csv.reader(io.StringIO(piece_csv(dossier_of(found)), newline=""))
        assert header[-1] == T("csv.within")
        assert {row[-1] for row in rows} == {T(key)}


def outlined(with_field: np.ndarray, without: np.ndarray) -> np.ndarray:
    """Where two pictures of the same size differ."""
    return np.asarray(np.abs(with_field.astype(int) - without.astype(int)).max(axis=2) > 60)


def test_the_fate_pictures_have_the_outline_on_the_field_s_edge() -> None:
    stored = dossier_of(DRAWN)
    for drawn in (draw_fate(result_of(DRAWN), pictures_of(DRAWN), T), draw_fate(stored.result, stored_pictures(stored), T)):
        whole = draw_fate(result_of(WHOLE), pictures_of(WHOLE), T)
        left = (drawn.shape[1] - 300) // 2  # the photo keeps its size and stands in the middle of a wider canvas
        rows, cols = np.nonzero(outlined(drawn, whole)[:400, left : left + 300])
        away = np.minimum(np.minimum(abs(cols - 60), abs(cols - 240)), np.minimum(abs(rows - 80), abs(rows - 320)))
        assert len(rows) > 300
        assert away.max() <= 4


def test_the_summary_says_so_and_has_the_outline() -> None:
    drawn, whole = (draw_summary(result_of(found), pictures_of(found), T) for found in (DRAWN, WHOLE))
    assert drawn.shape[0] > whole.shape[0]


def test_printed_pictures_have_the_outline_once_where_there_are_fates() -> None:
    for fate, changed in ((True, [False, False, True]), (False, [True, True])):
        pairs = zip(*(measured_pictures(dossier_of(found), 60.0, 90.0, fate=fate) for found in (DRAWN, WHOLE)), strict=True)
        assert [bool(outlined(*(_pixels(one.encoded) for one in pair)).any()) for pair in pairs] == changed


def _pixels(encoded: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR))


def test_the_browser_gets_the_outline() -> None:
    for mode in ("full", "consult"):
        head, _ = unpacked(packed_pair(dossier_of(DRAWN), T, mode=mode, identity="x"))
        assert head["drawn_field"] == list(dossier_of(DRAWN).drawn_field)
        head, _ = unpacked(packed_pair(dossier_of(WHOLE), T, mode=mode, identity="x"))
        assert head["drawn_field"] == []


def test_the_contract_s_files_keep_their_names(tmp_path: Path) -> None:
    assert write_comparison(DRAWN, tmp_path / "drawn") == write_comparison(WHOLE, tmp_path / "whole")
