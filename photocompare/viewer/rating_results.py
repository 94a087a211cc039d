"""How well the raters of a round agree: with each other, with themselves, with the software."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from photocompare.practice.rating import PairAgreement, RoundAgreement, round_agreement
from photocompare.records.ratings import RoundScores
from photocompare.report.texts import Texts
from photocompare.viewer.audit_room import table, with_interval

_SOFTWARE = "software"
_CHART_HEIGHT = 320
_KAPPA_DIGITS = 2


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
    _chart(agreed, t)
    if agreed.between:
        st.html(_table(t("rating.between"), agreed.between, t))
        together = with_interval(agreed.all_raters.absolute, t, _KAPPA_DIGITS)
        st.text(t("rating.all_raters", icc=together, n=agreed.all_raters.subjects))
    else:
        st.text(t("rating.one_rater"))
    repeated = [pair for pair in agreed.within if pair.pairs]
    if repeated:
        st.html(_table(t("rating.within"), repeated, t))
    st.text(t("rating.measures"))


def _table(caption: str, pairs: Sequence[PairAgreement], t: Texts) -> str:
    head = [t(f"rating.column_{name}") for name in ("who", "pairs", "kappa", "icc", "bias", "limits")]
    return table(caption, head, [_row(pair, t) for pair in pairs])


def _row(pair: PairAgreement, t: Texts) -> list[str]:
    limits = pair.limits
    reach = t("rating.reach", low=f"{limits.lower.value:.0f}", high=f"{limits.upper.value:.0f}") if limits.lower.ok else "–"
    return [
        _who(pair, t),
        str(pair.pairs),
        with_interval(pair.kappa, t, _KAPPA_DIGITS),
        with_interval(pair.icc.absolute, t, _KAPPA_DIGITS),
        with_interval(limits.bias, t),
        reach.replace("-", "−"),
    ]


def _who(pair: PairAgreement, t: Texts) -> str:
    if pair.second == _SOFTWARE:
        return pair.first
    if pair.first == pair.second:
        return t("rating.twice", name=pair.first)
    return t("rating.both_names", first=pair.first, second=pair.second)


def _chart(agreed: RoundAgreement, t: Texts) -> None:
    """Difference to the software over the mean of both, with bias and limits; the table above says the same in numbers."""
    points = pd.DataFrame(
        [(pair.first, mean, difference) for pair in agreed.software for mean, difference in pair.points],
        columns=["rater", "mean", "difference"],
    )
    if points.empty:
        return
    lines = pd.DataFrame(
        [
            (pair.first, found.value, kind)
            for pair in agreed.software
            for kind, found in (("bias", pair.limits.bias), ("limit", pair.limits.lower), ("limit", pair.limits.upper))
            if found.ok
        ],
        columns=["rater", "difference", "kind"],
    )
    dots = alt.Chart(points).mark_point(size=50, filled=True, opacity=0.8).encode(
        x=alt.X("mean:Q", title=t("rating.axis_mean"), scale=alt.Scale(domain=[0, 100])),
        y=alt.Y("difference:Q", title=t("rating.axis_difference")),
        color=alt.Color("rater:N", title=t("rating.rater")),
        shape=alt.Shape("rater:N", title=t("rating.rater")),
        tooltip=["rater:N", alt.Tooltip("mean:Q", format=".1f"), alt.Tooltip("difference:Q", format=".1f")],
    )  # fmt: skip
    rules = alt.Chart(lines).mark_rule(strokeWidth=1.5).encode(
        y="difference:Q",
        color=alt.Color("rater:N"),
        strokeDash=alt.StrokeDash("kind:N", legend=None, scale=alt.Scale(domain=["bias", "limit"], range=[[1, 0], [6, 4]])),
    )  # fmt: skip
    st.altair_chart((rules + dots).properties(height=_CHART_HEIGHT), width="stretch")
    st.text(t("rating.chart_says"))
