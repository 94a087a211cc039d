"""The process that reads and measures for the viewer: photos in on standard input, what was found out on standard output.

It stays for the next question of its session, and repeats only what that changes.
Apart from the viewer, so that it can be stopped at any moment, and so that a fault or the memory of a measurement is not the viewer's.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, pairwise
from queue import SimpleQueue
from typing import IO, Any

import numpy as np

from photocompare.base.errors import PhotocompareError, PhotoError
from photocompare.base.memory import give_back_freed_memory, keep_freed_memory, look_seldom_for_cycles, share_freed_memory
from photocompare.base.messages import Message, packed, receive, send
from photocompare.base.stage_memory import StageMemory
from photocompare.photo.collage import Cut, find_collage
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import Photo, read_photo
from photocompare.photo.visits import Visits, cut_visits, read_visits, without_capture_time

THUMBNAIL_PX = 1280
"""Longest side of the small picture that stands beside an upload, under the slider while a pair is measured and, as a ghost, over the live
camera's: veins are still seen in it."""

REST_S = 0.5
"""From a result until the full-size pictures are made: the page with the result is drawn by then, and needs the processor."""

_NO_MEMORY = "There is not enough memory for these photos; close other programs or send smaller copies."


@dataclass(frozen=True, eq=False, repr=False)
class ReadFile:
    """One file as it was read.

    Parameters
    ----------
    photo, timeless : Photo
        As it is, and not telling when it was taken: the dates are the reader's to say, afterwards, and a camera's clock must not
        refuse a pair before.
    """

    photo: Photo
    timeless: Photo

    @cached_property
    def thumbnail(self) -> bytes:
        """JPEG."""
        return _thumbnail(self.photo)

    @cached_property
    def cut(self) -> Cut | None:
        """Of a collage."""
        return find_collage(self.photo.encoded)


class Kept:
    """The photos of the latest pair as they were read, and what was found of them.  Nothing of it outlives the process.

    Attributes
    ----------
    memory : StageMemory
    listener : callable or None
        Is told what the stages find.
    """

    def __init__(self) -> None:
        self.listener: Callable[[str, Any], None] | None = None
        self.memory = StageMemory(self._told)
        self._files: dict[str, Future[ReadFile]] = {}
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(os.cpu_count())

    def _told(self, stage: str, finding: Any) -> None:
        if self.listener is not None:
            self.listener(stage, finding)

    def begin(self, data: bytes) -> Future[ReadFile]:
        """Read a file, if that was not begun before; from any thread."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            if digest not in self._files:
                self._files[digest] = self._readers.submit(_read_file, data)
            return self._files[digest]

    def read(self, data: bytes) -> ReadFile:
        """A file as it was read, each time with the same photos; from any thread.  PhotoError as `read_photo`."""
        reading = self.begin(data)
        try:
            return reading.result()
        except (PhotocompareError, MemoryError):
            # The next question may find more memory.
            with self._lock:
                self._files = {digest: other for digest, other in self._files.items() if other is not reading}
            raise

    def look_ahead(self, files: Sequence[bytes], asked: Mapping[str, Any]) -> None:
        """Read files that will be asked about next and, of a pair, prepare the after photo.

        Whatever is wrong with them is said when their turn has come.
        """
        reading = [self.begin(data) for data in files]
        if (len(files), asked["befores"]) == (2, 1):
            from photocompare.prepared_pair import prepare_after

            card = bool(asked["look_for_card"])
            self._readers.submit(lambda: prepare_after(reading[1].result().timeless, card=card, memory=self.memory))

    def only(self, files: Sequence[bytes]) -> None:
        """Forget all other files."""
        wanted = {hashlib.sha256(data).hexdigest() for data in files}
        with self._lock:
            self._files = {digest: read for digest, read in self._files.items() if digest in wanted}

    @property
    def files(self) -> dict[str, ReadFile]:
        """SHA-256 to what was read."""
        with self._lock:
            return {digest: read.result() for digest, read in self._files.items() if read.done() and read.exception() is None}


def _read_file(data: bytes) -> ReadFile:
    photo = read_photo(data)
    return ReadFile(photo, without_capture_time(photo))


def main() -> None:
    """Answer requests until nobody asks any more."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    share_freed_memory()
    keep_freed_memory()
    look_seldom_for_cycles()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break the messages
    kept = Kept()
    for message in _received(os.fdopen(os.dup(sys.stdin.fileno()), "rb"), kept):
        if message.kind != "load":
            _answer(out, kept, *message)
        _load_measuring()  # the next question is most likely a pair


def _received(pipe: IO[bytes], kept: Kept) -> Iterator[Message]:
    """All messages but those about photos that are asked about next: these are read at once, beside what is at work."""
    messages: SimpleQueue[Message | None] = SimpleQueue()

    def receive_all() -> None:
        try:
            while (message := receive(pipe)) is not None:
                if message.kind != "ahead":
                    messages.put(message)
                    continue
                kept.look_ahead(_files(message.facts, message.body), message.facts)
        finally:
            messages.put(None)

    threading.Thread(target=receive_all, daemon=True).start()
    return iter(messages.get, None)


def _load_measuring() -> None:
    """Import what measuring and its pictures need, open its networks, and have photos' decoding ready."""
    from photocompare.photo.decoding.apart import prepare

    prepare()
    from photocompare.registration.matcher_models import load_matcher
    from photocompare.report.files import dossier_making  # noqa: F401
    from photocompare.shots import compare_shots  # noqa: F401
    from photocompare.veins.network import open_networks

    for reduced in (True, False):
        open_networks(reduced=reduced)
    load_matcher()


def _answer(out: IO[bytes], kept: Kept, kind: str, facts: dict[str, Any], body: bytes) -> None:
    try:
        (_check if kind == "check" else _measure)(out, kept, dict(facts), body)
    except PhotocompareError as error:
        which, number = (error.which, error.number) if isinstance(error, PhotoError) else ("", 0)
        send(out, "refused", name=type(error).__name__, message=str(error), which=which, number=number)
    except MemoryError:
        send(out, "refused", name="OutOfMemory", message=_NO_MEMORY, which="", number=0)
        raise SystemExit from None  # with all that it kept
    give_back_freed_memory()
    send(out, "answered")


def _check(out: IO[bytes], kept: Kept, facts: dict[str, Any], body: bytes) -> None:
    """One photo: what it is, what is wrong with it, whether it is a collage."""
    read = kept.read(body)
    with ThreadPoolExecutor(1) as aside:
        told = aside.submit(_tell, partial(send, out), hashlib.sha256(body).hexdigest(), read)
        looked = _looked_at(read, kept) if facts["look"] else {}
        told.result()
    if looked and read.cut is None:
        send(out, "looked", **looked)


def _looked_at(read: ReadFile, kept: Kept) -> dict[str, Any]:
    """What is seen to be wrong with a photo, and where its scale comes from."""
    from photocompare.prepared_pair import prepare_before

    # As of the before photo, which mostly comes first: when the other one is there, this is known.
    prepared = prepare_before(read.timeless, {}, memory=kept.memory)
    return {"flags": [*read.photo.flags, *prepared.field.flags, *prepared.quality.flags], "scale": prepared.scale.source}


def _tell(say: Callable[..., None], digest: str, read: ReadFile) -> None:
    cut = None if read.cut is None else {"axis": read.cut.axis, "at": read.cut.at, "resumes": read.cut.resumes}
    photo = read.photo
    say("photo", read.thumbnail, **kept_facts(photo.facts), flags=list(photo.flags), cut=cut, digest=digest)


def _thumbnail(photo: Photo) -> bytes:
    from photocompare.report.pictures.drawing import fitted
    from photocompare.report.pictures.encoding import jpeg

    return jpeg(fitted(photo.encoded, THUMBNAIL_PX, THUMBNAIL_PX)[0])


def _measure(out: IO[bytes], kept: Kept, facts: dict[str, Any], body: bytes) -> None:
    send(out, "stage", stage="read")
    with ThreadPoolExecutor(1) as pool:
        # Decoding happens in child processes; the measuring libraries and networks load meanwhile.
        visits = pool.submit(_read_visits, kept, facts, body)
        from photocompare.base.provenance import Stopwatch
        from photocompare.shots import compare_shots
        from photocompare.viewer.measuring.shown_meanwhile import ShownMeanwhile

        _load_measuring()
        read = visits.result()
    say = partial(_in_turn, threading.Lock(), out)
    # What there is to look at is made beside the measuring, one after the other.
    with ThreadPoolExecutor(1) as aside:
        meanwhile = ShownMeanwhile(read.befores[0], THUMBNAIL_PX, lambda step, pictures: say("meanwhile", packed(pictures), step=step))
        shown = [aside.submit(_tell_photos, say, kept, read)]
        kept.listener = lambda stage, finding: shown.append(aside.submit(meanwhile.told, stage, finding))
        try:
            comparison = compare_shots(
                read.befores,
                read.afters,
                mm_per_px=facts["mm_per_px"],
                polygon_xy=None if facts["polygon_xy"] is None else np.array(facts["polygon_xy"], np.float32),
                look_for_card=bool(facts["look_for_card"]),
                watch=Stopwatch(lambda stage: say("stage", stage=stage)),
                memory=kept.memory,
            )
        finally:
            kept.listener = None  # a pair that ends early must not be shown to the next question
        for told in shown:
            told.result()
    from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
    from photocompare.results.dossier import write_dossier

    send(out, "stage", stage="draw")
    send(out, "dossier", write_dossier(dossier_of(comparison, memory=kept.memory)))
    if comparison.pictures.measured is not None:
        time.sleep(REST_S)
    send(out, "full_size", packed(full_size_pictures(comparison)))


def _tell_photos(say: Callable[..., None], kept: Kept, read: Visits) -> None:
    """The first photo of each visit, to be looked at, and of each file what a check would say, without reading it once more."""
    small = {id(file.timeless): file for file in kept.files.values()}
    first = {"before": read.befores[0], "after": read.afters[0]}
    # Half of a collage has no small picture yet.
    shown = {which: small[id(photo)].thumbnail if id(photo) in small else _thumbnail(photo) for which, photo in first.items()}
    say("photos", packed(shown), width=first["before"].facts.width, height=first["before"].facts.height)
    for digest, file in kept.files.items():
        _tell(say, digest, file)


def _in_turn(lock: threading.Lock, out: IO[bytes], kind: str, body: bytes = b"", **facts: Any) -> None:
    """Send a message whole: stages that go on beside each other have findings to tell."""
    with lock:
        send(out, kind, body, **facts)


def _read_visits(kept: Kept, facts: dict[str, Any], body: bytes) -> Visits:
    files = _files(facts, body)
    kept.only(files)
    if facts["cut"] is not None:
        cut, swapped = Cut(**facts["cut"]), bool(facts["swapped"])
        whole = kept.read(files[0]).photo
        return kept.memory.found("cut", (whole, cut, swapped), lambda: cut_visits(whole, cut, swapped=swapped))
    count = int(facts["befores"])
    return read_visits(files[:count], files[count:], read=lambda data: kept.read(data).timeless)


def _files(facts: Mapping[str, Any], body: bytes) -> list[bytes]:
    """The photos' files, one after the other."""
    ends = accumulate(facts["sizes"], initial=0)
    return [body[begin:end] for begin, end in pairwise(ends)]
