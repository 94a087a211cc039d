"""One segment of vein across visits: the before photo with every segment on it, the fates of a chosen one, and which paths were gone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import streamlit as st

from photocompare.base.arrays import scaled_position
from photocompare.records.access import Actor
from photocompare.records.patient_file import StoredComparison, StoredRegion
from photocompare.records.segment_history import UNKNOWN, Segment, SegmentHistory, segment_history
from photocompare.records.store import Records
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.words.numbers import decimal
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.patients.pair import stored_dossier
from photocompare.viewer.result import blocks
from photocompare.viewer.shared.components import component, packed
from photocompare.viewer.shared.tables import table

_HISTORIES = "patient_histories"

_UNKNOWN_RGB = (176, 176, 176)

MOST_LISTED = 200
"""Segments that can be chosen, the longest first; the rest is drawn and counted."""

_MOST_PATHS = 24
"""Rows of the table of paths; what is left is summed in its last row."""


def show_segments(held: Records, who: Actor, region: StoredRegion, t: Texts) -> None:
    """Which veins went which way, over all comparisons that share a before photo."""
    groups = shared_baselines(region)
    if not groups:
        st.info(t("patients.no_history"))
        return
    photos = list(groups)
    chosen = photos[0]
    if len(photos) > 1:
        names = {photo: region.visit(found[0].before_visit).facts.day.isoformat() for photo, found in groups.items()}
        chosen = st.selectbox(t("patients.baseline_photo"), photos, format_func=names.__getitem__, key=f"baseline_{region.id}")
    compared = groups[chosen]
    dated = [(region.visit(c.after_visit).facts.day, stored_dossier(held, who, c.id)) for c in compared]
    history = _history(tuple(c.id for c in compared), dated)
    baseline = region.visit(compared[0].before_visit).facts.day
    _picture(history, dated[0][1], baseline, chosen, t)
    st.html(paths_table(history, baseline, t))
    st.text(t("patients.history_note"))


def shared_baselines(region: StoredRegion) -> dict[str, list[StoredComparison]]:
    """Before photos with two measured comparisons or more, the most compared first; each group by day.

    What was measured with other settings or under another contract says other things of the same veins, and is a group of its own.
    """
    groups: defaultdict[str, list[StoredComparison]] = defaultdict(list)
    for comparison in region.comparisons:
        result = comparison.result
        if result.measured:
            groups[f"{result.before.sha256}/{result.method}"].append(comparison)
    shared = {photo: found for photo, found in groups.items() if len(found) > 1}
    for found in shared.values():
        found.sort(key=lambda c: region.visit(c.after_visit).facts.day)
    return dict(sorted(shared.items(), key=lambda item: -len(item[1])))


def _history(ids: tuple[int, ...], dated: list[tuple[dt.date, Dossier]]) -> SegmentHistory:
    """Worked out once for as long as the session looks at these comparisons."""
    known, kept = st.session_state.get(_HISTORIES, ((), None))
    history: SegmentHistory = kept if known == ids and kept is not None else segment_history(dated)
    if history is not kept:
        st.session_state[_HISTORIES] = (ids, history)
    return history


def _picture(history: SegmentHistory, dossier: Dossier, baseline: dt.date, photo: str, t: Texts) -> None:
    shown: Any = component(
        "photocompare_patient_segments",
        ("shared/unpack.js", "shared/elements.js", "patients/segments.js"),
        css="patients/segments.css",
        html='<div class="segments-home"></div>',
    )
    shown(key=f"segments_{photo[:16]}", data=packed_history(history, dossier, baseline, t))


def packed_history(history: SegmentHistory, dossier: Dossier, baseline: dt.date, t: Texts) -> bytes:
    """What the browser gets: the segments with their fates, and the before photo."""
    photo = dossier.result.before
    head = {
        "id": "-".join([baseline.isoformat(), *(day.isoformat() for day in history.days)]),
        "texts": t.section("segments"),
        "size": [max(1, round(side * dossier.shown_over_full)) for side in (photo.width, photo.height)],
        "days": [day_label(day, baseline, t) for day in history.days],
        "fates": {fate: _style(fate, t) for fate in (*FATE_STYLES, UNKNOWN) if fate != "new"},
        "segments": [_segment(segment, dossier.shown_over_full, history.unit, t) for segment in history.segments],
        "listed": MOST_LISTED,
    }
    return packed(head, {"before": dossier.pictures["before"]})


def day_label(day: dt.date, baseline: dt.date, t: Texts) -> str:
    """A day, and how long after the baseline."""
    return f"{day.isoformat()} ({t('patients.day_number', n=(day - baseline).days)})"


def _style(fate: str, t: Texts) -> dict[str, Any]:
    colour = _UNKNOWN_RGB if fate == UNKNOWN else FATE_STYLES[fate].colour
    casing = (255, 255, 255) if fate == UNKNOWN else FATE_STYLES[fate].casing
    return {
        "label": fate_label(fate, t),
        "colour": "rgb({},{},{})".format(*colour),
        "casing": "rgb({},{},{})".format(*casing),
    }


def fate_label(fate: str, t: Texts) -> str:
    """A fate in words."""
    return t("patients.fate_unknown") if fate == UNKNOWN else t(f"fate.{fate}")


def _segment(segment: Segment, shown_over_full: float, unit: str, t: Texts) -> dict[str, Any]:
    """Lines as x, y, x, y, ... in pixels of the shown picture."""
    lines = [
        [round(float(v), 1) for v in scaled_position(line[:, ::-1], shown_over_full)[_kept(len(line))].ravel()] for line in segment.lines
    ]
    return {"lines": lines, "length": f"{decimal(segment.length, 1, t)} {unit}", "path": list(segment.path), "changes": segment.changes}


def _kept(count: int) -> list[int]:
    """Every other point, ends kept."""
    return sorted({*range(0, count, 2), count - 1})


def paths_table(history: SegmentHistory, baseline: dt.date, t: Texts) -> str:
    """Each path of fates with the length that went it."""
    paths = history.paths
    total = sum(paths.values())
    head = [
        t("patients.path_start"),
        *(day_label(day, baseline, t) for day in history.days),
        t("patients.path_length"),
        t("patients.path_share"),
    ]
    items = list(paths.items())
    rows = [
        [t("patients.path_vein"), *(fate_label(fate, t) for fate in path), *_amount(length, total, history.unit, t)]
        for path, length in items[:_MOST_PATHS]
    ]
    if len(items) > _MOST_PATHS:
        left = sum(length for _, length in items[_MOST_PATHS:])
        rows.append(
            [t("patients.path_others", n=len(items) - _MOST_PATHS), *([""] * len(history.days)), *_amount(left, total, history.unit, t)]
        )
    return table(t("patients.paths"), head, rows)


def _amount(length: float, total: float, unit: str, t: Texts) -> list[str]:
    return [f"{length:.0f} {unit}", blocks.percent(100.0 * length / total, t) if total > 0 else ""]
