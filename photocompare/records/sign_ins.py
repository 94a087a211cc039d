"""Signing in and out, in the trail: so that a server that was started anew still knows which sign-ins are over."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.records import trail
from photocompare.records.access import Actor
from photocompare.records.schema import TrailRow
from photocompare.records.store import Records

_LONGEST = dt.timedelta(hours=25)
"""How far back a sign-in is looked for: no sign-in is let in a day after it was made."""

_CHUNK = 1_000


def begin(records: Records, actor: Actor, mark: str) -> bool:
    """Note that somebody signed in; False, and nothing noted, where this sign-in was here before.

    Parameters
    ----------
    records : Records
    actor : Actor
    mark : str
        Digest of the sign-in (`viewer.sign_in_live.Said`).
    """
    with records.database.writing() as session:
        if _known(session, mark):
            return False
        trail.note(session, actor, "sign_in.begin", f"sign_in/{mark}")
    return True


def end(records: Records, actor: Actor, mark: str, why: str) -> None:
    """Note that a sign-in is over: "signed out", "idle", "expired"."""
    with records.database.writing() as session:
        trail.note(session, actor, "sign_in.end", f"sign_in/{mark}", after={"why": why})


def _known(session: Session, mark: str) -> bool:
    """Whether the trail of the last day names the sign-in, looked for from its end."""
    since = (dt.datetime.now(dt.UTC) - _LONGEST).isoformat()
    below = trail.head(session)[0] + 1
    while True:
        query = select(TrailRow.sequence, TrailRow.at, TrailRow.object).where(TrailRow.sequence < below)
        rows = session.execute(query.order_by(TrailRow.sequence.desc()).limit(_CHUNK)).all()
        if any(row.object == f"sign_in/{mark}" for row in rows):
            return True
        if len(rows) < _CHUNK or rows[-1].at < since:
            return False
        below = rows[-1].sequence
