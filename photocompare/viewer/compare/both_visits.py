"""Compare: photos of both visits that were dropped together, parted by their days; and both visits swapped."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.uploads import Cards
from photocompare.viewer.measuring.visit import VISITS, Visit
from photocompare.viewer.shared.waiting import run_again, wait_while


def part_by_day(visit: Visit, cards: Cards) -> None:
    """Put photos that came together to their visits, as soon as all of them were read, where their days tell which is which."""
    checks = [visit.check(shot) for shot in visit.together]
    wait_while(lambda: any(check.photo is None and not check.ended.is_set() for check in checks), cards.tell)
    parted = visit.parted_by_day()
    if parted is not None:
        visit.put(*parted, parted=True)
        run_again()


def offer_visits(visit: Visit, t: Texts) -> None:
    """What was done to tell the visits apart, and the buttons that do it otherwise."""
    befores, afters = (visit.shots(which) for which in VISITS)
    if visit.together and all(visit.check(shot).photo is not None for shot in visit.together):
        half = (len(visit.together) + 1) // 2
        st.button(t("compare.part", n=half), key="part", on_click=visit.put, args=(visit.together[:half], visit.together[half:]))
    if not befores or not afters:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if visit.sorted_by_day:
            st.text(parted_line(visit, t), width="content")
        st.button(t("compare.swap"), key="swap", on_click=_swap, args=(visit,))
        if visit.parted:
            st.button(t("compare.join"), key="join", on_click=visit.join)


def parted_line(visit: Visit, t: Texts) -> str:
    """That photos were parted by their days, and how many each visit got."""
    return t("compare.parted", before=len(visit.shots("before")), after=len(visit.shots("after")))


def _swap(visit: Visit) -> None:
    """The days go with their photos."""
    visit.swap()
    keys = [f"{which}_date" for which in VISITS]
    for key, day in zip(keys, [st.session_state.get(key) for key in reversed(keys)], strict=True):
        st.session_state[key] = day
    visit.suggested = {"before": visit.suggested["after"], "after": visit.suggested["before"]}
    visit.dated = {"before": visit.dated["after"], "after": visit.dated["before"]}
