"""The viewer in a real browser: one server and one Chromium for each worker."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import made_practice
from tests.support.chromium import ARGUMENTS, NAMED, find_chromium
from tests.support.steps import own_pair, upload_pair
from tests.support.viewer_server import Server, Visitors, serving


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The viewer for one user, as most tests need it."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        yield running


@pytest.fixture(scope="session")
def app_url(server: Server) -> str:
    """Where the viewer runs."""
    return server.url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium with a fake camera."""
    with sync_playwright() as playwright:
        found = find_chromium(playwright)
        if found is None:
            pytest.fail(f"no Chromium was found: run `python tests/install_browser.py`, or name one in {NAMED}")
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, server: Server) -> Iterator[Callable[..., Page]]:
    """Opens pages of the viewer, each in a browser session of its own; when the test ends, all of them must have behaved."""
    visitors = Visitors(chromium, server)
    yield visitors.open
    visitors.leave()


@pytest.fixture(scope="module")
def measured_page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A page on which the sample pair "stained" was uploaded and measured; tests leave it as they found it."""
    visitors = Visitors(chromium, server)
    page = visitors.open(size=(1440, 1000))
    upload_pair(page, "stained")
    own_pair(page)
    yield page
    visitors.leave()


@pytest.fixture(scope="session")
def practice() -> Iterator[tuple[Server, Path, list[str]]]:
    """A viewer with the records of a small practice, their folder, and the patients who agreed to the gallery."""
    with tempfile.TemporaryDirectory() as folder:
        agreed = made_practice.fill(Path(folder) / "records")
        with serving(Path(folder)) as running:
            yield running, Path(folder) / "records", agreed


@pytest.fixture
def open_practice(chromium: Browser, practice: tuple[Server, Path, list[str]]) -> Iterator[Callable[..., Page]]:
    """As `open_page`, in the small practice."""
    visitors = Visitors(chromium, practice[0])
    yield visitors.open
    visitors.leave()
