"""Blinded rating: setting up a round, rating its pairs, and how well raters agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.practice.rating_order import Showing, chosen_twice, rating_order
from photocompare.records import ratings
from photocompare.records.access import Actor, Permission, allowed
from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.records.schema import LONGEST_NAME
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.rating.results import show_agreement
from photocompare.viewer.result.two_pictures import show_two_pictures
from photocompare.viewer.shared.components import nothing
from photocompare.viewer.shared.notices import show_notice_at
from photocompare.viewer.sign_in.page import link_to
from photocompare.viewer.sign_in.records_page import show_records_page
from photocompare.viewer.sign_in.saves import saving

USUAL_PAIRS = 40
"""Pairs of a round as offered: with two raters 39 tell an intraclass correlation of 0.8 from one of 0.6 (Walter, Eliasziw & Donner,
Stat Med 1998;17:101)."""

USUAL_REPEATED_PERCENT = 20
"""Pairs shown twice, as offered."""

HIGHEST_SEED = 2**31 - 1
_SHOWN = "rating_shown"
_BEGUN = "rating_begun"
_SET_UP = "rating_set_up"


@dataclass(frozen=True)
class Asking:
    """Who asks for what: the same in every part of the page."""

    held: Records
    who: Actor
    rater: str
    t: Texts


def show() -> None:
    """The page: a round is chosen, its pairs are rated one by one, its agreement is read afterwards."""
    show_records_page("rating.title", _rounds)


def _rounds(held: Records, who: Actor, t: Texts) -> None:
    st.text(t("rating.intro"))
    found = ratings.rounds(held, who)
    if found:
        _one_round(held, who, found, t)
    else:
        st.info(t("rating.none_manager" if allowed(who, Permission.MANAGE_RATING) else "rating.none"))
    if allowed(who, Permission.MANAGE_RATING):
        with st.expander(t("rating.set_up"), expanded=not found):
            _set_up(held, who, t)


def _one_round(held: Records, who: Actor, found: tuple[ratings.Round, ...], t: Texts) -> None:
    names = {r.id: f"{r.id} · {r.name}" for r in found}
    if st.session_state.get(_BEGUN) in names:
        st.session_state["rating_round"] = st.session_state.pop(_BEGUN)
    left, right = st.columns(2)
    with left:
        chosen = st.selectbox(t("rating.round"), list(names), format_func=names.__getitem__, key="rating_round")
    (asked,) = [r for r in found if r.id == chosen]
    rater = ""
    if not who.subject and allowed(who, Permission.RATE):
        with right:
            rater = st.text_input(t("rating.rater"), max_chars=LONGEST_NAME, key="rating_rater", help=t("rating.rater_help"))
        if not rater.strip():
            st.info(t("rating.name_first"))
            return
    asking = Asking(held, who, rater, t)
    if allowed(who, Permission.RATE):
        _rate(asking, asked)
    if ratings.may_read_scores(held, who, asked.id, rater):
        show_agreement(ratings.scores(held, who, asked.id, rater), t)


def _rate(asking: Asking, asked: ratings.Round) -> None:
    """The next pair that this rater has not scored, or the word that all are done."""
    t = asking.t
    done = ratings.given(asking.held, asking.who, asked.id, asking.rater)
    order = rating_order(asked.comparisons, asked.repeated, seed=asked.seed, rater=ratings.rater_of(asking.who, asking.rater))
    left = [showing for showing in order if (showing.comparison_id, showing.occasion) not in done]
    st.progress((len(order) - len(left)) / max(1, len(order)), text=t("rating.progress", done=len(order) - len(left), all=len(order)))
    if not left:
        st.session_state.pop(_SHOWN, None)
        st.success(t("rating.finished"))
        return
    place = len(order) - len(left) + 1
    name = f"rating_{asked.id}_{place}"
    pictures, score = st.columns([3, 2], gap="large")
    with pictures:
        show_two_pictures(_pictures(asking, asked, left[0], name), t, name)
    with score:
        _score(asking, asked, left[0], name)


def _pictures(asking: Asking, asked: ratings.Round, showing: Showing, name: str) -> AnonymousPictures:
    """The pair's pictures: read, and noted in the trail, once for each showing."""
    marked = (name, asking.who, asking.rater)
    kept = st.session_state.get(_SHOWN)
    if kept is None or kept[0] != marked:
        kept = st.session_state[_SHOWN] = (marked, ratings.pictures(asking.held, asking.who, asked.id, showing.comparison_id))
    pair: AnonymousPictures = kept[1]
    return pair


def _score(asking: Asking, asked: ratings.Round, showing: Showing, name: str) -> None:
    t = asking.t

    def give(held: Records, who: Actor) -> Callable[[], None]:
        percent, point = (st.session_state.get(f"{name}_{part}") for part in ("percent", "point"))
        if percent is None or point is None:
            raise UsageError("Give both scores, then save.", code="score_incomplete")
        ratings.give(held, who, asked.id, ratings.Score(showing.comparison_id, showing.occasion, float(percent), point), rater=asking.rater)
        return nothing

    with st.form(f"{name}_form", border=False):
        # Both begin empty: a number that stands there already would draw the scores towards it.
        st.number_input(t("rating.percent"), 0, 100, None, 1, key=f"{name}_percent", help=t("rating.percent_help"))
        st.radio(t("rating.points"), ratings.POINTS, None, lambda step: f"{step}. {t(f'rating.point_{step}')}", key=f"{name}_point")
        st.form_submit_button(t("rating.save"), type="primary", on_click=saving(give, place=name, t=t))
    show_notice_at(name)


def _set_up(held: Records, who: Actor, t: Texts) -> None:
    there = ratings.eligible(held, who)
    if not there:
        st.text(t("rating.nothing_to_rate"))
        link_to("compare", t("app.compare"))
        return
    most = min(there, ratings.MOST_PAIRS)
    st.text(t("rating.set_up_help", n=there))
    with st.form(_SET_UP, border=False):
        st.text_input(t("rating.round_name"), max_chars=LONGEST_NAME, key=f"{_SET_UP}_name")
        left, middle, right = st.columns(3)
        # Another field where there are more pairs now: one keeps its bounds with its key.
        left.number_input(t("rating.pairs"), 1, most, min(USUAL_PAIRS, most), 1, key=f"{_SET_UP}_pairs_{most}")
        middle.number_input(t("rating.repeated"), 0, 100, USUAL_REPEATED_PERCENT, 5, key=f"{_SET_UP}_share")
        right.number_input(t("rating.seed"), 0, HIGHEST_SEED, 1, 1, key=f"{_SET_UP}_seed", help=t("rating.seed_help"))

        def begin(held: Records, who: Actor) -> Callable[[], None]:
            name, pairs, share, seed = (st.session_state[f"{_SET_UP}_{part}"] for part in ("name", f"pairs_{most}", "share", "seed"))
            comparisons = ratings.drawn(held, who, int(pairs), seed=int(seed))
            repeated = chosen_twice(comparisons, share=share / 100.0, seed=int(seed))
            return partial(_show_round, ratings.set_up(held, who, name, comparisons=comparisons, repeated=repeated, seed=int(seed)))

        st.form_submit_button(t("rating.begin"), on_click=saving(begin, place=_SET_UP, t=t))
    show_notice_at(_SET_UP)


def _show_round(number: int) -> None:
    st.session_state[_BEGUN] = number
