"""What a printed page calls a patient of the records."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from photocompare.records.access import LOCAL
from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.records.store import Records
from photocompare.report.pdf import typefaces
from photocompare.viewer.patients.pair import _details
from tests.support.made_records import new_comparison
from tests.support.made_typeface import Made, write_typeface


@pytest.mark.parametrize(
    ("name", "chart", "label"),
    [
        ("Anna Müller", "4711", "Anna Müller, 4711, {key}"),
        ("כהן, שרה", "", "כהן, שרה, {key}"),
        ("王小明", "4711", "4711, {key}"),
        ("สมชาย", "", "{key}"),
        ("", "王", "{key}"),
    ],
)
def test_a_name_that_can_not_be_printed_gives_way_to_the_chart_number(records: Records, name: str, chart: str, label: str) -> None:
    printed, key = _printed(records, name, chart)
    assert printed == label.format(key=key)


def test_a_name_that_a_typeface_of_the_system_has_is_printed(records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王小明"))
    monkeypatch.setattr(typefaces, "font_files", lambda: (file,))
    printed, key = _printed(records, "王小明", "4711")
    assert printed == f"王小明, 4711, {key}"


def _printed(records: Records, name: str, chart: str) -> tuple[str, str]:
    """What a page calls a new patient, and the patient's key."""
    key = records.add_patient(LOCAL, IdentityFacts(name=name, chart_number=chart))
    records.save_comparison(LOCAL, new_comparison(key))
    file = records.open_patient(LOCAL, key)
    facts = VisitFacts(dt.date(2026, 1, 5))
    return _details(file, file.regions[0], facts, facts).patient_label, key
