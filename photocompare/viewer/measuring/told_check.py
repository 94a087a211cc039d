"""A photo of a pair that is being measured: the measurement tells of it what a check would, so it is read once."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from photocompare.viewer.measuring.requests import Checking, Measuring, Outcome, PhotoRefusal


class Check(Protocol):
    """What is known about one photo, as `Checking` has it."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def ended(self) -> threading.Event: ...
    @property
    def refusal(self) -> PhotoRefusal | None: ...
    @property
    def photo(self) -> Mapping[str, Any] | None: ...
    @property
    def thumbnail(self) -> bytes: ...
    @property
    def flags(self) -> Sequence[str] | None: ...


class ToldCheck:
    """A check that waits for what a measurement tells; where that ends without a word of this photo, it is checked by itself.

    Parameters
    ----------
    measuring : Measuring
        Of a request that holds the photo.
    digest : str
        The file's SHA-256.
    check : callable
        Begins a check of the photo by itself.
    """

    def __init__(self, measuring: Measuring, digest: str, check: Callable[[], Checking]) -> None:
        self._measuring = weakref.ref(measuring)
        self._digest, self._check = digest, check
        self._ended = threading.Event()
        self._told: tuple[Mapping[str, Any], bytes] | None = None
        self._instead: Checking | None = None

    def _alone(self) -> Checking | None:
        """The check of the photo by itself, where there has to be one."""
        if self._told is not None or self._instead is not None:
            return self._instead
        measuring = self._measuring()
        over = measuring is None or measuring.ended.is_set() or measuring.stopped
        if measuring is not None:
            self._told = measuring.told.get(self._digest)
        if self._told is not None:
            self._ended.set()
        elif over:
            self._instead = self._check()
        return self._instead

    @property
    def outcome(self) -> Outcome:
        alone = self._alone()
        return alone.outcome if alone is not None else "running" if self._told is None else "done"

    @property
    def ended(self) -> threading.Event:
        alone = self._alone()
        return self._ended if alone is None else alone.ended

    @property
    def refusal(self) -> PhotoRefusal | None:
        alone = self._alone()
        return None if alone is None else alone.refusal

    @property
    def photo(self) -> Mapping[str, Any] | None:
        alone = self._alone()
        return alone.photo if alone is not None else None if self._told is None else self._told[0]

    @property
    def thumbnail(self) -> bytes:
        alone = self._alone()
        return alone.thumbnail if alone is not None else b"" if self._told is None else self._told[1]

    @property
    def flags(self) -> Sequence[str] | None:
        alone = self._alone()
        return None if alone is None else alone.flags
