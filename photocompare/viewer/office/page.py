"""The office: who may sign in, what was done, whether all is as it was written, and where it lies."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from sqlalchemy import make_url

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor, Permission, allowed
from photocompare.records.schema import LONGEST_NAME, ROLES, TrailRow
from photocompare.records.store import Records
from photocompare.records.upkeep import Verification, verify
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import put_style
from photocompare.viewer.shared.notices import Notice, leave_notice, show_notice_at
from photocompare.viewer.shared.tables import table
from photocompare.viewer.sign_in.records_page import show_records_page
from photocompare.viewer.sign_in.saves import saving

NEWEST = 200
"""Entries of the trail that are shown."""

_ACCOUNT = "account"
_ACCOUNT_KEYS = ("account_subject", "account_name")


def show() -> None:
    """The page; each part for whom it is meant."""
    show_records_page("office.title", _office)


def _office(held: Records, who: Actor, t: Texts) -> None:
    put_style("office/office.css")
    if allowed(who, Permission.MANAGE_ACCOUNTS):
        _accounts(held, who, t)
    if allowed(who, Permission.UPKEEP):
        _upkeep(held, who, t)
    if allowed(who, Permission.READ_TRAIL):
        _trail(held, who, t)


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.html(f"<div class='pc-office'>{table(caption, head, rows)}</div>")


def _accounts(held: Records, who: Actor, t: Texts) -> None:
    st.subheader(t("office.accounts"), anchor=False)
    if not who.subject:
        st.text(t("office.accounts_alone"))
    accounts = held.accounts(who)
    if accounts:
        head = [t(f"office.{name}") for name in ("subject", "name", "role", "state")]
        rows = [
            (subject, name, t(f"sign_in.role.{role}"), t("office.is_open" if active else "office.is_closed"))
            for subject, name, role, active in accounts
        ]
        _table(t("office.accounts"), head, rows)
    else:
        st.info(t("office.no_account"))
    with st.expander(t("office.set_account")), st.form("account", border=False):
        st.text_input(t("office.subject"), key="account_subject", max_chars=2 * LONGEST_NAME, help=t("office.subject_help"))
        st.text_input(t("office.name"), key="account_name", max_chars=LONGEST_NAME)
        st.selectbox(t("office.role"), ROLES, format_func=lambda role: t(f"sign_in.role.{role}"), key="account_role")
        left, right = st.columns(2)
        keep, close = (saving(partial(_set_account, t=t, active=active), place=_ACCOUNT, t=t) for active in (True, False))
        left.form_submit_button(t("office.keep_account"), type="primary", width="stretch", on_click=keep)
        right.form_submit_button(t("office.close_account"), width="stretch", on_click=close)
    show_notice_at(_ACCOUNT)


def _set_account(held: Records, who: Actor, *, t: Texts, active: bool) -> Callable[[], None]:
    """Open, change or close the account that was typed; nobody shuts oneself out.  Returns what has it told."""
    subject, name = (str(st.session_state[key]).strip() for key in _ACCOUNT_KEYS)
    role = st.session_state["account_role"]
    known = {account[0]: account for account in held.accounts(who)}
    if who.subject and subject == who.subject:
        raise UsageError("Another administrator changes your own account.", code="account_own")
    if not active:
        if subject not in known:
            raise UsageError("There is no account of that subject.", code="account_not_there")
        _, name, role, _ = known[subject]
    held.set_account(who, subject, role=role, name=name, active=active)
    return partial(leave_notice, _ACCOUNT, Notice(t("office.account_kept" if active else "office.account_closed")))


def _upkeep(held: Records, who: Actor, t: Texts) -> None:
    st.subheader(t("office.records"), anchor=False)
    st.text(t("office.database", place=_shown(str(held.places.sqlite_file or held.places.database_url))))
    st.text(t("office.photos", place=_shown(held.places.photos_url)))
    st.text(t("office.backup"))
    if st.button(t("office.verify"), key="verify"):
        with st.spinner(t("office.verifying")):
            found = verify(held, who)
        _verified(found, t)


def _verified(found: Verification, t: Texts) -> None:
    if found.clean:
        st.success(t("office.clean", entries=found.entries, files=found.files))
    else:
        st.error(t("office.problems", n=len(found.problems)))
        for problem in found.problems[:NEWEST]:
            st.text(problem)
    st.text(t("office.head", hash=found.head))


def _shown(place: str) -> str:
    """A place as it may be shown: without a password, and with a sign for what is no UTF-8 in a name."""
    if "://" in place and "@" in place:
        return make_url(place).render_as_string(hide_password=True)
    return os.fsencode(place).decode(errors="replace")


def _trail(held: Records, who: Actor, t: Texts) -> None:
    st.subheader(t("office.trail"), anchor=False)
    about = st.text_input(t("office.about"), key="trail_about", max_chars=LONGEST_NAME, help=t("office.about_help"))
    rows = held.trail_rows(who, newest=NEWEST, about=about.strip())
    if not rows:
        st.info(t("office.no_entry"))
        return
    head = [t(f"office.{name}") for name in ("at", "who", "role", "action", "object", "change")]
    _table(t("office.newest", n=len(rows)), head, [_entry(row) for row in rows])


def _entry(row: TrailRow) -> tuple[str, ...]:
    change = " → ".join(part for part in (row.before, row.after) if part)
    return f"{row.sequence} · {row.at}", row.actor, row.role, row.action, row.object, change
