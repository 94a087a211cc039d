"""Waiting within a run of a page, so that no run is begun that nobody asked for; and running again without losing what was asked for.

A page that runs again by itself (a fragment with a timer, `st.rerun` when something is ready) makes Streamlit drop what it has not sent
yet, the answer to a file that is about to come up among it, and that file is then lost from its uploader (seen with Streamlit 1.67 on a
busy machine, 2 of 14 uploads).  A run that waits ends at once when the person does something: Streamlit stops it at its next call.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

LOOK_S = 0.15
"""Between two looks: late by less than a person notices, and hardly any work."""

PATIENCE_S = 1200.0
"""Longer than any measurement and those that it may have to wait for."""


def wait_while(
    waiting: Callable[[], bool],
    show: Callable[[], object] = lambda: None,
    *,
    pause: Callable[[float], object] = time.sleep,
    whatever_comes: bool = False,
) -> bool:
    """Wait, showing now and then how it stands; False where patience ended first.

    Parameters
    ----------
    waiting : callable
        Whether there is still something to wait for.
    show : callable
        Writes to the page what has changed: the browser works through all that is written.
    pause : callable
        Takes the seconds until the next look; may come back earlier, where something is known to have changed.
    whatever_comes : bool
        Whether the run goes on although a newer one was asked for, as a save does.
    """
    end = time.monotonic() + PATIENCE_S
    while waiting():
        show()
        if not whatever_comes:
            # Streamlit ends a run for a newer one whenever the run asks for what the session holds, and writes nothing for that.
            st.session_state.get("waiting")
        if time.monotonic() >= end:
            return False
        pause(LOOK_S)
    return True


def run_again(*, fragment: bool = False) -> NoReturn:
    """Run the page again, unless something newer was asked for: for what a run finds out by itself, or what a component of the page sends.

    What a button is pressed for is done in its callback, before the run, and needs no second one; saves in `sign_in.saves`.
    `st.rerun` puts a request for its own page among those that wait, and so in the place of a page that was clicked while this run worked.
    Here the run is ended as Streamlit ends it, and no request is put: a click that waits already is followed now, one that
    comes after this at the next run's first call.

    Parameters
    ----------
    fragment : bool
        Only the fragment that this is called from, where it runs by itself; with the whole page it can't run again alone.
    """
    st.empty()  # Streamlit follows a click that waits at its next call, which this is
    context = get_script_run_ctx()
    if context is None or (fragment and context.fragment_ids_this_run):
        st.rerun(scope="fragment" if fragment and context is not None else "app")
    raise RerunException(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )
