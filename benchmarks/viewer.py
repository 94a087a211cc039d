"""What the viewer costs in a real browser: `python -m benchmarks.viewer --into docs/performance.md`.

Chromium, driven by Playwright, against `streamlit run app.py` as shipped.  The comparison that the viewer's time is set beside is
`photocompare compare` on the same two files in the same minutes.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.machine import this_machine
from benchmarks.photos import enlarge_pair, make_pair
from benchmarks.report import put_between
from tests.support.chromium import ARGUMENTS, find_chromium

BEGIN, END = "<!-- viewer: begin -->", "<!-- viewer: end -->"

SEED = 20_260_302
MEGAPIXELS = 12.0
KEYS = 60
LONGEST_MS = 120_000

START_AIM_S, OVERHEAD_AIM_S, KEY_AIM_MS = 4.0, 1.5, 50.0
"""From `streamlit run` to the sample's result; a comparison's cost in the viewer beyond its own; a slider key to its picture."""

PICTURE = ".pair[data-ready]"

_FOUND = """
  const hosts = [...document.querySelectorAll('*')].map((e) => e.shadowRoot).filter(Boolean);
  const found = (what) => hosts.map((h) => h.querySelector(what)).find(Boolean) || document.querySelector(what);"""
"""What is on the page, within components too."""

SHOWN = (
    f"(last) => {{{_FOUND}"
    + """
  const pair = found('.pair[data-ready][data-painted]');
  return Boolean(pair && pair.dataset.ready !== last && found('[data-testid=headline]'));
}"""
)
"""Whether number and pictures of another pair than the last one are there."""

LOOK_MS = 25.0
"""Between two looks whether they are: Playwright's own waiting for an element looks every half second after the first."""

KEY_TO_PICTURE = (
    f"async (count) => {{{_FOUND}"
    + """
  const pair = found('.pair'), range = found('input[type=range]');
  const times = [];
  for (let k = 0; k < count; k++) {
    const start = performance.now();
    const key = k % 20 < 10 ? 'ArrowLeft' : 'ArrowRight';
    range.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    while (Number(pair.dataset.painted) < start) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame); // the frame that shows what was painted has begun
    times.push(performance.now() - start);
  }
  return times;
}"""
)


@contextmanager
def viewer() -> Iterator[str]:
    """The app on a free port, as `streamlit run` starts it; its address at once, before it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    """Return as soon as the server answers."""
    for _ in range(1000):
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("the viewer does not answer")


def start_seconds(browser: Browser) -> float:
    """From `streamlit run app.py` to number and pictures of the sample on the screen; the browser is open already."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    begun = time.perf_counter()
    with viewer() as url:
        wait_for(url)
        page.goto(url)
        page.wait_for_function(SHOWN, polling=LOOK_MS)
        took = time.perf_counter() - begun
        page.close()
    return took


def upload_seconds(page: Page, url: str, photos: tuple[Path, Path]) -> float:
    """From handing both files to the browser to the pair's number and pictures on the screen."""
    page.goto(url)
    page.wait_for_selector(PICTURE)
    sample = page.locator(PICTURE).get_attribute("data-ready")
    inputs = page.locator("input[type=file]")
    begun = time.perf_counter()
    for place, photo in enumerate(photos):
        inputs.nth(place).set_input_files(photo)
    page.wait_for_function(SHOWN, arg=sample, polling=LOOK_MS, timeout=LONGEST_MS)
    return time.perf_counter() - begun


def compare_seconds(photos: tuple[Path, Path], out: Path) -> float:
    """The command line's whole comparison of the same files."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "photocompare", "compare", *map(str, photos), "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def measure(runs: int) -> str:
    """The report's tables, as Markdown."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        photos = enlarge_pair(make_pair(home, 0, SEED), home, MEGAPIXELS)
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=list(ARGUMENTS))
        starts = [start_seconds(browser) for _ in range(runs)]
        uploads, alone = [], []
        with viewer() as url:
            wait_for(url)
            for _ in range(runs):
                alone.append(compare_seconds(photos, home / "out"))
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                uploads.append(upload_seconds(page, url, photos))
                keys = page.evaluate(KEY_TO_PICTURE, KEYS)
                page.close()
        version = browser.version
        browser.close()
    return table(starts, uploads, alone, keys, version)


def table(starts: list[float], uploads: list[float], alone: list[float], keys: list[float], version: str) -> str:
    """What was measured beside the aims."""
    machine = this_machine()
    own, whole, start = statistics.median(alone), statistics.median(uploads), statistics.median(starts)
    key, slow_key = statistics.median(keys), sorted(keys)[int(0.95 * len(keys))]
    rows = (
        (
            "`streamlit run app.py` to the sample's number and pictures",
            f"{START_AIM_S:g} s",
            f"{start:.2f} s ({min(starts):.2f} to {max(starts):.2f})",
            start <= START_AIM_S,
        ),
        (
            f"two {MEGAPIXELS:g} MP photos handed to the browser to their number and pictures",
            f"comparison + {OVERHEAD_AIM_S:g} s",
            f"{whole:.2f} s; comparison alone {own:.2f} s; {whole - own:+.2f} s, {whole / own:.2f} times",
            whole - own <= OVERHEAD_AIM_S,
        ),
        (
            "a key on the slider to the picture",
            f"{KEY_AIM_MS:g} ms",
            f"{key:.0f} ms, 95th percentile {slow_key:.0f} ms, of {len(keys)}",
            slow_key <= KEY_AIM_MS,
        ),
    )
    body = "\n".join(f"| {what} | {aim} | {found} | {str(met).lower()} |" for what, aim, found, met in rows)
    about = (
        f"Chromium {version}, 1440 x 900, no GPU; {machine.processor}, {machine.cores} cores. Median of {len(starts)} runs (least to most)."
    )
    return f"{about}\n\n| from ... to ... | aim | measured | met |\n| --- | --- | --- | --- |\n{body}"


def main() -> None:
    """Measure, print, and put the table into a page."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--into", type=Path, help="Markdown page with the two marks that the table goes between.")
    given = arguments.parse_args()
    told = measure(given.runs)
    print(told)
    if given.into is not None:
        given.into.write_text(put_between(given.into.read_text(encoding="utf-8"), told, BEGIN, END), encoding="utf-8")


if __name__ == "__main__":
    main()
