"""Records for the viewer's pages, run without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from photocompare.records.places import DATABASE_VARIABLE, FOLDER_VARIABLE, usual_places
from photocompare.records.store import Records


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """The records that the pages open."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "records"))
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    opened = Records(usual_places())
    yield opened
    opened.close()
