"""What a reader does and sees in the viewer, in the viewer's own words."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from photocompare.report.words.texts import Texts, texts
from photocompare.results.dossier import Dossier
from photocompare.results.result_json import as_dict
from tests.support.viewer_server import RUNS, WAIT_MS

ENGLISH = texts("en")
SAMPLES = Path(__file__).parents[2] / "sample_images"
SIZES = ((1440, 900), (1024, 768), (390, 844))
LOOKS = ((SIZES[0], False), (SIZES[1], True), (SIZES[2], False))
"""Size, and whether dark: what is too wide shows at its size, and what has too little contrast in its theme, at any of them."""

MEASURED_MS = 120_000
"""Until a result: a measurement takes 5 s alone and several times that while others run."""

REOPEN_MS, OPENINGS = 5_000, 3
"""Until a list that was opened lets an option be chosen, and how often it is opened: a run of the page that came just then closes it."""

RUN_POLL_MS = 20
"""How often to look whether a run has ended: the shortest take 50 ms."""

KEPT_MS, POLL_MS = 20_000, 200
"""Until what a page was told stands in the records, and how often to look."""

VISITS = ("before", "after")

_ALL_TEXT = """() => {
    const found = [];
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE) { found.push(node.textContent); return; }
        if (node.nodeType === Node.ELEMENT_NODE) {
            if (["STYLE", "SCRIPT"].includes(node.tagName)) return;
            found.push(...["aria-label", "aria-valuetext", "title", "alt"].map((name) => node.getAttribute(name) || ""));
            if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk);
            found.push(" ");
        }
        node.childNodes.forEach(walk);
    };
    walk(document.querySelector("[data-testid=stMain]"));
    return found.join("");
}"""


_GROUND_IS_OF = """(scheme) => {
    const ground = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number);
    return scheme === "dark" ? Math.max(...ground) < 80 : Math.min(...ground) > 200;
}"""


def sample_files(name: str) -> tuple[Path, Path]:
    """Before and after photo of a shipped sample pair."""
    return SAMPLES / name / "before.jpg", SAMPLES / name / "after.jpg"


def picture_of(path: Path) -> Image.Image:
    """A sample photo's pixels."""
    with Image.open(path) as opened:
        return opened.convert("RGB")


def jpeg_of(image: Image.Image, **options: object) -> bytes:
    """A file as a camera would write it."""
    file = io.BytesIO()
    image.save(file, "JPEG", **{"quality": 92, **options})
    return file.getvalue()


def file_of(name: str, data: bytes, kind: str = "image/jpeg") -> dict[str, object]:
    """A file to be uploaded under a name."""
    return {"name": name, "mimeType": kind, "buffer": data}


def unfold(page: Page, t: Texts = ENGLISH) -> None:
    """Bring back photos and fields where a measured pair has them folded into one line."""
    settled(page)
    button = page.get_by_role("button", name=t("compare.change"), exact=True)
    if button.is_visible():
        change(page, button.click)


def upload(page: Page, which: str, *files: object) -> None:
    """Choose files for a visit, as its button asks for them."""
    uploader = page.get_by_role("region", name=ENGLISH(f"compare.upload_{which}"))
    with page.expect_file_chooser() as coming:
        uploader.get_by_role("button", name=re.compile("^(Upload|Add files)")).click()
    coming.value.set_files(list(files))  # type: ignore[arg-type]


def upload_pair(page: Page, name: str) -> None:
    """Upload a shipped sample pair."""
    for which, path in zip(VISITS, sample_files(name), strict=True):
        upload(page, which, path)


@contextlib.contextmanager
def measuring_held() -> Iterator[None]:
    """While the processes that measure for this test's viewer stand still: what is done meanwhile comes before the result."""
    measuring = [process for process in psutil.Process().children(recursive=True) if _measures(process)]
    for process in measuring:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in measuring:
            with contextlib.suppress(psutil.NoSuchProcess):  # the viewer ends one that it needs no more
                process.resume()


def _measures(process: psutil.Process) -> bool:
    """Whether a process measures for a viewer; one that has just ended doesn't."""
    try:
        return any("viewer.measuring.child" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def stop_button(page: Page) -> Locator:
    """The button that ends a measurement; there only while one runs."""
    return page.get_by_role("button", name=ENGLISH("compare.stop"), exact=True)


def headline(page: Page) -> Locator:
    """The cleared share, as printed large."""
    return page.get_by_test_id("headline")


def pair(page: Page) -> Locator:
    """The pictures, once they are there to be looked at and nothing around them moves any more."""
    found = page.locator(".pair[data-ready]")
    expect(found).to_have_count(1)
    settled(page)
    expect(found).to_have_attribute("aria-busy", "false")
    return found


def own_pair(page: Page) -> Locator:
    """The pictures of the uploaded pair, when it has been measured."""
    expect(page.locator(".pair[data-ready]:not([data-ready=sample])")).to_be_visible(timeout=MEASURED_MS)
    return pair(page)


def everything_written(page: Page) -> str:
    """All words of the page's main part, those for screen readers and within components included."""
    settled(page)  # what a run no longer writes goes from the page when the run ends
    return str(page.evaluate(_ALL_TEXT))


def percentages(text: str) -> list[str]:
    """Everything that reads as a percentage."""
    return re.findall(r"\d[\d.,]*\s*(?:%|％|percent)", text)


def choose_view(page: Page, view: str) -> Locator:
    """Look at the pictures in another way, as a reader chooses it."""
    box = pair(page)
    box.locator(f'[data-key="view-{view}"]').click()
    expect(box).to_have_attribute("data-view", view)
    return box


def choose_tool(page: Page, tool: str) -> Locator:
    """Pictures, field or hand correction."""
    page.get_by_test_id("stButtonGroup").get_by_role("radio", name=ENGLISH(f"compare.{tool}"), exact=True).click()
    expect(page.locator(f".pair.{ {'pictures': 'full'}.get(tool, tool) }[data-ready]")).to_be_visible()
    return pair(page)


def choose_record_view(page: Page, view: str) -> None:
    """Go to another view of a patient's record, and wait until it is there."""
    change(page, page.get_by_text(ENGLISH(f"patients.view_{view}"), exact=True).click)


def painted(box: Locator) -> str:
    """A digest of what the canvas shows after its next painting."""
    return str(
        box.evaluate(
            """async (box) => {
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
                const canvas = box.querySelector(".stage canvas");
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                const digest = await crypto.subtle.digest("SHA-256", data);
                return [...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join("");
            }"""
        )
    )


def at(box: Locator) -> float:
    """Where the slider stands, in percent."""
    return float(box.get_attribute("data-at") or "nan")


def set_date(page: Page, which: str, date: str) -> None:
    """Type a visit's day, given as year-month-day, where its photos are added."""
    unfold(page)
    type_day(page, which, date)


def type_day(page: Page, which: str, date: str) -> None:
    """Type a visit's day into the field that is seen."""
    label = ENGLISH(f"compare.{which}_date")
    for part, digits in zip(("year", "month", "day"), date.split("-"), strict=True):
        page.get_by_role("spinbutton", name=f"{part}, {label}").click()
        page.keyboard.type(digits)
    page.get_by_role("heading", level=1).click()  # the calendar closes, and the day counts


def on_stage(box: Locator, x: float, y: float, size: tuple[int, int]) -> dict[str, float]:
    """Where a point of the shown picture, of `size` (width, height) in all, lies on the unzoomed stage, in CSS pixels."""
    width, height = box.locator(".stage").evaluate("s => [s.clientWidth, s.clientHeight]")
    scale = min(width / size[0], height / size[1])
    return {"x": (width - size[0] * scale) / 2 + (x + 0.5) * scale, "y": (height - size[1] * scale) / 2 + (y + 0.5) * scale}


def settled(page: Page) -> None:
    """Wait until the page's run has ended, and the browser has drawn what it wrote."""
    _until(page, lambda: RUNS[page].ended, MEASURED_MS, "the page's run did not end")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=MEASURED_MS)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def change(page: Page, act: Callable[[], object]) -> None:
    """Do what makes the page run again, and wait for that run's end."""
    settled(page)
    runs = RUNS[page]
    asked = runs.asked
    act()
    _until(page, lambda: runs.asked > asked, WAIT_MS, "the page did not ask for a run")
    settled(page)


def _until(page: Page, holds: Callable[[], bool], patience_ms: int, otherwise: str) -> None:
    for _ in range(patience_ms // RUN_POLL_MS):
        if holds():
            return
        page.wait_for_timeout(RUN_POLL_MS)
    assert holds(), otherwise


def comes_to(page: Page, read: Callable[[], object], wanted: object) -> None:
    """Wait until what is kept is what it should be: a page may show a change before it is written."""
    for _ in range(KEPT_MS // POLL_MS):
        if read() == wanted:
            return
        page.wait_for_timeout(POLL_MS)
    assert read() == wanted


def choose_option(page: Page, box: Locator, name: str | re.Pattern[str], *, runs: bool = True) -> None:
    """Open a list and choose from it, again where a run of the page closed it; wait for the run that follows, unless told not to."""
    option = page.get_by_role("option", name=name, exact=True)
    for _ in range(OPENINGS):
        settled(page)
        if not option.is_visible():
            box.click()
        with contextlib.suppress(PlaywrightTimeout):
            option.wait_for(timeout=REOPEN_MS)
            if runs:
                change(page, lambda: option.click(timeout=REOPEN_MS))
            else:
                option.click(timeout=REOPEN_MS)
            return
    raise AssertionError(f"the list was closed {OPENINGS} times before {name!r} could be chosen")


def downloaded(page: Page, name: str) -> tuple[bytes, str]:
    """An export's bytes, and the file name that it is offered under."""
    settled(page)  # a run of the page exchanges what its buttons hand over
    with page.expect_download(timeout=MEASURED_MS) as coming:
        page.get_by_role("button", name=ENGLISH(f"compare.export_{name}"), exact=True).click()
    return coming.value.path().read_bytes(), coming.value.suggested_filename


def grave_findings_in_both(page: Page) -> list[str]:
    """As `grave_findings`, in light and in dark; the page ends in light."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_function(_GROUND_IS_OF, arg=scheme)
        found += grave_findings(page)
    return found


def grave_findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, on the page as it stands once its run has ended."""
    settled(page)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{finding['impact']} {finding['id']}: {node['target']} {node['html'][:160]} {node['failureSummary'][:200]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


def choose_language(page: Page, name: str) -> None:
    """Pick a language in the page's head."""
    choose_option(page, page.get_by_test_id("stSelectbox").first.get_by_role("combobox"), name, runs=False)


def go_to(page: Page, name: str, t: Texts = ENGLISH) -> None:
    """Go to another page by the links at the top, or in the drawer that a phone has in their place."""
    drawer = page.get_by_test_id("stExpandSidebarButton")
    link = page.get_by_role("link", name=t(f"app.{name}"), exact=True).first
    expect(drawer.or_(link).first).to_be_visible()
    if drawer.is_visible():
        drawer.click()
    link.click()


def strike(box: Locator, sample: Dossier, number: int) -> None:
    """Click the middle of the piece with the n-th longest drawn line."""
    assert sample.lines is not None
    piece = np.array(sorted(sample.lines["pieces"], key=len)[-1 - number]).reshape(-1, 2)
    x, y = piece[len(piece) // 2]
    box.locator(".stage").click(position=on_stage(box, x, y, shown_size(sample)))  # type: ignore[arg-type]


def name_field(page: Page) -> Locator:
    """Where a reader signs a correction."""
    return page.get_by_role("textbox", name=ENGLISH("compare.correct_who"))


def sign(page: Page, name: str) -> None:
    """Sign a correction."""
    name_field(page).fill(name)
    name_field(page).press("Tab")


def shown_size(sample: Dossier) -> tuple[int, int]:
    """Width and height of the shown pictures, px."""
    photo = as_dict(sample.result)["photos"]["before"]
    return round(photo["width"] * sample.shown_over_full), round(photo["height"] * sample.shown_over_full)
