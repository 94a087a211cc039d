"""The command line: exit codes, what goes to which stream, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from photocompare import __version__, cli, shots
from photocompare.photo import dicom as photo_dicom
from photocompare.photo import visits
from photocompare.photo.visits import COLLAGE_ORDERS, CollageOrder, Visits, read_collage
from photocompare.report.dicom import archive as report_archive
from photocompare.report.files import comparison_files
from photocompare.report.files.comparison_files import CONTRACT_FILES
from tests.support import dicom_files
from tests.support.hostile_files import png, scene
from tests.support.made_comparison import make_comparison
from tests.support.painted_leg import two_encoded_legs


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one call."""
    monkeypatch.setattr(sys, "argv", ["photocompare", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two small files that are photos, of no leg."""
    rng = np.random.default_rng(5)
    paths = [tmp_path / "one.png", tmp_path / "two.png"]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 255, (320, 280, 3), dtype=np.uint8))
    return paths


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The photos read themselves, and `compare()` gives this comparison and notes how it was called."""
    called: dict[str, Any] = {"gives": make_comparison()}

    def compare(*positional: object, **named: object) -> object:
        called.update(named, photos=positional)
        return called["gives"]

    monkeypatch.setattr(shots, "compare_shots", compare)
    monkeypatch.setattr(visits, "read_visits", lambda befores, afters: Visits(tuple(befores), tuple(afters), {}))
    return called


def test_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(capsys, monkeypatch, "--version") == (0, f"photocompare {__version__}\n", "")


def test_help_lists_what_is_used_most_first(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    status, said, errors = run(capsys, monkeypatch, "--help")
    assert (status, errors) == (0, "")
    listed = [line.split()[0] for line in said.partition("Commands:\n")[2].splitlines()]
    assert listed == ["compare", "view", "card", "phantom", "validate", "batch", "demo", "records", "practice"]


def test_ctrl_c_is_130_without_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    assert made
    monkeypatch.setattr(shots, "compare_shots", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out") == (130, "", "")


def test_sigterm_unwinds_like_ctrl_c(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    assert made
    monkeypatch.setattr(comparison_files, "_move_into_place", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out") == (143, "", "")
    assert not (tmp_path / "out").exists()
    (last,) = (thread for thread in threading.enumerate() if isinstance(thread, threading.Timer))
    last.cancel()  # would end these tests


HANGING = """
import os, signal, threading
from photocompare import cli
cli._AT_THE_LATEST_S = 0.2
signal.signal(signal.SIGTERM, cli._terminate)
taken = threading.Lock()
taken.acquire()
try:
    os.kill(os.getpid(), signal.SIGTERM)
finally:
    taken.acquire()
"""


def test_after_sigterm_a_process_that_waits_for_its_own_lock_ends_all_the_same() -> None:
    assert subprocess.run([sys.executable, "-c", HANGING], check=False, timeout=60).returncode == 143


@pytest.mark.parametrize("name", ["summary.png", "result.json"])
def test_what_is_measured_is_never_overwritten(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    own = photos[0].rename(folder / name)
    held = own.read_bytes()
    given = (own, photos[1]) if name.endswith("png") else (photos[1], photos[1], "--field", own)
    status, said, errors = run(capsys, monkeypatch, "compare", *given, "--out", folder)
    assert (status, said) == (2, "")
    assert "choose another folder" in errors
    assert own.read_bytes() == held


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing here is always full")
@pytest.mark.parametrize("option", ["--json", "--card=none"])
def test_a_full_standard_output_takes_nothing_from_the_result(tmp_path: Path, photos: list[Path], option: str) -> None:
    out = tmp_path / "out"
    script = (
        "import sys; from photocompare import cli, shots; from tests.support.made_comparison import make_comparison;"
        "shots.compare_shots = lambda *_, **__: make_comparison('not_same_view'); cli.main()"
    )
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", script, "compare", *map(str, photos), "--out", str(out), option],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert f"it is in {out}" in done.stderr
    assert (out / "result.json").exists()


def test_starting_up_imports_nothing_that_measures() -> None:
    code = "import photocompare.cli, sys; print([m for m in ('cv2', 'numpy', 'scipy', 'PIL', 'onnxruntime') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "arguments", [(), ("compare",), ("compare", "a.jpg", "b.jpg"), ("nonsense",), ("compare", "a", "b", "--out", "x", "--card", "maybe")]
)
def test_bad_usage_is_two(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    status, _, errors = run(capsys, monkeypatch, *arguments)
    assert status == 2
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--before-date", "14.03.2026", "2026-03-14"),
        ("--after-date", "2999-01-01", "check the year"),
        ("--before-date", "0206-01-01", "check the year"),
        ("--mm-per-px", "nan", "millimetres per pixel"),
        ("--mm-per-px", "-0.1", "millimetres per pixel"),
        ("--mm-per-px", "110", "millimetres"),
    ],
)
def test_impossible_values_are_told_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str, value: str, hint: str
) -> None:
    out = tmp_path / "out"
    status, said, errors = run(capsys, monkeypatch, "compare", "no.jpg", "none.jpg", "--out", out, option, value)
    assert status == 2
    assert said == ""
    assert hint in errors
    assert errors.count("\n") == 1
    assert not out.exists()


def test_a_file_that_is_no_photo(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    status, _, errors = run(capsys, monkeypatch, "compare", photos[0], tmp_path / "text.jpg", "--out", tmp_path / "out")
    assert status == 2
    assert errors.startswith("photocompare: The after photo")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, "{", "[]", '{"polygon": [[1, 2]]}', '{"polygon": [[0, 0], [1, "a"], [2, 2]]}'])
def test_a_bad_field_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], tmp_path: Path, content: str | None
) -> None:
    polygon = tmp_path / "field.json"
    if content is not None:
        polygon.write_text(content)
    status, _, errors = run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out", "--field", polygon)
    assert status == 2
    assert errors.count("\n") == 1


def test_a_measured_pair_is_zero(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "out"
    status, said, errors = run(
        capsys, monkeypatch, "compare", *photos, "--out", out, "--before-date", "2026-01-01", "--mm-per-px", "0.1", "--card", "none"
    )
    assert (status, errors) == (0, "")
    assert "61 %" in said
    assert sorted(p.name for p in out.iterdir()) == sorted(CONTRACT_FILES)
    assert made["before_date"].isoformat() == "2026-01-01"
    assert made["after_date"] is None
    assert (made["mm_per_px"], made["look_for_card"]) == (0.1, False)
    assert made["photos"] == ((photos[0],), (photos[1],))
    assert set(made["watch"].seconds) == {"read"}


def test_a_refused_pair_is_three_and_says_no_percentage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    made["gives"] = make_comparison("not_same_view")
    status, said, _ = run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out")
    assert status == 3
    assert "%" not in said
    assert "same skin" in said
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["result.json", "summary.png"]


@pytest.mark.parametrize(("codes", "expected"), [((), 0), (("mirrored",), 3)])
def test_json_is_all_that_is_printed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    photos: list[Path],
    made: dict[str, Any],
    tmp_path: Path,
    codes: tuple[str, ...],
    expected: int,
) -> None:
    made["gives"] = make_comparison(*codes)
    status, said, _ = run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out", "--json")
    assert status == expected
    assert said == (tmp_path / "out" / "result.json").read_text()
    assert json.loads(said)["schema"] == "photocompare.comparison/2"


def test_no_name_or_path_of_the_photos_is_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    assert made
    run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert b"one.png" not in path.read_bytes()


def test_progress_is_told_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    assert made
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, _, errors = run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out")
    assert "Reading the photos" in errors
    assert "Writing the result" in errors


def test_several_photos_of_each_visit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: dict[str, Any]
) -> None:
    code, _, said = run(capsys, monkeypatch, "compare", "b0", "a0", "--before", "b1", "--after", "a1", "--after", "a2", "--out", tmp_path)
    assert code == 0, said
    befores, afters = made["photos"]
    assert [path.name for path in befores] == ["b0", "b1"]
    assert [path.name for path in afters] == ["a0", "a1", "a2"]
    assert run(capsys, monkeypatch, "compare", "--before", "b0", "--after", "a0", "--out", tmp_path)[0] == 0
    assert [path.name for path in made["photos"][0]] == ["b0"]


def test_a_visit_without_a_photo_is_bad_usage(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, _, said = run(capsys, monkeypatch, "compare", "--before", "b0", "--out", tmp_path / "out")
    assert code == cli.BAD_USAGE
    assert "no after photo" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [("a", "b"), ("a", "--before", "b"), ("a", "--after", "b"), ("--before", "a")])
def test_a_collage_is_given_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: tuple[str, ...]
) -> None:
    code, _, said = run(capsys, monkeypatch, "compare", *given, "--collage", "auto", "--out", tmp_path / "out")
    assert code == cli.BAD_USAGE
    assert "one file, the collage" in said


def test_one_file_is_a_collage_that_is_found_cut_and_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: dict[str, Any]
) -> None:
    path = tmp_path / "collage.png"
    path.write_bytes(png(np.hstack(two_encoded_legs())))
    fits: tuple[CollageOrder | None, ...] = (None, "auto", "left-right", "right-left")
    for order in (None, *COLLAGE_ORDERS):
        option = () if order is None else ("--collage", order)
        code, _, said = run(capsys, monkeypatch, "compare", path, *option, "--out", tmp_path / "out")
        assert code == (0 if order in fits else cli.BAD_USAGE), said
        if order in fits:
            expected = read_collage(path, order=order or "auto")
            for photos, wanted in zip(made["photos"], (expected.befores, expected.afters), strict=True):
                np.testing.assert_array_equal(photos[0].encoded, wanted[0].encoded)
        else:
            assert "left-right or right-left" in said


def test_one_file_that_is_no_collage_says_what_to_give(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photos: list[Path]
) -> None:
    code, _, said = run(capsys, monkeypatch, "compare", photos[0], "--out", tmp_path / "out")
    assert code == cli.BAD_USAGE
    assert said.startswith("photocompare: The picture is no collage of two photos")
    assert "Give the before and the after photo as two files" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_out_that_is_a_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path]) -> None:
    status, _, errors = run(capsys, monkeypatch, "compare", *photos, "--out", photos[0])
    assert status == 2
    assert "folder" in errors


def test_a_full_disk_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, photos: list[Path], made: dict[str, Any], tmp_path: Path
) -> None:
    assert made
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    status, _, errors = run(capsys, monkeypatch, "compare", *photos, "--out", tmp_path / "out")
    assert status == 2
    assert "No space left" in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the streams")
def test_closed_streams_are_no_fault(photos: list[Path], tmp_path: Path) -> None:
    command = 'exec "$0" -m photocompare compare "$1" "$2" --out "$3" <&- >&- 2>&-'
    called = ["sh", "-c", command, sys.executable, *map(str, photos), str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    assert subprocess.run(called, check=False, env=environment).returncode == 3
    assert json.loads((tmp_path / "out" / "result.json").read_text())["status"] == "not_comparable"
    manifest = photos[0].with_name("manifest.csv")
    manifest.write_text("before,after\n" + ",".join(photo.name for photo in photos) + "\n")
    command = 'exec "$0" -m photocompare batch "$1" --out "$2" <&- >&- 2>&-'
    for listed, status in ((manifest, 0), (tmp_path / "missing.csv", 2)):
        called = ["sh", "-c", command, sys.executable, str(listed), str(tmp_path / "table")]
        assert subprocess.run(called, check=False, env=environment).returncode == status


@pytest.mark.parametrize("library", ["libGL.so.1", "libgthread-2.0.so.0"])
def test_a_slim_system_is_told_what_to_install(tmp_path: Path, library: str) -> None:
    """A cv2 that can't load, in a real process: the sentence, status 2, nothing left."""
    (tmp_path / "cv2.py").write_text(f'raise ImportError("{library}: cannot open shared object file: No such file or directory")\n')
    said = subprocess.run(
        [sys.executable, "-m", "photocompare", "compare", "a.jpg", "b.jpg", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(cli.__file__).parents[2])])},
    )
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert library in said.stderr
    assert "apt-get install libgl1 libglib2.0-0" in said.stderr
    assert not (tmp_path / "out").exists()


# DICOM


def dicom_photos(folder: Path, **changes: Any) -> list[Path]:
    """Two DICOM photos of one patient but for what changes in the second, under names without an ending."""
    paths = [folder / "IM000001", folder / "IM000002"]
    for number, (path, changed) in enumerate(zip(paths, ({}, changes), strict=True)):
        path.write_bytes(dicom_files.dicom(scene(300, 300, seed=number), **changed))
    return paths


@pytest.mark.parametrize(
    ("changes", "told"), [({}, ""), ({"PatientID": "OTHER-1"}, "different patients"), ({"PatientID": ""}, "no patient ID")]
)
def test_files_for_an_archive_are_written_where_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    monkeypatch.setattr(shots, "compare_shots", lambda *_, **__: make_comparison("not_same_view"))
    out = tmp_path / "out"
    status, said, errors = run(capsys, monkeypatch, "compare", *dicom_photos(tmp_path, **changes), "--out", out, "--dicom")
    assert status == 3
    assert {"summary.dcm", "measurements.dcm", "result.json", "summary.png"} <= {path.name for path in out.iterdir()}
    assert (told in errors) if told else errors == ""
    assert not any(secret in said + errors for secret in (*dicom_files.SECRETS, "OTHER-1"))
    assert (b"Kowalska" in (out / "measurements.dcm").read_bytes()) == (not told)


def test_without_the_option_nothing_names_the_patient(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shots, "compare_shots", lambda *_, **__: make_comparison("not_same_view"))
    out = tmp_path / "out"
    _, said, errors = run(capsys, monkeypatch, "compare", *dicom_photos(tmp_path), "--out", out)
    for data in ((said + errors).encode(), *(path.read_bytes() for path in out.iterdir())):
        assert not any(secret.encode() in data for secret in dicom_files.SECRETS)


@pytest.mark.parametrize("missing", ["reader", "writer"])
def test_without_the_optional_libraries_the_word_says_how_to_get_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    paths = dicom_photos(tmp_path)
    if missing == "reader":
        monkeypatch.setattr(photo_dicom, "READER", "no_such_library")
    else:
        monkeypatch.setattr(report_archive, "WRITERS", ("no_such_library",))
    options = [] if missing == "reader" else ["--dicom"]
    status, _, errors = run(capsys, monkeypatch, "compare", *paths, "--out", tmp_path / "out", *options)
    assert status == 2
    assert "pip install 'photocompare[dicom]'" in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()
