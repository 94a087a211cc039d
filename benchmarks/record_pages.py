"""What the records' pages cost in a real browser: `python -m benchmarks.record_pages --data DIR | --database URL --into docs/scale.md`.

The database comes from `python -m benchmarks.cohorts`.  Chromium, driven by Playwright, against `streamlit run app.py` as shipped.  Every
wait begins with a click and ends when the page's run is over and all of its charts are drawn.  Beside each stands, from the same run, the
page Capture, which reads nothing: what any page costs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.machine import this_machine
from benchmarks.records import MOST_AUDIT_S, MOST_PATIENT_S
from benchmarks.report import number, put_between, table, yes
from benchmarks.viewer import viewer, wait_for
from photocompare.records.places import DATABASE_VARIABLE, FOLDER_VARIABLE, PHOTOS_VARIABLE
from photocompare.report.words.texts import texts
from tests.support.chromium import ARGUMENTS, find_chromium

RUNS = 7
PAUSE_MS = 1000
"""Between two clicks: what a browser does after a page is drawn is over by then."""

LONGEST_MS = 60_000

AUDIT, PATIENT, PLAIN = "audit, with every figure and chart", "one patient, from the list", "a page that reads nothing"

DRAWN = """(shown) => {
  const charts = [...document.querySelectorAll("[data-testid=stVegaLiteChart]")];
  return document.querySelector(shown)
    && document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
    && charts.every((chart) => chart.querySelector("canvas, svg"));
}"""


def waited(page: Page, act: Callable[[], object], shown: str) -> float:
    """Seconds from an act until the page that has what is looked for is drawn."""
    page.wait_for_timeout(PAUSE_MS)
    begun = time.perf_counter()
    act()
    page.wait_for_function(DRAWN, arg=shown, timeout=LONGEST_MS)
    return time.perf_counter() - begun


def measure(page: Page, runs: int) -> dict[str, list[float]]:
    """Every wait, run by run, after one round that is not counted."""
    t = texts("en")

    def link(key: str) -> Locator:
        return page.get_by_test_id("stTopNavLink").filter(has_text=t(key))

    taken: dict[str, list[float]] = {AUDIT: [], PATIENT: [], PLAIN: []}
    for counted in [False, *[True] * runs]:
        audit = waited(page, link("app.audit").click, "[data-testid=figures]")
        plain = waited(page, link("app.capture").click, "[data-testid=stPageLink]")
        waited(page, link("app.patients").click, "[data-testid=stTextInput], [data-testid=patient]")
        if page.get_by_test_id("patient").count():
            waited(page, page.get_by_role("button", name=t("patients.all")).click, "[data-testid=stTextInput]")
        patient = waited(page, page.locator(".patients button").nth(int(counted)).click, "[data-testid=patient]")
        if counted:
            for name, wait in ((AUDIT, audit), (PATIENT, patient), (PLAIN, plain)):
                taken[name].append(wait)
    return taken


def as_markdown(taken: dict[str, list[float]], kind: str, version: str) -> str:
    """The figures as text."""
    machine, plain = this_machine(), statistics.median(taken[PLAIN])
    limits = {AUDIT: MOST_AUDIT_S[kind], PATIENT: MOST_PATIENT_S}
    lines = []
    for name, waits in taken.items():
        middle, most = statistics.median(waits), limits.get(name)
        aim, met = ("", "") if most is None else (f"<= {most:g} s", yes(middle <= most))
        lines.append((name, aim, number(middle, 2), f"{min(waits):.2f} to {max(waits):.2f}", f"{middle / plain:.1f} x", met))
    return (
        f"Chromium {version} without a GPU, on the same {machine.cores} cores ({machine.processor}) as the viewer and the database; "
        f"median of {len(taken[PLAIN])} clicks.\n\n"
        + table(("from the click to the drawn page", "aim", "wall s", "least to most", "against a page that reads nothing", "met"), lines)
    )


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--into", type=Path, help="page with the lines <!-- pages-sqlite: begin --> and so on")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path)
    where.add_argument("--database")
    told = parser.parse_args()
    kind = "sqlite" if told.data else "postgresql"
    with tempfile.TemporaryDirectory() as photos, sync_playwright() as playwright:
        if told.data:
            os.environ[FOLDER_VARIABLE] = str(told.data.absolute())
        else:
            os.environ.update({DATABASE_VARIABLE: told.database, PHOTOS_VARIABLE: photos})
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=list(ARGUMENTS))
        with viewer() as url:
            wait_for(url)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{url}/about")
            page.get_by_test_id("stTopNavLink").first.wait_for(timeout=LONGEST_MS)
            text = as_markdown(measure(page, told.runs), kind, browser.version)
        browser.close()
    print(text)
    if told.into is not None:
        marks = f"<!-- pages-{kind}: begin -->", f"<!-- pages-{kind}: end -->"
        told.into.write_text(put_between(told.into.read_text(encoding="utf-8"), text, *marks), encoding="utf-8")


if __name__ == "__main__":
    main()
