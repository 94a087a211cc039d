"""The audit's table and figures as one session holds them: read once, worked out once, and never shared with another session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from photocompare.practice.cohort import CohortFilter
from photocompare.practice.figures import AuditFigures, AuditOptions, audit_figures
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.store import Records

_TABLE = "audit_table"
_FIGURES = "audit_figures"


@dataclass(frozen=True, eq=False)
class _Kept:
    """A table, for whom it was read, and up to which entry of the trail it is what the records hold."""

    who: Actor
    since: dt.date | None
    until: dt.date | None
    head: int
    frame: pd.DataFrame


def cohort_of(held: Records, who: Actor, since: dt.date | None, until: dt.date | None) -> pd.DataFrame:
    """The table of a period: read again only after something was written to the trail, or another period is asked for.

    Raises
    ------
    AccessDenied
        Asked on every run, whether or not the table is held already.
    """
    before = _head(held, who)
    kept = st.session_state.get(_TABLE)
    if kept is not None and (kept.who, kept.since, kept.until, kept.head) == (who, since, until, before):
        frame: pd.DataFrame = kept.frame
        return frame
    st.session_state.pop(_TABLE, None)  # the old one's memory goes before the new one comes
    st.session_state.pop(_FIGURES, None)
    frame = held.cohort(who, since=since, until=until)
    after = _head(held, who)
    # Its own entry is the only one since; otherwise somebody wrote meanwhile, and the next run reads again.
    st.session_state[_TABLE] = _Kept(who, since, until, after if after == before + 1 else before, frame)
    return frame


def _head(held: Records, who: Actor) -> int:
    with held.writing(who, Permission.READ_COHORT) as session:
        return trail.head(session)[0]


def figures_of(frame: pd.DataFrame, wanted: CohortFilter, options: AuditOptions) -> AuditFigures:
    """All figures of a table: worked out anew only for another table, filter or option."""
    kept = st.session_state.get(_FIGURES)
    if kept is None or kept[0] is not frame or kept[1:3] != (wanted, options):
        kept = st.session_state[_FIGURES] = (frame, wanted, options, audit_figures(frame, wanted, options))
    figures: AuditFigures = kept[3]
    return figures
