"""`photocompare card`: the printable scale and colour card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def card(out: Annotated[Path, typer.Option("--out", help="The PDF to write.")]) -> None:
    """Draw the printable scale and colour card."""
    from photocompare.report.pdf.card import write_card_pdf

    write_card_pdf(out)
    typer.echo(f"Card: {out}. Print at 100 % and check the 50 mm ruler.")
