"""The contact sheet: every pair once, everything escaped, nothing from outside."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from photocompare.base.estimate import Estimate
from photocompare.batch import contact_sheet
from photocompare.batch.contact_sheet import page_name, write_contact_sheet
from photocompare.batch.keeping import BatchFolder, StoredPair
from photocompare.batch.manifest import PairRow
from photocompare.batch.pair import PairOutcome
from photocompare.batch.table import TABLE_COLUMNS, TableRow
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.texts import texts
from tests.support.made_result import under_contract_1, with_length
from tests.support.stand_in_measures import result_of, thumbnail

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "![t](http://host/x.png)",
    "'); DROP TABLE",
    '" onload="x',
    "</main><script>x</script>",
    "\u202eabc",
]


class Page(HTMLParser):
    """What stands in a page: tags, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def kept(tmp_path: Path) -> BatchFolder:
    folder = BatchFolder(tmp_path)
    folder.keep(PairOutcome("k", "indicative", "", result_of(b"b", b"a"), thumbnail()))
    return folder


def rows_of(kept: BatchFolder, count: int, label: str = "P1") -> list[TableRow]:
    stored = kept.load("k")
    assert stored is not None
    return [TableRow(PairRow(number + 2, "a.jpg", "b.jpg", patient=label), stored) for number in range(count)]


def pages_of(kept: BatchFolder, rows: list[TableRow]) -> list[Page]:
    written = write_contact_sheet(rows, len(rows), {"indicative": len(rows)}, kept)
    return [Page(path.read_text()) for path in written]


@pytest.mark.parametrize("label", HOSTILE)
def test_what_the_manifest_says_is_shown_as_it_is(kept: BatchFolder, label: str) -> None:
    stored = kept.load("k")
    assert stored is not None
    row = PairRow(2, "a.jpg", "b.jpg", patient=label, leg="left", region=label, agent=label)
    (page,) = pages_of(kept, [TableRow(row, stored, unsaved=label)])
    assert page.text.count(label) == 4
    assert "script" not in page.tags
    assert page.tags.count("img") == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_nothing_is_fetched_from_anywhere(kept: BatchFolder) -> None:
    (page,) = pages_of(kept, rows_of(kept, 3, label="http://host/x.png"))
    places = [value for name, value in page.attributes if name in ("src", "href", "srcset", "action", "data")]
    assert len(places) == 3
    assert all(place.startswith("data:image/jpeg;base64,") for place in places)
    policy = next(value for name, value in page.attributes if name == "content" and "default-src" in value)
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "url(" not in (kept.path / page_name(1)).read_text()


def test_pictures_hold_pixels_alone(kept: BatchFolder) -> None:
    (page,) = pages_of(kept, rows_of(kept, 1))
    encoded = next(value for name, value in page.attributes if name == "src").partition(",")[2]
    with Image.open(BytesIO(base64.b64decode(encoded))) as picture:
        assert not picture.getexif()
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_number_is_shown_with_its_interval_and_not_carried_over_a_mark(kept: BatchFolder) -> None:
    (page,) = pages_of(kept, rows_of(kept, 1))
    assert "74.6 %" in page.text, "75 would read as a responder"
    assert "60 to 90" in page.text
    assert page.text.count("No <card> was found.") == 1


def test_veins_that_are_darker_than_before_are_told_in_words(kept: BatchFolder) -> None:
    darker = with_length(result_of(b"b", b"a"), Estimate(-12.3, -20.0, 4.0, "%"))
    kept.keep(PairOutcome("k", "indicative", "", darker, thumbnail()))
    (page,) = pages_of(kept, rows_of(kept, 1))
    assert "Darker than before, 12 % (20 % darker to 4 % cleared)" in page.text
    assert "-12" not in page.text


def test_a_pair_of_contract_1_is_read_and_says_so(kept: BatchFolder) -> None:
    kept.keep(PairOutcome("k", "indicative", "", under_contract_1(result_of(b"b", b"a")), thumbnail()))
    rows = rows_of(kept, 1)
    assert rows[0].pair.result is not None
    assert rows[0].pair.result.contract == 1
    (page,) = pages_of(kept, rows)
    assert earlier_contract(rows[0].pair.result, texts("en")) in page.text
    columns = {name: value(rows[0]) for name, (_, value) in TABLE_COLUMNS.items()}
    assert (columns["contract"], columns["darkened_mm"]) == (1, None)
    assert columns["length_percent"] == 74.6


def test_pairs_without_a_result_say_why(kept: BatchFolder) -> None:
    row = TableRow(PairRow(7, "a.jpg", "b.jpg"), StoredPair("", "skipped", "The before photo is not there."))
    (page,) = pages_of(kept, [row])
    assert "Row 7: a.jpg" in page.text
    assert "The before photo is not there." in page.text
    assert "img" not in page.tags


def test_many_pairs_are_several_pages_each_pair_once(kept: BatchFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "PAIRS_A_PAGE", 4)
    pages = pages_of(kept, rows_of(kept, 9))
    told = [number for page in pages for number in re.findall(r"Row (\d+):", page.text)]
    assert told == [str(number) for number in range(2, 11)]
    links = [value for name, value in pages[0].attributes if name == "href"]
    assert links == [page_name(2), page_name(3)] * 2
    assert all((kept.path / link).exists() for link in links)
    pages_of(kept, rows_of(kept, 2))
    assert sorted(path.name for path in kept.path.glob("contact_sheet*")) == [page_name(1)]
