"""Where a Chromium lies on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Playwright

NAMED = "PHOTOCOMPARE_CHROMIUM"
"""Environment variable that names the browser to be used, before any other."""

COMMANDS = ("chromium", "chromium-browser", "google-chrome")

ARGUMENTS = (
    "--no-sandbox",  # containers have no user namespaces
    # Nothing but the pages may use the network: each request that a test sees is the app's.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a drawn moving picture in place of a camera
)


def find_chromium(playwright: Playwright) -> Path | None:
    """The browser that is named, installed, or was downloaded by Playwright, in this order; None without one."""
    if named := os.environ.get(NAMED):
        return Path(named) if Path(named).is_file() else None
    for command in COMMANDS:
        if found := shutil.which(command):
            return Path(found)
    own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None
