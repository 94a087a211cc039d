"""The records as every command opens them: whoever starts it is told where they had better not lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from photocompare.records.places import Places
    from photocompare.records.store import Records


def open_records() -> Records:
    """The records of this machine.

    Raises
    ------
    RecordsUnusable
    """
    from photocompare.records.places import usual_places
    from photocompare.records.store import Records

    places = usual_places()
    records = Records(places)
    tell_where(places)
    return records


def tell_where(places: Places) -> None:
    """Say what is to be known of the place, on standard error."""
    from photocompare.records.drives import warning_about

    warning = warning_about(places)
    if warning is not None:
        click.echo(f"Warning: {warning}", err=True)
