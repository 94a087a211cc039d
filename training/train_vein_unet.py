"""Train the vein networks: `python train_vein_unet.py SCENES_DIR OUT.onnx --minutes 25`.

A folder of scenes trains the reading of one photo; a folder of pairs the reading of the after photo, which sees the before photo too.
"""

from __future__ import annotations

import argparse
import pathlib
import time

import cv2
import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from photocompare.base.colour import linear_from_srgb8
from photocompare.veins.reading import flattened_density

CROP, BATCH, SEED, VISIBLE_DE = 144, 8, 20, 2.3
BORDER = 8
"""Pixels at a scene's edge where resampling may have met nothing."""

WIDTHS = {1: (16, 24, 40, 64), 2: (20, 28, 44, 64)}
"""Channels a level, by how many photos are read at once."""


def block(cin: int, cout: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1),
        nn.BatchNorm2d(cout),
        nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1),
        nn.BatchNorm2d(cout),
        nn.ReLU(inplace=True),
    )


class VeinUNet(nn.Module):
    """U-Net on the 2 x 2 pixel-unshuffled picture: full detail at a quarter of the cost."""

    def __init__(self, photos: int = 1) -> None:
        super().__init__()
        a, b, c, d = WIDTHS[photos]
        self.e1, self.e2, self.e3, self.e4 = block(12 * photos, a), block(a, b), block(b, c), block(c, d)
        self.d3, self.d2, self.d1 = block(d + c, c), block(c + b, b), block(b + a, a)
        self.out = nn.Conv2d(a, 16, 1)

    def forward(self, x: Tensor) -> Tensor:
        e1 = self.e1(F.pixel_unshuffle(x * 5.0, 2))
        e2 = self.e2(F.max_pool2d(e1, 2))
        e3 = self.e3(F.max_pool2d(e2, 2))
        e4 = self.e4(F.max_pool2d(e3, 2))
        up = lambda t: F.interpolate(t, scale_factor=2, mode="nearest")  # noqa: E731
        d3 = self.d3(torch.cat([up(e4), e3], 1))
        d2 = self.d2(torch.cat([up(d3), e2], 1))
        d1 = self.d1(torch.cat([up(d2), e1], 1))
        return F.pixel_shuffle(self.out(d1), 2)


def started(net: VeinUNet, weights: pathlib.Path) -> None:
    """Start from the weights of a network as wide or narrower: what is new begins near zero."""
    with torch.no_grad():
        for (name, new), old in zip(net.state_dict().items(), torch.load(weights).values(), strict=True):
            if new.shape == old.shape:
                new.copy_(old)
                continue
            if new.ndim == 4:
                new *= 0.1
            old_rows = torch.arange(old.shape[0])
            if new.ndim < 2:
                new[old_rows] = old
                continue
            # A decoder's first convolution takes (from below, from beside), each part wider now.
            below = {"d3": 3, "d2": 2, "d1": 1}.get(name[:2]) if name.endswith(".0.weight") else None
            was, now = (WIDTHS[k][below] if below else 0 for k in (1, 2))
            cols = torch.arange(old.shape[1])
            new[old_rows[:, None], torch.where(cols < was, cols, cols - was + now)[None]] = old


def load(folder: pathlib.Path, alone: bool) -> tuple[np.ndarray, ...]:
    """Flattened density (N, H, W, 3 a photo, the after photo first), and bytes of vein, stain and, for pairs, vein before.

    `alone` makes two scenes of each pair.
    """
    flats, truths = [], []
    for file in sorted(folder.glob("*.npz")):
        part = np.load(file)
        photos = [part[k] for k in ("image", "after", "before") if k in part]
        truth = [part[k] for k in ("vein_de", "stain_de", "was_de") if k in part]
        views = [(photos, truth)]
        if alone and len(photos) == 2:  # before treatment there is no stain
            views = [(photos[:1], truth[:2]), (photos[1:], [truth[2], np.zeros_like(truth[2])])]
        for images, told in views:
            flat = [
                np.dstack([flattened_density(linear_from_srgb8(i), None) for i in v]).astype(np.float16) for v in zip(*images, strict=True)
            ]
            flats.append(np.stack(flat))
            truths.append(told)
    return np.concatenate(flats), *(np.concatenate(t) for t in zip(*truths, strict=True))


def crop_batch(rng: np.random.Generator, data: tuple[np.ndarray, ...], ids: np.ndarray) -> list[Tensor]:
    out: list[list[np.ndarray]] = [[] for _ in data]
    for _ in range(BATCH):
        for _ in range(3):  # favour crops that show something
            i = rng.choice(ids)
            y, x = rng.integers(BORDER, data[0].shape[1] - CROP - BORDER, 2)
            window = np.s_[y : y + CROP, x : x + CROP]
            if (data[-1 if len(data) > 3 else 1][i][window] >= 23).sum() > 150 or rng.random() < 0.25:
                break
        turn, flip = rng.integers(4), rng.integers(2)
        gain = np.repeat(np.exp(rng.normal(0, 0.1, data[0].shape[3] // 3)), 3).astype(np.float32)
        for k, d in enumerate(data):
            piece = np.rot90(d[i][window], turn)
            piece = piece[::-1] if flip else piece
            out[k].append(np.ascontiguousarray(piece, dtype=np.float32) * (gain if k == 0 else 1))
    x = torch.from_numpy(np.stack(out[0])).permute(0, 3, 1, 2).contiguous()
    return [x, *(torch.from_numpy(np.stack(o)) for o in out[1:])]


def loss_of(pred: Tensor, truth: list[Tensor]) -> Tensor:
    total = torch.zeros(())
    places = (truth[2] > VISIBLE_DE) if len(truth) > 2 else False
    for k, de in ((0, truth[0]), (2, truth[1])):
        target = torch.log1p(de)
        visible = torch.sigmoid((de - VISIBLE_DE) / 0.25)
        w = 1 + 2 * ((de > 0.5) | places)
        total = total + (w * F.smooth_l1_loss(pred[:, k], target, reduction="none", beta=0.2)).mean() * (1.0 if k == 0 else 0.6)
        total = total + (w * F.binary_cross_entropy_with_logits(pred[:, k + 1], visible, reduction="none")).mean() * (
            1.0 if k == 0 else 0.6
        )
    return total


def export(net: VeinUNet, out: pathlib.Path) -> None:
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(1, net.e1[0].in_channels // 4, 64, 64),),
        str(out),
        input_names=["flat"],
        output_names=["reading"],
        dynamic_axes={"flat": {2: "h", 3: "w"}, "reading": {2: "h", 3: "w"}},
        opset_version=17,
        dynamo=False,
    )
    cells_by_convolution(out)


def cells_by_convolution(path: pathlib.Path) -> None:
    """Write the parting of the picture into 2 x 2 cells as one convolution, and leave out what puts the readings of the cells together.

    The same bits in: every weight of that convolution is 0 or the gain.  `veins/network.py` puts the cells together.  Both are a tenth of the
    network's time otherwise.
    """
    model = onnx.load(path)
    graph = model.graph
    first = next(k for k, node in enumerate(graph.node) if node.op_type == "Conv")
    gain = next(onnx.numpy_helper.to_array(node.attribute[0].t) for node in graph.node if node.op_type == "Constant")
    planes = graph.input[0].type.tensor_type.shape.dim[1].dim_value
    weights = np.zeros((4 * planes, planes, 2, 2), np.float32)
    for cell in range(4):
        weights[np.arange(planes) * 4 + cell, np.arange(planes), cell // 2, cell % 2] = gain
    geometry = {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 0], "dilations": [1, 1], "group": 1}
    parting = onnx.helper.make_node("Conv", ["flat", "cells.weight"], ["cells"], name="/cells", **geometry)
    rest = list(graph.node)[first:-1]
    rest[0].input[0] = "cells"
    del graph.node[:], graph.output[:]
    graph.node.extend([parting, *rest])
    graph.node[-1].output[0] = "reading"
    graph.initializer.append(onnx.numpy_helper.from_array(weights, "cells.weight"))
    graph.output.append(onnx.helper.make_tensor_value_info("reading", onnx.TensorProto.FLOAT, [1, 16, "h_half", "w_half"]))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("scenes", type=pathlib.Path)
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--minutes", type=float, default=25)
    ap.add_argument("--start", type=pathlib.Path)
    ap.add_argument("--alone", action="store_true", help="read pairs as single scenes")
    ap.add_argument("--rate", type=float, default=3e-3)
    a = ap.parse_args()
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    data = flat, *_ = load(a.scenes, a.alone)
    ids, held = np.arange(len(flat) - 40), np.arange(len(flat) - 40, len(flat))
    net = VeinUNet(flat.shape[3] // 3)
    if a.start:
        started(net, a.start)
    print("parameters", sum(p.numel() for p in net.parameters()), "scenes", len(ids), flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-4)
    begin, step, running = time.time(), 0, 0.0
    while (share := (time.time() - begin) / (60 * a.minutes)) < 1:
        for g in optimiser.param_groups:
            g["lr"] = a.rate * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * min(1, share)))
        x, *truth = crop_batch(rng, data, ids)
        net.train()
        value = loss_of(net(x), [t * 0.1 for t in truth])
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        running += value.item()
        step += 1
        if step % 50 == 0:
            net.eval()
            with torch.no_grad():
                pick = np.random.default_rng(0)
                scores = [loss_of(net(b[0]), [t * 0.1 for t in b[1:]]).item() for b in (crop_batch(pick, data, held) for _ in range(8))]
            print(f"{step} {time.time() - begin:.0f}s train {running / 50:.4f} held-out {np.mean(scores):.4f}", flush=True)
            running = 0.0
            if step % 500 == 0:
                torch.save(net.state_dict(), a.out.with_suffix(".pt"))
                export(net, a.out)
    torch.save(net.state_dict(), a.out.with_suffix(".pt"))
    export(net, a.out)


if __name__ == "__main__":
    main()
