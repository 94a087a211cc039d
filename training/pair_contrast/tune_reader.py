"""Go on training the network that reads one photo (`../train_vein_unet.py`) with scenes on photographed skin.

    python tune_reader.py POOL OLDER.pt OUT.onnx --minutes 40

Every pair of the pool is two scenes: the before photo, and the after photo with its truth where that photo shows it.  Shards that come
while it runs are taken in.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import time

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from train_vein_unet import VISIBLE_DE, VeinUNet, export  # noqa: E402

CROP, BATCH, SEED = 160, 8, 53
DE_STEP = 0.1
"""CIE76 units of a byte in the pool (`make_pool.py`)."""

SOFTNESS = 0.25
"""Units over which "visible" turns from no to yes, as the first training had it."""

MEAN_DECAY = 0.998
"""Of the running mean of the weights that is kept in the end."""


def older_reader(weights: pathlib.Path) -> VeinUNet:
    """The shipped network from its ONNX file's convolutions (`older_net.py`), whose normalisation is folded into them."""
    net = VeinUNet()
    for level in (net.e1, net.e2, net.e3, net.e4, net.d3, net.d2, net.d1):
        level[1], level[4] = nn.Identity(), nn.Identity()
    convolutions = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():
        for module, (weight, bias) in zip(convolutions, torch.load(weights), strict=True):
            module.weight.copy_(weight)
            module.bias.copy_(bias)
    return net


class Pool:
    """Single scenes of all shards so far."""

    def __init__(self, folder: pathlib.Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.taken: set[str] = set()
        self.scenes: list[tuple[NDArray[np.float16], NDArray[np.uint8], NDArray[np.bool_]]] = []

    def refresh(self) -> None:
        for file in sorted(self.folder.glob(f"{self.kind}-*.npz")):
            if file.name in self.taken or file.name.endswith(".part.npz"):
                continue
            self.taken.add(file.name)
            with np.load(file) as part:
                for flat, truth, swapped, known in zip(part["flat"], part["truth"], part["truth_swapped"], part["known"], strict=True):
                    self.scenes.append((flat[:3], truth[[0, 2]], known))
                    self.scenes.append((flat[3:], swapped[[1, 3]], known))

    def batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, C, C) densities, (B, 2, C, C) CIE76 of vein and stain, (B, C, C) where the truth is known."""
        out: list[list[NDArray[np.float32]]] = [[], [], []]
        for _ in range(BATCH):
            for _ in range(2):  # favour crops that show something
                flat, truth, known = self.scenes[int(rng.integers(len(self.scenes)))]
                y, x = rng.integers(0, flat.shape[1] - CROP + 1, 2)
                window = np.s_[:, y : y + CROP, x : x + CROP]
                if (truth[0][window[1:]] >= VISIBLE_DE / DE_STEP).sum() > 100 or rng.random() < 0.4:
                    break
            turn, flip = int(rng.integers(4)), bool(rng.integers(2))
            gain = float(np.exp(rng.normal(0, 0.1)))
            for kept, image, scale in zip(out, (flat, truth, known[None]), (gain, DE_STEP, 1.0), strict=True):
                piece = np.rot90(image[window].astype(np.float32), turn, (1, 2))
                kept.append(np.ascontiguousarray(piece[:, ::-1] if flip else piece) * np.float32(scale))
        flat, truth, known = (torch.from_numpy(np.stack(part)) for part in out)
        return flat, truth, known[:, 0]


def loss_of(pred: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """As in the first training, where the truth is known."""
    total = torch.zeros(())
    for k, share in ((0, 1.0), (1, 0.6)):
        de = truth[:, k]
        visible = torch.sigmoid((de - VISIBLE_DE) / SOFTNESS)
        weight = known * (1 + 2 * (de > 0.5))
        wrong = F.smooth_l1_loss(pred[:, 2 * k], torch.log1p(de), reduction="none", beta=0.2)
        doubt = F.binary_cross_entropy_with_logits(pred[:, 2 * k + 1], visible, reduction="none")
        total = total + share * (weight * (wrong + doubt)).mean()
    return total


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("pool", type=pathlib.Path)
    ap.add_argument("older", type=pathlib.Path)
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--minutes", type=float, default=40)
    ap.add_argument("--rate", type=float, default=5e-4)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(SEED)
    net, mean = (older_reader(a.older).to(memory_format=torch.channels_last) for _ in range(2))
    pool, check = Pool(a.pool, "train"), Pool(a.pool, "check")
    pool.refresh()
    check.refresh()
    rng = np.random.default_rng(SEED)
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-4)
    begin, step, running = time.time(), 0, 0.0
    while (share := (time.time() - begin) / (60 * a.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = a.rate * min(1, (step + 1) / 100) * 0.5 * (1 + np.cos(np.pi * share))
        flat, truth, known = pool.batch(rng)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            pred = net(flat.contiguous(memory_format=torch.channels_last))
        value = loss_of(pred.float(), truth, known)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 1 - min(MEAN_DECAY, (1 + step) / (10 + step)))
        running += value.item()
        if step % 100 == 0:
            print(f"{step} {time.time() - begin:.0f}s scenes {len(pool.scenes)} train {running / 100:.4f}", flush=True)
            running = 0.0
        if step % 500 == 0:
            _keep(mean, a.out)
            pool.refresh()
            if check.scenes:
                pick = np.random.default_rng(0)
                mean.eval()
                with torch.no_grad():
                    told = [loss_of(mean(b[0]), b[1], b[2]).item() for b in (check.batch(pick) for _ in range(20))]
                print(f"check {step} {np.mean(told):.4f}", flush=True)
    _keep(mean, a.out)


def _keep(net: VeinUNet, out: pathlib.Path) -> None:
    torch.save(net.state_dict(), out.with_suffix(".pt"))
    export(net, out)


if __name__ == "__main__":
    main()
