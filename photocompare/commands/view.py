"""`photocompare view`: the viewer for whoever installed the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import photocompare
from photocompare.base.errors import UsageError

if TYPE_CHECKING:
    import subprocess

    from photocompare.records.places import Places

USUAL_PORT, PORTS_TRIED = 8501, 20
"""Streamlit's own, and how many from there on are tried while others are taken."""

ADDRESS = "127.0.0.1"
"""The shipped settings serve this machine alone; serving others is `docs/deployment.md`'s matter."""

_READY_S, _POLL_S = 60.0, 0.1


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; by default 8501 or the next that is free.")
@click.option("--browser/--no-browser", default=True, help="Open it in the browser.")
def view(port: int | None, browser: bool) -> None:
    """Open the viewer in the browser; it serves this machine alone, until Ctrl-C."""
    import subprocess
    import threading

    from photocompare.commands.opened_records import tell_where
    from photocompare.records.places import usual_places

    script = viewer_script()
    listens = free_port(port)
    url = f"http://localhost:{listens}"
    places = usual_places()
    click.echo(f"The viewer opens at {url}. Records lie in {_named(places)}. Ctrl-C ends it.")
    tell_where(places)
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={listens}", f"--server.address={ADDRESS}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        if browser:
            threading.Thread(target=_open_when_ready, args=(url, server), daemon=True).start()
        try:
            status = server.wait()
        except KeyboardInterrupt:
            server.terminate()
            status = 0
    if status > 0:
        raise UsageError("The viewer ended by itself; what it said stands above.")


def viewer_script() -> Path:
    """The viewer's `app.py`: within the installed package, or in the checkout that the package is run from.

    Raises
    ------
    UsageError
        There is none.
    """
    package = Path(photocompare.__file__).parent
    for folder in (package / "viewer" / "served", package.parent):
        if (folder / "app.py").is_file() and (folder / "app_pages").is_dir():
            return folder / "app.py"
    raise UsageError("The viewer's pages are missing from this installation; install photocompare again.")


def free_port(wanted: int | None) -> int:
    """A port to listen on.

    Raises
    ------
    UsageError
        The one that is wanted is taken, or all that are tried.
    """
    import socket

    for port in [wanted] if wanted is not None else range(USUAL_PORT, USUAL_PORT + PORTS_TRIED):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((ADDRESS, port))
            except OSError:
                continue
            return port
    taken = f"Port {wanted}" if wanted is not None else f"Every port from {USUAL_PORT} to {USUAL_PORT + PORTS_TRIED - 1}"
    raise UsageError(f"{taken} is taken on this machine. End the other program, or give another with --port.")


def _named(places: Places) -> str:
    file = places.sqlite_file
    return str(file.parent) if file is not None else "the database that PHOTOCOMPARE_DATABASE_URL names"


def _open_when_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    import time
    import urllib.request
    import webbrowser

    end = time.monotonic() + _READY_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=_POLL_S * 10):
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(_POLL_S)
