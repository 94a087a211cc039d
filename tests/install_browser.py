"""Makes sure that the browser tests have a Chromium: `python tests/install_browser.py`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from support.chromium import NAMED, find_chromium

_NOTHING_WORKED = f"No Chromium was found and none could be installed; install one and name it in {NAMED}."


def found() -> Path | None:
    """The Chromium at hand."""
    with sync_playwright() as playwright:
        return find_chromium(playwright)


def with_apt() -> bool:
    """Install Debian's own, where this user may; whether that went well."""
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        rights: list[str] = []
    elif shutil.which("sudo") is not None:
        rights = ["sudo", "-n"]
    else:
        return False
    install = [*rights, "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
    return all(subprocess.run(command, check=False).returncode == 0 for command in ([*rights, "apt-get", "update", "-qq"], install))


def with_playwright() -> bool:
    """Download Playwright's own; whether that went well."""
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode == 0


def main() -> int:
    """Say which browser will be used; install one where there is none."""
    for install in (None, with_apt, with_playwright):
        if install is not None and not install():
            continue
        if browser := found():
            sys.stdout.write(f"The browser tests use {browser}.\n")
            return 0
    sys.stderr.write(_NOTHING_WORKED + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
