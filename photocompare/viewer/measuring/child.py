"""The process that reads and measures for the viewer: photos in on standard input, what was found out on standard output.

Apart from the viewer, so that it can be stopped at any moment, and so that a fault or the memory of a measurement is not the viewer's.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import IO, Any

import numpy as np

from photocompare.base.errors import PhotocompareError, PhotoError
from photocompare.base.memory import share_freed_memory
from photocompare.base.messages import packed, receive, send
from photocompare.photo.collage import Cut, find_collage
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import Photo, read_photo
from photocompare.photo.visits import Visits, cut_visits, read_visits

THUMBNAIL_PX = 1280
"""Longest side of the small picture that stands beside an upload and, as a ghost, over the live camera's: veins are still seen in it."""


_NO_MEMORY = "There is not enough memory for these photos; close other programs or send smaller copies."


def main() -> None:
    """Answer one request, then leave."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    share_freed_memory()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break the messages
    message = receive(sys.stdin.buffer)
    if message is None:
        return
    kind, facts, body = message
    try:
        (_check if kind == "check" else _measure)(out, dict(facts), body)
    except PhotocompareError as error:
        which, number = (error.which, error.number) if isinstance(error, PhotoError) else ("", 0)
        send(out, "refused", name=type(error).__name__, message=str(error), which=which, number=number)
    except MemoryError:
        send(out, "refused", name="OutOfMemory", message=_NO_MEMORY, which="", number=0)


def _check(out: IO[bytes], facts: dict[str, Any], body: bytes) -> None:
    """One photo: what it is, what is wrong with it, whether it is a collage."""
    photo = read_photo(body)
    cut = find_collage(photo.encoded)
    found = None if cut is None else {"axis": cut.axis, "at": cut.at, "resumes": cut.resumes}
    send(out, "photo", _thumbnail(photo), **kept_facts(photo.facts), flags=list(photo.flags), cut=found)
    if cut is None and facts["look"]:
        from photocompare.prepared_photo import prepare_photo
        from photocompare.settings import STANDARD

        prepared = prepare_photo(photo, settings=STANDARD)
        send(out, "looked", flags=[*photo.flags, *prepared.field.flags, *prepared.quality.flags], scale=prepared.scale.source)


def _thumbnail(photo: Photo) -> bytes:
    from photocompare.report.pictures.drawing import fitted
    from photocompare.report.pictures.encoding import jpeg

    return jpeg(fitted(photo.encoded, THUMBNAIL_PX, THUMBNAIL_PX)[0])


def _measure(out: IO[bytes], facts: dict[str, Any], body: bytes) -> None:
    send(out, "stage", stage="read")
    with ThreadPoolExecutor(1) as pool:
        # Decoding happens in child processes; the measuring libraries and networks load meanwhile.
        visits = pool.submit(_read_visits, facts, body)
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
    )
    from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
    from photocompare.results.dossier import write_dossier

    send(out, "stage", stage="draw")
    send(out, "dossier", write_dossier(dossier_of(comparison)))
    send(out, "full_size", packed(full_size_pictures(comparison)))


def _read_visits(facts: dict[str, Any], body: bytes) -> Visits:
    ends = list(accumulate(facts["sizes"]))
    files = [body[begin:end] for begin, end in pairwise([0, *ends])]
    if facts["cut"] is not None:
        return cut_visits(read_photo(files[0]), Cut(**facts["cut"]), swapped=bool(facts["swapped"]))
    count = int(facts["befores"])
    # The dates are the reader's to say, afterwards; a camera's clock must not refuse a pair before.
    return read_visits(files[:count], files[count:]).without_capture_times()
