"""Make the network files that ship from the trained ones: `python quantise_vein_unets.py weights ../photocompare/models`.

Weights and activations become whole numbers of eight bits, but for the first two convolutions and the last.  Their ranges are those that six
rendered pairs of legs, read as a comparison reads them, need from end to end: a range that cuts rare strong values off biases all readings.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from unittest import mock

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from photocompare.base.arrays import Mask
from photocompare.comparison import compare
from photocompare.phantom import write_cases
from photocompare.photo.reading import read_photo
from photocompare.settings import STANDARD, WorkingOptions
from photocompare.veins import network
from photocompare.veins.reading import SkinReading

PAIRS, SEED, KINDS = 6, 20261129, ("graded", "graded", "null")
AS_RENDERED = 2_000_000
"""Pixels of a working frame that takes the rendered photos whole."""
CROPS, CROP = 40, 192
"""Crops of each picture that is read, and their side, px: a multiple of 16.  With a sixth as many, ranges fall short on other photos, and what
lies beyond them is cut off: strong veins of photographed skin then read 7 % of 1 + contrast too low."""

FLOAT = ["/first", "/e1/e1.3/Conv", "/out/Conv"]
"""What is not quantised: a step of eight bits of the picture would be a third of a faint vein's density, what the first convolution gives
has the widest range of all (half of the whole error), and the readings would be coarse."""


def on_pixels(trained: pathlib.Path, out: pathlib.Path) -> None:
    """Write the parting of the picture into 2 x 2 cells and the convolution after it as one convolution of 6 x 6 pixels."""
    model = onnx.load(trained)
    graph = model.graph
    values = {i.name: i for i in graph.initializer}
    cells, first = graph.node[0], graph.node[1]
    gain = float(numpy_helper.to_array(values[cells.input[1]]).max())
    of_cells = numpy_helper.to_array(values[first.input[1]])
    # Channels are plane, row and column within a cell; those two become the finer part of the kernel's rows and columns.
    parted = of_cells.reshape(len(of_cells), -1, 2, 2, 3, 3).transpose(0, 1, 4, 2, 5, 3)
    of_pixels = gain * parted.reshape(len(of_cells), -1, 6, 6)
    geometry = {"kernel_shape": [6, 6], "strides": [2, 2], "pads": [2, 2, 2, 2], "dilations": [1, 1], "group": 1}
    node = helper.make_node("Conv", ["flat", "first.weight", first.input[2]], list(first.output), name="/first", **geometry)
    rest = list(graph.node)[2:]
    del graph.node[:]
    graph.node.extend([node, *rest])
    for name in (cells.input[1], first.input[1]):
        graph.initializer.remove(values[name])
    graph.initializer.append(numpy_helper.from_array(of_pixels, "first.weight"))
    onnx.checker.check_model(model)
    onnx.save(model, out)


def pooled_before_rounding(path: pathlib.Path) -> None:
    """Let the first pooling take what comes out of the convolution, before that is rounded to eight bits, instead of after.

    The same bits, since the largest of four stays the largest when rounded; but onnxruntime has no quick way to pool whole numbers whose
    channels lie apart, as they do there alone, and takes a tenth of the network's time for it.
    """
    model = onnx.load(path)
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    giver = {name: node for node in model.graph.node for name in node.output}
    pool = next(node for node in model.graph.node if node.op_type == "MaxPool")
    rounded = giver[giver[pool.input[0]].input[0]]
    after = next(node for node in model.graph.node if pool.output[0] in node.input)
    steps = [values[node.input[1]] for node in (rounded, after)]
    if rounded.op_type != "QuantizeLinear" or steps[0] != steps[1]:
        raise ValueError("the first pooling is not between two roundings to the same steps")
    pool.input[0] = rounded.input[0]
    onnx.checker.check_model(model)
    onnx.save(model, path)


def pictures(cases: list[pathlib.Path], *, reduced: bool) -> dict[int, list[np.ndarray]]:
    """What either network reads of the rendered pairs, (1, 3 or 6, CROP, CROP) each, by how many photos it looks at."""
    rng = np.random.default_rng(SEED)
    taken: dict[int, list[np.ndarray]] = {1: [], 2: []}
    settings = STANDARD if reduced else dataclasses.replace(STANDARD, working=WorkingOptions(AS_RENDERED))
    read = network._read

    def kept(leg: Mask, box: tuple[slice, slice], planes: np.ndarray, *, reduced: bool, last: bool) -> SkinReading:
        for _ in range(CROPS):
            top, left = (16 * int(rng.integers(0, (side - CROP) // 16)) for side in planes.shape[1:])
            crop = planes[np.newaxis, :, top : top + CROP, left : left + CROP]
            taken[len(planes) // 3].append(np.array(crop, np.float32, order="C"))
        return read(leg, box, planes, reduced=reduced, last=last)

    with mock.patch.object(network, "_read", kept):
        for case in cases:
            compare(*(read_photo(case / f"{which}.jpg") for which in ("before", "after")), settings=settings)
    return taken


class Crops(CalibrationDataReader):  # type: ignore[misc]
    """Gives the crops one after the other, as onnxruntime asks for them."""

    def __init__(self, crops: list[np.ndarray]) -> None:
        self.left: Iterator[np.ndarray] = iter(crops)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next crop; None after the last."""
        crop = next(self.left, None)
        return None if crop is None else {"flat": crop}


def main(trained: str, out: str) -> None:
    # Read by the networks that are to be replaced: only what goes into them is taken.
    with tempfile.TemporaryDirectory() as folder:
        cases = list(write_cases(pathlib.Path(folder), pairs=PAIRS, seed=SEED, kinds=KINDS))
        crops = {reduced: pictures(cases, reduced=reduced) for reduced in (False, True)}
    for (photos, reduced), (name, _) in network.MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            whole, prepared = pathlib.Path(folder) / "whole.onnx", pathlib.Path(folder) / "prepared.onnx"
            on_pixels(pathlib.Path(trained) / name, whole)
            quant_pre_process(whole, prepared, skip_symbolic_shape=True)
            quantize_static(
                prepared,
                pathlib.Path(out) / name,
                Crops(crops[reduced][photos]),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                # Seven bits of weight: processors without instructions for it add two products in sixteen bits, which eight overflow.
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=FLOAT,
            )
        pooled_before_rounding(pathlib.Path(out) / name)


if __name__ == "__main__":
    main(*sys.argv[1:])
