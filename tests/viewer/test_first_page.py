"""The page that opens first waits for no library that it doesn't need."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import dataframe_util
from streamlit.testing.v1 import AppTest

from photocompare.viewer.shared import preparing
from photocompare.viewer.shared.preparing import Preparing

APP = Path(__file__).parents[2] / "app.py"

LATER = ("sqlalchemy", "alembic", "cv2", "scipy", "altair", "fpdf", "photocompare.records.store")

_RUN = f"""
import sys
from streamlit.testing.v1 import AppTest
at = AppTest.from_file({str(APP)!r}, default_timeout=60).run()
assert not at.exception
assert at.main.children
print(*(name for name in {LATER!r} if name in sys.modules))
"""


def test_the_database_and_what_measures_and_prints_is_loaded_later() -> None:
    told = subprocess.run([sys.executable, "-c", _RUN], check=True, capture_output=True, text=True, cwd=APP.parent)
    assert told.stdout.split() == []


def test_streamlit_looks_for_no_table_in_what_components_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """It loads pandas and pyarrow to look; on the pages that many open."""
    looked_at: list[object] = []
    look = dataframe_util.determine_data_format

    def noted(data: object) -> dataframe_util.DataFormat:
        looked_at.append(data)
        return look(data)

    monkeypatch.setattr(dataframe_util, "determine_data_format", noted)
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    for page in ("consult", "capture", "about"):
        at.switch_page(f"app_pages/{page}.py").run()
        assert not at.exception
    assert looked_at == []


def test_what_is_named_to_be_loaded_is_there() -> None:
    named = re.findall(r'f"\{viewer\}\.([\w.]+)"', APP.read_text(encoding="utf-8"))
    assert len(named) == 3
    for name in named:
        assert importlib.util.find_spec(f"photocompare.viewer.{name}") is not None


def test_the_first_page_is_loaded_beside_the_first_request_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, answered, loading = [], [], threading.Event()

    def load(name: str) -> None:
        assert loading.wait(20)  # no answer waits for it
        loaded.append(name)

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        answered.append(scope["type"])

    async def nobody(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(preparing, "importlib", SimpleNamespace(import_module=load))
    monkeypatch.setattr(preparing, "PAGE_STANDS_S", 0.0)
    served = Preparing(app, "the.page", ("the.form", "the.rest"), lambda at_rest: loaded.append(f"at rest: {at_rest}"))
    before = set(threading.enumerate())
    for kind in ("lifespan", "http", "http", "websocket"):
        # In a thread of its own: a browser that another test drives has an event loop running in this one.
        with ThreadPoolExecutor(1) as aside:
            aside.submit(asyncio.run, served({"type": kind}, nobody, nobody)).result()
    assert (answered, loaded) == (["lifespan", "http", "http", "websocket"], [])
    loading.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    assert loaded == ["the.page", "the.form", "the.rest", "at rest: True"]


def test_what_is_needed_next_is_loaded_as_soon_as_a_photo_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    async def app(*_: Any) -> None:
        return None

    monkeypatch.setattr(preparing, "importlib", SimpleNamespace(import_module=loaded.append))
    monkeypatch.setattr(preparing, "PAGE_STANDS_S", 600.0)
    served = Preparing(app, "the.page", ("the.form",), lambda at_rest: loaded.append(f"at rest: {at_rest}"))
    before = set(threading.enumerate())
    for method in ("GET", "PUT"):
        with ThreadPoolExecutor(1) as aside:
            aside.submit(asyncio.run, served({"type": "http", "method": method}, app, app)).result()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
    assert loaded == ["the.page", "the.form", "at rest: False"]
