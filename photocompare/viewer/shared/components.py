"""Our own components are made of the viewer's own files; each is registered once for a process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import streamlit as st


def asset(name: str) -> str:
    """The text of a file of the viewer, named from its folder: "result/pair_view.js"."""
    return files("photocompare.viewer").joinpath(name).read_text(encoding="utf-8")


@cache
def component(name: str, scripts: Sequence[str], *, css: str | None = None, html: str | None = None) -> Any:
    """A component of script files, joined to the one module that it may have, and a style file.

    Parameters
    ----------
    name : str
    scripts : tuple of str
        Names of files.
    css : str, optional
        Name of a file.
    html : str, optional
        The markup itself.
    """
    style = None if css is None else asset(css)
    return st.components.v2.component(name, html=html, css=style, js="\n".join(asset(script) for script in scripts))


def nothing() -> None:
    """For `on_..._change`: Streamlit hands over a value only where somebody listens for its change."""
