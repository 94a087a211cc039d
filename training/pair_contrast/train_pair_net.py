"""Train the pair network: `python train_pair_net.py POOL RUN --steps 12000`; the same command goes on where it stopped.

RUN gets `checkpoint.pt` (weights, their running mean, optimiser, step), `log.csv` and `pair_contrast.onnx` (of the running mean) every few
hundred steps.  The pool may grow meanwhile: new shards are taken in.  `--steps` may be raised later: the rate follows a cosine to it.
"""

from __future__ import annotations

import argparse
import copy
import pathlib
import time
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from pair_net import MAPS, PairNet, export, log_spread, start_from_older
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

CROP, BATCH, SEED = 144, 6, 31
WARM_UP = 100
"""Steps over which the rate rises."""

THIN_SHARE = 0.33
"""Of a square of nine pixels that the centre of a thin vein takes: three rows."""

EXCHANGE = 50
"""Steps between two meetings of processes that train beside each other."""

MOST_GRADIENT = 5.0
"""Norm at which a step's gradient is cut: twice what is usual once the first hundred steps are over."""

MEAN_DECAY = 0.997
"""Of the running mean of the weights, a step."""

DE_STEP = 0.1
ALPHA, SLOPE = 3.5, 3.5
"""The contract's p(x)."""

SPREAD_WEIGHT = 0.5
"""Beta of the beta-NLL (Seitzer et al. 2022): how far hard pixels count less."""


@dataclass
class Pool:
    """Scenes in memory; grows as the folder does."""

    folder: pathlib.Path
    prefix: str
    most: int
    files: list[pathlib.Path] = field(default_factory=list)
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)

    def refresh(self) -> None:
        """Take in shards that came since."""
        for file in sorted(self.folder.glob(f"{self.prefix}-[0-9]*.npz")):
            if file in self.files or file.stem.endswith(".part") or len(self) >= self.most:
                continue
            try:
                with np.load(file) as part:
                    self.parts.append({name: part[name] for name in part.files})
            except (OSError, ValueError):
                continue
            self.files.append(file)

    def __len__(self) -> int:
        return sum(len(p["flat"]) for p in self.parts)

    def batch(self, rng: np.random.Generator, size: int = BATCH) -> tuple[Tensor, Tensor, Tensor]:
        """Crops: flat (N, 6, C, C), truth (N, 4, C, C) in CIE76, known (N, C, C)."""
        out: list[list[np.ndarray]] = [[], [], []]
        for _ in range(size):
            for _ in range(3):  # favour crops that show something
                part = self.parts[int(rng.integers(len(self.parts)))]
                i = int(rng.integers(len(part["flat"])))
                y, x = rng.integers(part["flat"].shape[2] - CROP + 1, size=2)
                window = np.s_[i, :, y : y + CROP, x : x + CROP]
                if (part["truth"][window][:2] >= 23).sum() > 150 or rng.random() < 0.2:
                    break
            swap = rng.random() < 0.5
            flat = part["flat"][window].astype(np.float32)
            truth = part["truth_swapped" if swap else "truth"][window].astype(np.float32) * DE_STEP
            if swap:
                flat, truth = flat[[3, 4, 5, 0, 1, 2]], truth[[1, 0, 3, 2]]
            known = part["known"][i, y : y + CROP, x : x + CROP]
            turn, flip = int(rng.integers(4)), bool(rng.integers(2))
            for k, image in enumerate((_roughened(rng, flat), truth, known)):
                image = np.rot90(image, turn, (-2, -1))
                out[k].append(np.ascontiguousarray(image[..., ::-1] if flip else image))
        flat, truth, known = (torch.from_numpy(np.stack(o)) for o in out)
        return flat, truth, known.float()


def _roughened(rng: np.random.Generator, flat: np.ndarray) -> np.ndarray:
    """Another gain of the tone curve for both photos, and more blur and noise for either."""
    flat = flat * np.float32(np.exp(rng.normal(0, 0.04)))
    for k in (0, 3):
        photo = flat[k : k + 3]
        if rng.random() < 0.15:
            photo = np.stack([cv2.GaussianBlur(c, (0, 0), rng.uniform(0.4, 1.3)) for c in photo])
        if rng.random() < 0.3:
            inside = np.abs(photo).sum(axis=0, keepdims=True) > 0
            photo = photo + inside * rng.standard_normal(photo.shape, np.float32) * np.float32(abs(rng.normal(0, 0.02)))
        flat[k : k + 3] = photo
    return flat


def seen(contrast: Tensor) -> Tensor:
    """The contract's p(x)."""
    return 1 - torch.exp(-((contrast / ALPHA) ** SLOPE))


def losses(raw: Tensor, truth: Tensor, known: Tensor) -> dict[str, Tensor]:
    """Each part of the loss, a mean over pixels (and over crops for `share`)."""
    strongest = truth[:, :2].amax(1)
    core = ((strongest > 1.0) & (strongest >= 0.9 * F.max_pool2d(strongest[:, None], 5, 1, 2)[:, 0])).float()
    # A wide vein's centre is many pixels: what counts is length.
    core = core * (THIN_SHARE / F.avg_pool2d(core[:, None], 9, 1, 4)[:, 0].clamp(min=THIN_SHARE))
    weight = known * (1 + (strongest > 0.5) + 3 * core)
    norm = weight.sum().clamp(min=1)
    parts: dict[str, Tensor] = {name: torch.zeros(()) for name in ("contrast", "seen", "brown", "share")}
    chance = []
    for photo in (0, 1):
        at = photo * len(MAPS)
        target, value = torch.log1p(truth[:, photo]), raw[:, at]
        spread = log_spread(raw[:, at + 1])
        nll = 0.5 * ((target - value) / spread.exp()) ** 2 + spread
        parts["contrast"] = parts["contrast"] + (weight * nll * (2 * SPREAD_WEIGHT * spread).exp().detach()).sum() / norm
        told = seen(truth[:, photo])
        chance.append((torch.sigmoid(raw[:, at + 2]), told))
        parts["seen"] = parts["seen"] + (weight * F.binary_cross_entropy_with_logits(raw[:, at + 2], told, reduction="none")).sum() / norm
        brown = torch.log1p(truth[:, 2 + photo])
        heavy = known * (1 + 2 * (truth[:, 2 + photo] > 0.5))
        parts["brown"] = parts["brown"] + (
            heavy * F.smooth_l1_loss(raw[:, at + 3], brown, reduction="none", beta=0.2)
        ).sum() / heavy.sum().clamp(min=1)
    # What is counted in the end: expected length along the veins of the before photo.
    places = core * known * (truth[:, 0] > 1.0)
    total = (places * chance[0][1]).sum((1, 2))
    enough = total > 20
    for estimate, told in chance:
        wrong = (places * (estimate - told)).sum((1, 2)) / total.clamp(min=20)
        parts["share"] = parts["share"] + (enough * wrong.abs().clamp(max=2)).mean()
    return parts


WEIGHTS = {"contrast": 1.0, "seen": 1.0, "brown": 0.5, "share": 0.3}


def checked(net: PairNet, pool: Pool) -> dict[str, float]:
    """Parts of the loss and the error of clearance on the held-out scenes' whole crops."""
    rng = np.random.default_rng(0)
    sums: dict[str, list[float]] = {}
    ratio, net = [], net.eval()
    with torch.no_grad():
        for _ in range(12):
            flat, truth, known = pool.batch(rng)
            raw = net(flat)
            for name, value in losses(raw, truth, known).items():
                sums.setdefault(name, []).append(value.item())
            strongest = truth[:, 0]
            core = (strongest > 1) & (strongest >= 0.9 * F.max_pool2d(strongest[:, None], 5, 1, 2)[:, 0]) & (known > 0)
            for k in range(len(flat)):
                told = [seen(truth[k, j])[core[k]].sum().item() for j in (0, 1)]
                read = [torch.sigmoid(raw[k, 2 + j * len(MAPS)])[core[k]].sum().item() for j in (0, 1)]
                if told[0] > 30:
                    ratio.append((read[1] / max(read[0], 1) - told[1] / told[0], told[1] / told[0]))
    out = {name: float(np.mean(v)) for name, v in sums.items()}
    wrong = np.array(ratio)
    out["bias"], out["error"] = float(-100 * wrong[:, 0].mean()), float(100 * np.abs(wrong[:, 0]).mean())
    kept, gone = wrong[wrong[:, 1] > 0.95, 0], wrong[wrong[:, 1] < 0.05, 0]
    out["null"], out["gone"] = (float(-100 * w.mean()) if len(w) else float("nan") for w in (kept, gone))
    return out


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("pool", type=pathlib.Path)
    ap.add_argument("run", type=pathlib.Path)
    ap.add_argument("--steps", type=int, default=12000)
    ap.add_argument("--rate", type=float, default=1e-3)
    ap.add_argument("--older", type=pathlib.Path, help="weights of the older pair network to begin with")
    ap.add_argument("--most", type=int, default=3000, help="scenes held in memory")
    ap.add_argument("--threads", type=int, default=1, help="more than cores are free waste their time waiting for each other")
    ap.add_argument("--half", action=argparse.BooleanOptionalAction, default=True, help="convolve in bfloat16: 2.7 times as fast with AMX")
    ap.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many, whatever the step; the rate falls towards it")
    ap.add_argument("--beside", type=pathlib.Path, help="RUN of a second process that trains along: both take the mean of their weights")
    ap.add_argument("--seed", type=int, default=SEED)
    a = ap.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    a.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    net, step = PairNet().to(memory_format=torch.channels_last), 0
    optimiser = torch.optim.AdamW(net.parameters(), lr=a.rate, weight_decay=1e-4, betas=(0.9, 0.99))
    kept = a.run / "checkpoint.pt"
    if kept.exists():
        state = torch.load(kept)
        net.load_state_dict(state["net"])
        mean = copy.deepcopy(net)
        mean.load_state_dict(state["mean"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    else:
        if a.older:
            start_from_older(net, a.older)
        mean = copy.deepcopy(net)
    pool, check = Pool(a.pool, "train", a.most), Pool(a.pool, "check", 160)
    pool.refresh()
    check.refresh()
    rng = np.random.default_rng(a.seed + step)
    begin, running = time.time(), dict.fromkeys(WEIGHTS, 0.0)
    print("parameters", sum(p.numel() for p in net.parameters()), "scenes", len(pool), "from step", step, flush=True)
    while step < a.steps and time.time() - begin < 60 * a.minutes:
        done = max(step / a.steps, (time.time() - begin) / (60 * a.minutes))
        rate = a.rate * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = float(rate)
        flat, truth, known = pool.batch(rng)
        net.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=a.half):
            raw = net(flat.contiguous(memory_format=torch.channels_last))
        parts = losses(raw.float(), truth, known)
        optimiser.zero_grad()
        torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum().backward()
        nn.utils.clip_grad_norm_(net.parameters(), MOST_GRADIENT)
        optimiser.step()
        step += 1
        decay = min(MEAN_DECAY, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
                slow.lerp_(fast, 1 - decay)
        if a.beside and step % EXCHANGE == 0:
            _meet(net, a.run / "weights.pt", a.beside / "weights.pt")
        for name, value in parts.items():
            running[name] += value.item()
        if step % 50 == 0:
            shown = " ".join(f"{name} {value / 50:.4f}" for name, value in running.items())
            print(f"{step} {time.time() - begin:.0f}s rate {rate:.5f} scenes {len(pool)} {shown}", flush=True)
            running = dict.fromkeys(running, 0.0)
        if step % 250 == 0 or step == a.steps:
            _save(kept, net, mean, optimiser, step)
            export(mean, a.run / "pair_contrast.onnx")
            if len(check):
                print("check", step, " ".join(f"{name} {value:.4f}" for name, value in checked(mean, check).items()), flush=True)
            pool.refresh()
            check.refresh()
    _save(kept, net, mean, optimiser, step)
    export(mean, a.run / "pair_contrast.onnx")


def _meet(net: PairNet, mine: pathlib.Path, other: pathlib.Path) -> None:
    """Leave this process's weights for the other, and take the mean with what the other left last (local SGD, Stich 2019)."""
    try:
        theirs = torch.load(other)
    except (OSError, RuntimeError, EOFError):
        theirs = None
    part = mine.with_suffix(".part")
    torch.save(net.state_dict(), part)
    part.rename(mine)
    if theirs is not None:
        with torch.no_grad():
            for name, value in net.state_dict().items():
                value.lerp_(theirs[name], 0.5)


def _save(kept: pathlib.Path, net: PairNet, mean: PairNet, optimiser: torch.optim.Optimizer, step: int) -> None:
    part = kept.with_suffix(".part")
    torch.save({"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, part)
    part.rename(kept)


if __name__ == "__main__":
    main()
