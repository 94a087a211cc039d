"""Records for whoever asks: a SQLite file, and a PostgreSQL database as well where a server is named."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from photocompare.records.places import DATABASE_VARIABLE, FOLDER_VARIABLE, PHOTOS_VARIABLE, Places, in_folder
from photocompare.records.store import Records

SERVER = os.environ.get("PHOTOCOMPARE_TEST_DATABASE_URL", "")
"""Any database of a PostgreSQL server whose user may make databases, such as postgresql+psycopg://postgres@127.0.0.1/postgres."""


@pytest.fixture(scope="session", autouse=True)
def _records_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the records of whoever runs it: the viewer's pages open what the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("records")))
        for name in (DATABASE_VARIABLE, PHOTOS_VARIABLE):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _typefaces_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test meets the typefaces of the machine that runs it; matplotlib, which finds them, keeps its list of them elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPL_IGNORE_SYSTEM_FONTS", "1")
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        yield


@pytest.fixture(params=["sqlite", *(["postgresql"] if SERVER else [])])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Where new records may lie, in each kind of database."""
    if request.param == "sqlite":
        yield in_folder(tmp_path / "records")
        return
    name = f"photocompare_{uuid.uuid4().hex}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield Places(f"{SERVER.rpartition('/')[0]}/{name}", str(tmp_path / "photos"))
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


@pytest.fixture
def records(places: Places) -> Iterator[Records]:
    """New records, in each kind of database."""
    opened = Records(places)
    yield opened
    opened.close()
