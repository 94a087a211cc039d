"""How well the raters of a round agree: with each other, with themselves, with the software."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from photocompare.base.estimate import Estimate
from photocompare.practice.audit_words import DASH
from photocompare.practice.page_charts import bland_altman_chart
from photocompare.practice.rating import PairAgreement, RoundAgreement, round_agreement
from photocompare.records.ratings import RoundScores
from photocompare.report.words.numbers import signed
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.charts import show_chart
from photocompare.viewer.shared.tables import table

_SOFTWARE = "software"
_KAPPA_DIGITS, _PERCENT_DIGITS = 2, 1


def show_agreement(found: RoundScores, t: Texts) -> None:
    """Tables with intervals and the Bland-Altman chart; a sentence where nobody has finished."""
    st.header(t("rating.agreement"), anchor=False)
    if found.under_way:
        st.text(t("rating.under_way", n=found.under_way))
    if found.ratings.empty:
        st.info(t("rating.nobody_finished"))
        return
    agreed = round_agreement(found.ratings, found.measured)
    st.text(t("rating.of_pairs", raters=len(agreed.raters), pairs=agreed.pairs))
    st.html(_table(t("rating.with_software"), agreed.software, t))
    if agreed.between:
        st.html(_table(t("rating.between"), agreed.between, t))
        together = _with_interval(agreed.all_raters.absolute, t, _KAPPA_DIGITS)
        st.text(t("rating.all_raters", icc=together, n=agreed.all_raters.subjects))
    else:
        st.text(t("rating.one_rater"))
    repeated = [pair for pair in agreed.within if pair.pairs]
    if repeated:
        st.html(_table(t("rating.within"), repeated, t))
    _chart(agreed, t)
    st.text(t("rating.measures"))


def _table(caption: str, pairs: Sequence[PairAgreement], t: Texts) -> str:
    head = [t(f"rating.column_{name}") for name in ("who", "pairs", "kappa", "icc", "bias", "limits")]
    return table(caption, head, [_row(pair, t) for pair in pairs])


def _row(pair: PairAgreement, t: Texts) -> list[str]:
    limits = pair.limits
    return [
        _who(pair, t),
        str(pair.pairs),
        _with_interval(pair.kappa, t, _KAPPA_DIGITS),
        _with_interval(pair.icc.absolute, t, _KAPPA_DIGITS),
        _with_interval(limits.bias, t, _PERCENT_DIGITS),
        _from_to(limits.lower.value, limits.upper.value, t, _PERCENT_DIGITS) if limits.lower.ok else DASH,
    ]


def _with_interval(found: Estimate, t: Texts, digits: int) -> str:
    """A value without a unit and its 95 % interval; a dash where there is none."""
    return f"{signed(found.value, digits, t)} ({_from_to(found.low, found.high, t, digits)})" if found.ok else DASH


def _from_to(low: float, high: float, t: Texts, digits: int) -> str:
    return t("number.interval", low=signed(low, digits, t), high=signed(high, digits, t))


def _who(pair: PairAgreement, t: Texts) -> str:
    if pair.second == _SOFTWARE:
        return pair.first
    if pair.first == pair.second:
        return t("rating.twice", name=pair.first)
    return t("rating.both_names", first=pair.first, second=pair.second)


def _chart(agreed: RoundAgreement, t: Texts) -> None:
    """One pair of readers as Bland and Altman draw it; the tables say the same in numbers."""
    drawn = [pair for pair in (*agreed.software, *agreed.between, *agreed.within) if pair.points]
    if not drawn:
        return
    names = [t("rating.and_software", name=p.first) if p.second == _SOFTWARE else _who(p, t) for p in drawn]
    chosen = st.selectbox(t("rating.chart_of"), range(len(drawn)), format_func=names.__getitem__, key="rating_chart")
    show_chart(bland_altman_chart(drawn[chosen], t), t)
    st.text(t("rating.chart_says"))
