"""From rows to the report: every figure comes from the rows, and the page needs nothing but itself."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from photocompare.validation.findings import ALL_BAD, ALL_GOOD, CLAIM_HOLDS, HEADLINES, WRONG_PAIRINGS, find
from photocompare.validation.page import FIGURES, PAGE, SUMMARY, write_report
from photocompare.validation.plan import StudyPlan, present_method
from photocompare.validation.plots import draw_plots
from photocompare.validation.rows import FAULT, Compared, Row
from photocompare.validation.study import Study
from photocompare.validation.wording import told
from tests.support.made_rows import SPREAD, make_rows

PAIRS, MISMATCHES = 120, 100
REFUSED = frozenset({0, 21})
"""Two good pairs, numbers 0 and 21 of the cycle of kinds."""

MADE = "2026-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return make_rows(PAIRS, MISMATCHES, refused=REFUSED)


def written(folder: Path, rows: list[Row], pairs: int, mismatches: int = 0) -> Path:
    findings = find(rows)
    folder.mkdir(exist_ok=True)
    study = Study(StudyPlan(pairs, 1, mismatches), present_method(), tuple(rows))
    write_report(folder, study, findings, draw_plots(rows, findings), made=MADE)
    return folder


@pytest.fixture(scope="module")
def report(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"), rows, PAIRS, MISMATCHES)


class Page(HTMLParser):
    """Keeps open tags in step and notes what the page points to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.points_to: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told_of = dict(attrs)
        self.points_to += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "action", "data")]
        assert tag not in ("script", "link", "iframe", "object")
        if tag == "img":
            self.pictures.append(told_of)
        elif tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_accuracy_is_that_of_the_rows(rows: list[Row]) -> None:
    table = find(rows).tables["accuracy"]
    for number, name in HEADLINES.items():
        off = [r.numbers[number].error for r in rows if r.numbers]
        assert table.figure(name, "abs_median").value == pytest.approx(np.median(np.abs(off)))
        assert table.figure(name, "bias").value == pytest.approx(np.mean(off))
        assert table.figure(name, "covered").value == pytest.approx(np.mean([r.numbers[number].covered for r in rows if r.numbers]))
        assert table.figure(name, "upper").value == pytest.approx(np.mean(off) + 1.96 * np.std(off, ddof=1), abs=1e-3)
        assert table.figure(name, "covered").low < 0.95 < table.figure(name, "covered").high


def test_what_was_drawn_is_recovered(rows: list[Row]) -> None:
    tables = find(rows).tables
    name = HEADLINES["length"]
    assert tables["null"].figure(name, "rc").low < 1.96 * SPREAD["length"] < tables["null"].figure(name, "rc").high
    assert tables["linearity"].figure(name, "slope").low < 1 < tables["linearity"].figure(name, "slope").high
    assert tables["registration"].figure(CLAIM_HOLDS, "value").value == 1.0


def test_groups_share_out_all_pairs(rows: list[Row]) -> None:
    lines = find(rows).tables["groups"].lines
    whole = lines[0].figures["covered"].n
    counts: dict[str, int] = {}
    for line in lines[1:]:
        counts[line.heading] = counts.get(line.heading, 0) + line.figures["covered"].n
    calibre = counts.pop("Calibre")
    assert set(counts.values()) == {whole}
    assert calibre == 2 * sum("reticular" in r.numbers for r in rows)


def test_bands_along_the_scale_share_out_all_pairs(rows: list[Row]) -> None:
    tables = find(rows).tables
    assert sum(line.figures["bias"].n for line in tables["bias"].lines) == tables["groups"].lines[0].figures["bias"].n


def test_refusals_are_counted(rows: list[Row]) -> None:
    findings = find(rows)
    good = sum(r.expect == "measure" for r in rows)
    measured = findings.tables["measured"].figure(ALL_GOOD, "measured")
    assert (measured.n, round(measured.value * good)) == (good, good - len(REFUSED))
    assert {r.number for r in findings.good_refused} == REFUSED
    assert told(findings.tables["false_acceptance"].figure(WRONG_PAIRINGS, "accepted")) == "0 of 100 (at most 3.0 %)"
    assert findings.tables["false_acceptance"].figure(ALL_BAD, "accepted").value == 0.0


def test_an_accepted_bad_pair_and_a_fault_stand_out(rows: list[Row]) -> None:
    bad = next(k for k, r in enumerate(rows) if r.role == "pair" and r.expect == "refuse")
    spoilt = list(rows)
    spoilt[bad] = replace(rows[bad], status="comparable", refusals=())
    spoilt[1] = replace(rows[1], status=FAULT, refusals=("ValueError: x",), numbers={}, figures={})
    findings = find(spoilt)
    assert findings.bad_accepted == (spoilt[bad],)
    assert findings.faults == (spoilt[1],)
    assert findings.tables["false_acceptance"].figure(ALL_BAD, "accepted").value > 0
    assert rows[1] not in findings.good_refused


def test_a_number_that_failed_is_left_out(rows: list[Row]) -> None:
    some = list(rows)
    some[1] = replace(rows[1], numbers={**rows[1].numbers, "area": Compared(50.0, float("nan"), float("nan"), float("nan"))})
    before, after = (find(r).tables["accuracy"].figure(HEADLINES["area"], "bias") for r in (rows, some))
    assert after.n == before.n - 1
    assert after.ok


def test_the_page_stands_alone(report: Path) -> None:
    page = Page()
    page.feed((report / PAGE).read_text(encoding="utf-8"))
    assert page.open == []
    assert all(target.startswith("data:image/svg+xml;base64,") for target in page.points_to)
    assert len(page.pictures) == 6
    for picture in page.pictures:
        assert len(picture["alt"] or "") > 40
        svg = base64.b64decode((picture["src"] or "").split(",")[1])
        assert b"<svg" in svg
        assert not re.search(rb'(?:href|src)="(?!#)', svg)


def test_page_json_and_summary_tell_the_same(report: Path, rows: list[Row]) -> None:
    figure = find(rows).tables["accuracy"].figure(HEADLINES["length"], "abs_median")
    stored = json.loads((report / FIGURES).read_text(encoding="utf-8"))
    line = next(line for line in stored["tables"]["accuracy"]["lines"] if line["label"] == HEADLINES["length"])
    assert line["figures"]["abs_median"]["value"] == pytest.approx(figure.value, rel=1e-5)
    assert line["figures"]["abs_median"]["n"] == figure.n
    assert stored["made"] == MADE
    for name in (PAGE, SUMMARY):
        assert told(figure) in (report / name).read_text(encoding="utf-8")


def test_few_pairs_say_so_and_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (written(tmp_path / name, make_rows(2), 2) for name in ("one", "other"))
    stored = json.loads((one / FIGURES).read_text(encoding="utf-8"))
    assert stored["tables"]["accuracy"]["lines"][0]["figures"]["abs_p90"]["value"] is None
    assert "too few" in (one / PAGE).read_text(encoding="utf-8")
    Page().feed((one / PAGE).read_text(encoding="utf-8"))
    for name in (PAGE, FIGURES, SUMMARY):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_nothing_measured_still_makes_a_report(tmp_path: Path) -> None:
    folder = written(tmp_path, make_rows(2, refused=frozenset({0, 1})), 2)
    assert "<img" not in (folder / PAGE).read_text(encoding="utf-8")
