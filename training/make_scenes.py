"""Render training scenes to a file: `python make_scenes.py FIRST_SEED COUNT OUT.npz [--pairs]`."""

from __future__ import annotations

import sys

import numpy as np
from skin_pairs import render_pair
from skin_scenes import render_scene

DE_STEP = 0.1
"""Colour differences are kept as bytes in steps of 0.1 CIE76 (up to 25.5)."""


def main(first: int, count: int, out: str, pairs: bool) -> None:
    scenes = [vars(render_pair(seed) if pairs else render_scene(seed)) for seed in range(first, first + count)]
    as_bytes = lambda de: de if de.dtype == np.uint8 else np.clip(np.rint(de / DE_STEP), 0, 255).astype(np.uint8)  # noqa: E731
    np.savez(out, **{name: np.stack([as_bytes(s[name]) for s in scenes]) for name in scenes[0]})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], "--pairs" in sys.argv[4:])
