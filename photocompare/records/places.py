"""Where the records lie: from the environment, else in the platform's data folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import platformdirs

DATABASE_VARIABLE = "PHOTOCOMPARE_DATABASE_URL"
PHOTOS_VARIABLE = "PHOTOCOMPARE_PHOTOS_URL"
FOLDER_VARIABLE = "PHOTOCOMPARE_DATA"
DATABASE_FILE = "records.sqlite"
PHOTOS_FOLDER = "photos"

_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?:///(?P<path>[^?]+)")
"""A URL of a file; what stands behind a "?" are options, which `database` refuses."""

_KEPT_SIGNS = "/:\\ +"
"""Signs of a path that mean themselves in a URL, as SQLAlchemy reads it."""


@dataclass(frozen=True)
class Places:
    """Where database and photos are.

    Parameters
    ----------
    database_url : str
        A SQLAlchemy URL, "sqlite:///..." or "postgresql+psycopg://...".
    photos_url : str
        A folder, or a URL that fsspec knows.
    """

    database_url: str
    photos_url: str

    @property
    def sqlite_file(self) -> Path | None:
        """SQLite's file, absolute; None for another database."""
        found = _SQLITE.match(self.database_url)
        return None if found is None else Path(os.fsdecode(unquote_to_bytes(os.fsencode(found["path"])))).absolute()

    @property
    def has_options(self) -> bool:
        """Whether the URL carries options behind a "?"."""
        return "?" in self.database_url


def in_folder(folder: Path) -> Places:
    """A SQLite database and its photos in one folder, whatever signs its name holds."""
    file = quote(os.fsencode(folder / DATABASE_FILE), safe=_KEPT_SIGNS)
    return Places(f"sqlite:///{file}", str(folder / PHOTOS_FOLDER))


def usual_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """PHOTOCOMPARE_DATA, else the platform's data folder."""
    return Path(environment.get(FOLDER_VARIABLE) or platformdirs.user_data_dir("photocompare", appauthor=False)).absolute()


def usual_places(environment: Mapping[str, str] = os.environ) -> Places:
    """As the environment says: PHOTOCOMPARE_DATA (a folder), PHOTOCOMPARE_DATABASE_URL, PHOTOCOMPARE_PHOTOS_URL."""
    usual = in_folder(usual_folder(environment))
    url = environment.get(DATABASE_VARIABLE) or usual.database_url
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.partition("://")[2]
    return Places(url, environment.get(PHOTOS_VARIABLE) or usual.photos_url)
