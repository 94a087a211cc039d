"""Render training scenes to a file: `python make_scenes.py FIRST_SEED COUNT OUT.npz`."""

from __future__ import annotations

import sys

import numpy as np
from skin_scenes import render_scene

DE_STEP = 0.1
"""Colour differences are kept as bytes in steps of 0.1 CIE76 (up to 25.5)."""


def main(first: int, count: int, out: str) -> None:
    scenes = [render_scene(seed) for seed in range(first, first + count)]
    as_bytes = lambda de: np.clip(np.rint(de / DE_STEP), 0, 255).astype(np.uint8)  # noqa: E731
    np.savez(
        out,
        image=np.stack([s.image for s in scenes]),
        vein=np.stack([as_bytes(s.vein_de) for s in scenes]),
        stain=np.stack([as_bytes(s.stain_de) for s in scenes]),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
