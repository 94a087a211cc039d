"""`python -m benchmarks --out DIR`: run everything, write the report."""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import photocompare
from benchmarks.floor import measure_floors
from benchmarks.machine import this_machine
from benchmarks.peer import compare_with_peer, control, peer_installed
from benchmarks.photos import MadePair, make_pair, shifted_copy
from benchmarks.report import Findings, as_markdown, put_into, write_report
from benchmarks.sizes import measure_size
from photocompare.settings import STANDARD

SEED = 20_260_301
"""Of the rendered pairs; far from the seeds of the tests and of the validation, which count from 0."""


RENDERED_MEGAPIXELS = 1.92
"""Of a pair as it is rendered, 1600 x 1200; larger ones are enlarged from it."""


@dataclass(frozen=True)
class Extent:
    """How much is measured: sizes in megapixels, runs at each size, pairs and runs against the peer."""

    megapixels: tuple[float, ...] = (RENDERED_MEGAPIXELS, 4.0, 8.0, 12.0, 24.0, 48.0)
    runs: int = 5
    pairs: int = 4
    peer_runs: int = 3


FULL = Extent()
QUICK = Extent(megapixels=(RENDERED_MEGAPIXELS, 12.0, 48.0), runs=1, pairs=1, peer_runs=1)
"""Enough to see that every part runs; no figures to show."""


def _load_average() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(extent: Extent, home: Path, *, seed: int, with_peer: bool) -> Findings:
    """Render the pairs into `home` and measure."""
    load = _load_average()
    # As pip does at installing; a checkout on a machine that writes no bytecode would be compiled anew at every start.
    compileall.compile_dir(Path(photocompare.__file__).parent, quiet=2)
    _say("starting and loading")
    floors = measure_floors(runs=extent.runs)
    _say(f"rendering {extent.pairs} pairs")
    pairs = [make_pair(home, number, seed) for number in range(extent.pairs)]
    sizes = []
    for megapixels in extent.megapixels:
        _say(f"{megapixels:g} megapixels")
        sizes.append(measure_size(pairs[0], megapixels, runs=extent.runs))
    compared = []
    for pair in pairs if with_peer else ():
        _say(f"{pair.name} against the peer")
        compared.append(compare_with_peer(pair, runs=extent.peer_runs))
    return Findings(
        version=photocompare.__version__,
        config_sha256=STANDARD.sha256,
        machine=this_machine(),
        load=(load, _load_average()),
        floors=floors,
        sizes=tuple(sizes),
        control=control(_control_pair(pairs[0], home)) if with_peer else {},
        pairs=tuple(compared),
        peer_absent="" if with_peer else "Left out of this run; it needs itk-elastix: `pip install -e '.[benchmark]'`.",
    )


def _control_pair(pair: MadePair, home: Path) -> MadePair:
    return shifted_copy(pair, home / "control")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for report.md and report.json")
    parser.add_argument("--quick", action="store_true", help="smallest settings: shows that every part runs, no figures to quote")
    parser.add_argument("--runs", type=int, help=f"runs at each size (default {FULL.runs})")
    parser.add_argument("--pairs", type=int, help=f"pairs against the peer (default {FULL.pairs}), standard and hard in turn")
    parser.add_argument("--megapixels", help="sizes, such as 1.92,12,48")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--without-peer", action="store_true", help="leave the registration by itk-elastix out")
    parser.add_argument("--into", type=Path, help="page that gets the figures between its measured: begin and end lines")
    return parser.parse_args()


def main() -> None:
    """Measure, write, and put the figures into a page when asked to."""
    told = _arguments()
    base = QUICK if told.quick else FULL
    extent = Extent(
        megapixels=tuple(float(size) for size in told.megapixels.split(",")) if told.megapixels else base.megapixels,
        runs=told.runs or base.runs,
        pairs=told.pairs or base.pairs,
        peer_runs=base.peer_runs,
    )
    with_peer = peer_installed() and not told.without_peer
    with tempfile.TemporaryDirectory(prefix="photocompare-benchmark-") as folder:
        found = measure(extent, Path(folder), seed=told.seed, with_peer=with_peer)
    write_report(found, told.out)
    if told.into is not None:
        told.into.write_text(put_into(told.into.read_text(encoding="utf-8"), as_markdown(found)), encoding="utf-8")
    print(as_markdown(found))


if __name__ == "__main__":
    main()
