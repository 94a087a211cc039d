"""One pool of freed memory for all threads, where the system's library knows pools."""

from __future__ import annotations

import ctypes
import gc
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

GIVE_BACK = """
from pathlib import Path
from photocompare.base.memory import give_back_freed_memory
told = Path("/proc/self/statm")
pages = lambda: told.read_text().split()[1] if told.exists() else 0
small = [bytearray(60_000) for _ in range(2000)]
last = small[-1]
del small
held = pages()
give_back_freed_memory()
print(held, pages())
"""

KEEP = """
from pathlib import Path
from photocompare.base.memory import give_back_freed_memory, keep_freed_memory
told = Path("/proc/self/statm")
pages = lambda: int(told.read_text().split()[1]) if told.exists() else 0
keep_freed_memory()
pictures = [bytearray(b"x" * 20_000_000) for _ in range(4)]
del pictures
held = pages()
give_back_freed_memory()
print(held - pages())
"""

NEVER_FOUND = """
from photocompare.base.memory import look_seldom_for_cycles
class Held:
    def __del__(self):
        print("found")
look_seldom_for_cycles()
one = Held()
one.itself = one
del one
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
    memory.keep_freed_memory()
    memory.give_back_freed_memory()


def test_freed_memory_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", GIVE_BACK], capture_output=True, text=True, check=True)
    held, left = (int(pages) for pages in said.stdout.split())
    assert left <= held


def test_cycles_are_looked_for_after_more_objects_than_libraries_make() -> None:
    usual = gc.get_threshold()
    try:
        memory.look_seldom_for_cycles()
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 50_000
    finally:
        gc.set_threshold(*usual)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only the GNU C library is told to keep it")
def test_freed_memory_is_kept_until_it_is_given_back() -> None:
    said = subprocess.run([sys.executable, "-c", KEEP], capture_output=True, text=True, check=True)
    assert int(said.stdout) > 10_000  # pages of four pictures of 20 MB


def test_no_cycles_are_looked_for_at_the_end() -> None:
    said = subprocess.run([sys.executable, "-c", NEVER_FOUND], capture_output=True, text=True, check=True)
    assert said.stdout == ""
