"""A batch from manifest to tables: each pair once whatever stops it, bad pairs beside good ones, results whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import write_whole
from photocompare.batch import keeping
from photocompare.batch.keeping import PAIR, BatchFolder
from photocompare.batch.manifest import Manifest, PairRow, read_manifest
from photocompare.batch.pair import PairDetails, pair_key
from photocompare.batch.run import BatchOptions, BatchSummary, run_batch
from tests.support.stand_in_measures import CALLS, calls, quick, write_pairs

ONE = BatchOptions(workers=1)
ROOT = Path(__file__).parents[2]
SOON_S = 30.0


def run(manifest: Manifest, out: Path, **how: Any) -> BatchSummary:
    return run_batch(manifest, out, options=how.pop("options", ONE), measure=quick, **how)


def table(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(out / "results.parquet").to_pylist()
    return rows


def pairs_done(out: Path) -> set[str]:
    return {path.parent.name for path in (out / "pairs").glob(f"*/{PAIR}")}


def test_every_row_gets_its_line_and_only_what_is_open_is_measured_again(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok", "fault", "text", "ok"])
    missing = Manifest(manifest.root, (*manifest.rows, PairRow(6, "none.jpg", "0-after.jpg")))
    out = tmp_path / "out"
    first = run(missing, out)
    assert first.statuses == {"indicative": 2, "failed": 1, "unreadable": 1, "skipped": 1}
    assert (first.pairs, first.fresh, first.complete) == (5, 4, False)
    assert [row["status"] for row in table(out)] == ["indicative", "failed", "unreadable", "indicative", "skipped"]
    assert [row["row"] for row in table(out)] == [2, 3, 4, 5, 6]
    assert table(out)[4]["why"] == "The before photo is not there."

    (tmp_path / "1-before.jpg").write_text("ok now")
    (tmp_path / "none.jpg").write_text("ok too")
    second = run(missing, out)
    assert second.statuses == {"indicative": 4, "unreadable": 1}
    assert (second.fresh, second.complete) == (2, True)
    third = run(missing, out)
    assert (third.fresh, third.statuses) == (0, second.statuses)
    assert max(Counter(calls(tmp_path)).values()) == 1


def test_a_row_with_an_error_is_skipped_and_told_and_the_rest_measured(tmp_path: Path) -> None:
    write_pairs(tmp_path, ["ok", "other"])
    (tmp_path / "m.csv").write_text(
        "before,after,before_date\n0-before.jpg,0-after.jpg,03/04/2026\n1-before.jpg,1-after.jpg,\n../x.jpg,\u202e.jpg,\n", encoding="utf-8"
    )
    summary = run(read_manifest(tmp_path / "m.csv"), tmp_path / "out")
    assert summary.statuses == {"skipped": 2, "indicative": 1}
    assert not summary.complete
    told = table(tmp_path / "out")
    assert told[0]["why"].startswith("The row has an error: before_date: '03/04/2026' may be 2026-03-04 or 2026-04-03")
    assert (told[2]["before"], told[2]["status"]) == ("", "skipped")
    assert run(read_manifest(tmp_path / "m.csv", dates="day-first"), tmp_path / "out").fresh == 1


def test_pairs_of_the_same_content_are_measured_once(tmp_path: Path) -> None:
    write_pairs(tmp_path, ["ok", "other"])
    for which in ("before", "after"):
        os.link(tmp_path / f"0-{which}.jpg", tmp_path / f"TWIN-{which}.jpg")
    rows = (PairRow(2, "0-before.jpg", "0-after.jpg", patient="A"), PairRow(3, "TWIN-before.jpg", "TWIN-after.jpg", patient="B"))
    summary = run(Manifest(tmp_path.resolve(), rows), tmp_path / "out")
    assert (summary.pairs, summary.fresh) == (2, 1)
    assert [row["patient"] for row in table(tmp_path / "out")] == ["A", "B"]
    assert len({row["pair"] for row in table(tmp_path / "out")}) == 1


def test_a_pair_is_named_by_all_that_decides_its_result() -> None:
    usual: dict[str, Any] = {
        "photos": ("sha256:a", "sha256:b"),
        "before_date": dt.date(2026, 1, 1),
        "after_date": None,
        "mm_per_px": 0.1,
        "settings_sha256": "s",
    }

    def key(**changed: Any) -> str:
        given = {**usual, **changed}
        settings = given.pop("settings_sha256")
        return pair_key(given.pop("photos"), PairDetails(**given), settings_sha256=settings)

    others = [
        key(photos=("sha256:b", "sha256:a")),
        key(photos=("sha256:a",), collage="left-right"),
        key(photos=("sha256:a",), collage="right-left"),
        key(before_date=dt.date(2026, 1, 2)),
        key(before_date=None, after_date=dt.date(2026, 1, 1)),
        key(mm_per_px=0.2),
        key(settings_sha256="t"),
    ]
    assert len({key(), *others}) == 1 + len(others)
    assert key() == key()


def test_other_dates_are_another_pair_and_other_notes_are_not(tmp_path: Path) -> None:
    (row,) = write_pairs(tmp_path, ["ok"]).rows
    out = tmp_path / "out"
    for fresh, facts in ((1, {}), (0, {"note": "n", "number": 9}), (1, {"before_date": dt.date(2026, 1, 1)}), (1, {"mm_per_px": 0.1})):
        changed = PairRow(**{**vars(row), **facts})
        assert run(Manifest(tmp_path.resolve(), (changed,)), out).fresh == fresh


RUN = (
    "import sys\n"
    "from pathlib import Path\n"
    "from photocompare.batch.manifest import read_manifest\n"
    "from photocompare.batch.run import BatchOptions, run_batch\n"
    "from tests.support.stand_in_measures import quick\n"
    "home = Path(sys.argv[1])\n"
    "def run(workers):\n"
    "    run_batch(read_manifest(home / 'manifest.csv'), home / 'out', options=BatchOptions(workers=workers), measure=quick)\n"
)
ONCE = RUN + "run(2)\n"
AGAIN_AND_AGAIN = RUN + (  # forks a batch for each line that it is given: loading everything anew would take most of the time
    "import os\n"
    "for line in sys.stdin:\n"
    "    pid = os.fork()\n"
    "    if pid == 0:\n"
    "        run(int(line))\n"
    "        os._exit(0)\n"
    "    print(pid, flush=True)\n"
    "    os.waitpid(pid, 0)\n"
    "    print('ended', flush=True)\n"
)
ROUNDS = 25


def script(code: str, home: Path, **how: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(home)], cwd=ROOT, text=True, **how)


@pytest.mark.thorough
def test_killed_again_and_again_it_does_each_pair_once(tmp_path: Path) -> None:
    pairs, rng = 3 * ROUNDS, random.Random(7)
    write_pairs(tmp_path, [f"sleep 0.03 {number}" for number in range(pairs)])
    out, kept = tmp_path / "out", set[str]()
    with script(AGAIN_AND_AGAIN, tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as batches:
        assert batches.stdin is not None
        assert batches.stdout is not None
        for number in range(ROUNDS):
            begun = len(calls(tmp_path))
            batches.stdin.write(f"{1 + number % 2}\n")
            batches.stdin.flush()
            pid = int(batches.stdout.readline())
            end = time.monotonic() + SOON_S
            while len(calls(tmp_path)) == begun and time.monotonic() < end:
                time.sleep(0.002)
            time.sleep(rng.uniform(0.0, 0.1))
            os.kill(pid, signal.SIGKILL)
            assert batches.stdout.readline() == "ended\n"
            again = kept & set(calls(tmp_path)[begun:])
            assert not again, "a pair whose result is kept is not measured again"
            assert kept <= pairs_done(out), "what was kept stays"
            kept = pairs_done(out)
        batches.stdin.close()
    assert len(kept) < pairs, "the rounds ended before the batch did"
    begun = len(calls(tmp_path))
    with script(ONCE, tmp_path) as last:
        assert last.wait(timeout=SOON_S) == 0
    assert sorted(calls(tmp_path)[begun:]) == sorted(set(calls(tmp_path)[begun:]) - kept)
    assert [row["row"] for row in table(out)] == list(range(2, 2 + pairs))
    assert {row["status"] for row in table(out)} == {"indicative"}
    assert len({row["pair"] for row in table(out)}) == pairs
    assert len(calls(tmp_path)) - pairs <= 2 * ROUNDS, "only what the workers held when the batch was killed is measured twice"


def test_half_a_result_is_no_result(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok", "other"])
    out = tmp_path / "out"
    run(manifest, out)
    first, second = sorted((out / "pairs").glob(f"*/{PAIR}"))
    first.write_bytes(first.read_bytes()[:-20])
    second.write_text(second.read_text().replace('"status": "indicative"', '"status": "failed"'))
    assert run(manifest, out).fresh == 2
    assert {row["status"] for row in table(out)} == {"indicative"}


def test_what_a_killed_run_left_half_made_is_cleared_away(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    out = tmp_path / "out"
    run(manifest, out)
    (done,) = (out / "pairs").iterdir()
    (done / PAIR).unlink()
    (done / ".photocompare-x").mkdir()
    (done / ".photocompare-x" / "fate.png").write_bytes(b"half")
    (done / f".{PAIR}.part").write_bytes(b"half")
    assert run(manifest, out).fresh == 1
    assert {path.name for path in done.iterdir()} == {PAIR, "thumbnails.jpg"}


def test_two_batches_do_not_write_into_one_folder(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    out = tmp_path / "out"
    with BatchFolder(out).locked(), pytest.raises(UsageError, match="Another batch is writing"):
        run(manifest, out)
    assert run(manifest, out).fresh == 1


def whole(out: Path) -> dict[str, bytes]:
    """All files of a batch's folder but those of the lock."""
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != keeping.LOCK}


def test_a_full_disk_stops_the_batch_and_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    run(write_pairs(tmp_path, ["ok"]), out)
    before = whole(out)
    larger = write_pairs(tmp_path, ["ok", "other", "third"])
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
        with pytest.raises(UsageError, match=r"No space left on device.*What was done is kept.*start again"):
            run(larger, out)
    assert {name: data for name, data in whole(out).items() if name in before} == before
    assert not [name for name in set(whole(out)) - set(before) if not name.startswith("pairs/")]
    summary = run(larger, out)
    assert (summary.fresh, summary.statuses) == (2, {"indicative": 3})


def test_a_file_limit_met_half_way_leaves_the_old_tables(tmp_path: Path) -> None:
    """The system itself refuses further bytes, as a full disk does."""
    out = tmp_path / "out"
    small = write_pairs(tmp_path, ["ok"])
    run(small, out)
    tables = {name: (out / name).read_bytes() for name in ("results.csv", "results.parquet", "contact_sheet.html")}
    many = [f"ok {number}" for number in range(12)]
    write_pairs(tmp_path, many)
    run_limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))\n" + ONCE
    )
    ended = subprocess.run([sys.executable, "-c", run_limited, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "The results can't be written" in ended.stderr
    assert {name: (out / name).read_bytes() for name in tables} == tables
    assert not list(out.glob(".*.part"))
    assert run(write_pairs(tmp_path, many), out).statuses == {"indicative": 12}
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be written to"):
        run(manifest, tmp_path / "file" / "out")
    assert calls(tmp_path) == []


def test_writing_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_the_watcher_is_told_every_step(tmp_path: Path) -> None:
    class Told:
        def __init__(self) -> None:
            self.stages: list[list[Any]] = []

        def begin(self, stage: str, total: int, already: int) -> None:
            self.stages.append([stage, total, already, 0])

        def step(self) -> None:
            self.stages[-1][3] += 1

    out, told = tmp_path / "out", Told()
    run(write_pairs(tmp_path, ["ok"]), out)
    run(write_pairs(tmp_path, ["ok", "other", "third"]), out, watcher=told)
    assert told.stages == [["look", 3, 0, 3], ["measure", 3, 1, 2], ["write", 0, 0, 0]]


def test_the_same_facts_stand_in_both_tables(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    row = PairRow(
        **{
            **vars(manifest.rows[0]),
            "patient": "=cmd()",
            "note": '-2 "x"',
            "before_date": dt.date(2026, 1, 5),
            "session": 2,
            "mm_per_px": 0.5,
        }
    )
    out = tmp_path / "out"
    run(Manifest(manifest.root, (row,)), out)
    text = (out / "results.csv").read_text(encoding="utf-8-sig")
    (cells,) = csv.DictReader(text.splitlines())
    (values,) = table(out)
    assert list(cells) == list(values)
    assert (cells["patient"], values["patient"]) == ("'=cmd()", "=cmd()")
    assert (cells["note"], values["note"]) == ('\'-2 "x"', '-2 "x"')
    assert (cells["before_date"], values["before_date"]) == ("2026-01-05", dt.date(2026, 1, 5))
    assert (cells["length_percent"], values["length_percent"], values["session"]) == ("74.6", 74.6, 2)
    assert (cells["reticular_percent"], values["reticular_percent"]) == ("", None)
    assert (values["reasons"], cells["responder_75"]) == ("scale_assumed", "false")
    assert json.loads((out / "pairs" / values["pair"] / PAIR).read_text())["result"]["timing"]["days"] == values["days"] == 74
    assert (tmp_path / CALLS).exists()
