"""`photocompare practice report`: the audit's files from real records, the same figures as in Python, whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from photocompare.base.errors import UsageError
from photocompare.cli import app
from photocompare.practice.audit_files import AUDIT_FILES, audit_exports, write_audit
from photocompare.practice.cohort import CohortFilter
from photocompare.practice.export import figures_json
from photocompare.practice.figures import AuditOptions, audit_figures
from photocompare.records.access import COMMAND_LINE
from photocompare.records.entries import VisitFacts
from photocompare.records.places import usual_places
from photocompare.records.store import Records
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.timing import Timing
from tests.support.made_cohort import Practice, made_cohort
from tests.support.made_records import new_comparison, sample_dossier, with_length


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """Seven patients treated in January 2026, six with a follow-up twelve weeks later."""
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "data"))
    for name in ("PHOTOCOMPARE_DATABASE_URL", "PHOTOCOMPARE_PHOTOS_URL"):
        monkeypatch.delenv(name, raising=False)
    kept = Records(usual_places())
    result = dataclasses.replace(sample_dossier().result, timing=Timing(84, "assessment"))
    for number in range(6):
        key = kept.add_patient(COMMAND_LINE)
        kept.save_comparison(COMMAND_LINE, new_comparison(key, result=with_length(result, 70.0 + 4 * number)))
    key = kept.add_patient(COMMAND_LINE)
    kept.add_visit(COMMAND_LINE, key, "left", "calf", VisitFacts(dt.date(2026, 1, 20), session=1, agent="polidocanol"))
    return kept


def report(*arguments: str | Path) -> tuple[int, str, BaseException | None]:
    told = CliRunner().invoke(app, ["practice", "report", *map(str, arguments)])
    return told.exit_code, told.output, told.exception


@pytest.mark.usefixtures("records")
def test_the_files_are_written_and_say_what_the_rows_say(tmp_path: Path) -> None:
    status, said, _ = report("--out", tmp_path / "audit")
    assert status == 0
    assert sorted(p.name for p in (tmp_path / "audit").iterdir()) == sorted(AUDIT_FILES)
    content = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert [(s["name"], s["patients"]) for s in content["flow"]["steps"]] == [
        ("everyone", 7), ("followed", 6), ("measured", 6), ("in_window", 6),
    ]  # fmt: skip
    assert content["outcomes"]["clearance"]["value"] == 80.0
    assert content["outcomes"]["responding"] == 4
    assert "Treated: 7 patients; with an outcome: 6 patients, 6 comparisons." in said
    assert "Mean clearance 80.0 %" in said
    assert (tmp_path / "audit" / "cohort.csv").read_text(encoding="utf-8").count("\n") == 8


def test_the_viewer_would_show_the_same(records: Records, tmp_path: Path) -> None:
    report("--out", tmp_path / "audit")
    content = (tmp_path / "audit" / "audit.json").read_text(encoding="utf-8")
    as_of = dt.date.fromisoformat(json.loads(content)["options"]["as_of"])
    figures = audit_figures(records.cohort(COMMAND_LINE), CohortFilter(), AuditOptions(as_of=as_of))
    assert figures_json(figures) == content


def test_the_period_is_kept_to_and_the_export_is_noted(records: Records, tmp_path: Path) -> None:
    status, _, _ = report("--out", tmp_path / "audit", "--from", "2026-01-15", "--to", "2026-01-31", "--language", "es")
    assert status == 0
    content = json.loads((tmp_path / "audit" / "audit.json").read_text(encoding="utf-8"))
    assert content["flow"]["steps"][0]["patients"] == 1
    assert content["outcomes"] is None
    assert "columna" in (tmp_path / "audit" / "dictionary.csv").read_text(encoding="utf-8")
    newest = records.trail_rows(COMMAND_LINE)[0]
    assert newest.action == "cohort.export"
    assert json.loads(newest.after) == {"since": "2026-01-15", "until": "2026-01-31", "rows": 1}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("records")
def test_every_language_of_the_viewer_is_one_of_the_command(tmp_path: Path, language: str) -> None:
    status, _, _ = report("--out", tmp_path / "audit", "--language", language)
    assert status == 0
    assert texts(language)("dictionary.column") in (tmp_path / "audit" / "dictionary.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "2025-13-01"), "is not a date"),
        (("--language", "xx"), "xx is none of: de, en, es, fr"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "swap the two days"),
        (("--from", "1999-01-01", "--to", "1999-02-01"), "Nobody was treated in this period"),
    ],
)
def test_wrong_usage_is_one_sentence(records: Records, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    status, _, error = report("--out", tmp_path / "audit", *arguments)
    assert status == 1
    assert isinstance(error, UsageError)
    assert sentence in str(error)
    assert not (tmp_path / "audit").exists()
    assert records.trail_rows(COMMAND_LINE)[0].action != "cohort.export"


def test_a_file_is_no_folder(records: Records, tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("mine", encoding="utf-8")
    _, _, error = report("--out", tmp_path / "audit")
    assert "is a file" in str(error)
    assert (tmp_path / "audit").read_text(encoding="utf-8") == "mine"
    assert records.trail_rows(COMMAND_LINE)[0].action != "cohort.export"


# --- whole or not at all


def made_files() -> dict[str, bytes]:
    _, files = audit_exports(made_cohort(Practice(rows=60)), CohortFilter(), AuditOptions(), texts("en"), seed=1)
    return files


def test_a_full_disk_leaves_the_earlier_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = made_files()
    assert tuple(files) == AUDIT_FILES
    write_audit(files, tmp_path)
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        write_audit(dict.fromkeys(files, b"newer"), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {**files, "own.txt": b"mine"}


def test_a_failed_first_audit_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError):
        write_audit(dict.fromkeys(AUDIT_FILES, b"new"), tmp_path / "audit")
    assert not (tmp_path / "audit").exists()


def test_an_audit_replaces_an_earlier_one_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("mine", encoding="utf-8")
    write_audit(dict.fromkeys(AUDIT_FILES, b"old"), tmp_path)
    write_audit(dict.fromkeys(AUDIT_FILES, b"new"), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {**dict.fromkeys(AUDIT_FILES, b"new"), "own.txt": b"mine"}
    shutil.rmtree(tmp_path)
