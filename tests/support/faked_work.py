"""Stand-ins for the viewer's processes: nothing runs, and a test says what was found out."""

from __future__ import annotations

import threading
from typing import Any

from photocompare.results.dossier import Dossier
from photocompare.viewer.measuring.ready_process import ReadyProcess
from photocompare.viewer.measuring.requests import Outcome, PhotoRefusal, ReadPhotos, Request


class FakedWork:
    """What `measuring._Work` shows of itself; `made` lists every stand-in of a class."""

    made: list[Any]

    def __init_subclass__(cls) -> None:
        cls.made = []

    def __init__(self) -> None:
        self.outcome: Outcome = "running"
        self.refusal: PhotoRefusal | None = None
        self.ended = threading.Event()
        self.stopped = False
        type(self).made.append(self)

    def stop(self) -> None:
        # As in a process that waits for its turn: it has been told, and says so later.
        self.stopped = True

    def end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.ended.set()


def photo_facts(capture_time: str | None, cut: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a process tells of a photo, as far as pages read it."""
    return {"width": 900, "height": 1200, "format": "JPEG", "capture_time": capture_time, "flags": [], "cut": cut}


def faked_work() -> tuple[type[Any], type[Any]]:
    """Fresh stand-ins for `Measuring` and `Checking`."""

    class FakedMeasuring(FakedWork):
        def __init__(self, request: Request, ready: ReadyProcess | None = None) -> None:
            self.ready = ready
            self.request = request
            self.stage = "wait"
            self.photos: ReadPhotos | None = None
            self.dossier: Dossier | None = None
            self.full_size: dict[str, bytes] | None = None
            self.told: dict[str, tuple[Any, bytes]] = {}
            super().__init__()

        def wait_for_news(self, seconds: float) -> None:
            self.ended.wait(seconds)

        def tell(self, digest: str, *, capture_time: str | None = None) -> None:
            self.told[digest] = photo_facts(capture_time), b""

        def finish(self, dossier: Dossier) -> None:
            self.dossier, self.full_size = dossier, {}
            self.end("done")

        def refuse(self, refusal: PhotoRefusal) -> None:
            self.refusal = refusal
            self.end("refused")

    class FakedChecking(FakedWork):
        def __init__(self, data: bytes, *, look: bool = True, ready: ReadyProcess | None = None) -> None:
            self.data, self.look, self.ready = data, look, ready
            self.photo: dict[str, Any] | None = None
            self.thumbnail = b""
            self.flags: list[str] | None = None
            super().__init__()

        def know(self, *, capture_time: str | None = None, cut: dict[str, Any] | None = None, flags: list[str] | None = None) -> None:
            self.photo = photo_facts(capture_time, cut)
            self.flags = flags
            self.end("done")

    return FakedMeasuring, FakedChecking
