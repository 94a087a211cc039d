"""Folders of cases: before.jpg, after.jpg, truth.json, contrast maps and masks, as a scoring program reads them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from photocompare.phantom.facts import HARD, PAIRED_SIZE, STANDARD, PairFacts, PhantomRanges, draw_facts
from photocompare.phantom.pair import PhantomPair, render_pair

KIND_CYCLE = ("graded", "graded", "null", "graded", "mismatch", "graded", "graded", "null", "poor", "worse")
"""Kinds in the order in which cases get them: half graded, a fifth null, a fifth to be refused, a tenth worse."""

_STEPS_PER_DE = 10
"""A contrast map is written in tenths of a CIE76 unit."""

_SEED_STRIDE = 100_003
"""Between the seeds of a run's cases, so that runs with neighbouring seeds share none."""


def draw_case(
    number: int,
    *,
    seed: int,
    size: tuple[int, int] = PAIRED_SIZE,
    ranges: PhantomRanges | None = None,
    kinds: tuple[str, ...] = KIND_CYCLE,
) -> PairFacts:
    """The facts of a run's case of that number (from 0); the arguments are those of `write_cases`."""
    use = ranges or (HARD if (number // 2 + number) % 2 else STANDARD)
    return draw_facts(kinds[number % len(kinds)], seed=seed + _SEED_STRIDE * number, ranges=use, size=size)


def write_case(folder: Path, pair: PhantomPair) -> None:
    """Write one pair; the folder's name becomes the case's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "before.jpg").write_bytes(pair.before_jpeg)
    (folder / "after.jpg").write_bytes(pair.after_jpeg)
    pictures = {name: np.where(mask, np.uint8(255), np.uint8(0)) for name, mask in pair.masks.items() if name.startswith("stain")}
    pictures |= {f"vein_de_{which}": np.clip(np.rint(de * _STEPS_PER_DE), 0, 255).astype(np.uint8) for which, de in pair.vein_de.items()}
    for name, picture in pictures.items():
        ok, data = cv2.imencode(".png", picture)
        if not ok:
            raise RuntimeError("OpenCV could not encode a PNG")
        (folder / f"{name}.png").write_bytes(data.tobytes())
    (folder / "truth.json").write_text(json.dumps({"case": folder.name} | pair.truth, indent=1) + "\n", encoding="utf-8")


def write_cases(
    folder: Path,
    *,
    pairs: int,
    seed: int,
    size: tuple[int, int] = PAIRED_SIZE,
    ranges: PhantomRanges | None = None,
    kinds: tuple[str, ...] = KIND_CYCLE,
) -> list[Path]:
    """Render cases and write one folder each, named by kind and number.

    Parameters
    ----------
    folder : Path
        Made when absent.
    pairs : int
        How many.
    seed : int
        Equal arguments give equal files.
    size : (int, int)
        Rows, columns of all photos.
    ranges : PhantomRanges, optional
        Without it standard and hard ranges take turns.
    kinds : tuple of str
        Kinds in turn.

    Returns
    -------
    list of Path
        The case folders, in order.
    """
    written: list[Path] = []
    count: dict[str, int] = {}
    for k in range(pairs):
        pair = render_pair(draw_case(k, seed=seed, size=size, ranges=ranges, kinds=kinds))
        kind = pair.facts.kind
        case = folder / f"{kind}-{count.get(kind, 0):02d}"
        count[kind] = count.get(kind, 0) + 1
        write_case(case, pair)
        written.append(case)
    return written
