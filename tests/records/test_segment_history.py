"""Veins followed through several comparisons of one before photo, on drawn veins whose course and fates are known."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from photocompare.base.errors import UsageError
from photocompare.records.segment_history import UNKNOWN, SegmentHistoryOptions, segment_history
from photocompare.results.dossier import Dossier
from photocompare.results.vein_table import VeinTable, table_as_bytes
from photocompare.veins.fate import Fate, FatedVeinPiece
from photocompare.veins.pieces import VeinPiece
from tests.support.made_records import sample_dossier

DAYS = (dt.date(2026, 2, 10), dt.date(2026, 4, 14), dt.date(2026, 9, 1))
PX_PER_MM = 5.0
MM_PER_PX = 0.1
"""Of the full photo, twice the size of what is shown."""

Line = NDArray[np.float64]


def line(start: tuple[float, float], end: tuple[float, float]) -> Line:
    """A straight vein, a point each pixel of the shown picture, (row, col)."""
    count = round(math.dist(start, end)) + 1
    return np.linspace(start, end, count)


def cut(vein: Line, fates: Sequence[Fate], offset: int = 0) -> list[FatedVeinPiece]:
    """The vein in pieces of `PX_PER_MM` pixels that begin `offset` points along it; fates by share of its course."""
    bounds = [0, *range(offset or round(PX_PER_MM), len(vein) - 1, round(PX_PER_MM)), len(vein) - 1]
    pieces = []
    for first, last in itertools.pairwise(bounds):
        if last > first:
            points = vein[first : last + 1]
            length = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
            fate = fates[min(len(fates) - 1, int(len(fates) * (first + last) / 2 / (len(vein) - 1)))]
            pieces.append(FatedVeinPiece(VeinPiece(points.astype(np.float32), length, 2.0, 5.0), fate))
    return pieces


def dossier(pieces: Sequence[FatedVeinPiece], *, mm_per_px: float | None = MM_PER_PX, photo: str = "a" * 64) -> Dossier:
    """A measured comparison that holds these pieces."""
    sample = sample_dossier().result
    result = dataclasses.replace(
        sample, scale=dataclasses.replace(sample.scale, mm_per_px=mm_per_px), before=dataclasses.replace(sample.before, sha256=photo)
    )
    return Dossier(result, {}, None, table_as_bytes(VeinTable(tuple(pieces))), 0.5, PX_PER_MM, 0.0)


LONG, SHORT, BRANCH = line((20, 10), (20, 130)), line((60, 10), (60, 50)), line((20, 130), (60, 130))


def test_each_vein_goes_its_own_way() -> None:
    visits = [
        [*cut(LONG, ["residual"]), *cut(SHORT, ["residual"])],
        [*cut(LONG, ["stained"]), *cut(SHORT, ["faded"])],
        [*cut(LONG, ["cleared"]), *cut(SHORT, ["residual"])],
    ]
    history = segment_history([(day, dossier(pieces)) for day, pieces in zip(DAYS, visits, strict=True)])
    assert history.days == DAYS
    assert history.unit == "mm"
    assert [s.path for s in history.segments] == [("residual", "stained", "cleared"), ("residual", "faded", "residual")]
    # 120 and 40 shown pixels, twice as many in the full photo, a tenth of a millimetre each.
    assert [s.length for s in history.segments] == [pytest.approx(24.0), pytest.approx(8.0)]
    assert list(history.paths.values()) == [pytest.approx(24.0), pytest.approx(8.0)]
    assert [s.changes for s in history.segments] == [2, 2]


def test_visits_come_in_any_order() -> None:
    pairs = [(day, dossier(cut(LONG, [fate]))) for day, fate in zip(DAYS, ("residual", "stained", "cleared"), strict=True)]  # type: ignore[list-item]
    (segment,) = segment_history([pairs[2], pairs[0], pairs[1]]).segments
    assert segment.path == ("residual", "stained", "cleared")


@pytest.mark.parametrize("seed", range(5))
def test_pieces_are_known_again_where_they_were_cut_and_read_otherwise(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = [*cut(LONG, ["residual", "cleared"]), *cut(SHORT, ["cleared"])]
    shaken = LONG + rng.normal(0, 0.4, LONG.shape)
    second = [*cut(shaken, ["stained", "cleared"], offset=2), *cut(SHORT + 0.5, ["cleared"], offset=3)]
    history = segment_history([(DAYS[0], dossier(first)), (DAYS[1], dossier(second))])
    lengths = history.paths
    assert sum(lengths.values()) == pytest.approx(32.0)
    # A piece is 1 mm, and the one over the border between two fates goes to either.
    assert lengths["residual", "stained"] == pytest.approx(12.0, abs=1.1)
    assert lengths["cleared", "cleared"] == pytest.approx(20.0, abs=1.1)


def test_a_vein_beside_another_keeps_its_own_fate() -> None:
    apart = LONG + np.array([4.0, 0.0])  # 0.8 mm beside it, farther than the same place reaches
    pieces = [*cut(LONG, ["cleared"]), *cut(apart, ["residual"])]
    swapped = [*cut(apart, ["stained"], offset=2), *cut(LONG, ["cleared"], offset=3)]
    paths = segment_history([(DAYS[0], dossier(pieces)), (DAYS[1], dossier(swapped))]).paths
    assert set(paths) == {("cleared", "cleared"), ("residual", "stained")}


def test_a_place_that_one_visit_does_not_show_is_unknown_that_day() -> None:
    both = [*cut(LONG, ["residual"]), *cut(SHORT, ["residual"])]
    history = segment_history(
        [(DAYS[0], dossier(cut(LONG, ["residual"]))), (DAYS[1], dossier(both)), (DAYS[2], dossier(cut(SHORT, ["cleared"])))]
    )
    assert {s.path: round(s.length, 1) for s in history.segments} == {
        ("residual", "residual", UNKNOWN): 24.0,
        (UNKNOWN, "residual", "cleared"): 8.0,
    }
    assert {s.path: s.changes for s in history.segments} == {("residual", "residual", UNKNOWN): 0, (UNKNOWN, "residual", "cleared"): 1}


def test_a_branching_ends_a_segment() -> None:
    onward = line((20, 130), (20, 180))
    pieces = [*cut(LONG, ["cleared"]), *cut(onward, ["cleared"]), *cut(BRANCH, ["cleared"])]
    history = segment_history([(DAYS[0], dossier(pieces)), (DAYS[1], dossier(pieces))])
    assert [round(s.length, 1) for s in history.segments] == [24.0, 10.0, 8.0]
    assert len(history.paths) == 1


def test_new_veins_are_left_out() -> None:
    pieces = [*cut(LONG, ["cleared"]), *cut(SHORT, ["new"])]
    (segment,) = segment_history([(DAYS[0], dossier(pieces)), (DAYS[1], dossier(pieces))]).segments
    assert segment.length == pytest.approx(24.0)


def test_without_a_scale_lengths_are_pixels_of_the_photo() -> None:
    history = segment_history([(day, dossier(cut(LONG, ["cleared"]), mm_per_px=None)) for day in DAYS[:2]])
    assert history.unit == "px"
    assert history.segments[0].length == pytest.approx(240.0)


def test_what_can_not_be_followed_is_told() -> None:
    refused = Dossier(dataclasses.replace(sample_dossier().result, clearance=None), {})
    with pytest.raises(UsageError, match="measured veins"):
        segment_history([(DAYS[0], refused)])
    with pytest.raises(UsageError, match="same before photo"):
        segment_history([(DAYS[0], dossier(cut(LONG, ["cleared"]))), (DAYS[1], dossier(cut(LONG, ["cleared"]), photo="b" * 64))])
    with pytest.raises(ValueError, match="between 0 and 1"):
        SegmentHistoryOptions(least_share=1.0)


def test_the_measured_sample_is_followed_whole() -> None:
    sample = sample_dossier()
    history = segment_history([(DAYS[0], sample), (DAYS[1], sample)])
    assert sample.veins is not None
    mm = (sample.result.scale.mm_per_px or 1.0) / sample.shown_over_full
    expected: defaultdict[str, float] = defaultdict(float)
    for fated in sample.veins.pieces:
        expected[fated.fate] += fated.piece.length_px * fated.seen_before * mm
    baseline = sum(expected.values())
    assert sum(history.paths.values()) == pytest.approx(baseline)
    # Each piece is found at its own place; near a crossing the neighbours' points may outnumber its own.
    same = sum(length for path, length in history.paths.items() if path[0] == path[1])
    assert same == pytest.approx(baseline)
    for fate, length in expected.items():
        assert sum(v for path, v in history.paths.items() if path[0] == fate) == pytest.approx(length, abs=0.5)
