"""What the stages of a comparison found, for the next one of the same pair: another field or scale repeats only what depends on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Found = TypeVar("Found")


class StageMemory:
    """The latest finding of each stage, with what it follows from.

    A finding serves again only where all of that is the same: photos are the same as objects, everything else by value.  So a memory
    changes no number.  It holds one finding a stage, and with it one pair.  Who asks while a stage is at work for somebody else waits
    for it.

    Parameters
    ----------
    told : callable
        Is told of each stage's finding, kept or new, in the thread that asked for it.
    """

    def __init__(self, told: Callable[[str, Any], None] = lambda _stage, _finding: None) -> None:
        self._kept: dict[str, tuple[tuple[Hashable, ...], Any]] = {}
        self._told = told
        self._at_work: dict[str, threading.Lock] = {}

    def found(self, stage: str, follows_from: tuple[Hashable, ...], work: Callable[[], Found]) -> Found:
        """The kept finding of a stage, else what `work` finds, which is kept in its place."""
        with self._at_work.setdefault(stage, threading.Lock()):
            kept = self._kept.get(stage)
            if kept is not None and kept[0] == follows_from:
                finding: Found = kept[1]
            else:
                self._kept.pop(stage, None)  # what is of no use any more makes room first
                finding = work()
                self._kept[stage] = follows_from, finding
        self._told(stage, finding)
        return finding


class NoMemory(StageMemory):
    """Keeps nothing: each finding is given up as soon as the comparison needs it no more."""

    def found(self, stage: str, follows_from: tuple[Hashable, ...], work: Callable[[], Found]) -> Found:  # noqa: ARG002
        """What `work` finds."""
        return work()
