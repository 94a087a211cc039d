"""`photocompare card`: the printable scale and colour card."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--out", type=Path, required=True, help="The PDF to write.")
def card(out: Path) -> None:
    """Draw the printable scale and colour card."""
    from photocompare.report.pdf.card import write_card_pdf

    write_card_pdf(out)
    click.echo(f"Card: {out}. Print at 100 % and check the 50 mm ruler.")
