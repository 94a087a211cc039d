"""What a batch costs, and whether all cores together do as much as they should: `python -m benchmarks.batch --into docs/scale.md`.

The same pairs are measured by one worker that is held to one core, by one worker on a free machine, by a worker a core, and by a Dask
cluster of a worker a core on this machine, each as `photocompare batch` with all that starting costs.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as parquet

from benchmarks.costs import Cost, run_apart
from benchmarks.machine import this_machine
from benchmarks.photos import JPEG_QUALITY, enlarged, make_pair
from photocompare.batch.contact_sheet import write_contact_sheet
from photocompare.batch.keeping import BatchFolder, StoredPair
from photocompare.batch.manifest import parse_manifest
from photocompare.batch.pair import PairOutcome, cores
from photocompare.batch.run import LOOKING_THREADS
from photocompare.batch.table import PARQUET, TableRow, write_tables
from photocompare.results.dossier import read_dossier

SEED = 20_261_123
LEGS = 4
"""Rendered legs, standard and hard in turn; the pairs are copies of theirs, each with a noise of its own."""

MANY_ROWS = 100_000
SOME_PAIRS = 1_000
THUMBNAIL_BYTES = 40_000
"""Of a pair's thumbnails, as they were found."""

SAMPLE = Path(__file__).parents[1] / "sample_images" / "good_result" / "measured.zip"

BEGIN, END = "<!-- batch: begin -->", "<!-- batch: end -->"

_HOLD = "import os, sys; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); os.execv(sys.argv[1], sys.argv[1:])"


@dataclass(frozen=True)
class Way:
    """One way of measuring the same pairs: its name, options, whether it is held to one core, how many workers it has."""

    name: str
    options: tuple[str, ...]
    workers: int
    one_core: bool = False


@dataclass(frozen=True)
class Found:
    """What one way cost: seconds and processor seconds of the whole command, median seconds a pair within its worker."""

    way: Way
    pairs: int
    wall_s: float
    cpu_s: float
    pair_s: float

    @property
    def per_minute(self) -> float:
        return 60 * self.pairs / self.wall_s


def make_manifest(folder: Path, pairs: int, megapixels: float) -> Path:
    """Pairs of that size, no two with the same content, and their manifest."""
    legs = [make_pair(folder / "legs", number, SEED) for number in range(LEGS)]
    photos = [[np.asarray(cv2.imread(str(path)), np.uint8) for path in leg.photos] for leg in legs]
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["before", "after", "before_date", "after_date"])
        for number in range(pairs):
            names = []
            for which, photo in zip(("before", "after"), photos[number % LEGS], strict=True):
                names.append(f"{number}-{which}.jpg")
                large = enlarged(photo, megapixels, seed=SEED + 2 * number + (which == "after"))
                cv2.imwrite(str(folder / names[-1]), large, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            rows.writerow([*names, "2026-01-12", "2026-04-06"])
    return manifest


def run_batch(manifest: Path, out: Path, way: Way, *, together: bool = False) -> Cost:
    """`photocompare batch`, as a user runs it."""
    command = [sys.executable, "-m", "photocompare", "batch", str(manifest), "--out", str(out), *way.options]
    return run_apart([sys.executable, "-c", _HOLD, *command] if way.one_core else command, together=together)


def measured(manifest: Path, way: Way, home: Path) -> tuple[Found, Path]:
    """The cost of one way, and where its results lie."""
    out = Path(tempfile.mkdtemp(dir=home))
    cost = run_batch(manifest, out, way)
    table = parquet.read_table(out / PARQUET).to_pydict()
    assert all(status in ("comparable", "indicative", "not_comparable") for status in table["status"])
    return Found(way, len(table["status"]), cost.wall_s, cost.cpu_s, statistics.median(table["seconds"])), out


def size_of(folder: Path) -> float:
    """Megabytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


@contextlib.contextmanager
def cluster(workers: int, home: Path) -> Iterator[str]:
    """A scheduler and so many workers of one thread on this machine; the scheduler's address."""
    where = home / "scheduler.json"
    own = {"cwd": home, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    start = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "8786", "--no-dashboard"]
    hands = [sys.executable, "-m", "distributed.cli.dask_worker", "tcp://127.0.0.1:8786", "--nthreads", "1", "--nworkers", str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    processes = [
        subprocess.Popen([*start, "--scheduler-file", str(where)], env=environment, **own),  # type: ignore[call-overload]
        subprocess.Popen([*hands, "--no-dashboard"], env=environment, **own),  # type: ignore[call-overload]
    ]
    try:
        while not where.exists():
            time.sleep(0.1)
        time.sleep(5.0)  # until the workers have come
        yield "tcp://127.0.0.1:8786"
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def measure_size(home: Path, megapixels: float, pairs: int, rounds: int) -> list[str]:
    """All ways at one size of photo, as lines of Markdown."""
    folder = home / f"{megapixels:g}"
    folder.mkdir()
    manifest = make_manifest(folder, pairs, megapixels)
    count = cores()
    single = Way("one worker held to one core", ("--workers", "1"), 1, one_core=True)
    ways = [single, Way(f"{count} workers", ("--workers", str(count)), count), Way("one worker, all cores free", ("--workers", "1"), 1)]
    found: dict[Way, list[Found]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            one, out = measured(manifest, way, folder)
            found[way].append(one)
            print(f"{megapixels:g} MP, {way.name}: {one.wall_s:.1f} s", file=sys.stderr, flush=True)
    with cluster(count, folder) as address:
        way = Way(f"Dask cluster of {count} workers here", ("--scheduler", address), count)
        found[way] = [measured(manifest, way, folder)[0]]
    best = {way: max(some, key=lambda one: one.per_minute) for way, some in found.items()}
    lines = [
        f"{pairs} pairs of {megapixels:g} megapixels, the quickest of {rounds} rounds (the cluster: one).",
        "",
        "| way | wall s | CPU s a pair | cores kept busy | s a pair in its worker | pairs a minute | of workers x one core |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for way, one in best.items():
        here = "--scheduler" not in way.options
        ratio = one.per_minute / (way.workers * best[single].per_minute)
        lines.append(
            f"| {way.name} | {one.wall_s:.1f} | {told_if(one.cpu_s / pairs, here)} | {told_if(one.cpu_s / one.wall_s, here)} "
            f"| {one.pair_s:.2f} | {one.per_minute:.1f} | {100 * ratio:.0f} % |"
        )
    return [*lines, "", *_memory_and_disk(manifest, folder, out, pairs, count), ""]


def _memory_and_disk(manifest: Path, folder: Path, out: Path, pairs: int, count: int) -> list[str]:
    alone = run_batch(manifest, folder / "memory-1", Way("", ("--workers", "1"), 1), together=True)
    many = run_batch(manifest, folder / "memory-n", Way("", ("--workers", str(count)), count), together=True)
    run_batch(manifest, folder / "bare", Way("", ("--no-pictures",), count))
    photos = sum(path.stat().st_size for path in folder.glob("*.jpg")) / 1e6
    return [
        f"Memory: the largest process {max(alone.peak_mib, many.peak_mib):.0f} MiB; all processes together, shared pages counted once, "
        f"{alone.together_mib:.0f} MiB with one worker and {many.together_mib:.0f} MiB with {count}. Disk, MB a pair: photos "
        f"{photos / pairs:.1f}, results with pictures {size_of(out) / pairs:.1f}, without {size_of(folder / 'bare') / pairs:.3f}.",
    ]


def told_if(figure: float, known: bool) -> str:
    """A figure, or nothing where the workers are not the command's own processes."""
    return f"{figure:.2f}" if known else ""


def measure_upkeep(home: Path) -> list[str]:
    """What a batch does beside measuring: checking a manifest, keeping results, drawing up tables."""
    text = "before,after,before_date,after_date,patient,leg,region,agent,concentration_percent\n" + "".join(
        f"{n}/before.jpg,{n}/after.jpg,2026-01-12,2026-04-06,P{n},left,outer thigh,polidocanol,0.5\n" for n in range(MANY_ROWS)
    )
    begin = time.perf_counter()
    rows = parse_manifest(text).rows
    parsing = time.perf_counter() - begin
    kept = BatchFolder(home / "upkeep")
    told = read_dossier(SAMPLE.read_bytes()).result
    begin = time.perf_counter()
    for n in range(SOME_PAIRS):
        kept.keep(PairOutcome(f"{n:064x}", "comparable", "", told, b"t" * THUMBNAIL_BYTES))
    keeping = (time.perf_counter() - begin) / SOME_PAIRS
    table = [TableRow(rows[n], StoredPair(f"{n:064x}", "comparable", result=told)) for n in range(SOME_PAIRS)]
    begin = time.perf_counter()
    for row in table:
        kept.load(row.pair.key)
    loading = (time.perf_counter() - begin) / SOME_PAIRS
    begin = time.perf_counter()
    write_tables(table, kept.path)
    write_contact_sheet(table, len(table), {"comparable": len(table)}, kept)
    drawing = (time.perf_counter() - begin) / SOME_PAIRS
    return [
        f"Beside the measuring: checking a manifest of {MANY_ROWS} rows {parsing:.1f} s; keeping a result {1e3 * keeping:.1f} ms "
        f"(synced to the disk); reading one back {1e3 * loading:.2f} ms; its lines in both tables and its card on the contact sheet "
        f"{1e3 * drawing:.2f} ms.",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument("--pairs", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--megapixels", default="1.92,12")
    parser.add_argument("--into", type=Path, help="page that gets the figures")
    given = parser.parse_args()
    machine = this_machine()
    load = os.getloadavg()[0]
    lines = []
    with tempfile.TemporaryDirectory(prefix="photocompare-batch-") as home:
        for megapixels in map(float, given.megapixels.split(",")):
            lines += measure_size(Path(home), megapixels, given.pairs, given.rounds)
        lines += measure_upkeep(Path(home))
    told = (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:.1f} GiB memory; {machine.system}, Python {machine.python}. "
        f"Load average over one minute {load:.2f} before. Photos are looked at by {LOOKING_THREADS} threads before."
    )
    text = "\n".join([told, "", *lines])
    print(text)
    if given.into is not None:
        page = given.into.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)
        given.into.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
