"""Results of contract 1: read as they were stored, told as such in every place, and of a method of their own."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.pdf.printouts import file_pdf, patient_pdf
from photocompare.report.pictures.pair import stored_pictures
from photocompare.report.pictures.summary import draw_summary
from photocompare.report.words.patient import notes_for_patient
from photocompare.report.words.result import earlier_contract, fate_rows
from photocompare.report.words.summary import as_text
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.dossier import read_dossier, write_dossier
from photocompare.results.redated import redated, under_dates
from photocompare.results.result import Reason
from photocompare.results.result_json import as_dict, parse_result
from photocompare.results.timing import TimingOptions
from photocompare.viewer.patients.timeline import number
from photocompare.viewer.result import blocks
from tests.support.made_comparison import make_comparison, with_contrasts
from tests.support.made_report import DETAILS, text_of
from tests.support.made_result import under_contract_1, with_result

NOW = dossier_of(with_contrasts(make_comparison("soft:after")))
EARLIER = with_result(NOW, under_contract_1(NOW.result))
T = texts("en")


def test_it_comes_back_as_it_was_stored_with_nothing_darkened() -> None:
    stored = as_dict(EARLIER.result)
    assert stored["schema"] == "photocompare.comparison/1"
    assert "darkened" not in stored["fate_mm"]
    parsed = parse_result(stored)
    assert parsed.contract == 1
    assert parsed == EARLIER.result
    assert as_dict(parsed) == stored
    assert read_dossier(write_dossier(EARLIER)).result == EARLIER.result


def test_a_result_that_tells_no_schema_is_of_contract_1_and_a_later_one_is_not_read() -> None:
    told = as_dict(NOW.result)
    assert parse_result(told).contract == 2
    assert parse_result({name: value for name, value in told.items() if name != "schema"}).contract == 1
    with pytest.raises(UsageError, match="another version"):
        parse_result({**told, "schema": "photocompare.comparison/3"})


def test_other_dates_and_a_correction_leave_it_under_its_contract() -> None:
    day = dt.date(2026, 1, 12)
    assert redated(EARLIER.result, day, day + dt.timedelta(90), options=TimingOptions()).contract == 1
    assert under_dates(EARLIER, day, day + dt.timedelta(90)).result.contract == 1
    assert EARLIER.result.corrected(Estimate(50, 40, 60, "%"), by="A", at=dt.datetime.now(dt.UTC)).contract == 1


def test_its_method_is_another_one_under_the_same_settings() -> None:
    assert EARLIER.result.method == EARLIER.result.provenance.config_sha256
    assert NOW.result.method == f"{EARLIER.result.method}/2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_that_shows_it_says_so(language: str) -> None:
    t = texts(language)
    said = earlier_contract(EARLIER.result, t)
    assert said
    assert earlier_contract(NOW.result, t) == ""
    assert said in as_text(EARLIER.result, t).splitlines()
    assert said in text_of(file_pdf(EARLIER, DETAILS, t))
    assert t("consult.earlier") in text_of(patient_pdf(EARLIER, DETAILS, t))
    assert t("consult.earlier") in notes_for_patient(EARLIER.result, t)
    assert t("consult.earlier") not in notes_for_patient(NOW.result, t)
    assert said.replace("'", "&#x27;") in blocks.headline(EARLIER.result, t)
    assert number(EARLIER.result, t)
    assert draw_summary(EARLIER.result, stored_pictures(EARLIER), t).shape[0] != draw_summary(NOW.result, stored_pictures(NOW), t).shape[0]


def test_its_legend_has_no_row_for_what_it_knows_nothing_of() -> None:
    assert "darkened" not in [row.fate for row in fate_rows(EARLIER.result, T)]
    assert "darkened" not in blocks.fate_bar(EARLIER.result, T)
    assert T("result.seen_as") not in blocks.fate_bar(EARLIER.result, T)


def test_a_headline_of_today_is_made_of_its_legend() -> None:
    shares = {fate: NOW.result.share(fate) or 0.0 for fate in ("cleared", "stained", "faded", "residual", "darkened")}
    assert sum(shares.values()) - shares["darkened"] == pytest.approx(100.0)
    rows = {row.fate: row for row in fate_rows(NOW.result, T)}
    assert rows["darkened"].share == f"{shares['darkened']:.0f} %"
    assert (rows["new"].share, rows["not_assessable"].share) == ("", "")
    assert T("fate_note.darkened") in blocks.fate_bar(NOW.result, T)


def test_a_result_without_a_number_says_it_too() -> None:
    refused = dossier_of(make_comparison("not_same_view"))
    earlier = dataclasses.replace(refused, result=under_contract_1(refused.result))
    assert earlier_contract(earlier.result, T) in text_of(file_pdf(earlier, DETAILS, T))
    assert parse_result(as_dict(earlier.result)).contract == 1


def test_a_reason_that_is_raised_no_more_stays_and_stands_in_the_way_of_no_page() -> None:
    day = dt.date(2026, 1, 12)
    gone = Reason("of_another_version", "Something was so.", "Do something.")
    measured = dataclasses.replace(EARLIER.result, reasons=(gone, *EARLIER.result.reasons))
    dated = redated(measured, day, day + dt.timedelta(90), options=TimingOptions())
    assert (dated.status, [reason.code for reason in dated.reasons]) == ("indicative", ["soft", "of_another_version"])
    assert number(dated, T)
    refused = under_contract_1(dossier_of(make_comparison("not_same_view")).result)
    only = dataclasses.replace(refused, reasons=(gone,))
    assert redated(only, day, day + dt.timedelta(90), options=TimingOptions()).status == "not_comparable"
