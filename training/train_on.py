"""Train the vein networks on, on skin that is drawn and photographed, as cameras show it.

    python train_on.py POOL weights OUT --photos 1 --minutes 20 --skin SKIN

`POOL` is what `make_pool.py` rendered; `SKIN` holds `pad/`.  Cameras and JPEG keep little colour in what is fine, and less
colour than skin has in all detail: every crop loses a share of its colour before fine detail gets that of thin vessels, as it does in a
comparison (`photocompare.veins.fine_colour`), so that vein, hair and furrow have to be told by shape.
"""

from __future__ import annotations

import argparse
import math
import pathlib
import time
from dataclasses import dataclass

import cv2
import numpy as np
import onnx
import torch
from make_scenes import DE_STEP
from numpy.random import Generator
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from train_vein_unet import VISIBLE_DE, VeinUNet, export

from photocompare.base.colour import linear_from_srgb8
from photocompare.veins.fine_colour import STANDARD_FINE_COLOUR, blood_where_fine
from photocompare.veins.reading import flattened_density

NAMES = {1: "vein_unet.onnx", 2: "vein_pair_unet.onnx"}
"""File of a network's weights, by how many photos it looks at."""

CROP, SCENES, PLAIN, RATE, SEED = 144, 6, 2, 5e-4, 1
"""Side of a crop in px; crops a step of scenes, and of photographs without anything drawn; greatest rate; root of all choices."""

HELD_OUT = 60
"""Scenes that tell how far it has come."""

SIZES = (0.65, 1.25)
"""A scene is read at sizes between these: photos that are reduced to the working size, and coarse ones that are enlarged."""

LEAST_COLOUR = 0.15
"""Least share of the colour of detail that is left, with seven in ten crops: in photographs veins and bare skin hardly differ by it."""

LIGHTNESS = np.array([0.3, 0.6, 0.1], np.float32)
"""What of the densities in red, green and blue a camera's lightness is made of."""


@dataclass(frozen=True)
class Item:
    """flat : float16 (6, H, W), light-free density before and after.  factor : size over that of the photo.

    truth, swapped : uint8 (4, H, W), tenths of CIE76 of vein before, after, stain before, after; in the before and in the after photo's geometry.
    known : uint8 (H, W), 1 where the truth is believed.
    """

    flat: np.ndarray
    factor: float
    truth: np.ndarray
    swapped: np.ndarray
    known: np.ndarray


def light_free(photo: np.ndarray, leg: np.ndarray, factor: float) -> np.ndarray:
    """Planes (3, h, w) of a photo of another size."""
    linear = linear_from_srgb8(photo)
    if factor != 1:
        size = (max(CROP, round(photo.shape[1] * factor)),) * 2
        linear = np.clip(cv2.resize(linear, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC), 0, 1)
        leg = cv2.resize(leg.view(np.uint8), size, interpolation=cv2.INTER_NEAREST).view(np.bool_)
    return np.ascontiguousarray(np.moveaxis(flattened_density(linear, leg), 2, 0), dtype=np.float32)


def load(pool: pathlib.Path, rng: Generator) -> list[Item]:
    items = []
    for file in sorted(pool.glob("train-*.npz")):
        part = np.load(file)
        photos, legs, known, truth, swapped = (part[name] for name in ("photos", "leg", "known", "truth", "truth_swapped"))
        for k, (pair, leg) in enumerate(zip(photos, legs, strict=True)):
            factor = float(rng.choice([1.0, rng.uniform(SIZES[0], 1), rng.uniform(1, SIZES[1])], p=[0.45, 0.35, 0.2]))
            flat = np.concatenate([light_free(photo, leg, factor) for photo in pair]).astype(np.float16)
            shape = flat.shape[:0:-1]
            how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
            sized = [np.stack([cv2.resize(channel, shape, interpolation=how) for channel in told]) for told in (truth[k], swapped[k])]
            items.append(Item(flat, factor, *sized, cv2.resize(known[k].view(np.uint8), shape, interpolation=cv2.INTER_NEAREST)))
    return items


def load_plain(skin: pathlib.Path, rng: Generator) -> list[np.ndarray]:
    """Planes of every other photograph of skin, reduced as legs at arm's length are."""
    plain = []
    for file in sorted((skin / "pad").glob("*"))[::2]:
        picture = cv2.imread(str(file))
        if picture is None:
            continue
        size = min(1.0, float(np.exp(rng.uniform(np.log(0.4), np.log(1.2)))))
        picture = cv2.resize(picture[..., ::-1], None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        side = min(640, *picture.shape[:2])
        if side < 170:
            continue
        top, left = ((length - side) // 2 for length in picture.shape[:2])
        middle = np.ascontiguousarray(picture[top : top + side, left : left + side])
        planes = light_free(middle, np.ones((side, side), np.bool_), 1.0)
        blood_where_fine(planes, options=STANDARD_FINE_COLOUR)
        plain.append(planes.astype(np.float16))
    return plain


def as_photographed(rng: Generator, planes: np.ndarray, factor: float) -> np.ndarray:
    """A photo's planes with less colour, and blood's where they are fine."""
    planes = np.ascontiguousarray(planes, dtype=np.float32)
    if rng.random() < 0.7:
        lightness = np.tensordot(LIGHTNESS, planes, 1)[np.newaxis]
        planes = lightness + np.float32(rng.uniform(LEAST_COLOUR, 1)) * (planes - lightness)
    blood_where_fine(planes, options=STANDARD_FINE_COLOUR.scaled(factor))
    return planes


def scene_crop(rng: Generator, items: list[Item], photos: int) -> list[np.ndarray]:
    """One photo to read (3 or 6, CROP, CROP), first its own planes; vein, stain and vein in the other photo, CIE76; where that is known."""
    for _ in range(3):  # favour crops that show something
        item = items[int(rng.integers(len(items)))]
        y, x = (int(i) for i in rng.integers(0, item.flat.shape[1] - CROP + 1, 2))
        window, first = np.s_[y : y + CROP, x : x + CROP], int(rng.integers(2))
        told = (item.truth if first == 0 else item.swapped)[:, *window]
        vein, stain, other = told[first], told[2 + first], told[1 - first]
        if ((vein >= 15) | (other >= 23)).sum() > 150 or rng.random() < 0.25:
            break
    turn, flip = int(rng.integers(4)), bool(rng.integers(2))

    def turned(picture: np.ndarray) -> np.ndarray:
        picture = np.rot90(picture, turn, axes=(-2, -1))
        return np.ascontiguousarray(picture[..., ::-1] if flip else picture, dtype=np.float32)

    order = (first, 1 - first)[:photos]
    flat = np.concatenate([as_photographed(rng, item.flat[3 * k : 3 * k + 3, *window], item.factor) for k in order])
    gain = np.float32(np.exp(rng.normal(0, 0.1)))
    return [turned(flat) * gain, *(turned(t) * np.float32(DE_STEP) for t in (vein, stain, other)), turned(item.known[window])]


def plain_crop(rng: Generator, plain: list[np.ndarray], photos: int) -> np.ndarray:
    """A photograph's skin; twice, changed or in part another's, for the network that looks at two."""

    def window() -> np.ndarray:
        planes = plain[int(rng.integers(len(plain)))]
        y, x = rng.integers(0, planes.shape[1] - CROP + 1, 2)
        return planes[:, y : y + CROP, x : x + CROP].astype(np.float32)

    seen = [window()]
    if photos == 2:
        again = seen[0] * np.float32(np.exp(rng.normal(0, 0.1)))
        if rng.random() < 0.5:
            again = np.stack([cv2.GaussianBlur(plane, (0, 0), rng.uniform(0.3, 1.5)) for plane in again])
        if rng.random() < 0.4:
            again = again * np.float32(0.6) + window() * np.float32(0.5)
        seen = [seen[0], again] if rng.random() < 0.5 else [again, seen[0]]
    turned = np.rot90(np.concatenate(seen), int(rng.integers(4)), axes=(1, 2))
    return np.ascontiguousarray(turned * np.float32(np.exp(rng.normal(-0.3, 0.4))), dtype=np.float32)


def scene_loss(pred: Tensor, as_before: Tensor, vein: Tensor, stain: Tensor, other: Tensor, known: Tensor) -> Tensor:
    """Of what is read of scenes; a vein that the network before sees and nobody drew is one that the skin may have, and counts a tenth."""
    its_own = (torch.sigmoid(as_before[:, 1]) > 0.3) & (vein < 0.5)
    total = torch.zeros(())
    for k, de, share in ((0, vein, 1.0), (2, stain, 0.6)):
        visible = torch.sigmoid((de - VISIBLE_DE) / 0.25)
        w = (1 + 2 * ((de > 0.5) | (other > VISIBLE_DE))) * known
        if k == 0:
            w = w * (1 - 0.9 * its_own.float())
        off = F.smooth_l1_loss(pred[:, k], torch.log1p(de), reduction="none", beta=0.2)
        unsure = F.binary_cross_entropy_with_logits(pred[:, k + 1], visible, reduction="none")
        total = total + share * (w * (off + unsure)).mean()
    return total


def loss_of_reading_as(told: Tensor, pred: Tensor, *, veins: float, unsure: float) -> Tensor:
    """Of reading as another network told; where it sees something counts `veins` times more, how probable it is `unsure` of the contrast."""
    total, entropy = torch.zeros(()), F.binary_cross_entropy_with_logits
    for k, share in ((0, 1.0), (2, 0.6)):
        w = 1 + veins * (told[:, k] > math.log(1.5))
        probable = torch.sigmoid(told[:, k + 1])
        odds = entropy(pred[:, k + 1], probable, reduction="none") - entropy(told[:, k + 1], probable, reduction="none")
        off = F.smooth_l1_loss(pred[:, k], told[:, k].clamp(min=0), reduction="none", beta=0.1)
        total = total + share * (w * (off + unsure * odds)).mean()
    return total


def plain_loss(pred: Tensor, as_before: Tensor) -> Tensor:
    """Of what is read of photographs: as the network before reads them."""
    return loss_of_reading_as(as_before, pred, veins=4, unsure=0.5)


def with_weights(file: pathlib.Path, photos: int) -> VeinUNet:
    """The network of a trained file; what normalised each batch is part of the weights there."""
    graph = onnx.load(file).graph
    values = {i.name: numpy_helper.to_array(i).copy() for i in graph.initializer}
    net = VeinUNet(photos)
    for level in net.children():
        if isinstance(level, nn.Sequential):
            level[1] = level[4] = nn.Identity()
    given = [node for node in graph.node if node.op_type == "Conv"][1:]  # the first parts the picture into cells
    own = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        for layer, node in zip(own, given, strict=True):
            layer.weight.copy_(torch.from_numpy(values[node.input[1]]))
            assert layer.bias is not None
            layer.bias.copy_(torch.from_numpy(values[node.input[2]]))
    return net


def train(
    photos: int, items: list[Item], plain: list[np.ndarray], nets: tuple[VeinUNet, VeinUNet], out: pathlib.Path, minutes: float
) -> None:
    """Write the mean of the weights that the last steps went through; `nets` are the one to hold to on photographs, and the one to train."""
    rng, check = np.random.default_rng(SEED + photos), np.random.default_rng(9)
    before, net = nets
    scenes = lambda r, chosen, count: [  # noqa: E731
        torch.from_numpy(np.stack(told)) for told in zip(*(scene_crop(r, chosen, photos) for _ in range(count)), strict=True)
    ]
    skin = lambda r, count: torch.from_numpy(np.stack([plain_crop(r, plain, photos) for _ in range(count)]))  # noqa: E731
    held = [(scenes(check, items[-HELD_OUT:], 8), skin(check, 8)) for _ in range(12)]

    def error() -> str:
        with torch.no_grad():
            losses = [(scene_loss(net(s[0]), before(s[0]), *s[1:]), plain_loss(net(p), before(p))) for s, p in held]
        return "scenes {:.4f}, photographs {:.4f}".format(*np.mean(losses, axis=0))

    average = {k: v.clone() for k, v in net.state_dict().items()}
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    print(0, error(), flush=True)
    begin, step = time.monotonic(), 0
    while (share := (time.monotonic() - begin) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * share))
        drawn, bare = scenes(rng, items[:-HELD_OUT], SCENES), skin(rng, PLAIN)
        with torch.no_grad():
            as_before = before(torch.cat([drawn[0], bare]))
        pred = net(torch.cat([drawn[0], bare]))
        value = scene_loss(pred[:SCENES], as_before[:SCENES], *drawn[1:]) + plain_loss(pred[SCENES:], as_before[SCENES:])
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        for k, v in net.state_dict().items():
            average[k].lerp_(v, 1 - min(0.995, step / (step + 10)))
        if step % 500 == 0:
            now = {k: v.clone() for k, v in net.state_dict().items()}
            net.load_state_dict(average)
            print(step, f"{time.monotonic() - begin:.0f} s", error(), flush=True)
            export(net, out / NAMES[photos])
            net.load_state_dict(now)
    net.load_state_dict(average)
    print(step, error())
    export(net, out / NAMES[photos])


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pool", type=pathlib.Path)
    ap.add_argument("weights", type=pathlib.Path, help="folder of the trained networks to go on from")
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--photos", type=int, choices=(1, 2), required=True)
    ap.add_argument("--minutes", type=float, default=20)
    ap.add_argument("--start", type=pathlib.Path, help="folder of an earlier run to go on from, in place of `weights`")
    ap.add_argument("--skin", type=pathlib.Path, required=True)
    a = ap.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)  # one process for each network, side by side
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED + a.photos)
    a.out.mkdir(exist_ok=True)
    before, net = (with_weights(folder / NAMES[a.photos], a.photos) for folder in (a.weights, a.start or a.weights))
    train(a.photos, load(a.pool, rng), load_plain(a.skin, rng), (before, net), a.out, a.minutes)


if __name__ == "__main__":
    main()
