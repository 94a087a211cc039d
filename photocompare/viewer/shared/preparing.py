"""What the page that opens first needs, loaded while the browser that asks for it still reads Streamlit's own scripts."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Preparing:
    """Loads a module beside the first request: earlier the server would answer later, and later the page would wait for it.

    Parameters
    ----------
    app : ASGIApp
    module : str
    """

    def __init__(self, app: ASGIApp, module: str) -> None:
        self._app, self._module, self._begun = app, module, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._begun:
            self._begun = True
            threading.Thread(target=importlib.import_module, args=(self._module,), daemon=True).start()
        await self._app(scope, receive, send)
