"""Hold a pair network against photographs and renderings whose answer is known.

    python evaluate_cases.py cache CACHE --bench DEV --cases REAL_CASES --pairs REAL --readers READERS.csv
    python evaluate_cases.py score CACHE [NET.onnx] [--json FILE]

`cache` lays every pair over each other once, by the package's own registration, and keeps what a network needs; `score` then takes seconds
a network.  Without a network the package's own readings of that day are scored, by the same formula: the mean of both witnesses.
None of these photos is ever trained on.
"""

from __future__ import annotations

import argparse
import csv
import json
import pathlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask
from photocompare.base.colour import density_from_linear
from photocompare.photo.reading import read_photo
from photocompare.prepared_photo import prepare_photo
from photocompare.registration import register
from photocompare.registration.resampling import sampled_through, warped_photo
from photocompare.settings import STANDARD
from photocompare.veins.network import read_beside, read_skin
from photocompare.veins.photometry import forced_contrast
from photocompare.veins.pieces import Veins, find_veins
from photocompare.veins.reading import SkinReading, flattened_density

ALPHA, SLOPE = 3.5, 3.5
MARGIN_PX, MULTIPLE = 48, 16
STRIP_ROWS = 512
FLOATS = NDArray[np.float64]


def seen(contrast: FLOATS) -> FLOATS:
    """The contract's p(x)."""
    return np.asarray(1 - np.exp(-((np.maximum(contrast, 0) / ALPHA) ** SLOPE)))


def _box(leg: Mask) -> tuple[slice, slice]:
    """The leg with a margin."""
    out = []
    for axis, size in ((1, leg.shape[0]), (0, leg.shape[1])):
        at = np.flatnonzero(leg.any(axis=axis))
        low, high = max(0, int(at[0]) - MARGIN_PX), min(size, int(at[-1]) + 1 + MARGIN_PX)
        out.append(slice(low, high))
    return out[0], out[1]


def _photo(folder: pathlib.Path, which: str) -> pathlib.Path:
    return next(p for p in sorted(folder.glob(f"{which}.*")) if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))


def cache_pair(folder: pathlib.Path, out: pathlib.Path, about: dict[str, Any]) -> str:
    """Register one pair and keep what scoring needs; returns a line to print."""
    file = out / f"{about['set']}-{folder.name}.npz"
    if file.exists():
        return f"{file.name} is there"
    before, after = (prepare_photo(read_photo(_photo(folder, which))) for which in ("before", "after"))
    registration = register(
        before.linear, after.linear, before.limb, after.limb, options=STANDARD.registration, field_options=STANDARD.field
    )
    if registration.refused or not registration.shared.any():
        return f"{file.name} refused: {', '.join(registration.flags)}"
    scale = before.scale.mm_per_px
    px_per_mm = before.quality.limb_px / STANDARD.quality.usual_limb_mm if scale is None else before.factor / scale
    warped, shown = warped_photo(after.linear, registration.map_xy)
    first, alone = (read_skin(p.linear, p.field.leg, factor=p.factor) for p in (before, after))
    leg = before.field.leg & shown
    _, beside = read_beside(before.linear, warped, leg, factor=before.factor)
    veins = find_veins(first, before.field.measurable, px_per_mm, options=STANDARD.veins)
    forced = forced_contrast(
        veins.pieces, (density_from_linear(before.linear), density_from_linear(after.linear)), registration.map_xy, veins.mask
    )
    box = _box(before.field.leg)
    flat = np.dstack([flattened_density(photo[box], leg[box]) for photo in (before.linear, warped)]).transpose(2, 0, 1)
    carried = [sampled_through(channel, registration.map_xy)[box] for channel in (alone.vein_de, alone.vein_probability)]
    corner = np.array([box[0].start, box[1].start], np.float32)
    erased = np.zeros(leg.shape, bool)
    if (folder / "erased_before.png").exists():
        mask = cv2.imread(str(folder / "erased_before.png"), cv2.IMREAD_GRAYSCALE)
        erased = cv2.resize(mask, leg.shape[::-1], interpolation=cv2.INTER_AREA) > 127
    np.savez_compressed(
        file,
        about=json.dumps({**about, "name": folder.name, "px_per_mm": px_per_mm, "error_px": registration.error_px_median}),
        flat=flat.astype(np.float16),
        shared=registration.shared[box],
        measurable=before.field.measurable[box],
        erased=erased[box],
        points=np.concatenate([p.points for p in veins.pieces] or [np.zeros((0, 2), np.float32)]) - corner,
        owner=np.repeat(np.arange(len(veins.pieces)), [len(p.points) for p in veins.pieces]),
        length=np.array([p.length_px for p in veins.pieces]),
        width=np.array([p.width_px for p in veins.pieces]),
        forced=np.stack([forced.before_de, forced.after_de]),
        older=np.stack(
            [first.vein_de[box], carried[0], beside.vein_de[box], first.vein_probability[box], carried[1], beside.vein_probability[box]]
        ).astype(np.float16),
        pictures=np.stack([(np.clip(p[box], 0, 1) ** (1 / 2.2) * 255).astype(np.uint8) for p in (before.linear, warped)]),
    )
    return f"{file.name} {len(veins.pieces)} pieces, {px_per_mm:.1f} px per mm, off by {registration.error_px_median:.1f} px"


def _folders(a: argparse.Namespace) -> list[tuple[pathlib.Path, dict[str, Any]]]:
    found: list[tuple[pathlib.Path, dict[str, Any]]] = []
    for folder in sorted(a.pairs.iterdir()) if a.pairs else []:
        rows = [r for r in csv.DictReader(a.readers.open()) if r["pair"] == folder.name]
        if rows and all(r["comparable"].lower() == "true" for r in rows):
            found.append((folder, {"set": "readers", "expected": float(np.mean([float(r["clearance"]) for r in rows]))}))
    for folder in sorted(a.cases.iterdir()) if a.cases else []:
        truth = json.loads((folder / "truth.json").read_text()) if (folder / "truth.json").exists() else {}
        if truth.get("expect") == "measure":
            found.append((folder, {"set": truth["kind"], "expected": 0.0}))
    for folder in sorted(a.bench.iterdir()) if a.bench else []:
        truth = json.loads((folder / "truth.json").read_text()) if (folder / "truth.json").exists() else {}
        if truth.get("expect") == "measure" and truth.get("observer"):
            told = truth["observer"]
            calibre = {name: told[name] for name in ("telangiectasia", "reticular")}
            found.append((folder, {"set": f"bench-{truth['kind']}", "expected": told["clearance_length"], **calibre}))
    return found


@dataclass(frozen=True)
class Pieces:
    """Seen shares of each piece before and after by one way of reading, and what each piece weighs."""

    before: FLOATS
    after: FLOATS

    def clearance(self, length: FLOATS) -> float:
        """Percent by the contract; NaN where nothing is seen before."""
        total = float((length * self.before).sum())
        return 100 * (1 - float((length * self.after).sum()) / total) if total > 0 else float("nan")


def _means(values: FLOATS, owner: NDArray[np.intp], count: int) -> FLOATS:
    return np.bincount(owner, values, count) / np.maximum(np.bincount(owner, minlength=count), 1)


def read(session: Any, flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's eight maps of a whole pair, in strips whose margins are given to drop."""
    rows, cols = flat.shape[1:]
    flat = np.pad(flat, ((0, 0), (0, -rows % MULTIPLE), (0, -cols % MULTIPLE)))
    height = flat.shape[1]
    out = np.zeros((8, *flat.shape[1:]), np.float32)
    margin = 64
    for top in range(0, height, STRIP_ROWS):
        low, high = max(0, top - margin), min(height, top + STRIP_ROWS + margin)
        part = session.run(None, {"flat": np.ascontiguousarray(flat[None, :, low:high])})[0][0]
        end = min(height, top + STRIP_ROWS)
        out[:, top:end] = part[:, top - low : end - low]
    return out[:, :rows, :cols]


def _at_own_place(points: FLOATS, guide: NDArray[np.float32], reach: int = 1) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pixel of most contrast before within `reach` of each point: skeletons are off by one."""
    height, width = guide.shape
    rows, cols = np.rint(points).astype(np.intp).T
    best = np.full(len(rows), -np.inf)
    at = rows.copy(), cols.copy()
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            r, c = np.clip(rows + dy, 0, height - 1), np.clip(cols + dx, 0, width - 1)
            better = guide[r, c] > best
            best = np.where(better, guide[r, c], best)
            for kept, new in zip(at, (r, c), strict=True):
                kept[better] = new[better]
    return at


def _share(case: dict[str, Any], name: str) -> FLOATS:
    """How much of each piece lies in a mask."""
    mask = case[name]
    rows, cols = np.rint(case["points"]).astype(np.intp).T
    inside = (rows < mask.shape[0]) & (cols < mask.shape[1])
    here = mask[np.minimum(rows, mask.shape[0] - 1), np.minimum(cols, mask.shape[1] - 1)] & inside
    return _means(here.astype(np.float64), case["owner"], len(case["length"]))


def by_network(case: dict[str, Any], reading: NDArray[np.float32]) -> dict[str, Pieces]:
    """Three ways of reading the same maps: the expected p, p of the piece's contrast, and p of it over its uncertainty."""
    owner, count = case["owner"], len(case["length"])
    rows, cols = _at_own_place(case["points"], reading[0])
    take = lambda k: _means(reading[k][rows, cols].astype(np.float64), owner, count)  # noqa: E731
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    smeared = [
        _means(
            sum(
                w * seen(np.exp(np.log1p(reading[k][rows, cols].astype(np.float64)) + z * reading[k + 1][rows, cols]) - 1)
                for z, w in zip(nodes, weights / weights.sum(), strict=True)
            ),
            owner,
            count,
        )
        for k in (0, 4)
    ]
    return {"seen": Pieces(take(2), take(6)), "contrast": Pieces(seen(take(0)), seen(take(4))), "smeared": Pieces(smeared[0], smeared[1])}


def blank_floor(case: dict[str, Any], about: dict[str, Any], reading: NDArray[np.float32]) -> tuple[float, float]:
    """Expected p before and after at copies of the pieces, moved 3 to 12 mm to skin without vein before."""
    shape = reading.shape[1:]
    rows, cols = np.rint(case["points"]).astype(np.intp).T
    lines = np.zeros(shape, np.uint8)
    lines[np.minimum(rows, shape[0] - 1), np.minimum(cols, shape[1] - 1)] = 1
    away = cv2.distanceTransform(1 - lines, cv2.DIST_L2, 5) > 1.5 * about["px_per_mm"]
    rng = np.random.default_rng(0)
    found: list[NDArray[np.float32]] = []
    for _ in range(12):
        turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(3, 12) * about["px_per_mm"]
        moved = case["points"] + far * np.array([np.sin(turn), np.cos(turn)])
        inside = ((moved >= 0) & (moved <= np.array(shape) - 1)).all(axis=1)
        r, c = _at_own_place(moved[inside], reading[0])
        blank = away[r, c] & case["shared"][r, c]
        found.append(reading[[2, 6]][:, r[blank], c[blank]])
    every = np.concatenate(found, axis=1)
    return (float(every[0].mean()), float(every[1].mean())) if every.shape[1] > 50 else (0.0, 0.0)


def by_own_lines(case: dict[str, Any], about: dict[str, Any], reading: NDArray[np.float32]) -> tuple[Pieces, FLOATS, Veins]:
    """The expected p along lines that the network finds itself."""
    none = np.zeros_like(reading[0])
    likely = np.where(reading[2] >= 0.21, np.float32(1), np.float32(0))
    veins = find_veins(SkinReading(reading[0], none, likely, none), case["shared"], about["px_per_mm"], options=STANDARD.veins)
    length = np.array([p.length_px for p in veins.pieces])
    points = np.concatenate([p.points for p in veins.pieces] or [np.zeros((0, 2), np.float32)])
    owner = np.repeat(np.arange(len(veins.pieces)), [len(p.points) for p in veins.pieces])
    rows, cols = _at_own_place(points, reading[0])
    share = [_means(reading[k][rows, cols].astype(np.float64), owner, len(length)) for k in (2, 6)]
    return Pieces(share[0], share[1]), length, veins


def by_older(case: dict[str, Any]) -> dict[str, Pieces]:
    """The readings of the day: the profile, the networks, and the mean of both."""
    owner, count = case["owner"], len(case["length"])
    older = case["older"].astype(np.float32)
    rows, cols = _at_own_place(case["points"], older[0])
    network = [_means(image[rows, cols].astype(np.float64), owner, count) for image in (older[0], (older[1] + older[2]) / 2)]
    profile = [np.where(np.isfinite(x), x, n) for x, n in zip(case["forced"], network, strict=True)]
    return {
        "profile": Pieces(seen(profile[0]), seen(profile[1])),
        "networks": Pieces(seen(network[0]), seen(network[1])),
        "mean": Pieces(*((seen(p) + seen(n)) / 2 for p, n in zip(profile, network, strict=True))),
        "mean x": Pieces(*(seen((p + n) / 2) for p, n in zip(profile, network, strict=True))),
    }


def score(folder: pathlib.Path, net: pathlib.Path | None, only: str = "") -> list[dict[str, Any]]:
    """One row a case: what was expected and what each way of reading says."""
    session = None
    if net is not None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 2, 3
        session = onnxruntime.InferenceSession(net.read_bytes(), options, providers=["CPUExecutionProvider"])
    rows = []
    for file in sorted(folder.glob(f"{only}*.npz")):
        with np.load(file) as stored:
            case = {name: stored[name] for name in stored.files if name != "pictures"}
        about = json.loads(str(case["about"]))
        counted = case["length"] * (_share(case, "shared") > 0.5)
        erased = _share(case, "erased")
        row: dict[str, Any] = {"set": about["set"], "case": about["name"], "expected": about["expected"]}
        ways = by_older(case)
        if session is not None:
            reading = read(session, case["flat"].astype(np.float32))
            ways = by_network(case, reading)
        told: dict[str, tuple[float, float]] = {}
        for name, pieces in ways.items():
            expected = about["expected"]
            if about["set"] == "real-erase":
                expected = 100 * float((counted * pieces.before * erased).sum()) / max(1e-6, float((counted * pieces.before).sum()))
            told[name] = (pieces.clearance(counted), expected)
        if session is not None:
            floor = blank_floor(case, about, reading)
            row["floor"] = floor
            expected = told["seen"][1]
            less = Pieces(*(p - f for p, f in zip((ways["seen"].before, ways["seen"].after), floor, strict=True)))
            told["less floor"] = (less.clearance(counted), expected)
            pieces, length, veins = by_own_lines(case, about, reading)
            expected = about["expected"]
            if about["set"] == "real-erase" and veins.pieces:
                here = np.array([case["erased"][tuple(np.rint(p.points).astype(int).T)].mean() for p in veins.pieces])
                expected = 100 * float((length * pieces.before * here).sum()) / max(1e-6, float((length * pieces.before).sum()))
            told["own lines"] = (pieces.clearance(length), expected)
            row["own_mm"] = float((length * pieces.before).sum()) / about["px_per_mm"]
        row["ways"] = told
        row["before_mm"] = float((counted * next(iter(ways.values())).before).sum()) / about["px_per_mm"]
        rows.append(row)
    return rows


def _print(rows: list[dict[str, Any]]) -> None:
    names = list(rows[0]["ways"])
    for row in rows:
        ways = "  ".join(f"{name} {row['ways'][name][0]:6.1f}" for name in names)
        print(
            f"{row['set']:14} {row['case']:22} expected {row['ways'][names[0]][1]:6.1f}  {ways}  ({row['before_mm']:.0f} mm, floor {row.get('floor', (0, 0))[0]:.2f} {row.get('floor', (0, 0))[1]:.2f})"
        )
    print(f"\n{'bias / mean error (median; p90)':32}" + "".join(f"{name:>27}" for name in names))
    for kind in sorted({row["set"] for row in rows}):
        cells = []
        for name in names:
            wrong = np.array([r["ways"][name][0] - r["ways"][name][1] for r in rows if r["set"] == kind])
            wrong = wrong[np.isfinite(wrong)]
            size = np.abs(wrong)
            cells.append(f"{wrong.mean():6.1f} /{size.mean():5.1f} ({np.median(size):4.1f};{np.percentile(size, 90):5.1f})")
        title = f"{kind} ({sum(r['set'] == kind for r in rows)})"
        print(f"{title:32}" + "".join(f"{cell:>27}" for cell in cells))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("what", choices=("cache", "score"))
    ap.add_argument("cache", type=pathlib.Path)
    ap.add_argument("net", type=pathlib.Path, nargs="?")
    for name in ("bench", "cases", "pairs", "readers", "json"):
        ap.add_argument(f"--{name}", type=pathlib.Path)
    ap.add_argument("--only", default="", help="begin of the sets' names that are scored, as bench or readers")
    a = ap.parse_args()
    if a.what == "cache":
        a.cache.mkdir(parents=True, exist_ok=True)
        for folder, about in _folders(a):
            print(cache_pair(folder, a.cache, about), flush=True)
        return
    rows = score(a.cache, a.net, a.only)
    _print(rows)
    if a.json:
        a.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
