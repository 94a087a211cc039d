"""The learned reading of skin: how visible are vein and stain at every pixel of one photo.

A small U-Net (`training/`), run by onnxruntime.  Its input is light-free (`skin_reading.flattened_density`); its outputs are CIE76 colour
differences under neutral light at mid exposure, the unit in which "visible" is defined, and the probability of being visible.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import LinearRGB, Mask
from photocompare.network_strips import in_strips
from photocompare.skin_reading import SkinReading, flattened_density
from photocompare.vein_ridges import read_skin_by_ridges

MODEL_FILE = "vein_unet.onnx"
MODEL_SHA256 = "1b1249e9ac8c8f08f7477cbc58ad891fad7d7f6cb1c1111be737c9f1e4051a5e"

MARGIN_PX = 48
"""Kept around the leg's box: a little more than what a pixel's reading depends on beyond the surround."""


@cache
def _session() -> Any:
    """The network, loaded once, its file checked; None where onnxruntime or the right file is missing."""
    try:
        import onnxruntime
    except ImportError:
        return None
    file = resources.files("photocompare") / "models" / MODEL_FILE
    if not file.is_file():
        return None
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Beside registration: one core, and no thread that spins while it waits.
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def network_available() -> bool:
    """Whether the model file is there, unaltered, and can be run."""
    return _session() is not None


def read_skin(linear: LinearRGB, leg: Mask) -> SkinReading:
    """How visible vein and stain are at every pixel of the leg.

    Parameters
    ----------
    linear : LinearRGB (H, W, 3)
    leg : Mask
        Outside it everything reads 0.

    Notes
    -----
    Without the model, or where it can't be run, the skin is read by ridges; `network_available` says which.
    """
    session = _session()
    if session is None:
        return read_skin_by_ridges(linear, leg)
    rows, cols = (np.flatnonzero(leg.any(axis=axis)) for axis in (1, 0))
    out = np.zeros((4, *leg.shape), np.float32)
    if rows.size == 0:
        return SkinReading(*out)
    box = tuple(slice(max(0, int(i[0]) - MARGIN_PX), int(i[-1]) + 1 + MARGIN_PX) for i in (rows, cols))
    flat = flattened_density(linear[box], leg[box])
    inside = leg[box]
    for strip, reading in in_strips(lambda planes: _run(session, planes), flat):
        for k, channel in enumerate((0, 2, 1, 3)):
            out[k][box][strip] = np.where(inside[strip], _visible(reading[channel]) if channel in (0, 2) else _likely(reading[channel]), 0)
    return SkinReading(*out)


def _run(session: Any, planes: NDArray[np.float32]) -> NDArray[np.float32]:
    import onnxruntime

    options = onnxruntime.RunOptions()
    # What a strip needed is given back after it: the session would hold it until the process ends.
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return np.asarray(session.run(None, {"flat": planes}, options)[0], dtype=np.float32)


def _visible(logarithm: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE76 units from the network's ln(1 + units)."""
    return np.asarray(cv2.exp(np.maximum(logarithm, np.float32(0))) - np.float32(1), dtype=np.float32)


def _likely(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability from log odds."""
    return np.asarray(1 / (1 + cv2.exp(-logit)), dtype=np.float32)
