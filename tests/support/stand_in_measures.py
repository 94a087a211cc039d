"""Cheap measurements for batches: what a pair's "before photo" says decides what becomes of it.  Importable by worker processes."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from photocompare.base.errors import NotAPhoto
from photocompare.base.estimate import Estimate
from photocompare.batch.pair import PairOutcome, PairTask
from photocompare.batch.sources import LocalFile
from photocompare.results.comparison import PhotoRecord, Provenance
from photocompare.results.reference_band import judge_against_band
from photocompare.results.result import CalibreFigures, ClearanceFigures, Reason, Result, ScaleFigures
from photocompare.results.timing import Timing

if TYPE_CHECKING:
    from photocompare.batch.manifest import Manifest

CALLS = "calls.log"
LONG_S = 60.0


def result_of(before: bytes, after: bytes) -> Result:
    """A result that was not measured."""
    estimate = Estimate(74.6, 60.0, 90.25, "%")
    reason, timing = Reason("scale_assumed", "No <card> was found.", ""), Timing(74, "assessment")
    return Result(
        status="indicative",
        reasons=(reason, reason),
        scale=ScaleFigures(0.2, "assumed"),
        registration=None,
        skin=None,
        clearance=ClearanceFigures(
            estimate, estimate, estimate, estimate, {"telangiectasia": CalibreFigures(estimate, 12.0), "reticular": None}
        ),
        fates={},
        unit="mm",
        pigment=None,
        timing=timing,
        benchmark=judge_against_band(estimate, timing),
        before=PhotoRecord(hashlib.sha256(before).hexdigest(), 3, 2),
        after=PhotoRecord(hashlib.sha256(after).hexdigest(), 3, 2),
        provenance=Provenance("0.1.0", "standard", "c" * 64, {}),
    )


def log(task: PairTask, said: str) -> None:
    """One line for each call, whichever process makes it; the pair's folder tells where the photos lie."""
    first = task.sources[0]
    if isinstance(first, LocalFile):
        handle = os.open(first.root / CALLS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, f"{said} {task.key} {os.getpid()}\n".encode())
        os.close(handle)


def quick(task: PairTask) -> PairOutcome:
    """What the before photo says, and else a result."""
    log(task, "begin")
    before, after = (source.read() for source in task.sources)
    word, *rest = before.decode().split()
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "kill-once":
        mark = Path(rest[0])
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    if word in ("sleep", "hang"):
        time.sleep(LONG_S if word == "hang" else float(rest[0]))
    if word == "fault":
        raise ZeroDivisionError("a fault of the program")
    if word == "memory":
        raise MemoryError
    if word == "text":
        raise NotAPhoto("The file is not a photo.")
    log(task, "end")
    dossier = b"dossier" if task.send_dossier else b""
    return PairOutcome(task.key, "indicative", "", result_of(before, after), thumbnail(), dossier=dossier)


def thumbnail() -> bytes:
    """A small JPEG."""
    import numpy as np
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.full((6, 18, 3), 128, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def write_pairs(folder: Path, words: list[str]) -> Manifest:
    """A manifest of pairs whose before photos hold these words."""
    from photocompare.batch.manifest import parse_manifest

    folder.mkdir(parents=True, exist_ok=True)
    lines = ["before,after"]
    for number, word in enumerate(words):
        (folder / f"{number}-before.jpg").write_text(f"{word} #{number}" if word in ("ok", "kill", "hang") else word)
        (folder / f"{number}-after.jpg").write_text(f"after {number}")
        lines.append(f"{number}-before.jpg,{number}-after.jpg")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return parse_manifest("\n".join(lines), folder.resolve())


def calls(folder: Path, said: str = "begin") -> list[str]:
    """Keys of the pairs that were called, in order."""
    if not (folder / CALLS).exists():
        return []
    return [line.split()[1] for line in (folder / CALLS).read_text().splitlines() if line.startswith(said + " ")]


def small_pair(folder: Path) -> Manifest:
    """A manifest of one rendered pair, so small that it is indicative at most: reading and judging it is quick."""
    from photocompare.batch.manifest import read_manifest
    from photocompare.phantom import simple_pair

    folder.mkdir()
    pair = simple_pair("graded", seed=4, size=(320, 240))
    (folder / "before.jpg").write_bytes(pair.before_jpeg)
    (folder / "after.jpg").write_bytes(pair.after_jpeg)
    (folder / "manifest.csv").write_text("before,after,before_date,after_date\nbefore.jpg,after.jpg,2026-01-05,2026-03-20\n")
    return read_manifest(folder / "manifest.csv")


def tasks_of(manifest: Manifest) -> Iterator[PairTask]:
    """A task for every row."""
    for row in manifest.rows:
        yield PairTask(f"key{row.number}", (LocalFile(manifest.root, row.before), LocalFile(manifest.root, row.after)))
