"""Tables as HTML: every text is escaped, the first column names the rows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table under a caption, in the style of the pages over the records."""
    # A wide table scrolls by itself, by keyboard too, so that the page does not.
    return (
        f"<div class='pc-table' tabindex='0' role='region' aria-label='{escape(caption, quote=True)}'>"
        f"<table><caption>{escape(caption)}</caption>{head_and_body(head, rows)}</table></div>"
    )


def head_and_body(head: Sequence[str], rows: Sequence[Sequence[str]], *, isolated: bool = False) -> str:
    """Head and rows of a table.

    Parameters
    ----------
    head : sequence of str
        Names of the columns; an empty one heads nothing.
    rows : sequence of sequences of str
    isolated : bool
        Whether cells hold what people typed, in a script of any direction.
    """
    start, end = ("<bdi>", "</bdi>") if isolated else ("", "")
    columns = "".join(f"<th scope='col'>{escape(name)}</th>" if name else "<td></td>" for name in head)
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{start}{escape(cell)}{end}</td>' for cell in cells)}</tr>"
        for name, *cells in rows
    )
    return f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody>"
