"""What made a result: settings, their hash, and the time each stage took."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def settings_as_dict(settings: Any) -> dict[str, Any]:
    """A frozen dataclass of settings as plain JSON types."""
    return dataclasses.asdict(settings)


def settings_sha256(settings: Any) -> str:
    """SHA-256 over the canonical JSON of the settings; equal settings give equal hashes on any machine."""
    text = json.dumps(settings_as_dict(settings), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Stopwatch:
    """Wall time by stage; tells a listener when a stage starts.

    Parameters
    ----------
    on_stage : callable, optional
        Called with the stage's name as it starts (the command line's progress lines, the viewer's status).
    """

    def __init__(self, on_stage: Callable[[str], None] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self._on_stage = on_stage

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self._on_stage is not None:
            self._on_stage(name)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
