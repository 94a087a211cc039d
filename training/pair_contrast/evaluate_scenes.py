"""Hold a pair network against scenes on skin of patients that it never saw: `python evaluate_scenes.py POOL NET.onnx`.

Prints, by what happened to a scene, the bias and error of its clearance; whether the expected p is right on average where it says so
(reliability); and how often the truth lies within one and two of the network's own standard deviations.
"""

from __future__ import annotations

import argparse
import pathlib

import cv2
import numpy as np
import onnxruntime

from photocompare.base.masks import grown

ALPHA, SLOPE = 3.5, 3.5
DE_STEP = 0.1
LEAST_SEEN_PX = 25
"""Expected centreline pixels before, below which a scene has no clearance to speak of."""

FATES = (("unchanged", 0.95, 1.05), ("gone", -0.01, 0.05), ("between", 0.05, 0.95), ("darker", 1.05, np.inf))


def seen(contrast: np.ndarray) -> np.ndarray:
    """The contract's p(x)."""
    return np.asarray(1 - np.exp(-((contrast / ALPHA) ** SLOPE)))


def centres(contrast: np.ndarray) -> np.ndarray:
    """Pixels of a contrast map that are about the strongest of their surroundings: centrelines, a little wide."""
    return np.asarray((contrast > 1) & (contrast >= 0.9 * cv2.dilate(contrast, np.ones((5, 5), np.uint8))))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("pool", type=pathlib.Path)
    ap.add_argument("net", type=pathlib.Path)
    a = ap.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(a.net.read_bytes(), options, providers=["CPUExecutionProvider"])
    ratios: list[tuple[float, float]] = []
    scores: list[np.ndarray] = []
    told: list[np.ndarray] = []
    false_seen: list[float] = []
    for file in sorted(a.pool.glob("check-[0-9]*.npz")):
        with np.load(file) as shard:
            flats, truths, knowns = shard["flat"], shard["truth"], shard["known"]
        for flat, bytes_, known in zip(flats, truths, knowns, strict=True):
            truth = bytes_.astype(np.float32) * DE_STEP
            reading = session.run(None, {"flat": flat[None].astype(np.float32)})[0][0]
            core = centres(truth[0]) & known
            share = [float(seen(truth[k])[core].sum()) for k in (0, 1)]
            read = [float(reading[4 * k + 2][core].sum()) for k in (0, 1)]
            if share[0] > LEAST_SEEN_PX:
                ratios.append((share[1] / share[0], read[1] / max(read[0], 1e-3)))
            for k in (0, 1):
                places = core | (centres(truth[1]) & known)
                wrong = np.log1p(truth[k][places]) - np.log1p(reading[4 * k][places])
                scores.append(wrong / reading[4 * k + 1][places])
                told.append(np.stack([reading[4 * k + 2][places], seen(truth[k])[places]]))
                clear = known & ~grown(truth[k] > 0.5, 3)
                false_seen.append(float(reading[4 * k + 2][clear].mean()))
    pairs = np.array(ratios)
    wrong = 100 * (pairs[:, 0] - pairs[:, 1])
    for name, low, high in FATES:
        of = (pairs[:, 0] >= low) & (pairs[:, 0] < high)
        if of.any():
            print(
                f"{name:10} {of.sum():4} scenes  bias {wrong[of].mean():6.1f}  mean error {np.abs(wrong[of]).mean():5.1f}  "
                f"median {np.median(np.abs(wrong[of])):5.1f}"
            )
    print(f"all        {len(wrong):4} scenes  bias {wrong.mean():6.1f}  mean error {np.abs(wrong).mean():5.1f}")
    z = np.concatenate(scores)
    print(f"truth within 1 / 2 standard deviations: {np.mean(np.abs(z) < 1):.2f} / {np.mean(np.abs(z) < 2):.2f} (0.68 / 0.95)")
    said, true = np.concatenate(told, axis=1)
    bins = np.digitize(said, [0.1, 0.3, 0.5, 0.7, 0.9])
    cells = [f"{said[bins == b].mean():.2f}->{true[bins == b].mean():.2f}" for b in range(6) if (bins == b).any()]
    print("expected p said -> true: " + "  ".join(cells))
    print(f"mean expected p where nothing is: {np.mean(false_seen):.4f}")


if __name__ == "__main__":
    main()
