"""What is said of a result wherever it is shown: its place beside the band, its lengths by fate."""

from __future__ import annotations

from dataclasses import dataclass

from photocompare.report.words.numbers import decimal, percent, shortest
from photocompare.report.words.texts import Texts
from photocompare.results.result import CONTRACT, Result
from photocompare.veins.classes import ASSESSED_FATES, FATES

HEADLINE_FATES = (*ASSESSED_FATES, "darkened")
"""The fates that the headline is made of."""


def beside_the_band(result: Result, t: Texts) -> str:
    """Where the headline lies beside the reference band and how surely; or why it is not held against it."""
    benchmark, window = result.benchmark, result.timing.window
    if not benchmark.assessed:
        return t("band.no_number") if result.length is None or not result.length.ok else t(f"band.{window}")
    sure = t("band.certain" if benchmark.certain else "band.uncertain")
    placed = t(f"band.{benchmark.verdict}", low=shortest(benchmark.low, t), high=shortest(benchmark.high, t), sure=sure)
    return f"{placed} {t('band.late')}" if window == "late" else placed


def earlier_contract(result: Result, t: Texts) -> str:
    """That the result follows an earlier contract and stands beside no newer one; empty for one of today's."""
    return "" if result.contract == CONTRACT else t("contract.earlier", n=result.contract)


def drawn_field(result: Result, t: Texts) -> str:
    """That the number is of a field drawn by hand, which is outlined; empty for the whole leg, and without a number."""
    return t("result.drawn_field") if result.measured and result.within_drawn_field else ""


def responder(result: Result, t: Texts) -> str:
    """Whether the trials' responder rule is reached."""
    return t("pdf.responder." + {True: "reached", False: "missed", None: "not_assessed"}[result.benchmark.responder])


def length_text(length: float, result: Result, t: Texts) -> str:
    """A length in whole units of the result's: millimetres, or pixels without a scale."""
    return f"{decimal(length, 0, t)} {result.unit}"


@dataclass(frozen=True)
class FateRow:
    """A fate as legends tell it: its name, its length, and its share of the assessed length ("" for one that the headline leaves out)."""

    fate: str
    name: str
    length: str
    share: str


def fate_rows(result: Result, t: Texts) -> list[FateRow]:
    """Every fate of a measured pair, best first; the shares of `ASSESSED_FATES` add up to 100, that of darkened stands beside them.

    A result of contract 1 knows nothing darkened.
    """
    rows = []
    for fate in FATES:
        if fate not in result.fates:
            continue
        share = result.share(fate) if fate in HEADLINE_FATES else None
        length = length_text(result.lengths.get(fate, 0.0), result, t)
        rows.append(FateRow(fate, t(f"fate.{fate}"), length, "" if share is None else percent(share, t)))
    return rows
