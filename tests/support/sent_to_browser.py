"""What a page without a browser would send to one."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Head and pictures of a component's data, read as the browser reads them."""
    (length,) = struct.unpack_from("<I", data)
    head = json.loads(data[4 : 4 + length])
    start = 4 + length
    pictures = {name: data[start + at : start + at + size] for name, (at, size, _) in head["pictures"].items()}
    assert start + sum(map(len, pictures.values())) == len(data)
    return head, pictures


def elements(at: AppTest) -> Iterator[Any]:
    """Every element of the page as it stands."""

    def walk(block: Any) -> Iterator[Any]:
        for child in block.children.values():
            if hasattr(child, "children"):
                yield from walk(child)
            else:
                yield child

    return walk(at._tree)


def component_heads(at: AppTest, name: str) -> list[dict[str, Any]]:
    """Heads of what the components of a name got."""
    found = [e.proto for e in elements(at) if e.type == "bidi_component" and e.proto.component_name == f"photocompare_{name}"]
    return [unpacked(component.bytes)[0] for component in found]
