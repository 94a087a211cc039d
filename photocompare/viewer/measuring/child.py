"""The process that reads and measures for the viewer: photos in on standard input, what was found out on standard output.

It stays for the next question of its session, and repeats only what that changes.
Apart from the viewer, so that it can be stopped at any moment, and so that a fault or the memory of a measurement is not the viewer's.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import IO, Any

import numpy as np

from photocompare.base.errors import PhotocompareError, PhotoError
from photocompare.base.memory import give_back_freed_memory, share_freed_memory
from photocompare.base.messages import packed, receive, send
from photocompare.base.stage_memory import StageMemory
from photocompare.photo.collage import Cut, find_collage
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import Photo, read_photo
from photocompare.photo.visits import Visits, cut_visits, read_visits, without_capture_time

THUMBNAIL_PX = 1280
"""Longest side of the small picture that stands beside an upload and, as a ghost, over the live camera's: veins are still seen in it."""


_NO_MEMORY = "There is not enough memory for these photos; close other programs or send smaller copies."


class Kept:
    """The photos of the latest pair as they were read, and what was found of them.  Nothing of it outlives the process."""

    def __init__(self) -> None:
        self.memory = StageMemory()
        self._photos: dict[str, tuple[Photo, Photo]] = {}

    def read(self, data: bytes) -> tuple[Photo, Photo]:
        """A file's photo as it is, and the same photo without its time, each time the same object.  PhotoError as `read_photo`."""
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._photos:
            photo = read_photo(data)
            # The dates are the reader's to say, afterwards; a camera's clock must not refuse a pair before.
            self._photos[digest] = photo, without_capture_time(photo)
        return self._photos[digest]

    def only(self, files: Sequence[bytes]) -> None:
        """Forget all other photos."""
        wanted = {hashlib.sha256(data).hexdigest() for data in files}
        self._photos = {digest: photos for digest, photos in self._photos.items() if digest in wanted}


def main() -> None:
    """Answer requests until nobody asks any more."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    share_freed_memory()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break the messages
    kept = Kept()
    while (message := receive(sys.stdin.buffer)) is not None:
        _answer(out, kept, *message)


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
    photo, timeless = kept.read(body)
    cut = find_collage(photo.encoded)
    found = None if cut is None else {"axis": cut.axis, "at": cut.at, "resumes": cut.resumes}
    send(out, "photo", _thumbnail(photo), **kept_facts(photo.facts), flags=list(photo.flags), cut=found)
    if cut is None and facts["look"]:
        from photocompare.prepared_pair import look_before
        from photocompare.prepared_photo import prepare_photo

        # As of the before photo, which mostly comes first: when the other one is there, this is known.
        prepared = prepare_photo(timeless, looked=look_before(timeless, memory=kept.memory))
        send(out, "looked", flags=[*photo.flags, *prepared.field.flags, *prepared.quality.flags], scale=prepared.scale.source)


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
        from photocompare.veins.network import network_available

        network_available()
        read = visits.result()
    first = read.befores[0]
    shown = {"before": _thumbnail(first), "after": _thumbnail(read.afters[0])}
    send(out, "photos", packed(shown), width=first.facts.width, height=first.facts.height)
    comparison = compare_shots(
        read.befores,
        read.afters,
        mm_per_px=facts["mm_per_px"],
        polygon_xy=None if facts["polygon_xy"] is None else np.array(facts["polygon_xy"], np.float32),
        look_for_card=bool(facts["look_for_card"]),
        watch=Stopwatch(lambda stage: send(out, "stage", stage=stage)),
        memory=kept.memory,
    )
    from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
    from photocompare.results.dossier import write_dossier

    send(out, "stage", stage="draw")
    send(out, "dossier", write_dossier(dossier_of(comparison)))
    send(out, "full_size", packed(full_size_pictures(comparison)))


def _read_visits(kept: Kept, facts: dict[str, Any], body: bytes) -> Visits:
    ends = list(accumulate(facts["sizes"]))
    files = [body[begin:end] for begin, end in pairwise([0, *ends])]
    kept.only(files)
    if facts["cut"] is not None:
        cut, swapped = Cut(**facts["cut"]), bool(facts["swapped"])
        whole, _ = kept.read(files[0])
        return kept.memory.found("cut", (whole, cut, swapped), lambda: cut_visits(whole, cut, swapped=swapped))
    count = int(facts["befores"])
    return read_visits(files[:count], files[count:], read=lambda data: kept.read(data)[1])
