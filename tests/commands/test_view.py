"""`photocompare view` serves the viewer, from a checkout and from an installed package, and ends with its server."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from photocompare.base.errors import UsageError
from photocompare.commands.view import ADDRESS, free_port, viewer_script

ROOT = Path(__file__).parents[2]
READY_S = 60


@contextmanager
def viewing(folder: Path, *given: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a user runs it, with what it says first."""
    command = [sys.executable, "-m", "photocompare", "view", "--no-browser", *given]
    environment = {**os.environ, "PHOTOCOMPARE_DATA": str(folder / "records"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def comes(url: str, wanted: bool) -> bool:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if answers(url) == wanted:
            return True
        time.sleep(0.1)
    return False


def test_it_says_where_it_listens_and_ends_with_its_server(tmp_path: Path) -> None:
    with viewing(tmp_path) as (process, said):
        url = re.findall(r"http://localhost:\d+", said)[0]
        assert f"Records lie in {tmp_path / 'records'}." in said
        assert comes(url, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(READY_S) == 0
        assert comes(url, False)


def test_the_next_free_port_is_taken_and_a_wanted_one_is_not_exchanged() -> None:
    with socket.socket() as other:
        other.bind((ADDRESS, 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {taken} is taken.*--port"):
            free_port(taken)
    assert free_port(taken) == taken


def test_a_wheel_holds_what_is_served(tmp_path: Path) -> None:
    """The pages find each other, the settings and the sample by their places beside `app.py`."""
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(wheel) as held:
        names = {name.removeprefix("photocompare/viewer/served/") for name in held.namelist()}
    served = {str(path.relative_to(ROOT)) for path in (ROOT / "app_pages").glob("*.py")}
    assert served | {"app.py", ".streamlit/config.toml", "sample_images/good_result/measured.zip"} <= names


def test_a_checkout_serves_its_own_pages() -> None:
    assert viewer_script() == ROOT / "app.py"
