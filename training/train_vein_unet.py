"""Train the vein network: `python train_vein_unet.py SCENES_DIR OUT.onnx --minutes 25`."""

from __future__ import annotations

import argparse
import pathlib
import time

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from photocompare.colour import linear_from_srgb8
from photocompare.skin_reading import flattened_density

CROP, BATCH, SEED, VISIBLE_DE = 144, 8, 20, 2.3


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

    def __init__(self, widths: tuple[int, ...] = (16, 24, 40, 64)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.e1, self.e2, self.e3, self.e4 = block(12, a), block(a, b), block(b, c), block(c, d)
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


def load(folder: pathlib.Path) -> tuple[np.ndarray, ...]:
    parts = [np.load(f) for f in sorted(folder.glob("*.npz"))]
    images = np.concatenate([p["image"] for p in parts])
    flat = np.stack([(flattened_density(linear_from_srgb8(i), None)).astype(np.float16) for i in images])
    return flat, *(np.concatenate([p[k] for p in parts]) for k in ("vein", "stain"))


def crop_batch(rng: np.random.Generator, data: tuple[np.ndarray, ...], ids: np.ndarray) -> list[Tensor]:
    out: list[list[np.ndarray]] = [[], [], []]
    for _ in range(BATCH):
        for _ in range(3):  # favour crops that show something
            i = rng.choice(ids)
            y, x = rng.integers(0, data[0].shape[1] - CROP, 2)
            window = np.s_[y : y + CROP, x : x + CROP]
            if (data[1][i][window] >= 23).sum() > 150 or rng.random() < 0.25:
                break
        turn, flip, gain = rng.integers(4), rng.integers(2), np.float32(np.exp(rng.normal(0, 0.1)))
        for k, d in enumerate(data):
            piece = np.rot90(d[i][window], turn)
            piece = piece[::-1] if flip else piece
            out[k].append(np.ascontiguousarray(piece, dtype=np.float32) * (gain if k == 0 else 1))
    x = torch.from_numpy(np.stack(out[0])).permute(0, 3, 1, 2).contiguous()
    return [x, *(torch.from_numpy(np.stack(o)) for o in out[1:])]


def loss_of(pred: Tensor, vein: Tensor, stain: Tensor) -> Tensor:
    total = torch.zeros(())
    for k, de in ((0, vein), (2, stain)):
        target = torch.log1p(de)
        visible = torch.sigmoid((de - VISIBLE_DE) / 0.25)
        w = 1 + 2 * (de > 0.5)
        total = total + (w * F.smooth_l1_loss(pred[:, k], target, reduction="none", beta=0.2)).mean() * (1.0 if k == 0 else 0.6)
        total = total + (w * F.binary_cross_entropy_with_logits(pred[:, k + 1], visible, reduction="none")).mean() * (
            1.0 if k == 0 else 0.6
        )
    return total


def export(net: VeinUNet, out: pathlib.Path) -> None:
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, 64, 64),),
        str(out),
        input_names=["flat"],
        output_names=["reading"],
        dynamic_axes={"flat": {2: "h", 3: "w"}, "reading": {2: "h", 3: "w"}},
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("scenes", type=pathlib.Path)
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--minutes", type=float, default=25)
    ap.add_argument("--start", type=pathlib.Path)
    ap.add_argument("--rate", type=float, default=3e-3)
    a = ap.parse_args()
    cv2.setNumThreads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    data = flat, *_ = load(a.scenes)
    ids, held = np.arange(len(flat) - 40), np.arange(len(flat) - 40, len(flat))
    net = VeinUNet()
    if a.start:
        net.load_state_dict(torch.load(a.start))
    print("parameters", sum(p.numel() for p in net.parameters()), "scenes", len(ids), flush=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-4)
    begin, step, running = time.time(), 0, 0.0
    while (share := (time.time() - begin) / (60 * a.minutes)) < 1:
        for g in optimiser.param_groups:
            g["lr"] = a.rate * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * min(1, share)))
        x, v, s = crop_batch(rng, data, ids)
        net.train()
        value = loss_of(net(x), v * 0.1, s * 0.1)
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
                scores = [loss_of(net(b[0]), b[1] * 0.1, b[2] * 0.1).item() for b in (crop_batch(pick, data, held) for _ in range(4))]
            print(f"{step} {time.time() - begin:.0f}s train {running / 50:.4f} held-out {np.mean(scores):.4f}", flush=True)
            running = 0.0
            if step % 500 == 0:
                torch.save(net.state_dict(), a.out.with_suffix(".pt"))
                export(net, a.out)
    torch.save(net.state_dict(), a.out.with_suffix(".pt"))
    export(net, a.out)


if __name__ == "__main__":
    main()
