"""Take the weights out of the older network's ONNX file, to begin training with: `python older_net.py OLD.onnx OUT.pt`.

Needs the package `onnx`.
"""

from __future__ import annotations

import sys

import onnx
import torch
from onnx import numpy_helper


def main(old: str, out: str) -> None:
    graph = onnx.load(old).graph
    values = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    # The one that parts the picture into cells has no bias, and nothing was learned in it.
    convolutions = [node for node in graph.node if node.op_type == "Conv" and len(node.input) > 2]
    torch.save([(values[node.input[1]], values[node.input[2]]) for node in convolutions], out)


if __name__ == "__main__":
    main(*sys.argv[1:])
