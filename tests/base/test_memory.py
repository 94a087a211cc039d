"""One pool of freed memory for all threads, where the system's library knows pools."""

from __future__ import annotations

import subprocess
import sys

import pytest

from photocompare.base import memory

COUNT_POOLS = """
import ctypes, threading
from photocompare.base.memory import share_freed_memory
{first}
threads = [threading.Thread(target=lambda: [bytearray(60_000) for _ in range(4000)]) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library = ctypes.CDLL(None)
if hasattr(library, "malloc_info"):
    library.fopen.restype = ctypes.c_void_p
    out = ctypes.c_void_p(library.fopen(b"/dev/stdout", b"w"))
    library.malloc_info(0, out)
    library.fflush(out)
"""


def _pools(first: str) -> int:
    said = subprocess.run([sys.executable, "-c", COUNT_POOLS.format(first=first)], capture_output=True, text=True, check=True)
    return said.stdout.count("<heap nr=")


def test_all_threads_share_one_pool() -> None:
    assert _pools("share_freed_memory()") <= min(1, _pools(""))


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: pytest.fail("no library is opened"))
    memory.share_freed_memory()
