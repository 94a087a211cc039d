"""Our own components: made of the viewer's own files, each registered once for a process, and what they are given as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import streamlit as st

_PNG_MAGIC = b"\x89PNG"


def asset(name: str) -> str:
    """The text of a file of the viewer, named from its folder: "result/pair_view.js"."""
    return files("photocompare.viewer").joinpath(name).read_text(encoding="utf-8")


def put_style(name: str) -> None:
    """Put a style file of the viewer into the page."""
    st.html(f"<style>{asset(name)}</style>")


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
    """For `on_..._change`: Streamlit hands over a value only where somebody listens for its change.  And for a save that notes nothing."""


def packed(head: Mapping[str, Any], pictures: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """What a component gets, as `shared/unpack.js` reads it.

    In bytes a picture costs a third less than in JSON.  What comes otherwise than in bytes Streamlit takes for a table that might be, and
    loads pandas and pyarrow to find out: half a second of the first page.

    Parameters
    ----------
    head : mapping
        In JSON types.  "pictures" is added: name to offset, size and type of each picture.
    pictures : mapping
        Name to JPEG or PNG.

    Returns
    -------
    bytes
        Length of the head (4 bytes, little-endian), the head as JSON (UTF-8), the pictures one after the other.
    """
    places: dict[str, tuple[int, int, str]] = {}
    start = 0
    for name, data in pictures.items():
        places[name] = (start, len(data), "image/png" if data.startswith(_PNG_MAGIC) else "image/jpeg")
        start += len(data)
    encoded = json.dumps({**head, "pictures": places}, separators=(",", ":"), ensure_ascii=False).encode()
    return struct.pack("<I", len(encoded)) + encoded + b"".join(pictures.values())
