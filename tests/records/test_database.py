"""The database is opened safely or not at all, and never made anew where an old one was."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from photocompare.base.errors import RecordsUnusable
from photocompare.records import database as database_module
from photocompare.records.access import LOCAL
from photocompare.records.backup import back_up
from photocompare.records.database import APPLICATION_ID, check_whole
from photocompare.records.migrating import open_database, revisions
from photocompare.records.places import Places, in_folder, usual_places
from photocompare.records.schema import Base
from photocompare.records.store import Records
from photocompare.records.upkeep import verify
from tests.support.made_records import new_comparison


def test_the_steps_lead_to_the_tables_of_the_schema(records: Records) -> None:
    with records.database.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []
        assert check_whole(session) == []


def test_sqlite_keeps_its_safe_settings_on_every_connection(tmp_path: Path) -> None:
    database = open_database(in_folder(tmp_path))
    with database.reading() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "synchronous", "busy_timeout", "trusted_schema", "secure_delete", "journal_mode", "application_id")
        }
        strict = session.execute(
            text("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict")
        ).scalar()
    assert found == {
        "foreign_keys": 1,
        "synchronous": 3,
        "busy_timeout": 10_000,
        "trusted_schema": 0,
        "secure_delete": 1,
        "journal_mode": "delete",
        "application_id": APPLICATION_ID,
    }
    assert strict == len(Base.metadata.tables)


def test_a_write_ahead_log_is_switched_off(tmp_path: Path) -> None:
    """SQLite before 3.51.3 can corrupt one."""
    places = in_folder(tmp_path)
    open_database(places).close()
    assert places.sqlite_file is not None
    with sqlite3.connect(places.sqlite_file) as other:
        assert other.execute("PRAGMA journal_mode = wal").fetchone() == ("wal",)
    other.close()
    database = open_database(places)
    with database.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "delete"


def test_an_sqlite_that_keeps_no_setting_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database_module._PRAGMAS, "no_such_setting", 1)
    with pytest.raises(RecordsUnusable, match="no_such_setting"):
        open_database(in_folder(tmp_path))


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"Not a database" * 40, "no SQLite"), (b"\x89PNG\r\n", "no SQLite")])
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    places = in_folder(tmp_path)
    file = tmp_path / "records.sqlite"
    file.write_bytes(content)
    with pytest.raises(RecordsUnusable, match=said):
        open_database(places)
    assert file.read_bytes() == content


def test_a_truncated_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    records = Records(in_folder(tmp_path))
    records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
    records.close()
    file = tmp_path / "records.sqlite"
    cut = file.read_bytes()[:40_000]
    file.write_bytes(cut)
    with pytest.raises(RecordsUnusable, match="damaged"):
        verify(Records(in_folder(tmp_path)), LOCAL)
    assert file.read_bytes() == cut


def test_a_database_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    records = Records(in_folder(tmp_path))
    records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
    records.close()
    (tmp_path / "records.sqlite").unlink()
    with pytest.raises(RecordsUnusable, match="gone, while its photos are there"):
        Records(in_folder(tmp_path))
    assert not (tmp_path / "records.sqlite").exists()


def test_another_program_s_database_is_refused(places: Places) -> None:
    open_database(places).close()
    engine = database_module._engine(places)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()
    with pytest.raises(RecordsUnusable, match="another program"):
        open_database(places)


def test_a_newer_schema_is_refused(places: Places) -> None:
    database = open_database(places)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(RecordsUnusable, match="newer version"):
        open_database(places)


def older(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database as the first version left it, with a row in it."""
    from photocompare.records import migrating

    with monkeypatch.context() as first:
        first.setattr(migrating, "revisions", lambda: ["0001"])
        database = open_database(places)
    with database.writing() as session:
        session.execute(text("INSERT INTO meta (name, value) VALUES ('kept', 'yes')"))
    database.close()


def test_an_older_database_is_copied_and_brought_up_to_date(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    older(places, monkeypatch)
    database = open_database(places)
    with database.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar() == revisions()[-1]
        assert session.execute(text("SELECT value FROM meta")).scalar() == "yes"
    database.close()
    if places.sqlite_file is not None:
        (copy,) = places.sqlite_file.parent.glob("records-before-0001-*.sqlite")
        with sqlite3.connect(copy) as kept:
            assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        kept.close()


def test_a_migration_that_is_cut_leaves_the_old_schema_and_ends_the_next_time(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the midst of the last step, in a process of its own."""
    older(places, monkeypatch)
    child = (
        "import os, signal, sys\n"
        "from alembic import op\n"
        "from photocompare.records.places import Places\n"
        "from photocompare.records.migrating import open_database\n"
        "real = op.execute\n"
        "calls = []\n"
        "def execute(statement):\n"
        "    real(statement)\n"
        "    calls.append(statement)\n"
        "    if len(calls) == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "op.execute = execute\n"
        "open_database(Places(sys.argv[1], sys.argv[2]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", child, places.database_url, places.photos_url], check=False, timeout=60)
    assert ended.returncode == -9
    engine = database_module._engine(places)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
    engine.dispose()
    database = open_database(places)
    with database.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar() == revisions()[-1]
        assert check_whole(session) == []
    database.close()


def test_a_reader_sees_one_state_while_the_schema_changes(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    older(places, monkeypatch)
    reader = database_module._engine(places)
    with reader.connect() as connection, connection.begin():
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 1
        if places.sqlite_file is not None:
            monkeypatch.setattr(database_module, "_PRAGMAS", {**database_module._PRAGMAS, "busy_timeout": 200})
            with pytest.raises(RecordsUnusable, match="busy"):
                open_database(places)
        assert connection.execute(text("SELECT count(*) FROM meta")).scalar() == 1
    reader.dispose()
    monkeypatch.undo()
    open_database(places).close()


def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(RecordsUnusable, match="can't be written"):
        open_database(in_folder(tmp_path))


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(RecordsUnusable, match="database reported"):
        open_database(Places("postgresql+psycopg://nobody@127.0.0.1:1/none", "unused"))


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(RecordsUnusable):
        open_database(Places(url, "unused"))


def test_places_come_from_the_environment(tmp_path: Path) -> None:
    usual = usual_places({"PHOTOCOMPARE_DATA": str(tmp_path)})
    assert usual == in_folder(tmp_path)
    assert usual.sqlite_file == tmp_path / "records.sqlite"
    server = usual_places({"PHOTOCOMPARE_DATABASE_URL": "postgres://u@h/db", "PHOTOCOMPARE_PHOTOS_URL": "s3://bucket/x"})
    assert server == Places("postgresql+psycopg://u@h/db", "s3://bucket/x")
    assert server.sqlite_file is None
    assert usual_places({}).database_url.endswith("photocompare/records.sqlite")


NAMES = {
    "percent": "Praxis%20Nord",
    "question": "why?",
    "question and option": "why?mode=memory",
    "hash": "a#b;c",
    "quotes": 'Dr. O\'Neil "north"',
    "address": "user@host:x+y&z",
    "other scripts": "诊所 عيادة Küche",
    "line end": "two\nlines",
    "file": "file:x",
    "no UTF-8": os.fsdecode(b"K\xfcche"),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_records_lie_in_their_folder_whatever_its_name(tmp_path: Path, name: str) -> None:
    try:
        (tmp_path / "room" / name).mkdir(parents=True)
    except OSError:  # this system allows no such name
        return
    places = usual_places({"PHOTOCOMPARE_DATA": str(tmp_path / "room" / name)})
    folder = tmp_path / "room" / name
    assert places.sqlite_file == folder / "records.sqlite"
    for _ in range(2):
        records = Records(places)
        records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
        assert verify(records, LOCAL).clean
        back_up(records, LOCAL, folder / "backup")
        records.close()
    assert list(tmp_path.rglob("*.sqlite")) == [folder / "records.sqlite"]
    assert list((tmp_path / "room").iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == [tmp_path / "room"]


def test_an_older_database_in_a_folder_of_any_name_is_copied_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = in_folder(tmp_path / os.fsdecode(b"100 %20? \xfc"))
    older(places, monkeypatch)
    open_database(places).close()
    assert places.sqlite_file is not None
    assert len(list(places.sqlite_file.parent.glob("records-before-0001-*.sqlite"))) == 1


def test_an_address_with_options_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordsUnusable, match="%3F"):
        open_database(Places(f"sqlite:///{tmp_path}/why?/records.sqlite", str(tmp_path / "photos")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", ["sqlite:///", "sqlite+pysqlite:///"])
def test_an_address_of_a_file_is_read_as_a_url(tmp_path: Path, head: str) -> None:
    places = Places(f"{head}{tmp_path}/Praxis%20Nord/records.sqlite", str(tmp_path / "photos"))
    open_database(places).close()
    assert (tmp_path / "Praxis Nord" / "records.sqlite").is_file()


def test_records_that_an_earlier_version_put_elsewhere_are_named(tmp_path: Path) -> None:
    elsewhere = in_folder(tmp_path / "Praxis Nord")
    open_database(elsewhere).close()
    places = in_folder(tmp_path / "Praxis%20Nord")
    Path(places.photos_url, "00").mkdir(parents=True)
    with pytest.raises(RecordsUnusable, match=r"Praxis Nord/records\.sqlite; move that file"):
        open_database(places)
