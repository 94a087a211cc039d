"""The manifest: what is taken, and that every error is told at once, with its row."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.errors import UsageError
from photocompare.batch import manifest, spreadsheet
from photocompare.batch.manifest import COLUMNS, PairRow, parse_manifest, read_manifest
from photocompare.batch.spreadsheet import DateOrder

WHOLE = (
    "before,after,before_date,after_date,patient,leg,region,session,agent,concentration_percent,form,operator,site,compression_days,ceap,vcss,"
    "note,mm_per_px,collage\n"
    'a/1.jpg,a/2.jpg,2026-01-05,2026-03-20,P7,left,"outer, thigh",2,polidocanol,0.5,foam,Dr. Ñ,north,7,C1,4,"two\nlines",0.12,\n'
)


def errors_of(text: str, *, for_records: bool = False) -> list[str]:
    """What is wrong with a manifest's rows, whether some are sound or none is."""
    try:
        faults = parse_manifest(text, for_records=for_records).faults
    except UsageError as told:
        return [line.strip() for line in str(told).splitlines()[1:]]
    return [f"row {number}: {fault}" for number, wrong in sorted(faults.items()) for fault in wrong]


def rows_of(text: str, **options: Any) -> tuple[PairRow, ...]:
    """The rows of a manifest without errors."""
    found = parse_manifest(text, **options)
    assert found.faults == {}
    return found.rows


def test_every_column_is_read_as_what_it_is() -> None:
    (row,) = rows_of(WHOLE, for_records=True)
    assert set(COLUMNS) == set(vars(row)) - {"number"}
    assert row.number == 2
    assert (row.before, row.after) == ("a/1.jpg", "a/2.jpg")
    assert (row.before_date, row.after_date) == (dt.date(2026, 1, 5), dt.date(2026, 3, 20))
    assert (row.session, row.concentration_percent, row.compression_days, row.vcss, row.mm_per_px) == (2, 0.5, 7, 4, 0.12)
    assert (row.region, row.operator, row.note, row.form, row.ceap) == ("outer, thigh", "Dr. Ñ", "two\nlines", "foam", "C1")


def test_only_the_photos_are_needed_and_what_is_not_given_is_empty() -> None:
    (row,) = rows_of("after,before\nx.jpg,y.jpg\n")
    assert (row.before, row.after) == ("y.jpg", "x.jpg")
    assert row.before_date is None
    assert row.concentration_percent is None
    assert row.agent == ""


def test_all_errors_come_in_one_message_with_their_rows() -> None:
    text = (
        "before,after,before_date,after_date,leg,vcss,concentration_percent,compression_days,ceap,form,session,mm_per_px\n"
        "1.jpg,2.jpg,2026-13-01,2026-03-01,middle,31,0,366,C9,gel,100,5\n"
        "\n"
        "3.jpg,,2026-04-01,2026-03-01,,,,,,,,\n"
        "1.jpg,2.jpg,,,,,,,,,1.5,\n"
        "5.jpg,6.jpg,2026-04-01,2026-03-01,,,,,,,,\n"
        "7.jpg,8.jpg,,,,,,,,,,\n"
        "7.jpg,8.jpg,,,,,,,,,,\n"
        "9.jpg,9.jpg,,,,,,nan,,,,one\n"
        "a.jpg,b.jpg,2999-01-01,,,,,,,,,,surplus\n"
    )
    told = errors_of(text)
    by_row: dict[str, list[str]] = {}
    for line in told:
        row, _, what = line.partition(": ")
        by_row.setdefault(row, []).append(what.split(":")[0] if ":" in what else what)
    assert by_row["row 2"] == [
        "before_date",
        "leg",
        "vcss",
        "concentration_percent",
        "compression_days",
        "ceap",
        "form",
        "session",
        "mm_per_px",
    ]
    assert by_row["row 4"] == ["after"]
    assert by_row["row 5"] == ["session"]
    assert "earlier than" in by_row["row 6"][0]
    assert by_row["row 8"] == ["the pair is in row 7 already"]
    assert by_row["row 9"] == ["compression_days", "mm_per_px"]
    assert by_row["row 10"] == ["has 13 cells, the header has 12"]
    assert "row 3" not in by_row
    assert "row 7" not in by_row


def test_a_collage_is_one_file_whose_order_is_said() -> None:
    rows = rows_of("before,after,collage\na.jpg,b.jpg,\nc.jpg,,left-right\nd.jpg,,auto\n")
    assert [row.collage for row in rows] == [None, "left-right", "auto"]
    assert rows[0].places == {"before photo": "a.jpg", "after photo": "b.jpg"}
    assert rows[1].places == {"collage": "c.jpg"}
    (row,) = rows_of("before,collage\nc.jpg,bottom-top\n")
    assert (row.after, row.collage) == ("", "bottom-top")


def test_a_collage_with_another_file_or_without_an_order_is_an_error_of_its_row() -> None:
    assert errors_of("before,after,collage\na.jpg,b.jpg,left-right\n") == [
        "row 2: a collage is one file; leave after empty, or leave collage empty"
    ]
    assert errors_of("before,after,collage\na.jpg,,\n") == ["row 2: after: is empty"]
    assert errors_of("before,collage\na.jpg,\n") == ["row 2: after is empty"]
    assert errors_of("before,collage\na.jpg,sideways\n")[0].startswith("row 2: collage: 'sideways' is not one of auto, left-right")
    assert errors_of("before,collage\na.jpg,auto\na.jpg,left-right\n") == ["row 3: the pair is in row 2 already"]


def test_the_same_photo_twice_in_a_row_is_no_pair() -> None:
    assert errors_of("before,after\n9.jpg,9.jpg\n") == ["row 2: before and after are the same photo"]


def test_unknown_missing_and_repeated_columns_are_named() -> None:
    told = errors_of("before,befor,leg,leg\na,b,left,left\n")
    assert any("column after is missing" in line for line in told)
    assert any("'befor' is not known" in line for line in told)
    assert any("column leg is there 2 times" in line for line in told)
    assert all(line.startswith("row 1: ") for line in told)


@pytest.mark.parametrize("text", ["", "\n", "before,after\n", "before,after\n\n\n"])
def test_a_manifest_without_a_pair_is_refused(text: str) -> None:
    assert errors_of(text)


def test_what_the_records_need_is_asked_for_only_then() -> None:
    text = "before,after,before_date,after_date,patient,leg,region\n1,2,2026-01-01,2026-01-01,,left,calf\n3,4,,2026-02-01,P,left,calf\n"
    assert len(rows_of(text)) == 2
    assert errors_of(text, for_records=True) == [
        "row 2: patient is empty; the records need it",
        "row 3: before_date is empty; the records need it",
    ]
    same_day = text.replace("2026-01-01,,left", "2026-01-01,P,left").replace("P,left,calf\n3,4,,", "P,left,calf\n3,4,2026-01-01,")
    assert errors_of(same_day, for_records=True) == ["row 2: both dates are the same day; the records need two visits"]


@pytest.mark.parametrize(
    "place",
    [
        "../x.jpg", "a/../../x.jpg", "/etc/passwd", "C:/x.jpg", "C:\\x.jpg", "..\\..\\x", "\\\\host\\share", "~/x.jpg", "a\x00.jpg",
        "a\u202egpj.exe",
        "x" * 5000, "zip://a::file:///b", "data:;base64,AA://", "simplecache::s3://a/b", "python://x",
    ],
)  # fmt: skip
def test_a_place_that_leads_elsewhere_is_an_error_of_its_row(place: str) -> None:
    told = errors_of(f'before,after\n"{place}",b.jpg\n')
    assert len(told) == 1
    assert told[0].startswith("row 2: before: ")


@pytest.mark.parametrize(
    "place", ["a b/ü.jpg", "-x.jpg", "=cmd().jpg", "CON", "s3://bucket/k?versionId=3", "https://h/x.jpg", "file:///shared/x.jpg"]
)
def test_a_place_that_may_be_a_photo_is_taken_as_it_is(place: str) -> None:
    assert rows_of(f'before,after\n"{place}",b.jpg\n')[0].before == place


@pytest.mark.parametrize(
    "label", ["'); DROP TABLE patient;--", '50 % "off"', "<img onerror=x>", "=1+1", "![x](http://h/p.png)", "名前 ąę العربية"]
)
def test_labels_are_kept_as_they_are(label: str) -> None:
    quoted = label.replace('"', '""')
    assert rows_of(f'before,after,operator\na,b,"{quoted}"\n')[0].operator == label


def test_labels_have_a_longest_length() -> None:
    assert errors_of(f"before,after,patient,operator\na,b,{'x' * 201},{'y' * 201}\n")[0].startswith("row 2: patient: has more than 200")


def test_spreadsheets_of_other_countries_separate_by_semicolons() -> None:
    (row,) = rows_of("before;after;note\na.jpg;b.jpg;one, two\n")
    assert row.note == "one, two"
    (row,) = rows_of("before;after;mm_per_px;concentration_percent;session\na.jpg;b.jpg;0,12;0,5;2\n")
    assert (row.mm_per_px, row.concentration_percent, row.session) == (0.12, 0.5, 2)
    told = errors_of("before;after;mm_per_px;concentration_percent;session\na.jpg;b.jpg;0,1,2;1.000,5;1,5\n")
    assert [fault.split(": ")[1] for fault in told if ": " in fault[7:]] == ["mm_per_px", "concentration_percent", "session"]


def test_a_file_is_read_with_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"\xef\xbb\xbfbefore,after\r\na.jpg,b.jpg\r\n")
    assert read_manifest(path).rows[0].after == "b.jpg"
    assert read_manifest(path).root == tmp_path.resolve()
    with pytest.raises(UsageError, match="can't be read"):
        read_manifest(tmp_path / "none.csv")


def test_what_is_no_file_or_too_much_is_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(UsageError, match="a folder, a pipe or a device"):
            read_manifest(path)
    monkeypatch.setattr(manifest, "MOST_BYTES", 10)
    (tmp_path / "long.csv").write_text("before,after\n")
    with pytest.raises(UsageError, match="split it"):
        read_manifest(tmp_path / "long.csv")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8-sig", b""), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("cp1252", b"")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("head", ["", "sep={}", '"sep={}"', "SEP={}{}{}"])
def test_a_manifest_is_read_as_a_spreadsheet_of_any_country_writes_it(
    tmp_path: Path, encoding: str, mark: bytes, delimiter: str, line_end: str, head: str
) -> None:
    lines = [["before", "after", "operator", "note", "", ""], ["Müller vor.jpg", "Müller nach.jpg", "Dr. Özgür – “Ñ” 2 cm³", "a|b", "", ""]]
    text = line_end.join([head.replace("{}", delimiter)] * bool(head) + [delimiter.join(cells) for cells in lines] + [delimiter * 5, ""])
    path = tmp_path / "m.csv"
    path.write_bytes(mark + text.encode(encoding))
    found = read_manifest(path)
    (row,) = found.rows
    assert (row.number, row.before, row.after) == (2, "Müller vor.jpg", "Müller nach.jpg")
    assert (row.operator, row.note) == ("Dr. Özgür – “Ñ” 2 cm³", "a|b")
    assert (found.faults, found.code_page) == ({}, "cp1252" if encoding == "cp1252" else "")


@pytest.mark.parametrize(("name", "encoding"), [("Иванов", "cp1251"), ("Paweł", "cp1250"), ("Παπάς", "cp1253"), ("田中", "cp932")])
def test_letters_of_another_code_page_are_not_taken_for_western_ones(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(f"before;after;operator\na.jpg;b.jpg;{name}\n".encode(encoding))
    with pytest.raises(UsageError, match="save it as CSV UTF-8"):
        read_manifest(path)


def test_the_code_page_of_the_system_s_own_spreadsheet_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet.locale, "getencoding", lambda: "cp1251")
    path = tmp_path / "m.csv"
    path.write_bytes("before;after;operator\na.jpg;b.jpg;Иванов\n".encode("cp1251"))
    assert (read_manifest(path).rows[0].operator, read_manifest(path).code_page) == ("Иванов", "cp1251")


def test_a_cell_under_no_header_is_an_error_only_if_it_holds_something() -> None:
    assert rows_of("before;after;;\na.jpg;b.jpg;;\nc.jpg;d.jpg; ; ;\n")[1].after == "d.jpg"
    assert errors_of("before;after;;\na.jpg;b.jpg;x;\nc.jpg;d.jpg;;\n") == ["row 2: has 4 cells, the header has 2"]


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        *((text, "") for text in ("2026-03-14", "2026-03-14T09:30", "2026/3/14", "2026-3-14", "2026. 03. 14.", "2026/03/14 09:30:00")),
        *((text, "") for text in ("14.03.2026", "14.3.2026", "14. 3. 2026", "14/03/2026", "14-3-2026", "3/14/2026", "3/14/2026 9:30 AM")),
        *((text, "day-first") for text in ("14/03/2026", "14.03.2026", "2026-03-14")),
        *((text, "month-first") for text in ("3/14/2026", "14.03.2026", "2026-03-14")),
    ],
)
def test_a_day_that_can_be_one_alone_is_read(cell: str, order: DateOrder) -> None:
    (row,) = rows_of(f"before,after,after_date\na,b,{cell}\n", dates=order)
    assert row.after_date == dt.date(2026, 3, 14)


def test_a_day_that_may_be_two_is_asked_for() -> None:
    text = "before,after,before_date,after_date\na,b,03/04/2026,14/05/2026\nc,d,05/05/2026,20/06/2026\n"
    found = parse_manifest(text)
    assert found.faults == {
        2: ("before_date: '03/04/2026' may be 2026-03-04 or 2026-04-03; write it so, or say --dates day-first or --dates month-first",)
    }
    assert (found.rows[1].before_date, found.rows[1].after_date) == (dt.date(2026, 5, 5), dt.date(2026, 6, 20))
    assert rows_of(text, dates="day-first")[0].before_date == dt.date(2026, 4, 3)
    assert rows_of(text.replace("14/05", "05/14").replace("20/06", "6/20"), dates="month-first")[0].before_date == dt.date(2026, 3, 4)
    assert sorted(parse_manifest(text + "e,f,1/2/2026,1/3/2026\n", dates="month-first").faults) == [2, 3]


@pytest.mark.parametrize("cell", ["14/03/26", "26.03.14", "31/02/2026", "0/0/2026", "14/3-2026", "46095", "14-Mar-2026", "13/13/2026"])
def test_what_is_no_day_is_an_error_of_its_row(cell: str) -> None:
    assert errors_of(f"before,after,after_date\na,b,{cell}\n")[0].startswith("row 2: after_date: ")


def test_a_bad_row_stops_no_other() -> None:
    found = parse_manifest("before,after,leg,vcss\na,b,left,3\n../c,d,middle,3\ne,f,right,\n")
    assert [row.number for row in found.rows] == [2, 3, 4]
    assert (found.rows[1].before, found.rows[1].after, found.rows[1].vcss) == ("", "d", 3)
    assert list(found.faults) == [3]
    assert [fault.split(":")[0] for fault in found.faults[3]] == ["before", "leg"]


@pytest.mark.parametrize("name", ["Screenshot 9.22.20\u202fPM.jpg", "a\u00a0b.jpg", "👩\u200d⚕.jpg", "\u200eIMG-1.jpg", "Mu\u0308ller.jpg"])
def test_names_as_systems_write_them_are_taken(name: str) -> None:
    assert rows_of(f"before,after\n{name},b.jpg\n")[0].before == name


def test_a_name_in_two_forms_is_one_name() -> None:
    assert errors_of("before,after\nM\u00fc,Mu\u0308\n") == ["row 2: before and after are the same photo"]
    assert errors_of("before,after\nM\u00fc,b\nMu\u0308,b\n") == ["row 3: the pair is in row 2 already"]


def test_a_broken_quote_is_told_by_its_line() -> None:
    assert errors_of('before,after\na.jpg,"b.jpg\n')[0].startswith("line 2: is no CSV")


def test_more_rows_than_one_batch_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "MOST_ROWS", 2)
    assert "split the manifest" in errors_of("before,after\na,b\nc,d\ne,f\n")[0]


def assert_told(text: str) -> None:
    """The text is a manifest of whole rows, or each of its errors names a row or line."""
    try:
        found = parse_manifest(text)
    except UsageError as error:
        told = str(error).splitlines()[1:]
    else:
        assert all(row.number in found.faults or (row.before and (row.after or row.collage)) for row in found.rows)
        return
    assert told
    assert told[0].strip().startswith(("row ", "line "))


@given(st.text(max_size=300))
def test_any_text_is_either_a_manifest_or_told_what_is_wrong(text: str) -> None:
    assert_told(text)


@given(st.lists(st.text(max_size=20), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_cells_are_either_a_row_or_told_what_is_wrong(cells: list[str]) -> None:
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert_told(",".join(COLUMNS) + "\n" + line + "\n")
