"""Real pairs through a batch and its command: the same numbers as `compare`, pictures beside them, statuses of the process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from photocompare import cli
from photocompare.batch.keeping import PAIR, THUMBNAILS
from photocompare.batch.manifest import read_manifest
from photocompare.batch.pair import THUMBNAIL_PX, PairTask, attempt, measure_pair, thumbnails_of
from photocompare.batch.sources import LocalFile, SentBytes
from photocompare.comparison import compare
from photocompare.photo.reading import read_photos
from photocompare.photo.visits import read_collage
from photocompare.report.files.comparison_files import CONTRACT_FILES
from photocompare.results.dossier import read_dossier
from photocompare.results.result_json import as_dict, result_of
from tests.support.hostile_files import png
from tests.support.made_comparison import make_comparison
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs
from tests.support.rendered_pairs import graded_pair
from tests.support.stand_in_measures import small_pair

SIZE = (900, 675)


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    """Gives OpenCV back the threads that an attempt within this process takes from it."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pair that can be measured."""
    folder = tmp_path_factory.mktemp("pairs")
    pair = graded_pair(SIZE)
    (folder / "before.jpg").write_bytes(pair.before_jpeg)
    (folder / "after.jpg").write_bytes(pair.after_jpeg)
    Image.fromarray(np.full((300, 300, 3), 90, np.uint8)).save(folder / "wall.png")
    (folder / "text.jpg").write_text("no photo")
    return folder


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one call."""
    monkeypatch.setattr(sys, "argv", ["photocompare", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def without_seconds(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "provenance": {**result["provenance"], "seconds": {}}}


def test_the_command_measures_what_compare_measures(
    measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = measured / "manifest.csv"
    manifest.write_text(
        "before,after,before_date,after_date,mm_per_px,patient\n"
        "before.jpg,after.jpg,2026-01-05,2026-03-20,0.2,P1\n"
        "wall.png,after.jpg,,,,P2\n"
        "text.jpg,after.jpg,,,,P3\n"
    )
    out = tmp_path / "out"
    status, said, errors = run(capsys, monkeypatch, "batch", manifest, "--out", out, "--workers", 1)
    assert status == 0, errors
    assert "3 pairs: 1 comparable, 1 not comparable, 1 unreadable (3 measured now)" in said
    assert "Measuring" in errors
    assert "pair/s" in errors or "s/pair" in errors
    rows = parquet.read_table(out / "results.parquet").to_pylist()
    assert [row["patient"] for row in rows] == ["P1", "P2", "P3"]
    folder = out / "pairs" / rows[0]["pair"]
    kept = json.loads((folder / PAIR).read_text())["result"]
    assert kept == json.loads((folder / "result.json").read_text())
    assert {path.name for path in folder.iterdir()} == {*CONTRACT_FILES, PAIR, THUMBNAILS}

    photos = read_photos([measured / "before.jpg", measured / "after.jpg"])
    dates = (manifest_row := read_manifest(manifest).rows[0]).before_date, manifest_row.after_date
    cv2.setNumThreads(1)
    alone = as_dict(result_of(compare(*photos, before_date=dates[0], after_date=dates[1], mm_per_px=0.2)))
    assert without_seconds(kept) == without_seconds(alone)
    assert rows[0]["length_percent"] == alone["clearance"]["length"]["percent"]
    assert rows[2]["why"].startswith("The before photo: The file is not a JPEG")

    status, said, errors = run(capsys, monkeypatch, "batch", manifest, "--out", out, "--workers", 1)
    assert status == 0
    assert "(0 measured now)" in said


def test_a_pair_s_outcome_holds_what_was_asked_for(tmp_path: Path) -> None:
    manifest = small_pair(tmp_path / "photos")
    root, row = manifest.root, manifest.rows[0]
    sources = LocalFile(root, row.before), SentBytes((root / row.after).read_bytes())
    bare = attempt(measure_pair, PairTask("k", sources))
    assert (dict(bare.files), bare.dossier) == ({}, b"")
    assert bare.status == "indicative"
    full = attempt(measure_pair, PairTask("k", sources, send_files=True, send_dossier=True, folder=str(tmp_path / "files")))
    assert full.result is not None
    assert set(full.files) == {path.name for path in (tmp_path / "files").iterdir()} >= {"result.json", "summary.png"}
    assert read_dossier(full.dossier).result.status == "indicative"
    assert full.seconds > 0
    assert set(full.photo_facts) == {photo.sha256 for photo in full.result.photos.values()}
    assert not any("gps" in name.lower() or "name" in name.lower() for facts in full.photo_facts.values() for name in facts)


def test_a_collage_in_a_manifest_is_cut_and_measured_as_its_parts_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two_encoded_legs()
    (tmp_path / "collage.jpg").write_bytes(jpeg_with_camera(np.hstack([second, first])))
    (tmp_path / "single.png").write_bytes(png(first))
    (tmp_path / "manifest.csv").write_text("before,collage\ncollage.jpg,right-left\nsingle.png,auto\nnone.jpg,auto\n")
    out = tmp_path / "out"
    status, _, errors = run(capsys, monkeypatch, "batch", tmp_path / "manifest.csv", "--out", out, "--workers", 1)
    assert status == 1, errors
    rows = parquet.read_table(out / "results.parquet").to_pylist()
    assert [row["collage"] for row in rows] == ["right-left", "auto", "auto"]
    assert [row["status"] for row in rows][1:] == ["unreadable", "skipped"]
    assert "as two files" in rows[1]["why"]
    assert rows[2]["why"] == "The collage is not there."
    kept = json.loads((out / "pairs" / rows[0]["pair"] / PAIR).read_text())
    visits = read_collage(tmp_path / "collage.jpg", order="right-left")
    cv2.setNumThreads(1)
    alone = as_dict(result_of(compare(visits.befores[0], visits.afters[0])))
    assert without_seconds(kept["result"]) == without_seconds(alone)
    assert kept["photo_facts"] == visits.file_facts
    (facts,) = kept["photo_facts"].values()
    assert facts["camera_model"] == "One"
    sheet = (out / "contact_sheet.html").read_text()
    assert "<bdi>collage.jpg</bdi>, <bdi>collage, right-left</bdi>" in sheet


def test_an_unwritable_folder_is_told_apart_from_a_bad_pair(tmp_path: Path) -> None:
    manifest = small_pair(tmp_path / "photos")
    (tmp_path / "file").write_text("")
    sources = (LocalFile(manifest.root, "before.jpg"), LocalFile(manifest.root, "after.jpg"))
    outcome = attempt(measure_pair, PairTask("k", sources, folder=str(tmp_path / "file" / "pair")))
    assert outcome.status == "unwritten"
    assert attempt(measure_pair, PairTask("k", (LocalFile(manifest.root, "none.jpg"), sources[1]))).why == "The before photo is not there."


def test_thumbnails_are_small_pixels_side_by_side(tmp_path: Path) -> None:
    comparison = make_comparison()
    path = tmp_path / "t.jpg"
    path.write_bytes(thumbnails_of(comparison))
    with Image.open(path) as picture:
        assert picture.size == (3 * THUMBNAIL_PX, THUMBNAIL_PX)
        assert not picture.getexif()
        assert "comment" not in picture.info


def test_a_manifest_with_errors_begins_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("before,after,leg\n../a.jpg,b.jpg,left\nc.jpg,d.jpg,middle\n")
    status, said, errors = run(capsys, monkeypatch, "batch", manifest, "--out", tmp_path / "out")
    assert status == 2
    assert said == ""
    assert "row 2: before: '../a.jpg' leads out of the manifest's folder" in errors
    assert "row 3: leg: 'middle' is not left or right" in errors
    assert not (tmp_path / "out").exists()


def test_a_batch_with_skipped_pairs_says_so_by_its_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text("before,after\na.jpg,b.jpg\n")
    status, said, _ = run(capsys, monkeypatch, "batch", manifest, "--out", tmp_path / "out", "--no-pictures")
    assert status == 1
    assert "1 pair: 1 skipped" in said
    assert (tmp_path / "out" / "contact_sheet.html").exists()
