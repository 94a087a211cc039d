"""The viewer's shipped settings: this machine alone, nothing sent anywhere, no inner workings shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from photocompare.photo.decoding.call import PhotoLimits
from tests.support.contrast import DARK, WHITE, contrast

ROOT = Path(__file__).parents[2]
SHIPPED = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

HARDENED = {
    "server.address": "127.0.0.1",
    "server.allowedHosts": ["localhost", "127.0.0.1"],
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.xsrfCookieSameSite": "strict",
    "server.maxUploadSize": 60,
    "server.enableStaticServing": False,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "browser.gatherUsageStats": False,
}

SWITCHED_OFF = ["server.enableAgentApi"]
"""Off as Streamlit comes; never to be switched on here."""

MIB = 1 << 20


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


@pytest.fixture(scope="module")
def streamlit_says(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What Streamlit itself takes from the file, for a user without settings of her own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    return subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT,
        env={**clean, "HOME": str(tmp_path_factory.mktemp("home")), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def plain(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_the_file_says_so() -> None:
    shipped = flat(SHIPPED)
    assert {key: shipped.get(key, "not there") for key in HARDENED} == HARDENED


@pytest.mark.parametrize("key", SWITCHED_OFF)
def test_what_is_off_is_not_switched_on(key: str, streamlit_says: subprocess.CompletedProcess[str]) -> None:
    assert not flat(SHIPPED).get(key, False)
    assert f"# {key.rpartition('.')[2]} = false" in plain(streamlit_says.stdout)


def test_streamlit_takes_every_setting_and_warns_of_none(streamlit_says: subprocess.CompletedProcess[str]) -> None:
    assert streamlit_says.stderr == ""
    assert "not a valid config option" not in streamlit_says.stdout
    settings = plain(streamlit_says.stdout).partition("[global]")
    assert flat(tomllib.loads(settings[1] + settings[2])) == flat(SHIPPED)


def test_a_photo_that_the_door_takes_can_be_uploaded_and_little_more() -> None:
    limit = SHIPPED["server"]["maxUploadSize"] * MIB
    most = PhotoLimits().max_bytes
    assert most <= limit < 1.1 * most
    assert SHIPPED["server"]["maxMessageSize"] * MIB > 2 * most


@pytest.mark.parametrize(("theme", "ground"), [("light", WHITE), ("dark", DARK)])
def test_the_accent_stands_out_and_white_can_be_read_on_it(theme: str, ground: tuple[int, ...]) -> None:
    colours = SHIPPED["theme"]
    accent = tuple(bytes.fromhex(colours.get(theme, colours)["primaryColor"].removeprefix("#")))
    assert contrast(accent, ground) >= 3.0
    assert contrast(accent, WHITE) >= 4.5
