"""Pictures of the viewer's pages for the documents: `python -m benchmarks.screenshots docs/viewer`.

Everything shown is rendered: the shipped samples, and a browser's drawn camera picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.viewer import LONGEST_MS, PICTURE, viewer, wait_for
from tests.support.chromium import ARGUMENTS, find_chromium

SAMPLES = Path("sample_images")
QUALITY = 82
"""libjpeg's scale: type stays clean, a page stays below 200 kB."""

SIZES = {"desktop": (1440, 900), "tall": (1440, 1320), "tablet": (1024, 768), "phone": (390, 844)}
SETTLED_MS = 1200
"""Fonts, pictures and the page's own fading are done by then."""

TALLEST = 4000
GROWS = 3
"""How often the window is made as high as its page: in a higher window the pictures are higher too, and with them the page."""

RUN_ENDED = "[data-testid=stApp][data-test-script-state=notRunning]"
"""What the page's run writes last, its forms, is drawn by then."""


def opened(browser: Browser, url: str, size: str = "desktop", *, dark: bool = False) -> Page:
    """A page with its pictures painted, where it has any."""
    width, height = SIZES[size]
    scheme = "dark" if dark else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, permissions=["camera"])  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_timeout(SETTLED_MS)
    return page


def save(page: Page, path: Path, *, whole: bool = False) -> None:
    """Store what is on the screen, or the whole page."""
    page.wait_for_selector(RUN_ENDED, timeout=LONGEST_MS)
    page.wait_for_timeout(SETTLED_MS)
    for _ in range(GROWS if whole else 0):
        wanted = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(wanted), TALLEST)})  # type: ignore[index]
        page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=path, type="jpeg", quality=QUALITY)
    page.context.close()


def upload(page: Page, sample: str) -> None:
    """Measure a shipped pair."""
    first = page.locator(PICTURE).get_attribute("data-ready")
    for place, which in enumerate(("before", "after")):
        page.locator("input[type=file]").nth(place).set_input_files(SAMPLES / sample / f"{which}.jpg")
    page.wait_for_selector(f".pair[data-ready]:not([data-ready='{first}'])", timeout=LONGEST_MS)


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, viewer() as url:
        wait_for(url)
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=[*ARGUMENTS, "--use-fake-ui-for-media-stream"])
        save(opened(browser, url, "tall"), folder / "compare.jpg")
        save(opened(browser, url, "phone", dark=True), folder / "compare-phone-dark.jpg")
        save(opened(browser, f"{url}/consult"), folder / "consult.jpg", whole=True)
        save(opened(browser, f"{url}/consult", "tablet", dark=True), folder / "consult-tablet-dark.jpg")
        save(opened(browser, f"{url}/capture"), folder / "capture.jpg", whole=True)
        save(opened(browser, f"{url}/about"), folder / "about.jpg")
        page = opened(browser, url)
        upload(page, "stained")
        page.get_by_role("radio", name="Difference").check()
        save(page, folder / "compare-stained-difference.jpg", whole=True)
        page = opened(browser, url)
        upload(page, "refused")
        save(page, folder / "compare-refused.jpg", whole=True)
        page = opened(browser, url)
        page.get_by_test_id("stButtonGroup").get_by_text("Hand correction").click()
        page.wait_for_selector(".pair.correct[data-ready]")
        save(page, folder / "compare-correction.jpg", whole=True)
        browser.close()


if __name__ == "__main__":
    main()
