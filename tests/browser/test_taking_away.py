"""Two 12-megapixel photos full of private metadata, to a result in full resolution, and everything that can be taken away."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pydicom import dcmread
from pypdf import PdfReader

from tests.support.steps import (
    ENGLISH,
    MEASURED_MS,
    VISITS,
    change,
    downloaded,
    file_of,
    headline,
    jpeg_of,
    own_pair,
    painted,
    picture_of,
    sample_files,
    unfold,
    upload,
)
from tests.support.viewer_server import Server, Visitors

SCHEMA = Path(__file__).parents[2] / "photocompare" / "results" / "result.schema.json"
SECRET = "SECRET-OWNER"
PLACE = b"SECRET-PLACE"
LABEL = 'Ref 17 <b>Żółć</b> ![x](http://tracker.example/p.png) "; DROP TABLE x; --'
COUNT_BITMAPS = """
    window.bitmaps = [];
    const own = window.createImageBitmap;
    window.createImageBitmap = async (...given) => {
        const made = await own(...given);
        window.bitmaps.push([made.width, made.height]);
        return made;
    };
"""


def private(path: Path) -> bytes:
    """The sample photo at 12 megapixels, with an owner, a place, a serial number, a comment and a time."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = exif[0x8298] = SECRET
    exif.get_ifd(0x8769).update({0x9003: "2026:03:02 10:11:12", 0xA430: SECRET, 0xA431: SECRET, 0x9286: b"ASCII\0\0\0" + SECRET.encode()})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 13.0, 46.9), 3: "E", 4: (21.0, 0.0, 44.0), 27: PLACE})
    enlarged = picture_of(path).resize((3000, 4000), Image.Resampling.BICUBIC)
    return jpeg_of(enlarged, exif=exif.tobytes(), comment=SECRET.encode())


@pytest.fixture(scope="module")
def private_pair(chromium: Browser, server: Server) -> Iterator[Page]:
    """The page with the pair's result."""
    visitors = Visitors(chromium, server)
    page = visitors.open(before_loading=lambda page: page.add_init_script(COUNT_BITMAPS))
    for which, path in zip(VISITS, sample_files("good_result"), strict=True):
        upload(page, which, file_of(f"{SECRET} {which}.jpg", private(path)))
    expect(page.locator(".pc-check").get_by_text("3000 × 4000")).to_have_count(2, timeout=MEASURED_MS)
    own_pair(page)
    unfold(page)
    page.get_by_text(ENGLISH("compare.details"), exact=True).click()
    label = page.get_by_role("textbox", name=ENGLISH("compare.patient_label"))
    label.fill(LABEL)
    change(page, lambda: label.press("Tab"))
    yield page
    visitors.leave()


def clean(data: bytes) -> bytes:
    """What an export holds, after a look for what must not be in it."""
    for secret in (
        SECRET.encode(),
        PLACE,
        SECRET.encode("utf-16-le"),
        SECRET.encode("utf-16-be"),
        b"10:11:12",
        b"Exif",
        b"eXIf",
        b"<x:xmpmeta",
    ):
        assert secret not in data
    return data


def test_full_resolution_comes_when_asked_for(private_pair: Page) -> None:
    box = own_pair(private_pair)
    whole = painted(box)
    assert not private_pair.evaluate("window.bitmaps.some(([w, h]) => w * h > 11e6)")
    full = private_pair.get_by_role("button", name=ENGLISH("pair.full_size"))
    private_pair.wait_for_timeout(500)
    full.click()
    private_pair.wait_for_function("window.bitmaps.filter(([w, h]) => w === 3000 && h === 4000).length === 2", timeout=MEASURED_MS)
    expect(box).to_have_attribute("aria-busy", "false")
    assert painted(box) != whole
    private_pair.get_by_role("button", name=ENGLISH("pair.fit")).click()


def test_the_date_comes_from_the_photo(private_pair: Page) -> None:
    year = private_pair.get_by_role("spinbutton", name=f"year, {ENGLISH('compare.before_date')}")
    expect(year).to_have_text("2026")


def test_the_page_for_the_file(private_pair: Page) -> None:
    data, name = downloaded(private_pair, "file")
    assert name == "photocompare-file.pdf"
    reader = PdfReader(io.BytesIO(clean(data)))
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    clean(text.encode())
    assert headline(private_pair).inner_text().split()[0] in text
    assert "Żółć" in text
    assert "DROP TABLE" in text
    clean(json.dumps(dict(reader.metadata or {}), default=str).encode())
    for picture in reader.pages[0].images:
        clean(picture.data)


def test_the_page_for_the_patient(private_pair: Page) -> None:
    data, name = downloaded(private_pair, "patient")
    assert name == "photocompare-patient.pdf"
    reader = PdfReader(io.BytesIO(clean(data)))
    assert len(reader.pages) == 1
    text = " ".join(reader.pages[0].extract_text().split())
    assert "of the visible spider veins are gone" in text
    for picture in reader.pages[0].images:
        clean(picture.data)


def test_the_summary_picture(private_pair: Page) -> None:
    data, name = downloaded(private_pair, "summary")
    assert name == "photocompare-summary.png"
    with Image.open(io.BytesIO(clean(data))) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) >= 600
        assert not picture.info.keys() - {"dpi", "srgb", "gamma"}


def test_the_numbers(private_pair: Page) -> None:
    data, name = downloaded(private_pair, "json")
    assert name == "photocompare-json.json"
    result = json.loads(clean(data))
    jsonschema.validate(result, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert float(headline(private_pair).inner_text().split()[0]) == pytest.approx(result["clearance"]["length"]["percent"], abs=0.51)
    assert "Żółć" not in data.decode()


def test_the_files_for_an_archive(private_pair: Page, tmp_path: Path) -> None:
    data, name = downloaded(private_pair, "dicom")
    assert name == "photocompare-dicom.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
        assert archive.namelist() == ["summary.dcm", "measurements.dcm"]
    for path in tmp_path.iterdir():
        clean(path.read_bytes())
        made = dcmread(path)
        assert not any(made.get(name) for name in ("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "AccessionNumber"))
        assert "Żółć".encode() not in path.read_bytes()
    (group,) = [
        item
        for container in dcmread(tmp_path / "measurements.dcm").ContentSequence
        if "ContentSequence" in container
        for item in container.ContentSequence
        if item.ValueType == "CONTAINER"
    ]
    length = next(item for item in group.ContentSequence if item.ConceptNameCodeSequence[0].CodeMeaning == "Clearance of vein length")
    number = float(length.MeasuredValueSequence[0].NumericValue)
    assert float(headline(private_pair).inner_text().split()[0]) == pytest.approx(number, abs=0.51)
    assert min(dcmread(tmp_path / "summary.dcm").pixel_array.shape[:2]) >= 600


def test_the_vein_pieces(private_pair: Page) -> None:
    data, name = downloaded(private_pair, "csv")
    assert name == "photocompare-csv.csv"
    rows = list(csv.reader(io.StringIO(clean(data).decode("utf-8-sig"))))
    assert rows[0][:2] == [ENGLISH("csv.number"), ENGLISH("csv.fate")]
    assert len(rows) > 5
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)
