"""The network that reads contrast before and after from both registered photos together, its weights' start, and its export."""

from __future__ import annotations

import math
import pathlib

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

MAPS = ("contrast", "spread", "seen", "brown")
"""What is read of each photo: CIE76 of vein; the standard deviation of ln(1 + contrast); the expected p(contrast); CIE76 of brown."""

WIDTHS = (16, 24, 40, 64)
"""Channels a level; those of the older network of one photo, with whose weights training begins."""

FUSED = 20
"""Channels in which both photos meet at last."""

DENSITY_GAIN = 5.0
"""Brings densities, a tenth or so, to the size that the first layer takes best."""

LEAST_SPREAD, MOST_SPREAD = 0.03, 1.5


def _block(cin: int, cout: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(cout, cout, 3, padding=1), nn.ReLU(inplace=True)
    )


class Exchange(nn.Module):
    """What each photo's features take from the other's; nothing at first.  Each direction has its own weights, for the before photo is the
    one whose geometry counts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.ways = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        for way in self.ways:
            nn.init.zeros_(way.weight)
            nn.init.zeros_(way.bias)

    def forward(self, both: Tensor) -> Tensor:
        before, after = both.chunk(2)
        return torch.relu(torch.cat([before + self.ways[0](after), after + self.ways[1](before)]))


class Head(nn.Module):
    """One photo's maps from its own features, corrected by a look at both photos' features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        outputs = 4 * len(MAPS)
        self.own = nn.Conv2d(width, outputs, 1)
        self.meet, self.correct = nn.Conv2d(2 * width, FUSED, 3, padding=1), nn.Conv2d(FUSED, outputs, 1)
        nn.init.zeros_(self.correct.weight)
        nn.init.zeros_(self.correct.bias)

    def forward(self, mine: Tensor, other: Tensor) -> Tensor:
        return self.own(mine) + self.correct(torch.relu(self.meet(torch.cat([mine, other], 1))))


class PairNet(nn.Module):
    """U-Net on the 2 x 2 pixel-unshuffled photos: full detail at a quarter of the cost.

    Both photos go through the same layers; at three levels each takes something from the other, and each one's maps are read from both.
    No normalisation layer: a pixel's reading depends on its surroundings alone and not on the batch.
    """

    def __init__(self, widths: tuple[int, int, int, int] = WIDTHS) -> None:
        super().__init__()
        a, b, c, d = widths
        self.e1, self.e2, self.e3, self.e4 = _block(12, a), _block(a, b), _block(b, c), _block(c, d)
        self.d3, self.d2, self.d1 = _block(d + c, c), _block(c + b, b), _block(b + a, a)
        self.x2, self.x3, self.y2 = Exchange(b), Exchange(c), Exchange(b)
        self.heads = nn.ModuleList(Head(a) for _ in range(2))

    def forward(self, flat: Tensor) -> Tensor:
        """Raw maps (N, 8, H, W) of light-free densities (N, 6, H, W), before then after; H and W are multiples of 16."""
        both = torch.cat([flat[:, :3], flat[:, 3:]])
        e1 = self.e1(F.pixel_unshuffle(both * DENSITY_GAIN, 2))
        e2 = self.x2(self.e2(F.max_pool2d(e1, 2)))
        e3 = self.x3(self.e3(F.max_pool2d(e2, 2)))
        e4 = self.e4(F.max_pool2d(e3, 2))
        up = lambda t: F.interpolate(t, scale_factor=2, mode="nearest")  # noqa: E731
        d3 = self.d3(torch.cat([up(e4), e3], 1))
        d2 = self.y2(self.d2(torch.cat([up(d3), e2], 1)))
        before, after = self.d1(torch.cat([up(d2), e1], 1)).chunk(2)
        maps = torch.cat([self.heads[0](before, after), self.heads[1](after, before)], 1)
        return F.pixel_shuffle(maps, 2)


class Reading(nn.Module):
    """The network with its maps in their units: what is exported."""

    def __init__(self, net: PairNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, flat: Tensor) -> Tensor:
        raw = self.net(flat)
        out = []
        for k in (0, len(MAPS)):
            out += [
                torch.exp(torch.relu(raw[:, k : k + 1])) - 1,
                torch.exp(log_spread(raw[:, k + 1 : k + 2])),
                torch.sigmoid(raw[:, k + 2 : k + 3]),
                torch.exp(torch.relu(raw[:, k + 3 : k + 4])) - 1,
            ]
        return torch.cat(out, 1)


def log_spread(raw: Tensor) -> Tensor:
    """Log standard deviation, kept within what is sensible."""
    low, high = math.log(LEAST_SPREAD), math.log(MOST_SPREAD)
    return low + (high - low) * torch.sigmoid(raw)


def start_from_older(net: PairNet, weights: pathlib.Path) -> None:
    """Begin with the older network of one photo (`older_net.py` made the file from its ONNX), so that each photo is read as that read it.

    Its normalisation had been folded into the convolutions; its 16 outputs were vein, presence, stain and presence.
    """
    old = torch.load(weights)
    blocks = ("e1", "e2", "e3", "e4", "d3", "d2", "d1")
    with torch.no_grad():
        for k, name in enumerate(blocks):
            for j, layer in enumerate((0, 2)):
                conv = getattr(net, name)[layer]
                conv.weight.copy_(old[2 * k + j][0])
                conv.bias.copy_(old[2 * k + j][1])
        weight, bias = old[-1]
        for head in net.heads:
            head.own.weight.mul_(0.1)
            head.own.bias.zero_()
            for new, was in ((0, 0), (2, 1), (3, 2)):
                head.own.weight[4 * new : 4 * new + 4].copy_(weight[4 * was : 4 * was + 4])
                head.own.bias[4 * new : 4 * new + 4].copy_(bias[4 * was : 4 * was + 4])


def export(net: PairNet, out: pathlib.Path) -> None:
    """Write the ONNX file: input `flat` (1, 6, H, W), output `reading` (1, 8, H, W), any H and W that are multiples of 16."""
    part = out.with_suffix(".part")
    torch.onnx.export(
        Reading(net).eval(),
        (torch.zeros(1, 6, 64, 64),),
        str(part),
        input_names=["flat"],
        output_names=["reading"],
        dynamic_axes={"flat": {2: "h", 3: "w"}, "reading": {2: "h", 3: "w"}},
        opset_version=17,
        dynamo=False,
    )
    part.rename(out)
