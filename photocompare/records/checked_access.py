"""Open records: who asks is checked here, by the role that counts at that moment, and every deed is noted in the trail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records import access, trail
from photocompare.records.access import Actor, Permission
from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import Places
from photocompare.records.schema import ROLES, AccountRow, ComparisonRow, LegRow, MetaRow, PatientRow, PhotoRow, RegionRow, TrailRow

DEMO = "demo"
"""Name of the mark that all patients are invented."""


class CheckedRecords:
    """An open set of records.

    Parameters
    ----------
    places : Places

    Raises
    ------
    RecordsUnusable
    """

    def __init__(self, places: Places) -> None:
        from photocompare.records.migrating import open_database  # Alembic takes a second to load

        self.places = places
        self.database = open_database(places)
        self.photos = PhotoFiles(places.photos_url)
        self.clean_up()

    def close(self) -> None:
        """Give back every connection."""
        self.database.close()

    def clean_up(self) -> int:
        """End what a crash cut short; how many unfinished files were removed."""
        with self.database.reading() as session:
            return self.photos.clean_up(lambda digest: is_referenced(session, digest))

    # --- who asks

    @contextlib.contextmanager
    def writing(self, actor: Actor, permission: Permission, patient_key: str = "") -> Iterator[Session]:
        """A transaction of somebody who may; a refusal is noted in the trail.

        Raises
        ------
        AccessDenied
        """
        try:
            with self.database.writing() as session:
                self.check_allowed(session, actor, permission, patient_key)
                yield session
        except AccessDenied:
            with self.database.writing() as session:
                trail.note(
                    session,
                    actor,
                    "access.denied",
                    f"patient/{patient_key}" if patient_key else "records",
                    after={"wanted": permission.name},
                )
            raise

    def check_allowed(self, session: Session, actor: Actor, permission: Permission, patient_key: str = "") -> None:
        """Let pass who may, by the role that the account has now.  AccessDenied for others."""
        if actor.subject:
            account = session.get(AccountRow, actor.subject)
            if account is None or not account.active or account.role != actor.role:
                raise AccessDenied("Your account was changed; sign in again.", code="account_changed")
        access.require(actor, permission, patient_key)

    def actor_of(self, subject: str, *, client: str = "viewer") -> Actor | None:
        """Who an account is now; None for one that is unknown or closed."""
        with self.database.reading() as session:
            account = session.get(AccountRow, subject)
            if account is None or not account.active:
                return None
            return Actor(account.name or subject, account.role, client, subject=subject)  # type: ignore[arg-type]  # CHECK holds the word

    def accounts(self, actor: Actor) -> list[tuple[str, str, str, bool]]:
        """Every account: subject, name, role, open."""
        with self.writing(actor, Permission.MANAGE_ACCOUNTS) as session:
            return [(a.subject, a.name, a.role, bool(a.active)) for a in session.scalars(select(AccountRow).order_by(AccountRow.subject))]

    def set_account(self, actor: Actor, subject: str, *, role: str, name: str = "", active: bool = True) -> None:
        """Open, change or close an account; it counts from the next thing that is asked.

        Parameters
        ----------
        name : str
            As it stands in the trail; the one that is there stays where none is given.

        Raises
        ------
        UsageError
            The role is unknown, the subject is empty, or there is no such account to close.
        """
        if role not in ROLES or not subject.strip():
            raise UsageError(f"An account needs a subject and a role: {', '.join(ROLES)}.", code="account_unknown_role")
        with self.writing(actor, Permission.MANAGE_ACCOUNTS) as session:
            account = session.get(AccountRow, subject)
            before = None if account is None else {"role": account.role, "active": account.active}
            if account is None:
                if not active:
                    raise UsageError("There is no account of that subject.", code="account_not_there")
                account = AccountRow(subject=subject, name="")
                session.add(account)
            account.name, account.role, account.active = name or account.name, role, int(active)
            trail.note(session, actor, "account.set", f"account/{subject}", before=before, after={"role": role, "active": int(active)})

    # --- the trail

    def note(
        self, actor: Actor, permission: Permission, action: str, about: str, *, key: str = "", after: Mapping[str, Any] | None = None
    ) -> None:
        """Note something that changes nothing here, such as an export, if the person may do it."""
        with self.writing(actor, permission, key) as session:
            trail.note(session, actor, action, about, after=after)

    def trail_rows(self, actor: Actor, *, newest: int = 200, about: str = "") -> list[TrailRow]:
        """The newest entries, the last first; those about one object if it is named."""
        with self.writing(actor, Permission.READ_TRAIL) as session:
            query = select(TrailRow).order_by(TrailRow.sequence.desc()).limit(newest)
            if about:
                query = query.where(TrailRow.object.like(f"{escaped(about)}%", escape="\\"))
            return list(session.scalars(query))

    @property
    def is_demo(self) -> bool:
        """Whether these are invented patients."""
        with self.database.reading() as session:
            return session.get(MetaRow, DEMO) is not None


def is_referenced(session: Session, digest: str) -> bool:
    """Whether a row names a file; the comparisons of an erased patient stay, and name nothing."""
    photo = session.scalar(select(PhotoRow.id).where(PhotoRow.sha256 == digest).limit(1))
    dossier = (
        select(ComparisonRow.id)
        .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
        .join(LegRow)
        .join(PatientRow)
        .where(ComparisonRow.dossier_sha256 == digest, PatientRow.erased_at.is_(None))
    )
    return photo is not None or session.scalar(dossier.limit(1)) is not None


def escaped(words: str) -> str:
    """Words as they stand within a LIKE pattern whose escape is a backslash."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
