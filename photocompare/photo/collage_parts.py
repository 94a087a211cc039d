"""The two photos of a collage, once it is known where to cut."""

from __future__ import annotations

from dataclasses import replace

from photocompare.base.flags import REGISTRY
from photocompare.photo.collage import Cut, upright
from photocompare.photo.decoding.call import DEFAULT_LIMITS, PhotoLimits, refusal
from photocompare.photo.reading import Photo, photo_from_array


def split(photo: Photo, cut: Cut, *, swapped: bool = False, limits: PhotoLimits = DEFAULT_LIMITS) -> tuple[Photo, Photo]:
    """The two photos of a collage, left (or upper) first.

    Digests are over each part's own pixels.  What holds for both parts is kept (format, colours, that they were compressed again,
    flags); what belongs to one shot (time, camera, exposure) is dropped: the file may tell it of neither.

    Parameters
    ----------
    photo : Photo
    cut : Cut
    swapped : bool
        Give the right (or lower) one first.
    limits : PhotoLimits

    Raises
    ------
    TooSmall
        A part is smaller than the limits' shortest side.
    """
    picture = upright(photo.encoded, cut.axis)
    length = picture.shape[1]
    halves = (picture[:, : round(cut.at * length)], picture[:, round(cut.resumes * length) :])
    if any(min(half.shape[:2]) < limits.min_side for half in halves):
        raise refusal("too_small", limits)
    first, second = (_inherited(photo_from_array(upright(half, cut.axis)), photo) for half in halves)
    return (second, first) if swapped else (first, second)


def _inherited(part: Photo, whole: Photo) -> Photo:
    """A part with what is known of the whole file."""
    known = whole.facts
    facts = replace(
        part.facts,
        format=known.format,
        bit_depth=known.bit_depth,
        colour_space=known.colour_space,
        has_colour=known.has_colour and part.facts.has_colour,
        recompressed=known.recompressed,
        gain_map=known.gain_map,
    )
    codes = (set(whole.flags) | set(part.flags)) - {"date_implausible"}
    return replace(part, facts=facts, flags=tuple(code for code in REGISTRY if code in codes))
