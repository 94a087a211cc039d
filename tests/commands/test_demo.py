"""`photocompare demo` fills a folder and says how to open it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from photocompare.base.errors import UsageError
from photocompare.cli import app
from photocompare.records.places import in_folder
from photocompare.records.store import Records

FEW = ["demo", "--patients", "2", "--photos", "0", "--until", "2026-06-30"]


def test_it_says_how_to_open_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "real records"))
    monkeypatch.delenv("PHOTOCOMPARE_DATABASE_URL", raising=False)
    monkeypatch.delenv("PHOTOCOMPARE_PHOTOS_URL", raising=False)
    told = CliRunner().invoke(app, FEW, catch_exceptions=False)
    assert told.exit_code == 0
    folder = tmp_path / "real records" / "demo"
    assert f"PHOTOCOMPARE_DATA='{folder}' photocompare view" in told.output
    assert "2 invented patients" in told.output
    assert not (folder.parent / "records.sqlite").exists()
    assert Records(in_folder(folder)).is_demo


def test_variables_that_point_elsewhere_are_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOCOMPARE_DATABASE_URL", "postgresql://nobody@nowhere/real")
    monkeypatch.setenv("PHOTOCOMPARE_PHOTOS_URL", str(tmp_path / "photos"))
    told = CliRunner().invoke(app, [*FEW, "--data", str(tmp_path / "demo")], catch_exceptions=False)
    assert f"PHOTOCOMPARE_DATABASE_URL= PHOTOCOMPARE_PHOTOS_URL= PHOTOCOMPARE_DATA={tmp_path / 'demo'}" in told.output
    assert Records(in_folder(tmp_path / "demo")).is_demo


@pytest.mark.parametrize("extra", [["--until", "2999-01-01"], ["--until", "soon"], ["--photos", "9"]])
def test_what_can_not_be_is_refused_and_leaves_nothing(tmp_path: Path, extra: list[str]) -> None:
    told = CliRunner().invoke(app, [*FEW, *extra, "--data", str(tmp_path / "demo")])
    assert isinstance(told.exception, UsageError)
    assert not (tmp_path / "demo").exists()
