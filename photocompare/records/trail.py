"""The trail: who did what, when, to what, from what to what; each entry holds the hash of the one before it.

An entry is written in the transaction of what it tells of: either both are there or neither.  The trail names patients by their
pseudonymous keys and never holds what identifies one, so that it may stay when a patient is erased.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare import __version__
from photocompare.records.access import Actor
from photocompare.records.schema import TrailRow

FIRST_PREVIOUS = "0" * 64
"""What the first entry has in place of the hash of the one before it."""

_HASHED = ("sequence", "at", "actor", "role", "action", "object", "before", "after", "version", "client")

_CHUNK = 5_000
"""Entries that are read at once when the chain is walked: some megabytes."""


@dataclass(frozen=True)
class BrokenTrail:
    """Where the chain breaks first: the entry's sequence number and what is wrong with it."""

    sequence: int
    what: str


def utc_now() -> str:
    """The time in UTC, to the millisecond, ISO 8601."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def canonical(value: Any) -> str:
    """JSON with one spelling for each value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def entry_hash(row: TrailRow) -> str:
    """SHA-256 over the hash of the entry before and the canonical JSON of this one."""
    text = canonical({name: getattr(row, name) for name in _HASHED})
    return hashlib.sha256((row.previous_hash + text).encode("utf-8", "surrogatepass")).hexdigest()


def head(session: Session) -> tuple[int, str]:
    """Sequence number and hash of the last entry; (0, `FIRST_PREVIOUS`) for an empty trail."""
    last = session.execute(select(TrailRow.sequence, TrailRow.hash).order_by(TrailRow.sequence.desc()).limit(1)).first()
    return (0, FIRST_PREVIOUS) if last is None else (last.sequence, last.hash)


def note(
    session: Session,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002  the trail's own word
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to the transaction at hand, which must hold the writers' lock (`Database.writing`).

    Parameters
    ----------
    session : Session
    actor : Actor
    action : str
        A verb with its room, such as "visit.change" or "photo.view".
    object : str
        What it was done to, such as "patient/P-7K3M9QXW" or "comparison/12".
    before, after : mapping, optional
        What changed, from what to what; plain JSON types, nothing that identifies a patient.
    """
    sequence, previous = head(session)
    row = TrailRow(
        sequence=sequence + 1,
        at=utc_now(),
        actor=actor.name,
        role=actor.role,
        action=action,
        object=object,
        before="" if before is None else canonical(before),
        after="" if after is None else canonical(after),
        version=__version__,
        client=actor.client,
        previous_hash=previous,
    )
    row.hash = entry_hash(row)
    session.add(row)
    session.flush()


def entries(session: Session) -> Iterator[TrailRow]:
    """The whole trail in order, read in chunks."""
    after = -1
    while rows := session.scalars(select(TrailRow).where(TrailRow.sequence > after).order_by(TrailRow.sequence).limit(_CHUNK)).all():
        yield from rows
        after = rows[-1].sequence
        session.expunge_all()


def first_break(session: Session, *, known_head: str = "") -> BrokenTrail | None:
    """The first entry that was changed, removed, moved or added by another hand; None for a whole chain.

    Parameters
    ----------
    known_head : str
        A hash that was noted earlier, outside the database: the chain must still hold it.  Without it a chain that lost its last
        entries can't be told from a shorter one.
    """
    previous, expected, met = FIRST_PREVIOUS, 1, not known_head
    for row in entries(session):
        if row.sequence != expected:
            return BrokenTrail(expected, "is missing")
        if row.previous_hash != previous:
            return BrokenTrail(row.sequence, "does not follow the entry before it")
        if row.hash != entry_hash(row):
            return BrokenTrail(row.sequence, "was changed")
        previous, expected = row.hash, expected + 1
        met = met or row.hash == known_head
    return None if met else BrokenTrail(expected, "is where the chain ends, without the hash that was noted earlier")
