"""The shipped networks: files that are what they should be, run by onnxruntime on one pool of memory for all of them."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""onnxruntime's own builds tell its makers what they run on, from 1.29 on Linux too: nothing is to be sent, nor a number of this machine
kept.  It has to be there before the library is loaded, which this module alone does."""

THREADS = 2
"""Most threads of one network: more gave nothing on networks this small.  Where OpenCV has but one, as in a batch, so do they."""

_ONE_AT_A_TIME = threading.Lock()
"""Held while a network is opened: whoever needs it at the same time waits for it and opens no second one."""


@dataclass(frozen=True, eq=False)
class Network:
    """An onnxruntime session, and the thread that it has to itself, if it needs one."""

    session: Any
    own_thread: ThreadPoolExecutor | None = None

    def run(
        self, output_names: list[str] | None, input_feed: dict[str, NDArray[np.float32]], *, last: bool = False
    ) -> list[NDArray[np.float32]]:
        """What the network says; after the last run the pool that all networks share goes back to the system."""
        options = _onnxruntime().RunOptions()
        if last:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        if self.own_thread is not None:
            said: list[NDArray[np.float32]] = self.own_thread.submit(self.session.run, output_names, input_feed, options).result()
        else:
            said = self.session.run(output_names, input_feed, options)
        return said


def _onnxruntime() -> Any:
    """The library, loaded when it is first needed, with its reports switched off.

    Raises
    ------
    ImportError
        It is missing, or can't be loaded.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # those of Windows, which heed no environment
    return onnxruntime


def can_run() -> bool:
    """Whether onnxruntime is there, and works."""
    try:
        _onnxruntime()
    except ImportError:
        return False
    return True


def shipped(name: str, sha256: str) -> bytes | None:
    """A file of `photocompare/models`; None where it is missing or another one."""
    file = files("photocompare") / "models" / name
    content = file.read_bytes() if file.is_file() else b""
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def network(name: str, sha256: str, *, tiny_as_zero: bool = False) -> Network | None:
    """A shipped network, opened once a process as `opened` opens it; None where its file is missing or another one."""
    with _ONE_AT_A_TIME:
        return _kept(name, sha256, tiny_as_zero)


@cache
def _kept(name: str, sha256: str, tiny_as_zero: bool) -> Network | None:
    content = shipped(name, sha256)
    return None if content is None else opened(content, tiny_as_zero=tiny_as_zero)


def opened(model: bytes, *, tiny_as_zero: bool = False) -> Network:
    """A network; `tiny_as_zero` takes numbers below 1.2e-38 as 0, which processors need many times as long for.

    Most shares of attention are as small, and none of them shows in a sum of shares that is 1: the same bits come out in half of the time.
    """
    onnxruntime = _onnxruntime()
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = min(THREADS, cv2.getNumThreads())
    options.inter_op_num_threads = 1
    # Idle threads would spin on the cores that OpenCV needs next.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # A plan of the memory asks for all of it in one piece, beside what the last run left: 80 MiB more, and no time gained.
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_env_allocators", "1")
    if not tiny_as_zero:
        return Network(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))
    # Tiny numbers are a mode of the thread that opens the session and of its helpers: it gets one of its own, no other work is touched.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    own = ThreadPoolExecutor(1)
    return Network(own.submit(onnxruntime.InferenceSession, model, options, providers=["CPUExecutionProvider"]).result(), own)


@cache
def _share_memory() -> None:
    """One pool for all networks: what one needed serves the next."""
    onnxruntime = _onnxruntime()
    kind = onnxruntime.OrtMemoryInfo("Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT)
    onnxruntime.create_and_register_allocator(kind, onnxruntime.OrtArenaCfg(0, -1, -1, -1))  # its usual ways
