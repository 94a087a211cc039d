"""The pieces of vein as a table, and the result as JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.files.piece_csv import piece_csv, result_json, safe_cell
from photocompare.results.result_json import as_dict, result_text
from photocompare.veins.classes import ASSESSED_FATES
from tests.support.made_comparison import FATES_IN_TURN, MM_PER_PX, NO_SCALE, make_comparison
from tests.support.made_result import under_contract_1, with_result


def table(text: str) -> tuple[list[str], list[dict[str, str]]]:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_every_piece_has_its_row_with_its_own_figures() -> None:
    comparison = make_comparison()
    header, rows = table(piece_csv(dossier_of(comparison)))
    assert header[3:7] == ["length (mm)", "expected length (mm)", "apparent width (mm)", "contrast before (CIE76)"]
    assert header[7:9] == ["seen before (share of looks)", "seen after (share of looks)"]
    assert [row["fate"] for row in rows] == list(FATES_IN_TURN)
    assert [row["number"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert comparison.pictures.measured is not None
    for row, fated in zip(rows, comparison.pictures.measured.pieces, strict=True):
        # the pictures of the made comparison are half its photo's size
        assert float(row["length (mm)"]) == pytest.approx(fated.piece.length_px * 2 * MM_PER_PX, abs=1e-3)
        assert float(row["apparent width (mm)"]) == pytest.approx(fated.piece.width_px * 2 * MM_PER_PX, abs=1e-3)
        middle_row, middle_col = fated.points[len(fated.points) // 2]
        assert float(row[header[9]]) == pytest.approx((middle_col + 0.5) * 2 - 0.5, abs=0.06)
        assert float(row[header[10]]) == pytest.approx((middle_row + 0.5) * 2 - 0.5, abs=0.06)
        assert row["contrast before (CIE76)"] == ("" if fated.fate == "new" else "4.5")
        assert float(row[header[7]]) == pytest.approx(fated.seen_before, abs=1e-3)
        assert (
            row[header[8]] == "" if fated.fate == "not_assessable" else float(row[header[8]]) == pytest.approx(fated.seen_after, abs=1e-3)
        )


def test_expected_lengths_add_up_to_those_of_the_result() -> None:
    dossier = dossier_of(make_comparison())
    _, rows = table(piece_csv(dossier))
    total = as_dict(dossier.result)["fate_mm"]
    before = sum(float(row["expected length (mm)"]) for row in rows if row["fate"] != "new")
    new = sum(float(row["expected length (mm)"]) for row in rows if row["fate"] == "new")
    assert before == pytest.approx(sum(total[fate] for fate in (*ASSESSED_FATES, "not_assessable")), abs=0.01)
    assert new == pytest.approx(total["new"], abs=0.01)


def test_a_result_of_contract_1_has_no_shares() -> None:
    dossier = dossier_of(make_comparison())
    header, rows = table(piece_csv(with_result(dossier, under_contract_1(dossier.result))))
    assert {row[header[k]] for row in rows for k in (4, 7, 8)} == {""}
    assert all(row["length (mm)"] for row in rows)


def test_without_a_scale_lengths_are_pixels_and_no_calibre_is_claimed() -> None:
    dossier = dossier_of(make_comparison("scale_unknown", scale=NO_SCALE))
    header, rows = table(piece_csv(dossier))
    assert "length (px)" in header
    assert {row["calibre class"] for row in rows} == {"unknown"}
    assert sum(float(row["expected length (px)"]) for row in rows if row["fate"] == "new") == pytest.approx(
        as_dict(dossier.result)["fate_px"]["new"], abs=0.02
    )


def test_calibre_follows_the_width() -> None:
    comparison = make_comparison()
    measured = dataclasses.replace(comparison.pictures.measured, px_per_mm=1 / (2 * MM_PER_PX))
    dossier = dossier_of(dataclasses.replace(comparison, pictures=dataclasses.replace(comparison.pictures, measured=measured)))
    _, rows = table(piece_csv(dossier))
    for row in rows:
        assert row["calibre class"] == ("reticular" if float(row["apparent width (mm)"]) >= 1.3 else "telangiectasia")
    assert {row["calibre class"] for row in rows} == {"reticular", "telangiectasia"}


def test_a_refused_pair_has_the_header_alone() -> None:
    header, rows = table(piece_csv(dossier_of(make_comparison("not_same_view"))))
    assert len(header) == 12
    assert rows == []


def test_lines_end_as_rfc_4180_says() -> None:
    text = piece_csv(dossier_of(make_comparison()))
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == len(FATES_IN_TURN) + 1


def test_numbers_stay_numbers_and_what_failed_stays_empty() -> None:
    assert safe_cell(-3.5) == "-3.5"
    assert safe_cell(float("nan")) == ""
    assert safe_cell(None) == ""


@given(st.text())
def test_no_text_cell_starts_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_the_json_is_that_of_the_contract() -> None:
    comparison = make_comparison("soft:before")
    assert result_json(dossier_of(comparison)) == result_text(comparison)
    assert json.loads(result_json(dossier_of(make_comparison("not_same_view"))))["clearance"] is None
