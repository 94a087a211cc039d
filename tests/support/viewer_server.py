"""A viewer that is served as shipped, browser sessions at it, and an eye on everything that a page asks for."""

from __future__ import annotations

import itertools
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parents[2]
START_S = 60
"""Until the server answers: it takes 3 s alone, and several times that beside other workers."""

WAIT_MS = 20_000
"""Until something is seen that does not wait for a measurement."""

SENSORS = ("accelerometer", "gyroscope", "magnetometer")
"""What the level listens to; browsers grant it without asking."""

NARROW_PX = 600
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
"""Streamlit closes its drawer of pages after a choice only where the browser says that it is a phone's."""

_PROBES = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
"""Streamlit looks for its server below the page's own address first and gets an answer 404, which browsers put on the console."""

expect.set_options(timeout=WAIT_MS)


@dataclass
class Server:
    """A running viewer."""

    url: str
    log: Path
    read: int = 0

    def new_lines(self) -> str:
        """What it wrote since the last call."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        new, self.read = text[self.read :], len(text)
        return new


@dataclass
class Runs:
    """The runs of one page's script, from the messages between page and server.  The page's own attribute shows a short run only where the
    browser draws between its beginning and its end."""

    asked: int = 0
    """How often the page asked for a run."""

    ended: bool = True
    """Whether the run that was asked for last has ended."""

    def listen(self, socket: WebSocket) -> None:
        """Take note of what goes to and fro."""
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script":
            self.asked += 1
            self.ended = False

    def _received(self, frame: str | bytes) -> None:
        if not isinstance(frame, bytes):
            return
        message = ForwardMsg.FromString(frame)
        if message.WhichOneof("type") == "script_finished":
            self.ended = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN


RUNS: WeakKeyDictionary[Page, Runs] = WeakKeyDictionary()
"""Of every page that a `Watch` listens to."""


@dataclass
class Watch:
    """Everything that a browser context asked for, and every complaint."""

    hosts: tuple[str, ...]
    requests: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def on(self, context: BrowserContext) -> None:
        """Listen to all pages of a context."""
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("response", self._answer)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error.stack}"))
        context.on("console", self._console)
        context.on("dialog", self._dialog)
        context.on("page", self._page)

    def _page(self, page: Page) -> None:
        runs = RUNS[page] = Runs()
        page.on("websocket", self._socket)
        page.on("websocket", runs.listen)

    def _answer(self, response: Response) -> None:
        headers = response.headers
        shown = not headers.get("content-disposition", "").startswith("attachment")
        if "/media/" in response.url and headers.get("content-type", "").startswith("image/") and shown:
            self.images.append(response.url)

    def _console(self, message: ConsoleMessage) -> None:
        probe = "404" in message.text and _PROBES.search(str(message.location.get("url", "")))
        if message.type == "error" and not probe:
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _socket(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)

    def check(self) -> None:
        """No foreign host, no complaint, no dialog, no photo under an address that needs no session."""
        foreign = [url for url in self.requests if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc not in self.hosts]
        assert not foreign, "a foreign host was asked"
        assert not self.complaints
        assert not self.dialogs
        assert not self.images, "a photo was served under /media"


@contextmanager
def serving(folder: Path, *options: str, host: str = "127.0.0.1", **environment: str) -> Iterator[Server]:
    """`streamlit run app.py` as shipped, on a free port, with its records in a folder of its own.

    Parameters
    ----------
    folder : Path
    *options : str
        Further options of Streamlit's; "{port}" in one becomes the port.
    host : str
        The machine's name in the address.
    **environment : str
        Further variables.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "log.txt"
    given = {"--server.port": str(port), "--server.headless": "true"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *itertools.chain(*given.items()), *options]
    variables = {**os.environ, "PHOTOCOMPARE_DATA": str(folder / "records"), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **environment}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [part.replace("{port}", str(port)) for part in command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=variables
        )
    try:
        running = Server(f"http://{host}:{port}", log)
        _await_health(process, running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_health(process: subprocess.Popen[bytes], server: Server) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the viewer did not start:\n{server.new_lines()}")


class Visitors:
    """Browser sessions that are watched until they are closed."""

    def __init__(self, browser: Browser, server: Server, *may_ask: str) -> None:
        self._browser, self._server = browser, server
        self._hosts = tuple(urlsplit(url).netloc for url in (server.url, *may_ask))
        self._opened: list[tuple[BrowserContext, Watch]] = []
        server.new_lines()

    def open(
        self,
        path: str = "/",
        *,
        size: tuple[int, int] = (1440, 900),
        dark: bool = False,
        camera: bool = True,
        locale: str = "en-GB",
        before_loading: Callable[[Page], object] = lambda _: None,
    ) -> Page:
        """A page of the viewer in a session of its own, on a phone where it is narrow; `before_loading` may prepare it."""
        phone: dict[str, Any] = {"user_agent": PHONE, "is_mobile": True, "has_touch": True} if size[0] < NARROW_PX else {}
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            permissions=[*SENSORS, *(["camera"] if camera else [])],
            locale=locale,
            **phone,
        )
        context.set_default_timeout(WAIT_MS)
        watch = Watch(self._hosts)
        watch.on(context)
        self._opened.append((context, watch))
        page = context.new_page()
        before_loading(page)
        page.goto(self._server.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    def leave(self) -> None:
        """Close all sessions; each must have behaved, and so must the server."""
        for context, watch in self._opened:
            for page in context.pages:
                assert "Traceback" not in page.locator("body").inner_text()
            context.close()
            watch.check()
        said = self._server.new_lines()
        assert "Traceback" not in said, said
