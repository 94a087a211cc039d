"""What one browser session holds: photos, measurements, details, corrections.  Nothing of it outlives the session or leaves it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections import OrderedDict
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from photocompare.base.errors import UsageError
from photocompare.results.dossier import Dossier
from photocompare.results.redated import under_dates
from photocompare.results.timing import parse_date
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.measuring.ready_process import ReadyProcess
from photocompare.viewer.measuring.requests import MOST_SHOTS, Checking, Cutting, Measuring, Request
from photocompare.viewer.measuring.told_check import Check, ToldCheck

if TYPE_CHECKING:
    from photocompare.clearance.correction import Corrected, Correction

Which = Literal["before", "after"]

VISITS: tuple[Which, ...] = ("before", "after")

MOST_KEPT = 6
"""Measurements that stay ready to be shown again at once; each takes up to 20 MB with full-size pictures."""

_PLACE = "visit"


@dataclass(frozen=True, eq=False)
class Shot:
    """One photo as it came: its bytes, and when it was taken if the camera of this page took it."""

    data: bytes
    taken_at: dt.datetime | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Visit:
    """The session's pair.

    Attributes
    ----------
    uploads, taken : dict
        "before" and "after" to the photos uploaded and taken with the page's camera.
    checks : dict
        Digest to what was found out about the file.
    measurements : OrderedDict
        Request key to measurement, the most recent last.
    current : str
        Key of the measurement that is shown; empty for the sample.
    corrections : dict
        Request key (empty for the sample) to corrections with what follows from them, oldest first; all are kept.
    wanted : set
        Sets of pictures that the browser asked for.
    stopped : str
        Key of the request that was stopped by hand: it does not begin again by itself.
    suggested : dict
        The dates that were read off the photos and offered.
    dated : dict
        "before" and "after" to the digests of the photos that the visit's day was given for.
    whose : dict
        "before" and "after" to the digests of the photos that each visit had first: name, note and details are of their patient.
    unlisted : set
        Visits whose uploads no uploader lists: it came back empty from another page.
    emptied : int
        How often the uploaders were emptied because their photos were put to other visits than they had been dropped on.
    parted : bool
        Whether photos that came together were parted into both visits by the day on which they were taken.
    one_visit : set
        Digests of photos that came together and were said to be of one visit.
    unfolded : bool
        Whether the reader is at the photos and fields of a measured pair, which else are folded into one line.
    ready : ReadyProcess
        Looks at the photos and measures them, and knows what it found of the latest pair.
    """

    uploads: dict[Which, tuple[Shot, ...]] = field(default_factory=lambda: {"before": (), "after": ()})
    taken: dict[Which, tuple[Shot, ...]] = field(default_factory=lambda: {"before": (), "after": ()})
    checks: dict[str, Check] = field(default_factory=dict)
    measurements: OrderedDict[str, Measuring] = field(default_factory=OrderedDict)
    current: str = ""
    details: VisitDetails = field(default_factory=VisitDetails)
    corrections: dict[str, list[tuple[Correction, Corrected]]] = field(default_factory=dict)
    stopped: str = ""
    suggested: dict[Which, dt.date | None] = field(default_factory=lambda: {"before": None, "after": None})
    dated: dict[Which, frozenset[str]] = field(default_factory=lambda: {"before": frozenset(), "after": frozenset()})
    whose: dict[Which, frozenset[str]] = field(default_factory=lambda: {"before": frozenset(), "after": frozenset()})
    unlisted: set[Which] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    polygon: tuple[tuple[float, float], ...] | None = None
    mm_per_px: float | None = None
    look_for_card: bool = True
    cutting: Cutting | None = None
    whole: set[str] = field(default_factory=set)
    emptied: int = 0
    parted: bool = False
    one_visit: set[str] = field(default_factory=set)
    unfolded: bool = False
    ready: ReadyProcess = field(default_factory=ReadyProcess)

    def shots(self, which: Which) -> tuple[Shot, ...]:
        """The photos of a visit that are measured."""
        return self.given(which)[:MOST_SHOTS]

    def given(self, which: Which) -> tuple[Shot, ...]:
        """All photos of a visit, each file once: those that no uploader lists were there first."""
        return tuple({shot.digest: shot for shot in (*self.taken[which], *self.uploads[which])}.values())

    def keep_unlisted(self, which: Which) -> None:
        """Keep a visit's photos beside what its uploader, which came back empty, will list."""
        self.taken[which], self.uploads[which] = self.given(which), ()
        self.unlisted.discard(which)

    def digests(self, which: Which) -> frozenset[str]:
        """Of the photos of a visit that are measured."""
        return frozenset(shot.digest for shot in self.shots(which))

    @property
    def together(self) -> tuple[Shot, ...]:
        """Photos that were dropped on one visit together while the other has none: they may be of both."""
        for which, other in (VISITS, VISITS[::-1]):
            shots = self.uploads[which]
            if len(shots) > 1 and not self.taken[which] and not self.shots(other) and not {s.digest for s in shots} <= self.one_visit:
                return shots
        return ()

    def parted_by_day(self) -> tuple[tuple[Shot, ...], tuple[Shot, ...]] | None:
        """Photos that came together, parted where most days lie between them; None where they don't all tell a day, or all the same."""
        times = {shot.digest: self._capture_time(shot) for shot in self.together}
        if not times or "" in times.values():
            return None
        shots = sorted(self.together, key=lambda shot: times[shot.digest])
        days = [parse_date(times[shot.digest]) for shot in shots]
        between = [(second - first).days for first, second in pairwise(days)]
        place = 1 + between.index(max(between))
        if max(between) == 0 or max(place, len(shots) - place) > MOST_SHOTS:
            return None
        return tuple(shots[:place]), tuple(shots[place:])

    def _capture_time(self, shot: Shot) -> str:
        photo = self.check(shot).photo
        return "" if photo is None else str(photo["capture_time"] or "")

    def put(self, befores: Sequence[Shot], afters: Sequence[Shot], *, parted: bool = False) -> None:
        """Put photos that are at hand to the visits that they belong to."""
        self.uploads, self.unlisted = {"before": (), "after": ()}, set()
        self.taken = {"before": tuple(befores), "after": tuple(afters)}
        self.emptied += 1
        self.polygon, self.cutting, self.unfolded, self.parted = None, None, False, parted

    @property
    def sorted_by_day(self) -> bool:
        """Whether photos that were parted by their days still are: a swap puts the later ones before."""
        befores, afters = ([day for shot in self.shots(which) if (day := self._day(shot)) is not None] for which in VISITS)
        return self.parted and not (befores and afters and max(befores) > min(afters))

    def swap(self) -> None:
        """Make the before visit the after visit."""
        self.put(self.shots("after"), self.shots("before"), parted=self.parted)

    def join(self) -> None:
        """All photos are of the before visit."""
        shots = (*self.shots("before"), *self.shots("after"))
        self.one_visit |= {shot.digest for shot in shots}
        self.put(shots, ())

    def check(self, shot: Shot) -> Check:
        """What is known about a photo; looking begins at the first call."""
        digest = shot.digest
        if digest not in self.checks:
            running = self.running
            measured = () if running is None else (*running.request.befores, *running.request.afters)
            # With both visits at hand the measurement looks at every photo anyway, and needs the processor.
            look = not (self.shots("before") and self.shots("after"))
            check = partial(Checking, shot.data, look=look, ready=self.ready)
            told = running is not None and any(data is shot.data for data in measured)
            self.checks[digest] = ToldCheck(running, digest, check) if running is not None and told else check()
        return self.checks[digest]

    @property
    def photo_facts(self) -> list[Mapping[str, Any]]:
        """What is known of the photos at hand by their files."""
        found = [self.checks[shot.digest].photo for which in VISITS for shot in self.shots(which) if shot.digest in self.checks]
        return [photo for photo in found if photo is not None]

    def collage(self) -> Shot | None:
        """The one file that was found to hold both photos, unless it was said to be one photo."""
        shots = [*self.shots("before"), *self.shots("after")]
        if len(shots) != 1 or shots[0].digest in self.whole:
            return None
        photo = self.check(shots[0]).photo
        return shots[0] if photo is not None and photo["cut"] is not None else None

    def request(self) -> Request | None:
        """What would be measured now; None as long as a photo is missing."""
        how: dict[str, Any] = {"polygon_xy": self.polygon, "mm_per_px": self.mm_per_px, "look_for_card": self.look_for_card}
        befores, afters = ([shot.data for shot in self.shots(which)] for which in ("before", "after"))
        if self.cutting is not None and self.collage() is not None:
            return Request(tuple(befores or afters), (), cutting=self.cutting, **how)
        if not befores or not afters:
            return None
        return Request(tuple(befores), tuple(afters), **how)

    def begin(self) -> Measuring | None:
        """Measure what is at hand, unless just that was stopped by hand; None while something is missing."""
        request = self.request()
        if request is None:
            self.current = ""
            return None
        if request.key == self.stopped:
            self.current = request.key
            return None
        return self.measure(request)

    def unfold(self) -> None:
        """Keep photos and fields in view."""
        self.unfolded = True

    def fold(self) -> None:
        """Fold photos and fields into one line."""
        self.unfolded = False

    def whole_leg(self) -> None:
        """Forget the drawn field."""
        self.polygon = None

    def stop(self) -> None:
        """End the running measurement; nothing of it is kept."""
        if self.running is not None:
            self.stopped = self.current
            self.running.stop()
            self.measurements.pop(self.current)

    def try_again(self) -> None:
        """Have what was stopped, or failed, measured anew."""
        self.stopped = ""
        self.measurements.pop(self.current, None)

    def measure(self, request: Request) -> Measuring:
        """The measurement of a request: the one at hand, else a new one, in place of any that still runs.

        One that was refused or failed stays: the same photos would only fail again.  One that had to make way begins anew.
        """
        key = request.key
        found = self.measurements.get(key)
        if found is None or (found.dossier is None and found.stopped):
            for other in self.measurements.values():
                if not other.ended.is_set() and other.dossier is None:
                    other.stop()
            found = self.measurements[key] = Measuring(request, self.ready)
        self.measurements.move_to_end(key)
        while len(self.measurements) > MOST_KEPT:
            self.measurements.popitem(last=False)
        if self.current != key:
            self.current, self.wanted = key, set()
        return found

    @property
    def running(self) -> Measuring | None:
        """The measurement that is shown, while it has no result yet."""
        found = self.measurements.get(self.current)
        return found if found is not None and found.dossier is None and not found.ended.is_set() else None

    @property
    def dossier(self) -> Dossier | None:
        """The own pair's result under the dates that were given; None where there is none."""
        found = self.measurements.get(self.current)
        return None if found is None or found.dossier is None else self.under_dates(found.dossier)

    def under_dates(self, dossier: Dossier) -> Dossier:
        """A dossier with the time window of the dates that were given."""
        return under_dates(dossier, self.details.before_date, self.details.after_date)

    def as_it_is(self) -> Visit:
        """A copy that stays so: photos, measurements and corrections that come to the session's visit later are none of its."""
        corrections = {key: list(made) for key, made in self.corrections.items()}
        held = {name: getattr(self, name).copy() for name in ("uploads", "taken", "checks", "measurements")}
        return dataclasses.replace(self, corrections=corrections, **held)

    @property
    def undated(self) -> bool:
        """Whether a photo told a date that was not offered yet."""
        return any(self.capture_date(which) != offered for which, offered in self.suggested.items())

    def capture_date(self, which: Which) -> dt.date | None:
        """The day on which the visit's first photo with a date was taken."""
        return next((day for shot in self.shots(which) if (day := self._day(shot)) is not None), None)

    def _day(self, shot: Shot) -> dt.date | None:
        if shot.taken_at is not None:
            return shot.taken_at.date()
        photo = self.checks[shot.digest].photo if shot.digest in self.checks else None
        return None if photo is None or photo["capture_time"] is None else parse_date(photo["capture_time"])


def visit_of(state: MutableMapping[Any, Any]) -> Visit:
    """The session's visit; a new one at first."""
    if _PLACE not in state:
        state[_PLACE] = Visit()
    found: Visit = state[_PLACE]
    return found


def take_uploads(visit: Visit, which: Which, files: Sequence[bytes]) -> None:
    """The files that lie in an uploader now, each once, as many as both visits may have together; marks that belong to other photos go."""
    if which in visit.unlisted:
        visit.keep_unlisted(which)
    unique = {shot.digest: shot for shot in map(Shot, files)}
    shots = tuple(unique.values())[: len(VISITS) * MOST_SHOTS]
    if [s.digest for s in shots] != [s.digest for s in visit.uploads[which]]:
        visit.uploads[which] = shots
        visit.polygon, visit.cutting, visit.unfolded, visit.parted = None, None, False, False


def add_shot(state: MutableMapping[Any, Any], which: Which, jpeg: bytes, taken_at: dt.datetime) -> None:
    """A photo from this page's camera joins its visit.

    Raises
    ------
    UsageError
        The visit has as many photos as are measured.
    """
    visit = visit_of(state)
    if len(visit.shots(which)) >= MOST_SHOTS:
        raise UsageError(f"There are {MOST_SHOTS} photos of that visit already; remove one first.", code="visit_full", most=MOST_SHOTS)
    visit.keep_unlisted(which)  # Compare was left for the camera's page
    visit.taken[which] = (*visit.taken[which], Shot(jpeg, taken_at))
    visit.polygon, visit.cutting, visit.unfolded = None, None, False


def before_thumbnail(state: MutableMapping[Any, Any]) -> bytes | None:
    """The small copy of the before photo that the camera lays over its picture; None without one."""
    visit = visit_of(state)
    for shot in visit.shots("before"):
        if thumbnail := visit.check(shot).thumbnail:
            return thumbnail
    return None
