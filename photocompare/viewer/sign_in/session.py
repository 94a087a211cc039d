"""Who sits at a session: asked anew on every run, from the identity provider's word, our own list of live sign-ins and our accounts.

Without a section [auth] in Streamlit's secrets there is one user, the person at this machine, and `start_check` sees to it that
nobody else reaches the viewer.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records.access import LOCAL, Actor, Permission
from photocompare.viewer.shared.records import records
from photocompare.viewer.shared.waiting import run_again
from photocompare.viewer.sign_in.live_sign_ins import Limits, LiveSignIns, SignIn
from photocompare.viewer.sign_in.start_check import sign_in_configured

P = ParamSpec("P")

IDLE_VARIABLE = "PHOTOCOMPARE_SIGN_IN_IDLE_MINUTES"
ABSOLUTE_VARIABLE = "PHOTOCOMPARE_SIGN_IN_HOURS"

_OWNER = "signed_in"
_KEPT = ("language", "choose_language")
"""What says nothing about a patient and stays when somebody else sits down."""


def limits_of(environment: Mapping[str, str]) -> Limits:
    """The limits; the environment may make them shorter, never longer.

    Raises
    ------
    UsageError
        A limit that is no positive number.
    """
    longest = Limits()
    return Limits(
        _shortened(environment, IDLE_VARIABLE, 60.0, longest.idle_s), _shortened(environment, ABSOLUTE_VARIABLE, 3600.0, longest.absolute_s)
    )


def _shortened(environment: Mapping[str, str], name: str, unit_s: float, longest_s: float) -> float:
    text = environment.get(name, "")
    if not text:
        return longest_s
    try:
        seconds = float(text) * unit_s
    except ValueError:
        seconds = float("nan")
    if not seconds > 0:
        raise UsageError(f"{name} must be a number above 0.", code="limit_unreadable", variable=name)
    return min(seconds, longest_s)


@functools.cache
def live() -> LiveSignIns:
    """The sign-ins of this server."""
    return LiveSignIns(limits_of(os.environ))


def claims() -> Mapping[str, Any]:
    """What the identity provider states of whoever sits at this session, as Streamlit took it from the signed cookie."""
    return st.user.to_dict()


def actor() -> Actor:
    """Who sits at this session, in the role that the accounts give at this moment.

    Raises
    ------
    AccessDenied
        Nobody is signed in (`not_signed_in`), the sign-in is over (`sign_in_idle`, `sign_in_expired`, `sign_in_ended`), or the accounts do
        not know the person (`account_unknown`).
    RecordsUnusable
    """
    return LOCAL if not sign_in_configured() else _signed_in()[1]


def idle_left_s() -> float:
    """Seconds until this session's sign-in ends if nothing is done."""
    sign_in = SignIn.of(claims())
    return live().idle_left_s(sign_in) if sign_in is not None else 0.0


def _signed_in(*, act: bool = False) -> tuple[SignIn, Actor]:
    sign_in = SignIn.of(claims())
    if sign_in is None:
        raise AccessDenied("You are not signed in.", code="not_signed_in")
    from photocompare.records import sign_ins

    who = records().actor_of(sign_in.subject)
    if who is None:
        raise AccessDenied("There is no open account for you; ask the administrator.", code="account_unknown")
    standing = live().standing(sign_in, begin=lambda: sign_ins.begin(records(), who, sign_in.mark), act=act)
    if standing == "idle":
        raise AccessDenied("You were signed out, because nothing was done for a while; sign in again.", code="sign_in_idle")
    if standing == "expired":
        raise AccessDenied("You were signed out, because you signed in too long ago; sign in again.", code="sign_in_expired")
    if standing == "ended":
        raise AccessDenied("You were signed out; sign in again.", code="sign_in_ended")
    return sign_in, dataclasses.replace(who, patient_key=live().open_patient(sign_in.subject) if who.role == "consult" else "")


def own_session(*, act: bool = True) -> bool:
    """Whether this session still belongs to whom it was made for; what it holds of anybody else is gone afterwards.

    Parameters
    ----------
    act : bool
        Whether a person did something: it starts the idle time anew.

    Raises
    ------
    AccessDenied
    """
    if not sign_in_configured():
        return True
    try:
        sign_in, who = _signed_in(act=act)
    except AccessDenied:
        forget_everything()
        raise
    owner = (sign_in.mark, who.role)
    before = st.session_state.get(_OWNER)
    if before is not None and before != owner:
        forget_everything()
    st.session_state[_OWNER] = owner
    return before in (None, owner)


def forget_everything() -> None:
    """Drop all that this session holds: photos, measurements, the patient that is open, what was typed."""
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
    kept = {key: st.session_state[key] for key in _KEPT if key in st.session_state}
    st.session_state.clear()
    st.session_state.update(kept)


def checked_fragment(function: Callable[P, None]) -> Callable[P, None]:
    """`st.fragment` for what shows a patient: a fragment runs without the page around it, so it asks for itself who is there."""

    @st.fragment
    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            own = own_session()
        except AccessDenied:
            own = False
        if not own:
            run_again()
        function(*args, **kwargs)

    return run


def sign_out() -> None:
    """End the sign-in in every window, drop what this session holds, and let the provider sign out too where it can."""
    from photocompare.records import sign_ins

    sign_in = SignIn.of(claims())
    if sign_in is not None:
        who = records().actor_of(sign_in.subject)
        if who is not None and live().is_live(sign_in):
            sign_ins.end(records(), who, sign_in.mark, "signed out")
        live().end(sign_in.mark)
    forget_everything()
    st.logout()


def open_consult(key: str) -> None:
    """Open the one patient that this account sees in consult, on all its screens.

    Raises
    ------
    AccessDenied
        Another patient is open, or the role opens no patient in this way.
    UsageError
        There is no such patient.
    """
    sign_in, who = _consulting()
    if not live().set_open_patient(sign_in.subject, key):
        raise AccessDenied("Another patient is open; close that one first.", code="consult_open")
    try:
        opening = dataclasses.replace(who, patient_key=key)
        records().open_patient(opening, key)
        records().note(opening, Permission.READ_PATIENT, "consult.open", f"patient/{key}", key=key)
    except UsageError:
        live().set_open_patient(sign_in.subject, "")
        raise


def close_consult() -> None:
    """Close the patient that is open in consult; nothing where none is."""
    sign_in, who = _consulting()
    key = who.patient_key
    if key:
        records().note(who, Permission.READ_PATIENT, "consult.close", f"patient/{key}", key=key)
        live().set_open_patient(sign_in.subject, "")
    forget_everything()
    st.session_state[_OWNER] = (sign_in.mark, who.role)


def _consulting() -> tuple[SignIn, Actor]:
    if not sign_in_configured():
        raise AccessDenied("Patients are opened on their own page here.", code="consult_alone")
    sign_in, who = _signed_in()
    if who.role != "consult":
        raise AccessDenied("Patients are opened on their own page here.", code="consult_alone")
    return sign_in, who
