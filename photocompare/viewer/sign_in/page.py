"""What stands around every page: the way in before it, and who is signed in above it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records.access import LOCAL, Actor
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import component
from photocompare.viewer.sign_in import session
from photocompare.viewer.sign_in.live_sign_ins import SignIn
from photocompare.viewer.sign_in.page_roles import PAGES, require_page, sees
from photocompare.viewer.sign_in.start_check import Setting, auth_section, providers, sign_in_configured, start_refusal

_AFTER_THE_END_S = 1.0
"""By which the browser looks later than the server ends a sign-in that nothing is done with."""

_LEFT = "left"
"""What the browser adds to the address when it loads a page by itself: nobody did anything."""


def admit(t: Texts) -> Actor:
    """Who may go on; for everybody else the run ends here, with a page that says why and what to do."""
    refused = start_refusal(Setting.present())
    if refused is not None:
        _show_error(t, refused)
    if not sign_in_configured():
        return LOCAL
    try:
        left = st.query_params.pop(_LEFT, "")
        session.own_session(act=not left)
        return session.actor()
    except AccessDenied as error:
        session.forget_everything()
        _show_way_in(t, error)
    except UsageError as error:
        _show_error(t, error)


def _show_error(t: Texts, error: UsageError) -> NoReturn:
    _instead_of_pages(lambda: st.error(t.error(error)), t)


def _show_way_in(t: Texts, error: AccessDenied) -> NoReturn:
    _instead_of_pages(lambda: _unknown(t, error) if error.code == "account_unknown" else _ways_in(t, error), t)


def _instead_of_pages(show: Callable[[], object], t: Texts) -> NoReturn:
    """Show this under the address of every page, and name no page: the browser keeps the names that it was told last."""

    def page() -> None:
        st.title(t("app.title"), anchor=False)
        show()

    pages = [st.Page(page, title=t("app.title"), url_path=name, default=not name) for name in ("", *PAGES)]
    st.navigation(pages, position="hidden").run()
    st.stop()


def _ways_in(t: Texts, error: AccessDenied) -> None:
    st.text(t("sign_in.intro") if error.code == "not_signed_in" else t.error(error))
    for name in providers(auth_section()):
        label = t("sign_in.button") if name == "default" else t("sign_in.button_with", provider=name)
        # By a callback: the run itself forgets everything that this session holds, the press of a button too.
        st.button(label, type="primary", key=f"sign_in_{name}", on_click=st.login, args=(None if name == "default" else name,))


def _unknown(t: Texts, error: AccessDenied) -> None:
    sign_in = SignIn.of(session.claims())
    st.warning(t.error(error))
    if sign_in is not None:
        st.text(t("sign_in.hand_over"))
        st.code(sign_in.subject, language=None, wrap_lines=True)
    st.button(t("sign_in.out"), key="sign_out", on_click=session.sign_out)


def pages_of(names: Sequence[str], who: Actor, t: Texts) -> list[StreamlitPage]:
    """The pages that the role sees; under the addresses of the others, and unnamed, their refusal."""
    seen = [name for name in names if sees(who.role, name)]
    first, *others = seen
    # Where a role begins is served at the root alone; the address that others know it by leads there.
    begin = st.Page(f"app_pages/{first}.py", title=t(f"app.{first}"), default=True, url_path="begin")
    to_begin = _hidden(first, lambda: st.switch_page(begin), t)
    pages = [st.Page(f"app_pages/{name}.py", title=t(f"app.{name}")) for name in others]
    return [begin, *pages, to_begin, *(_hidden(name, partial(_refused, name, t), t) for name in names if name not in seen)]


def _hidden(name: str, show: Callable[[], None], t: Texts) -> StreamlitPage:
    return st.Page(show, title=t(f"app.{name}"), url_path=name, visibility="hidden")


def _refused(name: str, t: Texts) -> None:
    st.title(t("app.title"), anchor=False)
    try:
        require_page(session.actor().role, name)
    except AccessDenied as error:
        st.error(t.error(error))


def watch(who: Actor) -> None:
    """Let the browser load the page again when the sign-in has ended because nothing was done."""
    if who != LOCAL:
        # The run's own time makes the data of each run its own, and the wait begin anew.
        data = {"seconds": session.idle_left_s() + _AFTER_THE_END_S, "left": _LEFT, "run": time.monotonic()}
        component("photocompare_sign_in_watch", ("sign_in/watch.js",))(key="sign_in_watch", data=data, height=1)


def show_signed_in(who: Actor, t: Texts) -> None:
    """The name and role of who is signed in, and the way out; nothing for the one user of a machine."""
    if who == LOCAL:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="signed_in_as"):
        st.text(t("sign_in.who", name=who.name, role=t(f"sign_in.role.{who.role}")), width="content")
        st.button(t("sign_in.out"), key="sign_out", on_click=session.sign_out)


def link_to(page: str, label: str) -> None:
    """A link to another page, for whoever sees that page."""
    if sees(session.actor().role, page):
        st.page_link(f"app_pages/{page}.py", label=label)
