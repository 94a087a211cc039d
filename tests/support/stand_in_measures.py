"""Cheap measurements for batches: what a pair's "before photo" says decides what becomes of it.  Importable by worker processes."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photocompare.base.errors import NotAPhoto
from photocompare.batch.pair import PairOutcome, PairTask
from photocompare.batch.sources import LocalFile

if TYPE_CHECKING:
    from photocompare.batch.manifest import Manifest

CALLS = "calls.log"
LONG_S = 60.0


def result_of(before: bytes, after: bytes) -> dict[str, Any]:
    """A result of the shape that tables and sheets read."""
    estimate = {"percent": 74.6, "low": 60.0, "high": 90.25, "causes": {}}
    names = ("length", "area", "contrast", "net_change")
    return {
        "status": "indicative",
        "reasons": [{"code": "scale_assumed", "message": "No <card> was found.", "fix": ""}] * 2,
        "scale": {"mm_per_px": 0.2, "source": "assumed"},
        "clearance": {
            **dict.fromkeys(names, estimate),
            "by_calibre": {"telangiectasia": {**estimate, "before_mm": 12.0}, "reticular": None},
        },
        "timing": {"days": 74, "window": "assessment"},
        "benchmark": {"verdict": "within", "responder_75": False},
        "photos": {
            which: {"sha256": hashlib.sha256(data).hexdigest(), "width": 3, "height": 2}
            for which, data in (("before", before), ("after", after))
        },
        "provenance": {"version": "0.1.0", "config_sha256": "c" * 64},
    }


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
    from photocompare.batch.manifest import Manifest, parse_manifest

    folder.mkdir(parents=True, exist_ok=True)
    lines = ["before,after"]
    for number, word in enumerate(words):
        (folder / f"{number}-before.jpg").write_text(f"{word} #{number}" if word in ("ok", "kill", "hang") else word)
        (folder / f"{number}-after.jpg").write_text(f"after {number}")
        lines.append(f"{number}-before.jpg,{number}-after.jpg")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return Manifest(folder.resolve(), parse_manifest("\n".join(lines)))


def calls(folder: Path, said: str = "begin") -> list[str]:
    """Keys of the pairs that were called, in order."""
    if not (folder / CALLS).exists():
        return []
    return [line.split()[1] for line in (folder / CALLS).read_text().splitlines() if line.startswith(said + " ")]


def small_pair(folder: Path) -> Manifest:
    """A manifest of one rendered pair, too small to be comparable: reading, judging and refusing it is quick."""
    from photocompare.batch.manifest import read_manifest
    from photocompare.phantom import simple_pair

    folder.mkdir()
    pair = simple_pair("graded", seed=3, size=(320, 240))
    (folder / "before.jpg").write_bytes(pair.before_jpeg)
    (folder / "after.jpg").write_bytes(pair.after_jpeg)
    (folder / "manifest.csv").write_text("before,after,before_date,after_date\nbefore.jpg,after.jpg,2026-01-05,2026-03-20\n")
    return read_manifest(folder / "manifest.csv")


def tasks_of(manifest: Manifest) -> Iterator[PairTask]:
    """A task for every row."""
    for row in manifest.rows:
        yield PairTask(f"key{row.number}", (LocalFile(manifest.root, row.before), LocalFile(manifest.root, row.after)))
