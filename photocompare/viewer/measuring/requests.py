"""Measuring seen from the viewer: a request goes to a process of its own, which reports its stages and can be stopped."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import IO, Any, Literal

from photocompare.base.errors import UsageError
from photocompare.base.messages import let_go, pipes_of, receive, send, unpacked
from photocompare.results.dossier import Dossier, read_dossier
from photocompare.viewer.measuring.ready_process import ReadyProcess, SpareProcess

MOST_SHOTS = 4
"""Photos of one visit, as `photocompare.shots` has it."""

MOST_AT_ONCE = 2
"""Measurements that run at the same time on one machine: each takes up to 0.9 GiB at 2 megapixels, 1.3 at 12, and both cores; the others
wait for their turn."""

READY_WAIT_S = 3.0
"""How long a measurement waits for the session's own process: as long as a new one would need to come as far as that one is."""

_TURNS = threading.BoundedSemaphore(MOST_AT_ONCE)

_COMMAND = (sys.executable, "-c", "import sys; sys.path[:0] = sys.argv[1:]; from photocompare.viewer.measuring.child import main; main()")

Outcome = Literal["running", "done", "refused", "stopped", "failed"]


@dataclass(frozen=True)
class Cutting:
    """Where a collage is cut: shares of its side, and whether the second half is the earlier photo."""

    axis: Literal["columns", "rows"]
    at: float
    resumes: float
    swapped: bool = False


@dataclass(frozen=True)
class Request:
    """What is to be measured; dates move no measured number and are added afterwards (`report.redated`).

    Parameters
    ----------
    befores, afters : tuple of bytes
        One to four files of each visit; a collage stands alone in `befores`, with `cutting`.
    mm_per_px : float, optional
    polygon_xy : tuple of (x, y), optional
        In full pixels of the upright (first) before photo.
    look_for_card : bool
    cutting : Cutting, optional

    Raises
    ------
    UsageError
        No photo of a visit, or too many.
    """

    befores: tuple[bytes, ...]
    afters: tuple[bytes, ...]
    mm_per_px: float | None = None
    polygon_xy: tuple[tuple[float, float], ...] | None = None
    look_for_card: bool = True
    cutting: Cutting | None = None

    def __post_init__(self) -> None:
        if self.cutting is not None and (len(self.befores), len(self.afters)) == (1, 0):
            return
        if not (1 <= len(self.befores) <= MOST_SHOTS and 1 <= len(self.afters) <= MOST_SHOTS):
            raise UsageError(f"Give one to {MOST_SHOTS} photos of each visit.")

    @property
    def key(self) -> str:
        """The same photos, asked about in the same way, have the same key."""
        digest = hashlib.sha256(json.dumps(self._asked(), sort_keys=True).encode())
        for part in (*self.befores, *self.afters):
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()

    def _asked(self) -> dict[str, Any]:
        cutting = self.cutting
        return {
            "befores": len(self.befores),
            "sizes": [len(part) for part in (*self.befores, *self.afters)],
            "mm_per_px": self.mm_per_px,
            "polygon_xy": self.polygon_xy,
            "look_for_card": self.look_for_card,
            "cut": None if cutting is None else {"axis": cutting.axis, "at": cutting.at, "resumes": cutting.resumes},
            "swapped": cutting is not None and cutting.swapped,
        }

    def message(self) -> tuple[dict[str, Any], bytes]:
        """Facts and body for the measuring process."""
        return self._asked(), b"".join((*self.befores, *self.afters))


@dataclass(frozen=True)
class PhotoRefusal:
    """Why a photo can't be used: the error's name, its English sentence, and which photo of which visit, where that is known."""

    name: str
    message: str
    which: str = ""
    number: int = 0


@dataclass(frozen=True)
class ReadPhotos:
    """Small copies (JPEG) of the first photo of each visit, to be looked at while they are measured.

    Parameters
    ----------
    before, after : bytes
    width, height : int
        Of the before photo, px.
    step : str
        What they show: the photos "as_taken", "laid_over" each other, or with their "veins".
    """

    before: bytes
    after: bytes
    width: int
    height: int
    step: str = "as_taken"


class _Work(ABC):
    """A process at work on one request; a thread takes in what it says.

    The process is the session's own where that is free in time, else one that ends with the work.
    """

    def __init__(
        self, kind: str, facts: Mapping[str, Any], body: bytes, ready: ReadyProcess | None = None, patience_s: float = 0.0
    ) -> None:
        self.outcome: Outcome = "running"
        self.refusal: PhotoRefusal | None = None
        self.ended = threading.Event()
        self._news = threading.Event()
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        threading.Thread(target=_work, args=(weakref.ref(self), kind, dict(facts), body, ready, patience_s), daemon=True).start()

    def stop(self) -> None:
        """End it now; it leaves nothing behind."""
        self._stop.set()
        with self._lock:
            if self._process is not None:
                with suppress(OSError):
                    self._process.kill()

    def __del__(self) -> None:
        # A closed browser drops its session, and with it the wish for an answer.
        if hasattr(self, "_lock"):
            self.stop()

    @abstractmethod
    def hear(self, kind: str, facts: Mapping[str, Any], body: bytes) -> None:
        """Take in one message."""

    def begun(self, process: subprocess.Popen[bytes] | None) -> bool:
        """Note the process, None once it works for it no more; False where it was stopped."""
        with self._lock:
            self._process = process
        return not self._stop.is_set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def wait_for_news(self, seconds: float) -> None:
        """Wait until it has said something since the last call, so long at most."""
        self._news.wait(seconds)
        self._news.clear()

    def has_news(self) -> None:
        """Let whoever waits go on."""
        self._news.set()

    def end(self, outcome: Outcome) -> None:
        """Say how it went."""
        self.outcome = outcome
        self.ended.set()
        self.has_news()


def _work(
    owner: weakref.ref[_Work], kind: str, facts: Mapping[str, Any], body: bytes, ready: ReadyProcess | None, patience_s: float
) -> None:
    """Run the process for as long as anybody waits for it; the thread holds its owner only while it tells it something."""
    if ready is not None and kind == "measure":
        # It may still be looking at the first of the photos; the others are decoded meanwhile, and the after photo looked at.
        ready.tell("ahead", body, **facts)
    taken = ready if ready is not None and ready.take(patience_s) else None
    in_order = False
    try:
        with _TURNS:
            process = _begun(owner, taken)
            if process is not None:
                in_order = _converse(owner, process, kind, facts, body, taken)
    finally:
        if taken is not None:
            taken.give_back(in_order=in_order)
        if kind == "measure":
            SPARE.replace()
        # However it went, nobody waits for ever.
        work = owner()
        if work is not None and not work.ended.is_set():
            work.end("done" if work.outcome == "done" else "stopped" if work.stopped else "failed")


def _begun(owner: weakref.ref[_Work], ready: ReadyProcess | None) -> subprocess.Popen[bytes] | None:
    work = owner()
    if work is None or work.stopped:
        return None
    process = _started() if ready is None else ready.process(_started)
    if not work.begun(process):
        process.kill()
    return process


def _started() -> subprocess.Popen[bytes]:
    return SPARE.take() or _new()


def _new() -> subprocess.Popen[bytes]:
    return subprocess.Popen([*_COMMAND, *sys.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _loading() -> subprocess.Popen[bytes]:
    """A new process that loads what measuring needs before it is asked anything."""
    process = _new()
    with suppress(BrokenPipeError):
        send(pipes_of(process)[0], "load")
    return process


SPARE = SpareProcess(_loading)
"""The server's spare process; there is none until `prepare` is called."""


def _converse(
    owner: weakref.ref[_Work],
    process: subprocess.Popen[bytes],
    kind: str,
    facts: Mapping[str, Any],
    body: bytes,
    ready: ReadyProcess | None,
) -> bool:
    """Ask and listen; whether the process stays, which is `ready`'s then, answered all and waits for the next question."""
    requests, answers = pipes_of(process)
    in_order = False
    try:
        with suppress(BrokenPipeError), nullcontext() if ready is None else ready.speaking:
            send(requests, kind, body, **facts)
        if ready is None:
            with suppress(BrokenPipeError):
                requests.close()
        in_order = _listen(owner, answers) and ready is not None
    finally:
        work = owner()
        in_order = (work is None or work.begun(None)) and in_order
        if not in_order:
            let_go(process)  # it has said all, or something that makes no sense
    return in_order


def _listen(owner: weakref.ref[_Work], pipe: IO[bytes]) -> bool:
    """Take in what is said; whether it was all."""
    while (message := _next(pipe)) is not None:
        work = owner()
        kind, facts, body = message
        if kind == "answered":
            return True
        if work is None:
            return False
        if kind == "refused":
            work.refusal = PhotoRefusal(str(facts["name"]), str(facts["message"]), str(facts["which"]), int(facts["number"]))
            work.end("refused")
        else:
            work.hear(kind, facts, body)
            work.has_news()
    return False


def _next(pipe: IO[bytes]) -> tuple[str, Mapping[str, Any], bytes] | None:
    try:
        return receive(pipe)
    except (ValueError, KeyError, OSError):
        return None


class Measuring(_Work):
    """A pair being measured.

    Attributes
    ----------
    request : Request
    stage : str
        What it is at.
    photos : ReadPhotos or None
        As soon as the photos were read; what there is to look at later takes their place.
    dossier : Dossier or None
        As soon as there is a result; `outcome` is then "done".
    told : dict
        SHA-256 of each of its files to what a check would say: the facts, and the small picture.
    full_size : dict or None
        "before_full" and "after_full", some seconds later; empty where the shown pictures have full size already.
    outcome : str
        "refused" with `refusal` when a photo can't be used; "failed" when the process died.
    """

    def __init__(self, request: Request, ready: ReadyProcess | None = None) -> None:
        self.request = request
        self.stage = "wait"
        self.photos: ReadPhotos | None = None
        self.dossier: Dossier | None = None
        self.full_size: dict[str, bytes] | None = None
        self.told: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        super().__init__("measure", *request.message(), ready, READY_WAIT_S)

    def hear(self, kind: str, facts: Mapping[str, Any], body: bytes) -> None:
        if kind == "stage":
            self.stage = str(facts["stage"])
        elif kind == "photos":
            pictures = unpacked(body)
            self.photos = ReadPhotos(pictures["before"], pictures["after"], int(facts["width"]), int(facts["height"]))
        elif kind == "meanwhile" and self.photos is not None:
            pictures = unpacked(body)
            self.photos = dataclasses.replace(self.photos, before=pictures["before"], after=pictures["after"], step=str(facts["step"]))
        elif kind == "photo":
            self.told[str(facts["digest"])] = facts, body
        elif kind == "dossier":
            self.dossier = read_dossier(body)
            self.outcome = "done"
        elif kind == "full_size":
            self.full_size = unpacked(body)
            self.end("done")


class Checking(_Work):
    """One uploaded file being looked at.

    Attributes
    ----------
    photo : mapping or None
        The facts of `photo.facts.KEPT_FACTS`, "flags", "cut"; None until it was read.
    thumbnail : bytes
        JPEG.
    flags : list of str or None
        Codes of everything that is known to be wrong with it; None until it was looked at, and without `look`.
    """

    def __init__(self, data: bytes, *, look: bool = True, ready: ReadyProcess | None = None) -> None:
        self.photo: Mapping[str, Any] | None = None
        self.thumbnail = b""
        self.flags: list[str] | None = None
        super().__init__("check", {"look": look}, data, ready)

    def hear(self, kind: str, facts: Mapping[str, Any], body: bytes) -> None:
        if kind == "photo":
            self.photo, self.thumbnail = facts, body
            self.outcome = "done"
        elif kind == "looked":
            self.flags = [str(code) for code in facts["flags"]]
