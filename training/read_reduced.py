"""Teach the vein networks to read a reduced picture as they read it enlarged.

    python read_reduced.py draw FIRST_SEED COUNT OUT.npz [--skin SKIN]
    python read_reduced.py teach PICTURES weights OUT --photos 1 --steps 3000

What is learned is a function of the picture alone, so any picture teaches it: drawn pairs, drawn veins on photographed skin (`SKIN` holds
`pad.csv` and `pad/`), and both changed as cameras, messengers and distance change them.
"""

from __future__ import annotations

import argparse
import math
import pathlib

import cv2
import numpy as np
import pair_scenes
import skin_pairs
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from train_on import loss_of_reading_as, with_weights
from train_vein_unet import VeinUNet, export

from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.veins.network import MODELS
from photocompare.veins.reading import flattened_density

ENLARGED = 248 / 192
"""How much larger the picture is that is read as it should be: the root of 2 megapixels over 1.2."""

SIDE, CROP, BATCH, SEED = 448, 192, 6, 5
MARGIN = 20
"""Pixels at a crop's edge that teach nothing: there either network sees beyond the picture."""

STRONG = math.log(2.5)
"""ln(1 + CIE76) above which the error is told."""

Pictures = list[np.ndarray]


def draw(first: int, count: int, out: pathlib.Path, skin: pathlib.Path | None) -> None:
    """Photos of pairs, uint8 (N, 2, SIDE, SIDE, 3), and where there is leg, bool (N, SIDE, SIDE)."""
    left_out = frozenset(pathlib.Path(__file__).with_name("left_out.txt").read_text().split())
    photos, legs = [], []
    for seed in range(first, first + count):
        if skin is None:
            pair = skin_pairs.render_pair(seed)
            photos.append(np.stack([pair.before, pair.after]))
            legs.append(np.ones((SIDE, SIDE), bool))
        else:
            scene = pair_scenes.render_pair(seed, skin, left_out=left_out, real_share=1.0, kept=SIDE)
            photos.append(scene.photos)
            legs.append(scene.leg)
    np.savez(out, photos=np.stack(photos), leg=np.stack(legs))


def load(folder: pathlib.Path, rng: Generator) -> Pictures:
    """Light-free densities (H, W, 6) of all pairs, most of them reduced by up to 1.41, as a working copy is."""
    pictures = []
    for file in sorted(folder.glob("*.npz")):
        part = np.load(file)
        for pair, leg in zip(part["photos"], part["leg"], strict=True):
            factor = 1 / float(rng.uniform(1, math.sqrt(2))) if rng.random() < 0.85 else 1.0
            there = cv2.resize(leg.astype(np.uint8), None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST) > 0
            smaller = [cv2.resize(linear_from_srgb8(p), there.shape[::-1], interpolation=cv2.INTER_AREA) for p in pair]
            pictures.append(np.dstack([flattened_density(p, there) for p in smaller]).astype(np.float16))
    return pictures


def changed(rng: Generator, photo: np.ndarray) -> np.ndarray:
    """The density of one photo with another camera's noise, focus, sharpening and JPEG."""
    shape = photo.shape[:2]
    if rng.random() < 0.35:
        grain = rng.normal(0, 1, (*shape, 3)).astype(np.float32)
        grain = cv2.GaussianBlur(0.6 * grain + grain.mean(2, keepdims=True), (0, 0), rng.uniform(0.2, 1.5))
        photo = photo + grain / grain.std() * np.float32(np.exp(rng.uniform(np.log(0.004), np.log(0.05))))
    focus = rng.random()
    if focus < 0.15:
        photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.4, 1.6))
    elif focus < 0.35:
        photo = photo + np.float32(rng.uniform(0.2, 1.5)) * (photo - cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.7, 2.5)))
    if rng.random() < 0.45:
        base = np.array([0.5, 0.3, 0.22], np.float32) * np.float32(rng.uniform(0.35, 1.3))
        encoded = srgb8_from_linear(np.clip(np.exp(-photo) * base, 1e-4, 1).astype(np.float32))
        if rng.random() < 0.3:
            less = rng.uniform(0.6, 0.95)
            small = cv2.resize(encoded, None, fx=less, fy=less, interpolation=cv2.INTER_AREA)
            encoded = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)
        _, data = cv2.imencode(".jpg", encoded, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(35, 92))])
        photo = -np.log(np.maximum(linear_from_srgb8(cv2.imdecode(data, cv2.IMREAD_COLOR)), 1e-4) / base)
    return np.asarray(photo, np.float32)


def window(rng: Generator, picture: np.ndarray, take: int) -> np.ndarray:
    y, x = (int(rng.integers(size - take + 1)) for size in picture.shape[:2])
    return np.ascontiguousarray(picture[y : y + take, x : x + take], np.float32)


def crop(rng: Generator, pictures: Pictures, photos: int) -> np.ndarray:
    """One picture to read, float32 (3 or 6, CROP, CROP)."""
    picture = pictures[rng.integers(len(pictures))]
    scale = float(np.exp(rng.uniform(np.log(0.63), np.log(1.3)))) if rng.random() < 0.6 else 1.0
    take = min(math.ceil(CROP / scale), *picture.shape[:2])
    how = cv2.INTER_AREA if take > CROP else cv2.INTER_CUBIC
    piece = window(rng, picture, take)
    pair = [cv2.resize(np.ascontiguousarray(piece[..., k : k + 3]), (CROP, CROP), interpolation=how) for k in (0, 3)]
    if rng.random() < 0.25:  # another skin's texture on top
        other = window(rng, pictures[rng.integers(len(pictures))], CROP) * np.float32(rng.uniform(0.2, 0.8))
        pair = [p + other[..., k : k + 3] for k, p in zip((0, 3), pair, strict=True)]
    gain = np.float32(np.exp(rng.normal(0, 0.25)))
    read = np.dstack([changed(rng, p * gain) for p in pair])
    if rng.random() < 0.15:  # the leg ends
        yy, xx = np.mgrid[:CROP, :CROP] - CROP / 2
        angle = rng.uniform(0, 2 * np.pi)
        edge = np.cos(angle) * xx + np.sin(angle) * yy + rng.uniform(-10, 60) + 6 * np.sin(yy / rng.uniform(10, 40))
        read = read * (edge > 0)[..., None]
    read = np.rot90(read, rng.integers(4))[:, :: rng.choice([-1, 1])]
    read = read if rng.random() < 0.5 else np.dstack([read[..., 3:], read[..., :3]])
    return np.ascontiguousarray(read[..., : 3 * photos].transpose(2, 0, 1), np.float32)


def readings(teacher: VeinUNet, x: Tensor) -> Tensor:
    """What the teacher reads of the enlarged picture, at the picture's own pixels."""
    side = round(CROP * ENLARGED)
    with torch.no_grad():
        larger = F.interpolate(x, size=(side, side), mode="bicubic", align_corners=False)
        beyond = -side % 16
        read = teacher(F.pad(larger, (0, beyond, 0, beyond), mode="reflect"))[:, :, :side, :side]
        return F.interpolate(read, size=(CROP, CROP), mode="bilinear", align_corners=False)


def loss_of(pred: Tensor, told: Tensor) -> Tensor:
    inner = np.s_[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
    return loss_of_reading_as(told[inner], pred[inner], veins=2, unsure=0.3)


def error_of(net: VeinUNet, held: list[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Mean absolute error and bias of ln(1 + CIE76) of vein where there is some."""
    off = []
    with torch.no_grad():
        for x, told in held:
            pair = [t[:, 0, MARGIN:-MARGIN, MARGIN:-MARGIN].clamp(min=0) for t in (net(x), told)]
            off.append((pair[0] - pair[1])[(pair[0] + pair[1]) / 2 > STRONG])
    every = torch.cat(off)
    return float(every.abs().mean()), float(every.mean())


def teach(folder: pathlib.Path, weights: pathlib.Path, out: pathlib.Path, photos: int, steps: int, rate: float) -> None:
    """Start from the trained weights, and write the average of those that the last steps went through."""
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    rng, check = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    teacher, net = (with_weights(weights / MODELS[photos, False][0], photos) for _ in range(2))
    pictures = load(folder, rng)
    batch = lambda r: torch.from_numpy(np.stack([crop(r, pictures, photos) for _ in range(BATCH)]))  # noqa: E731
    held = [(x, readings(teacher, x)) for x in (batch(check) for _ in range(8))]
    average = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    print("before", error_of(net, held), flush=True)
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, step / 50) * 0.5 * (1 + np.cos(np.pi * step / steps))
        x = batch(rng)
        value = loss_of(net(x), readings(teacher, x))
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        for k, v in net.state_dict().items():
            average[k].lerp_(v, 1 - min(0.995, step / (step + 10)))
        if step % 100 == 0 or step == steps:
            now = {k: v.clone() for k, v in net.state_dict().items()}
            net.load_state_dict(average)
            print(step, f"{value.item():.4f}", error_of(net, held), flush=True)
            export(net, out / MODELS[photos, True][0])
            net.load_state_dict(now)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    task = ap.add_subparsers(required=True)
    drawing = task.add_parser("draw")
    drawing.add_argument("first", type=int)
    drawing.add_argument("count", type=int)
    drawing.add_argument("out", type=pathlib.Path)
    drawing.add_argument("--skin", type=pathlib.Path)
    drawing.set_defaults(run=lambda a: draw(a.first, a.count, a.out, a.skin))
    teaching = task.add_parser("teach")
    teaching.add_argument("pictures", type=pathlib.Path)
    teaching.add_argument("weights", type=pathlib.Path)
    teaching.add_argument("out", type=pathlib.Path)
    teaching.add_argument("--photos", type=int, choices=(1, 2), required=True)
    teaching.add_argument("--steps", type=int, default=3000)
    teaching.add_argument("--rate", type=float, default=8e-4)
    teaching.set_defaults(run=lambda a: teach(a.pictures, a.weights, a.out, a.photos, a.steps, a.rate))
    a = ap.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
