"""What the page that opens first needs, loaded while its browser still reads Streamlit's own scripts; what is needed next, after it."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PAGE_STANDS_S = 5.0
"""From the first request to a page that stands: three seconds on a quiet machine."""


class Preparing:
    """Loads modules beside the first request: earlier the server would answer later, and later the page would wait for them.

    Parameters
    ----------
    app : ASGIApp
    first : str
        What the page that opens first needs.
    later : sequence of str
        What is needed next, loaded when that page stands, or as soon as something is sent to it.
    loaded : callable
        Called once all is loaded, with whether the machine is at rest: what was sent by then needs it.
    """

    def __init__(self, app: ASGIApp, first: str, later: Sequence[str] = (), loaded: Callable[[bool], object] = lambda _: None) -> None:
        self._app, self._first, self._later, self._loaded, self._begun = app, first, later, loaded, False
        self._sent = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._begun:
            self._begun = True
            threading.Thread(target=self._load, daemon=True).start()
        if scope["type"] == "http" and scope.get("method") in ("PUT", "POST"):
            self._sent.set()
        await self._app(scope, receive, send)

    def _load(self) -> None:
        importlib.import_module(self._first)
        self._sent.wait(PAGE_STANDS_S)
        for name in self._later:
            importlib.import_module(name)
        self._loaded(not self._sent.is_set())
