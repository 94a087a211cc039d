"""What stands around every page: the door before it, and who is signed in above it."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from photocompare.errors import AccessDenied, UsageError
from photocompare.records.access import LOCAL, Actor
from photocompare.report.texts import Texts
from photocompare.viewer import sign_in
from photocompare.viewer.sign_in_live import Said
from photocompare.viewer.sign_in_pages import sees
from photocompare.viewer.sign_in_start import Setting, auth_section, providers, refusal, sign_in_configured


def admit(t: Texts) -> Actor:
    """Who may go on; for everybody else the run ends here, with a page that says why and what to do."""
    refused = refusal(Setting.present())
    if refused is not None:
        _ended(t, refused)
    if not sign_in_configured():
        return LOCAL
    try:
        sign_in.own_session()
        return sign_in.actor()
    except AccessDenied as error:
        sign_in.forget_everything()
        _door(t, error)
    except UsageError as error:
        _ended(t, error)


def _ended(t: Texts, error: UsageError) -> NoReturn:
    st.title(t("app.title"), anchor=False)
    st.error(t.error(error))
    st.stop()


def _door(t: Texts, error: AccessDenied) -> NoReturn:
    st.title(t("app.title"), anchor=False)
    if error.code == "account_unknown":
        _unknown(t, error)
    else:
        st.text(t("sign_in.intro") if error.code == "not_signed_in" else t.error(error))
        for name in providers(auth_section()):
            label = t("sign_in.button") if name == "default" else t("sign_in.button_with", provider=name)
            # By a callback: the run itself forgets everything that this session holds, the press of a button too.
            st.button(label, type="primary", key=f"sign_in_{name}", on_click=st.login, args=(None if name == "default" else name,))
    st.stop()


def _unknown(t: Texts, error: AccessDenied) -> None:
    said = Said.of(sign_in.claims())
    st.warning(t.error(error))
    if said is not None:
        st.text(t("sign_in.hand_over"))
        st.code(said.subject, language=None, wrap_lines=True)
    st.button(t("sign_in.out"), key="sign_out", on_click=sign_in.sign_out)


def show_signed_in(who: Actor, t: Texts) -> None:
    """The name and role of who is signed in, and the way out; nothing for the one user of a machine."""
    if who == LOCAL:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="signed_in_as"):
        st.text(t("sign_in.who", name=who.name, role=t(f"sign_in.role.{who.role}")), width="content")
        st.button(t("sign_in.out"), key="sign_out", on_click=sign_in.sign_out)


def link_to(page: str, label: str) -> None:
    """A link to another page, for whoever sees that page."""
    if sees(sign_in.actor().role, page):
        st.page_link(f"app_pages/{page}.py", label=label)
