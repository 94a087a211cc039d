"""The learned matcher's two networks, opened only when they are what they should be."""

from __future__ import annotations

import hashlib
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

SHA256 = {
    "xfeat.onnx": "82e22687c6885a21cbf5b3fcf6e041e6f0a87fa3af9b33a775440d5f4522a821",
    "lighterglue.onnx": "956cd98de758f4b3e537ea7e81992449577ab30da083bfc60fa3e0f30a2521d5",
}
"""What the shipped files must be; `models/README.md` says where they come from."""

THREADS = 2
"""Most threads for each network: more gave nothing on networks this small.  Where OpenCV has but one, as in a batch, so do they."""


class Network(Protocol):
    """What is used of an onnxruntime session."""

    def run(self, output_names: list[str] | None, input_feed: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]: ...


@dataclass(frozen=True)
class Matcher:
    """Both networks, ready to run.

    Parameters
    ----------
    xfeat : Network
        Image (1, 3, H, W) -> descriptors, keypoint logits, reliability.
    lighterglue : Network
        Two sets of keypoints and descriptors -> log assignment.
    """

    xfeat: Network
    lighterglue: Network


def load_matcher() -> Matcher | None:
    """The learned matcher, or None when onnxruntime or a file is missing or a file was altered (the classical path serves then).

    Opened once per process: the sessions hold no state between runs.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        return None
    contents = {}
    for name, digest in SHA256.items():
        resource = files("photocompare") / "models" / name
        if not resource.is_file():
            return None
        contents[name] = resource.read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            return None
    return _open(contents["xfeat.onnx"], contents["lighterglue.onnx"])


@lru_cache(maxsize=1)
def _open(xfeat: bytes, lighterglue: bytes) -> Matcher:
    return Matcher(_session(xfeat), _session(lighterglue, tiny_as_zero=True))


def _session(model: bytes, *, tiny_as_zero: bool = False) -> Network:
    """A network; `tiny_as_zero` takes numbers below 1.2e-38 as 0, which processors need many times as long for.

    Most shares of attention are as small, and none of them shows in a sum of shares that is 1: the same bits come out in half of the time.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(THREADS, cv2.getNumThreads())
    options.inter_op_num_threads = 1
    # Idle threads would spin on the cores that OpenCV needs next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    run_options = onnxruntime.RunOptions()
    run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    # Tiny numbers are a mode of the thread that opens the session and of its helpers: it gets one of its own, no other work is touched.
    own = ThreadPoolExecutor(1) if tiny_as_zero else None
    if own is None:
        return _Frugal(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), run_options)
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    opened = own.submit(onnxruntime.InferenceSession, model, options, providers=["CPUExecutionProvider"])
    return _Frugal(opened.result(), run_options, own)


@dataclass(frozen=True)
class _Frugal:
    """A session that gives back after each run what the run needed; it would hold that until the process ends."""

    session: Any
    run_options: Any
    own_thread: ThreadPoolExecutor | None = None

    def run(self, output_names: list[str] | None, input_feed: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        def found() -> list[NDArray[np.float32]]:
            said: list[NDArray[np.float32]] = self.session.run(output_names, input_feed, self.run_options)
            return said

        return found() if self.own_thread is None else self.own_thread.submit(found).result()
