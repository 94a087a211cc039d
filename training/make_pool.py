"""Render a pool of pair scenes: `python make_pool.py POOL --skin SKIN --first 0 --shards 24`.

Each shard is rendered by itself and written whole, so that a trainer may read the pool while it grows, and a stopped run goes on where it
ended (shards that are there are left alone).
"""

from __future__ import annotations

import argparse
import pathlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import cv2
import numpy as np
from make_scenes import DE_STEP
from pair_scenes import REAL_SHARE, PairScene, render_pair

SHARD = 40
"""Scenes a file."""

HELD_OUT_SEED = 10_000_000
"""Scenes of the check begin here."""


def _bytes(scenes: list[PairScene], name: str) -> np.ndarray:
    return np.stack([np.clip(np.rint(getattr(scene, name) / DE_STEP), 0, 255).astype(np.uint8) for scene in scenes])


def shard(number: int, pool: pathlib.Path, skin: pathlib.Path, held_out: bool, left_out: frozenset[str], real: float, plain: bool) -> str:
    """Render one file of scenes."""
    out = pool / f"{'check' if held_out else 'train'}-{number:04d}.npz"
    if out.exists():
        return f"{out.name} is there"
    cv2.setNumThreads(1)
    first = number * SHARD + (HELD_OUT_SEED if held_out else 0)
    scenes = [
        render_pair(seed, skin, held_out=held_out, left_out=left_out, real_share=real, obstructed=not plain)
        for seed in range(first, first + SHARD)
    ]
    part = out.with_suffix(".part.npz")
    np.savez(
        part,
        photos=np.stack([s.photos for s in scenes]),
        leg=np.stack([s.leg for s in scenes]),
        truth=_bytes(scenes, "truth"),
        truth_swapped=_bytes(scenes, "truth_swapped"),
        known=np.stack([s.known for s in scenes]),
    )
    part.rename(out)
    return out.name


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("pool", type=pathlib.Path)
    ap.add_argument("--skin", type=pathlib.Path, required=True, help="folder with pad.csv and pad/")
    ap.add_argument("--first", type=int, default=0)
    ap.add_argument("--shards", type=int, default=24)
    ap.add_argument("--jobs", type=int, default=1)
    ap.add_argument("--held-out", action="store_true")
    ap.add_argument("--left-out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("left_out.txt"))
    ap.add_argument("--real-share", type=float, default=REAL_SHARE)
    ap.add_argument("--plain", action="store_true", help="without obstructions, to see what they bring")
    a = ap.parse_args()
    a.pool.mkdir(parents=True, exist_ok=True)
    left_out = frozenset(a.left_out.read_text().split()) if a.left_out.exists() else frozenset()
    work = partial(shard, pool=a.pool, skin=a.skin, held_out=a.held_out, left_out=left_out, real=a.real_share, plain=a.plain)
    with ProcessPoolExecutor(a.jobs) as workers:
        for name in workers.map(work, range(a.first, a.first + a.shards)):
            print(name, flush=True)


if __name__ == "__main__":
    main()
