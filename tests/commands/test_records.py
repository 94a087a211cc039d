"""`photocompare records ...` as somebody at a terminal meets it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from photocompare.base.errors import UsageError
from photocompare.commands.records import app
from photocompare.records.access import LOCAL
from photocompare.records.entries import IdentityFacts
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.records.upkeep import verify
from tests.support.made_records import new_comparison


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line finds its records."""
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "data"))
    for name in ("PHOTOCOMPARE_DATABASE_URL", "PHOTOCOMPARE_PHOTOS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


def run(*words: str, status: int = 0, typed: str = "") -> str:
    result = CliRunner().invoke(app, list(words), input=typed, catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def filled(folder: Path) -> str:
    records = Records(in_folder(folder))
    key = records.add_patient(LOCAL, IdentityFacts("Ann Example"))
    records.save_comparison(LOCAL, new_comparison(key))
    records.close()
    return key


def test_backup_restore_and_verify(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    said = run("backup", "--out", str(tmp_path / "b"))
    head = said.strip().rpartition(" ")[2]
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "other"))
    assert "1 row of patient" in run("restore", str(tmp_path / "b"))
    assert "All is well" in run("verify", "--head", head)
    with pytest.raises(UsageError, match="not empty"):
        run("restore", str(tmp_path / "b"))


def test_verify_leaves_with_3_when_something_is_wrong(folder: Path) -> None:
    filled(folder)
    photo = next(p for p in (folder / "photos").rglob("*") if p.is_file())
    photo.write_bytes(b"changed")
    assert "1 problem" in run("verify", status=3)
    assert photo.name in run("verify", status=3)
    assert "Trail" in run("verify", "--head", "0" * 63 + "1", status=3)


def test_export_writes_one_patient_s_file_or_none(folder: Path, tmp_path: Path) -> None:
    records = Records(in_folder(folder))
    key = records.add_patient(LOCAL, IdentityFacts("Ann Example"))
    records.close()
    out = tmp_path / "ann.zip"
    run("export", key, "--out", str(out))
    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("patient.json"))["identity"]["name"] == "Ann Example"
    before = out.read_bytes()
    with pytest.raises(UsageError, match="no patient"):
        run("export", "P-NOBODY", "--out", str(out))
    assert out.read_bytes() == before
    with pytest.raises(UsageError, match="is a folder"):
        run("export", key, "--out", str(tmp_path))
    assert {p.name for p in tmp_path.iterdir()} == {"ann.zip", "data"}


def test_erase_asks_first(folder: Path) -> None:
    key = filled(folder)
    assert "can't be undone" in run("erase", key, "--reason", "asked for it", status=1, typed="n\n")
    records = Records(in_folder(folder))
    assert records.open_patient(LOCAL, key).identity is not None
    assert f"Erased: {key}, 3 files" in run("erase", key, "--reason", "asked for it", "--yes")
    with pytest.raises(UsageError, match="erased"):
        records.open_patient(LOCAL, key)
    assert verify(records, LOCAL).clean


def test_accounts_are_opened_changed_and_closed(folder: Path) -> None:
    assert "open: ann@clinic (admin)" in run("account", "ann@clinic", "--role", "admin", "--name", "Ann")
    records = Records(in_folder(folder))
    ann = records.actor_of("ann@clinic")
    assert ann is not None
    assert (ann.name, ann.role) == ("Ann", "admin")
    run("account", "ann@clinic", "--role", "auditor")
    assert records.actor_of("ann@clinic").role == "auditor"  # type: ignore[union-attr]
    run("account", "ann@clinic", "--role", "auditor", "--close")
    assert records.actor_of("ann@clinic") is None
