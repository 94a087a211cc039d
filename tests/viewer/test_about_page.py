"""The page About says what the accuracy report says, and names every package in use."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from photocompare import __version__
from photocompare.report.words.texts import texts
from photocompare.viewer.about import page as about

ROOT = Path(__file__).resolve().parents[2]
REPORT = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
STUDY = about.accuracy()
T = texts("en")


def numbers(cell: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", cell)]


def table(heading: str) -> dict[str, list[str]]:
    """The rows below a heading of the report, by their first cell."""
    part = REPORT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return {row[0]: row[1:] for row in rows[2:]}


# --- the shipped summary and the report


@pytest.mark.parametrize("figure", STUDY["figures"], ids=lambda figure: figure["name"])
def test_each_figure_is_the_reports(figure: dict[str, object]) -> None:
    value, pairs = table(f"{STUDY['plan']['pairs']} pairs of our own renderer")[str(figure["row"])]
    assert figure["numbers"] == numbers(value)
    assert figure["n"] == int(pairs)


def test_the_aims_that_are_missed_are_all_there_with_the_reports_numbers() -> None:
    rows = table("Aims that are not reached")
    assert [aim["row"] for aim in STUDY["aims"]] == list(rows)
    for aim in STUDY["aims"]:
        limit, measured, _ = rows[aim["row"]]
        assert (aim["limit"], aim["measured"]) == (numbers(limit), numbers(measured))


def test_date_version_plan_and_what_real_photos_add_are_the_reports() -> None:
    opening = " ".join(REPORT.split("\n## ")[0].split())
    assert opening.startswith(f"# Accuracy as measured Version {STUDY['version']}, 1 December 2026.")
    assert STUDY["date"] == "2026-12-01"
    assert f"`{about.validate_command(STUDY['plan'])}`" in opening
    real = STUDY["real"]
    assert f"{real['error']} points from the readers' mean on average over {real['pairs']} pairs, {real['worst']} at most" in opening
    assert f"{real['bias']} points too high on the whole" in opening
    assert f"inside {real['inside']} of the {real['pairs']} 95 % intervals, which are {real['width']} points wide there" in opening


# --- the page


@pytest.fixture(scope="module")
def page() -> AppTest:
    return AppTest.from_file(str(ROOT / "app_pages" / "about.py"), default_timeout=20).run()


def shown(page: AppTest) -> str:
    """All HTML of the page as text."""
    return " ".join(block.proto.body for block in page.get("html"))


def test_the_page_runs_and_has_its_parts_in_order(page: AppTest) -> None:
    assert not page.exception
    assert [title.value for title in page.title] == ["About"]
    assert [heading.value for heading in page.header] == ["What it is for", "How accurate it is", "Check it yourself", "Licences"]


def test_it_says_the_date_the_version_and_every_number(page: AppTest) -> None:
    text = shown(page)
    assert "1 December 2026" in text
    assert f"version {STUDY['version']}" in text
    assert f"version {__version__}" in text
    for row in STUDY["figures"]:
        assert all(f"{abs(number):g}" in text for number in row["numbers"])
    assert "9.7 points (7.5 to 13.8)" in text
    assert "\u22120.5 points (\u22121.8 to 0.9)" in text
    assert "0 of 20 (at most 13.9 %)" in text
    assert "3 (other renderer), 9.7 (ours)" in text
    assert "4.7 points from their mean on average" in text
    assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_it_tells_how_to_measure_it_oneself(page: AppTest) -> None:
    assert [code.value for code in page.code] == ["photocompare validate --out DIR --pairs 100 --seed 20262701 --mismatches 100"]


def test_it_makes_no_diagnosis_and_has_no_link(page: AppTest) -> None:
    text = shown(page)
    assert "It is not a diagnosis." in text
    assert "<a " not in text
    assert "<img" not in text


def test_the_licence_text_is_whole(page: AppTest) -> None:
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in shown(page)
    assert "END OF TERMS AND CONDITIONS" in shown(page)
    shipped = (ROOT / "photocompare" / "models" / "XFEAT_LICENSE_Apache-2.0.txt").read_text(encoding="utf-8")
    assert " ".join(about.apache_licence()).split() == shipped.split()


# --- packages


def test_the_packages_are_those_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"].get("viewer", ["streamlit"])]
    assert sorted({re.split(r"[\[<>=~! ]", one)[0] for one in asked}) == sorted(about.PACKAGES)


def test_every_package_has_its_version_and_a_short_licence_or_none() -> None:
    for package in about.packages():
        assert package.version == metadata.version(package.name)
        assert package.licence is None or 0 < len(package.licence) <= about.LONGEST_LICENCE_NAME
    named = {package.name: package.licence for package in about.packages()}
    assert named["pillow"] == "MIT-CMU"
    assert named["streamlit"] is not None


def test_an_absent_package_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "PACKAGES", ("no-such-distribution",))
    assert about.packages() == [about.Package("no-such-distribution", None, None)]
    assert "<td>not installed</td>" in about.licences(T)


def test_what_a_package_states_cannot_become_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "packages", lambda: [about.Package("<img src=x onerror=alert(1)>", "1", "![x](http://host/p.png)")])
    assert "<img" not in about.licences(T)
