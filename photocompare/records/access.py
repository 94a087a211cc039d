"""Who may do what: roles, what each is allowed, and the one place that says no."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from photocompare.base.errors import AccessDenied

Role = Literal["local", "clinician", "consult", "auditor", "admin"]


class Permission(Enum):
    """One thing that a role may be allowed."""

    READ_PATIENT = "read a patient's record"
    LIST_PATIENTS = "look for patients"
    WRITE_PATIENT = "change a patient's record"
    READ_COHORT = "read the pseudonymous table of all outcomes"
    RATE = "rate pairs"
    MANAGE_RATING = "set up a rating and read its agreement"
    READ_GALLERY = "see the cases that patients agreed to show"
    READ_TRAIL = "read the trail"
    UPKEEP = "back up, restore, verify, export, erase"
    MANAGE_ACCOUNTS = "manage accounts"


_OF_ROLE: dict[Role, frozenset[Permission]] = {
    "local": frozenset(Permission),
    "clinician": frozenset(
        {
            Permission.READ_PATIENT,
            Permission.LIST_PATIENTS,
            Permission.WRITE_PATIENT,
            Permission.READ_COHORT,
            Permission.RATE,
            Permission.MANAGE_RATING,
            Permission.READ_GALLERY,
        }
    ),
    "consult": frozenset({Permission.READ_PATIENT, Permission.READ_GALLERY}),
    "auditor": frozenset({Permission.READ_COHORT, Permission.MANAGE_RATING, Permission.READ_TRAIL}),
    "admin": frozenset({Permission.UPKEEP, Permission.MANAGE_ACCOUNTS, Permission.READ_TRAIL}),
}
"""Least that each needs: an auditor meets no identity and no photo, an administrator no patient, a consult its one patient."""


@dataclass(frozen=True)
class Actor:
    """Who asks.

    Parameters
    ----------
    name : str
        As it stands in the trail.
    role : str
        "local" is the one person at a machine without sign-in.
    client : str
        Through what: "viewer" or "command line".
    patient_key : str
        The only patient that a "consult" may see; empty until one is opened.
    subject : str
        Of the account; empty for "local".  Whoever has one has the role that stands in the accounts at the moment of asking.
    """

    name: str
    role: Role
    client: str = "viewer"
    patient_key: str = ""
    subject: str = ""


LOCAL = Actor("local", "local")
"""The person at the machine, in the viewer."""

COMMAND_LINE = Actor("local", "local", "command line")


def allowed(actor: Actor, permission: Permission, patient_key: str = "") -> bool:
    """Whether the role allows it, and for a consult whether it is the patient that was opened."""
    if permission not in _OF_ROLE[actor.role]:
        return False
    about_one = permission is Permission.READ_PATIENT
    return not (actor.role == "consult" and about_one and (not patient_key or patient_key != actor.patient_key))


def require(actor: Actor, permission: Permission, patient_key: str = "") -> None:
    """Let pass what is allowed.

    Raises
    ------
    AccessDenied
    """
    if not allowed(actor, permission, patient_key):
        raise AccessDenied(f"Your role may not {permission.value}; ask the administrator.", code="access_denied")
