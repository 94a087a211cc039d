"""Waiting within a run of a page, so that no run is begun that nobody asked for.

A page that runs again by itself (a fragment with a timer, `st.rerun` when something is ready) makes Streamlit drop what it has not sent
yet, the answer to a file that is about to come up among it, and that file is then lost from its uploader (seen with Streamlit 1.67 on a
busy machine, 2 of 14 uploads).  A run that waits ends at once when the person does something: Streamlit stops it at its next call.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_S = 0.15
"""Between two looks: late by less than a person notices, and hardly any work."""

PATIENCE_S = 1200.0
"""Longer than any measurement and those that it may have to wait for."""


def wait_while(waiting: Callable[[], bool], tell: Callable[[], object]) -> bool:
    """Wait, telling now and then how it stands; False where patience ended first.

    Parameters
    ----------
    waiting : callable
        Whether there is still something to wait for.
    tell : callable
        Writes to the page; has to make a call to Streamlit, which is where the run ends when a newer one is asked for.
    """
    end = time.monotonic() + PATIENCE_S
    while waiting():
        tell()
        if time.monotonic() >= end:
            return False
        time.sleep(LOOK_S)
    return True
