"""The trail's chain names the first entry that another hand changed, removed, moved or added."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from photocompare.records import trail
from photocompare.records.access import LOCAL
from photocompare.records.schema import TrailRow
from photocompare.records.store import Records
from photocompare.records.upkeep import verify
from tests.support.made_records import new_comparison


@pytest.fixture
def chained(records: Records) -> Records:
    """Records with nine entries or more."""
    for _ in range(3):
        records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
    return records


def by_hand(records: Records, *statements: str) -> None:
    """Change the trail as somebody with the database's password could."""
    with records.database.writing() as session:
        if records.database.is_sqlite:
            for deed in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER IF EXISTS trail_no_{deed}"))
        else:
            session.execute(text("ALTER TABLE trail DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))


def first_break(records: Records, **how: str) -> tuple[int, str] | None:
    with records.database.reading() as session:
        found = trail.first_break(session, **how)
    return None if found is None else (found.sequence, found.what)


def test_a_trail_that_nobody_touched_is_whole(chained: Records) -> None:
    assert first_break(chained) is None
    with chained.database.reading() as session:
        sequence, head = trail.head(session)
    assert sequence == 12
    assert first_break(chained, known_head=head) is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody'",
        "at = '2020-01-01T00:00:00.000Z'",
        "action = 'visit.view'",
        "object = 'patient/P-X'",
        "after = '{}'",
        "role = 'admin'",
    ],
)
def test_a_changed_entry_is_named(chained: Records, change: str) -> None:
    by_hand(chained, f"UPDATE trail SET {change} WHERE sequence = 5")
    assert first_break(chained) == (5, "was changed")
    assert "Trail: entry 5 was changed." in verify(chained, LOCAL).problems


def test_a_removed_entry_is_named(chained: Records) -> None:
    by_hand(chained, "DELETE FROM trail WHERE sequence = 4")
    assert first_break(chained) == (4, "is missing")


def test_entries_that_changed_places_are_named(chained: Records) -> None:
    by_hand(
        chained,
        "UPDATE trail SET sequence = -1 WHERE sequence = 6",
        "UPDATE trail SET sequence = 6 WHERE sequence = 7",
        "UPDATE trail SET sequence = 7 WHERE sequence = -1",
    )
    assert first_break(chained) == (6, "does not follow the entry before it")


def test_an_entry_of_another_program_is_named(chained: Records) -> None:
    columns = "at, actor, role, action, object, before, after, version, client"
    by_hand(
        chained,
        f"INSERT INTO trail (sequence, {columns}, previous_hash, hash) "
        f"SELECT 13, {columns}, hash, 'made up' FROM trail WHERE sequence = 12",
    )
    assert first_break(chained) == (13, "was changed")


def test_a_chain_cut_short_is_told_by_a_head_noted_elsewhere(chained: Records) -> None:
    head = verify(chained, LOCAL).head
    assert verify(chained, LOCAL, known_head=head).clean
    by_hand(chained, "DELETE FROM trail WHERE sequence > 10")
    assert first_break(chained) is None
    assert first_break(chained, known_head=head) == (11, "is where the chain ends, without the hash that was noted earlier")


def test_the_trail_takes_no_change_by_the_way(chained: Records) -> None:
    for statement in ("UPDATE trail SET actor = 'x' WHERE sequence = 1", "DELETE FROM trail WHERE sequence = 1", "DELETE FROM trail"):
        with pytest.raises(DBAPIError, match="kept as they are"), chained.database.writing() as session:
            session.execute(text(statement))
    assert first_break(chained) is None


def test_a_change_that_fails_leaves_no_entry_and_an_entry_that_fails_no_change(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    key = records.add_patient(LOCAL)

    def entries(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(TrailRow)) or 0

    with records.database.reading() as session:
        before = entries(session)
    with contextlib.suppress(RuntimeError), records.database.writing() as session:
        trail.note(session, LOCAL, "visit.change", "visit/1")
        raise RuntimeError
    with records.database.reading() as session:
        assert entries(session) == before
    monkeypatch.setattr(trail, "entry_hash", lambda _row: None)
    with pytest.raises(DBAPIError):
        records.set_consent(LOCAL, key, "gallery", True)
    monkeypatch.undo()
    assert records.open_patient(LOCAL, key).consents["gallery"] is False


def test_the_clock_may_go_back(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order is by number; a clock that was set back or a change to winter time moves nothing."""
    times = iter(["2026-10-25T01:30:00.000Z", "2026-10-25T00:30:00.000Z", "1970-01-01T00:00:00.000Z"])
    monkeypatch.setattr(trail, "utc_now", lambda: next(times))
    with records.database.writing() as session:
        for action in ("a.first", "a.second", "a.third"):
            trail.note(session, LOCAL, action, "x")
    monkeypatch.undo()
    assert first_break(records) is None
    assert [row.action for row in records.trail_rows(LOCAL)] == ["a.third", "a.second", "a.first"]
