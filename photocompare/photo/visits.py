"""The photos of both visits, read in one way for the command line, batches and the viewer: files or a collage in, photos and facts out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from photocompare.base.errors import NotACollage, PhotoError
from photocompare.photo.collage import Axis, Cut, find_collage
from photocompare.photo.collage_parts import split
from photocompare.photo.decoding.call import DEFAULT_LIMITS, PhotoLimits
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import Photo, read_photo

Which = Literal["before", "after"]

Source = TypeVar("Source", Path, bytes, Path | bytes)

CollageOrder = Literal["auto", "left-right", "right-left", "top-bottom", "bottom-top"]
"""How the photos lie in a collage, the before photo first; "auto" finds it and takes the left or upper one for the before photo."""

COLLAGE_ORDERS: tuple[CollageOrder, ...] = get_args(CollageOrder)

_AXES: Mapping[CollageOrder, Axis] = {"left-right": "columns", "right-left": "columns", "top-bottom": "rows", "bottom-top": "rows"}

_SWAPPED = frozenset({"right-left", "bottom-top"})

_LIE = {"columns": ("side by side", "left-right or right-left"), "rows": ("one above the other", "top-bottom or bottom-top")}


@dataclass(frozen=True, eq=False, repr=False)
class Visits:
    """What was read of both visits.

    Parameters
    ----------
    befores, afters : tuple of Photo
        One or more each.
    file_facts : mapping
        SHA-256 of each file to its kept facts (`kept_facts`); a collage is one file.
    """

    befores: tuple[Photo, ...]
    afters: tuple[Photo, ...]
    file_facts: Mapping[str, Mapping[str, Any]]

    def without_capture_times(self) -> Visits:
        """The same with photos that don't tell when they were taken, for whoever gives the dates later; `file_facts` keep the times."""
        return dataclasses.replace(self, befores=_timeless(self.befores), afters=_timeless(self.afters))


def _timeless(photos: Sequence[Photo]) -> tuple[Photo, ...]:
    return tuple(without_capture_time(photo) for photo in photos)


def without_capture_time(photo: Photo) -> Photo:
    """The same photo, not telling when it was taken."""
    return dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, capture_time=None))


def read_visits(
    befores: Sequence[Source],
    afters: Sequence[Source],
    *,
    limits: PhotoLimits = DEFAULT_LIMITS,
    read: Callable[[Source], Photo] | None = None,
) -> Visits:
    """Read the photos of both visits at the same time, each in a child process of its own.

    Parameters
    ----------
    befores, afters : sequence of Path or bytes
    limits : PhotoLimits
        For each photo.
    read : callable, optional
        Reads one, in place of `read_photo` with these limits.

    Raises
    ------
    PhotoError
        As `read_photo`, for the first file that can't be used; its sentence, `which` and `number` say which photo that is.
    """
    reads = read or partial(read_photo, limits=limits)
    visits: tuple[tuple[Which, Sequence[Source]], ...] = (("before", befores), ("after", afters))
    sources = [source for _, files in visits for source in files]
    with ThreadPoolExecutor(max(1, min(len(sources), os.cpu_count() or 1))) as pool:
        reading = iter([pool.submit(reads, source) for source in sources])
    photos: dict[Which, list[Photo]] = {"before": [], "after": []}
    for which, files in visits:
        for number in range(1, len(files) + 1):
            try:
                photos[which].append(next(reading).result())
            except PhotoError as error:
                raise _named(error, which, number, len(files)) from None
    facts = {photo.facts.sha256: kept_facts(photo.facts) for photo in (*photos["before"], *photos["after"])}
    return Visits(tuple(photos["before"]), tuple(photos["after"]), facts)


def _named(error: PhotoError, which: Which, number: int, count: int) -> PhotoError:
    """The same error, saying which photo it is about."""
    name = f"The {which} photo" if count == 1 else f"The {which} photo number {number}"
    named = type(error)(f"{name}: {error}")
    named.which, named.number = which, number
    return named


def read_collage(source: Path | bytes, *, order: CollageOrder = "auto", limits: PhotoLimits = DEFAULT_LIMITS) -> Visits:
    """Read one picture that holds the photos of both visits, find where it is cut, and cut it.

    Parameters
    ----------
    source : Path or bytes
    order : {"auto", "left-right", "right-left", "top-bottom", "bottom-top"}
        How the photos lie in it, the before photo first.
    limits : PhotoLimits
        For the file and for each part.

    Raises
    ------
    NotACollage
        It is one photo, or its photos lie in another direction than `order` says.
    PhotoError
        As `read_photo`, and for a part that is too small.
    """
    whole = read_photo(source, limits=limits)
    cut = find_collage(whole.encoded)
    if cut is None:
        raise NotACollage(
            "The picture is no collage of two photos: no straight line from edge to edge parts it. Give the before and the after photo "
            "as two files."
        )
    axis = _AXES.get(order, cut.axis)
    if cut.axis != axis:
        lie, orders = _LIE[cut.axis]
        raise NotACollage(f"The photos of the collage lie {lie}; say {orders}, or auto.")
    return cut_visits(whole, cut, swapped=order in _SWAPPED, limits=limits)


def cut_visits(whole: Photo, cut: Cut, *, swapped: bool, limits: PhotoLimits = DEFAULT_LIMITS) -> Visits:
    """The visits of a collage that was read and whose cut is known.

    Parameters
    ----------
    whole : Photo
    cut : Cut
    swapped : bool
        The right (or lower) part is the before photo.
    limits : PhotoLimits

    Raises
    ------
    TooSmall
    """
    before, after = split(whole, cut, swapped=swapped, limits=limits)
    return Visits((before,), (after,), {whole.facts.sha256: kept_facts(whole.facts)})
