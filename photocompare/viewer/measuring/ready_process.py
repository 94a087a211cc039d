"""The session's measuring process, which stays for the next question about the same photos: libraries, photos and findings are there.

And one that waits for a session's first question, with the libraries alone.
"""

from __future__ import annotations

import subprocess
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from photocompare.base.messages import let_go, pipes_of, send

MOST_READY = 2
"""Processes on one machine that stay without work, as many as measure at once: each holds one pair, 0.7 to 0.9 GiB at 12 megapixels."""

READY_S = 600.0
"""How long one stays without work: a clinician's look at a result, and the next field or scale."""

REST_S = 2.0
"""From a measurement's end until the next spare process is started: the page with the result is drawn by then."""

_IDLE: list[weakref.ref[ReadyProcess]] = []
_IDLE_LOCK = threading.Lock()


class ReadyProcess:
    """One process, used by one piece of work at a time; whoever owns it is the only one whose photos it has seen.

    It ends with its owner, after `READY_S` without work, when others on the machine were used later, or when a piece of work was stopped.

    Attributes
    ----------
    speaking : Lock
        Held by whoever writes to it.
    """

    def __init__(self) -> None:
        self.speaking = threading.Lock()
        self._in_use = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None

    def take(self, patience_s: float) -> bool:
        """Whether it is free within so many seconds; it is then the caller's until `give_back`."""
        if not self._in_use.acquire(timeout=patience_s):
            return False
        if self._timer is not None:
            self._timer.cancel()
        with _IDLE_LOCK:
            _IDLE[:] = [other for other in _IDLE if other() not in (None, self)]
        return True

    def tell(self, kind: str, body: bytes, **facts: Any) -> None:
        """Say something that needs no answer while it is at work for somebody else; nothing where it is not."""
        process = self._process
        if process is not None and self._in_use.locked():
            with self.speaking, suppress(OSError, ValueError):  # it may end meanwhile
                send(pipes_of(process)[0], kind, body, **facts)

    def process(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        """The process, for whoever took it; started where there is none."""
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = start()
        return self._process

    def give_back(self, *, in_order: bool) -> None:
        """Let the next one have it; `in_order` where it answered and waits."""
        surplus = None
        if in_order:
            own = weakref.ref(self)
            self._timer = threading.Timer(READY_S, _end_idle, args=(own,))
            self._timer.daemon = True
            self._timer.start()
            with _IDLE_LOCK:
                _IDLE.append(own)
                surplus = _IDLE.pop(0) if len(_IDLE) > MOST_READY else None
        else:
            self._end()
        self._in_use.release()
        if surplus is not None:
            _end_idle(surplus)

    def end(self) -> None:
        """End it, unless somebody uses it: that work ends it when it is stopped."""
        if self._in_use.acquire(blocking=False):
            self._end()
            self._in_use.release()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None:
            let_go(self._process)
            self._process = None

    def __del__(self) -> None:
        if hasattr(self, "_timer"):
            self._end()


def _end_idle(ready: weakref.ref[ReadyProcess]) -> None:
    found = ready()
    if found is not None:
        found.end()


class SpareProcess:
    """One process of this server that has loaded what measuring needs and has seen no photo: the next session's first question goes to it.

    Parameters
    ----------
    start : callable
        Starts a process and has it load.
    """

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False

    def prepare(self, *, now: bool = True) -> None:
        """Have one from now on, or from the next measurement's end on."""
        with self._lock:
            self._wanted = True
            self._drop_dead()
            if now and self._process is None:
                self._process = self._start()

    def take(self) -> subprocess.Popen[bytes] | None:
        """The process, the caller's from now on; None where there is none."""
        with self._lock:
            self._drop_dead()
            taken, self._process = self._process, None
        return taken

    def _drop_dead(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            let_go(self._process)
            self._process = None

    def replace(self) -> None:
        """Start another one in a while, where one is wanted and was taken."""
        if self._wanted and self._process is None:
            timer = threading.Timer(REST_S, self.prepare)
            timer.daemon = True
            timer.start()
