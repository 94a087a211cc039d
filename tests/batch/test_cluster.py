"""The same work on a real Dask cluster on loopback: a scheduler and two worker processes, one of which is killed half-way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyarrow import parquet

from photocompare.base.errors import UsageError
from photocompare.batch import cluster
from photocompare.batch.manifest import Manifest, PairRow
from photocompare.batch.run import BatchOptions, run_batch
from tests.support.stand_in_measures import CALLS, calls, quick, small_pair, write_pairs

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
SOON_S = 30.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def until(happens: Callable[[], object], seconds: float = SOON_S) -> bool:
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def start(home: Path, module: str, *options: str, **variables: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.{module}", *options, "--no-dashboard"]
    return subprocess.Popen(command, cwd=home, env=ENVIRONMENT | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def running(home: Path, workers: int, allowed_failures: int = 3) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and workers of one thread; the scheduler's address, and the processes, the scheduler first."""
    home.mkdir()
    told = home / "scheduler.json"
    where = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
    processes = [start(home, "dask_scheduler", *where, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=str(allowed_failures))]
    try:
        assert until(told.exists)
        assert until(lambda: told.read_text().endswith("}"))
        address = json.loads(told.read_text())["address"]
        once = ("--nthreads", "1", "--no-nanny", "--local-directory", str(home))
        processes += [start(home, "dask_worker", address, *once, "--name", str(number)) for number in range(workers)]
        yield address, processes
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def test_two_workers_one_killed_half_way(tmp_path: Path) -> None:
    words = [f"sleep 0.25 {number}" for number in range(14)] + ["fault", "text"]
    manifest = write_pairs(tmp_path / "photos", words)
    shared = [
        PairRow(row.number, f"file://{manifest.root}/{row.before}", f"file://{manifest.root}/{row.after}") for row in manifest.rows[:-3]
    ]
    rows = (*shared, *manifest.rows[-3:])  # most are opened by the workers, three are sent to them
    out, seen = tmp_path / "out", list[str]()

    class Killer:
        """Kills a worker that is at a pair, once four pairs are done."""

        def begin(self, stage: str, total: int, already: int) -> None:
            pass

        def step(self) -> None:
            done = calls(manifest.root, "end")
            if len(done) >= 4 and not seen:
                lines = [line.split() for line in (manifest.root / CALLS).read_text().splitlines()]
                busy = [pid for said, key, pid in lines if said == "begin" and key not in done]
                if busy:
                    seen.append(busy[-1])
                    os.kill(int(busy[-1]), signal.SIGKILL)

    with running(tmp_path / "cluster", 2) as (address, processes):
        summary = run_batch(Manifest(manifest.root, rows), out, options=BatchOptions(scheduler=address), measure=quick, watcher=Killer())
        assert len([process for process in processes if process.poll() is not None]) == len(seen) == 1
    assert summary.statuses == {"indicative": 14, "failed": 1, "unreadable": 1}
    assert summary.fresh == 16
    table = parquet.read_table(out / "results.parquet").to_pylist()
    assert [row["row"] for row in table] == list(range(2, 18))
    ended = calls(manifest.root, "end")
    assert len(ended) >= len(set(ended)) == 13, "the pair that was sent can't leave its mark beside the photos"
    pids = {line.split()[2] for line in (manifest.root / CALLS).read_text().splitlines()}
    assert len(pids) == 2, "both workers had pairs"


def test_what_a_cluster_measured_comes_back_with_its_files(tmp_path: Path) -> None:

    manifest = small_pair(tmp_path / "photos")
    out = tmp_path / "out"
    with running(tmp_path / "cluster", 1) as (address, _):
        summary = run_batch(manifest, out, options=BatchOptions(scheduler=address))
    assert summary.complete
    (pair,) = (out / "pairs").iterdir()
    result = json.loads((pair / "result.json").read_text())
    kept = json.loads((pair / "pair.json").read_text())["result"]
    assert {**kept, "provenance": 0} == {**result, "provenance": 0}
    assert (pair / "summary.png").stat().st_size > 0
    assert (pair / "thumbnails.jpg").stat().st_size > 0


def test_a_pair_that_no_worker_survives_has_failed(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path / "photos", ["kill"])
    with running(tmp_path / "cluster", 1, allowed_failures=0) as (address, _):
        rows = tuple(PairRow(2, f"file://{manifest.root}/{row.before}", row.after) for row in manifest.rows)
        summary = run_batch(Manifest(manifest.root, rows), tmp_path / "out", options=BatchOptions(scheduler=address), measure=quick)
    assert summary.statuses == {"failed": 1}
    (row,) = parquet.read_table(tmp_path / "out" / "results.parquet").to_pylist()
    assert row["why"].startswith("Each worker that measured this pair was lost")


def test_a_cluster_without_workers_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "NOBODY_S", 1.0)
    manifest = write_pairs(tmp_path / "photos", ["ok"])
    with running(tmp_path / "cluster", 0) as (address, _), pytest.raises(UsageError, match="has no workers"):
        run_batch(manifest, tmp_path / "out", options=BatchOptions(scheduler=address), measure=quick)


def test_a_cluster_that_goes_away_ends_the_run_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = write_pairs(tmp_path / "photos", [f"sleep 0.2 {number}" for number in range(30)])
    out = tmp_path / "out"
    with running(tmp_path / "cluster", 1) as (address, processes):

        class Killer:
            def begin(self, stage: str, total: int, already: int) -> None:
                pass

            def step(self) -> None:
                if list((out / "pairs").glob("*/pair.json")):
                    monkeypatch.setattr(cluster, "NOBODY_S", 1.0)
                    for process in processes:
                        process.kill()

        with pytest.raises(UsageError, match="what was measured is kept"):
            run_batch(manifest, out, options=BatchOptions(scheduler=address), measure=quick, watcher=Killer())
    assert list((out / "pairs").glob("*/pair.json"))


def test_an_address_where_nobody_answers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    manifest = write_pairs(tmp_path, ["ok"])
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(UsageError, match=r"No Dask scheduler answers at .*dask scheduler"):
            run_batch(manifest, tmp_path / "out", options=BatchOptions(scheduler=address), measure=quick)


def test_a_cluster_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'photocompare\[cluster\]'"):
        run_batch(write_pairs(tmp_path, ["ok"]), tmp_path / "out", options=BatchOptions(scheduler="tcp://127.0.0.1:9"), measure=quick)
    with pytest.raises(UsageError, match="not both"):
        BatchOptions(workers=2, scheduler="tcp://127.0.0.1:9")
