"""What all costs are held against, decoding the same two photos: `python -m benchmarks.decode BEFORE AFTER SECONDS.json`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cv2


def main() -> None:
    """Decode both with `cv2.imread`, one after the other, keep both, write the wall and CPU seconds of the two calls."""
    before, after, out = sys.argv[1:]
    wall, cpu = time.perf_counter(), time.process_time()
    photos = [cv2.imread(before), cv2.imread(after)]
    seconds = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    if any(photo is None for photo in photos):
        raise SystemExit("a photo could not be decoded")
    Path(out).write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
