"""Another page is clicked while a page saves: all is saved, the clicked page is shown, and there it is told what was done or why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.util import calc_hash

from photocompare.base.errors import RecordsUnusable
from photocompare.records import ratings
from photocompare.records.access import LOCAL
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.results.dossier import write_dossier
from photocompare.viewer.patients import visits
from tests.support.faked_work import faked_work
from tests.support.made_records import new_comparison, sample_dossier
from tests.support.run_pages import Pages, faked_app

T = texts("en")
DAYS = dt.date(2026, 1, 12), dt.date(2026, 4, 6)


@pytest.fixture
def pages(held: Records, monkeypatch: pytest.MonkeyPatch) -> Pages:
    assert held.find_patients(LOCAL) == []
    return faked_app(monkeypatch)()


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has a page clicked while a function works, which then does its work or fails."""

    def leave(place: Any, name: str, *, fails: bool = False) -> None:
        work = getattr(place, name)

        def left(*arguments: Any, **how: Any) -> Any:
            click("about")
            if fails:
                raise RecordsUnusable("The disk is full.")
            return work(*arguments, **how)

        monkeypatch.setattr(place, name, left)

    return leave


def click(name: str) -> None:
    """As a browser asks for another page while the script runs."""
    context = get_script_run_ctx()
    assert context is not None
    assert context.script_requests is not None
    context.script_requests.request_rerun(RerunData(page_script_hash=calc_hash(name)))


def on_about(pages: Pages) -> bool:
    return [title.value for title in pages.at.title] == [T("about.title")]


def told(pages: Pages) -> list[str]:
    return [notice.value for notice in (*pages.at.success, *pages.at.error)]


def own_pair(pages: Pages) -> None:
    """A pair on Compare, measured, with all that its record needs."""
    pages.measured_pair()
    for which, day in zip(("before", "after"), DAYS, strict=True):
        pages.at.date_input(key=f"{which}_date").set_value(day)
    pages.run()
    pages.at.radio(key="saving_whose").set_value("new")
    pages.run()
    pages.at.text_input(key="saving_identity_name").set_value("Ada Left")
    pages.at.selectbox(key="saving_place_side").set_value("left")
    pages.at.text_input(key="saving_place_region").set_value("calf")


def test_a_pair_on_compare(pages: Pages, held: Records, leaving: Callable[..., None]) -> None:
    own_pair(pages)
    leaving(Records, "add_patient")  # the first half of the save: what follows must not be cut off
    pages.press(T("saving.save"))
    (line,) = held.find_patients(LOCAL, "ada left")
    ((kept,),) = (region.comparisons for region in held.open_patient(LOCAL, line.key).regions)
    assert kept.revision == 1
    assert on_about(pages)
    assert told(pages) == [T("saving.saved", record=line.key)]
    pages.run()
    assert told(pages) == []
    pages.go("compare")
    assert told(pages) == [T("saving.saved", record=line.key)]  # there it stands for as long as the pair does


def test_a_pair_on_compare_that_can_t_be_saved(pages: Pages, held: Records, leaving: Callable[..., None]) -> None:
    own_pair(pages)
    leaving(Records, "save_comparison", fails=True)
    pages.press(T("saving.save"))
    assert on_about(pages)
    assert told(pages) == ["The disk is full."]
    (line,) = held.find_patients(LOCAL, "ada left")
    assert held.open_patient(LOCAL, line.key).regions == ()
    pages.go("compare")
    assert told(pages) == []
    assert pages.at.text_input(key="saving_identity_name").value == "Ada Left"


def test_what_is_typed_at_the_press_is_saved_though_no_run_has_drawn_it(pages: Pages, held: Records) -> None:
    """The press cuts off the run that would have: here both come in one."""
    own_pair(pages)
    pages.run()
    pages.at.text_input(key="saving_identity_name").set_value("Ada Right")
    pages.at.selectbox(key="saving_place_side").set_value("right")
    pages.at.text_input(key="saving_place_region").set_value("knee")
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 1, 13))
    pages.at.text_input(key="agent").set_value("Polidocanol")
    pages.press(T("saving.save"))
    (line,) = held.find_patients(LOCAL, "ada")
    assert line.name == "Ada Right"
    (region,) = held.open_patient(LOCAL, line.key).regions
    assert (region.side, region.name) == ("right", "knee")
    assert [visit.facts.day for visit in region.visits] == [dt.date(2026, 1, 13), DAYS[1]]
    assert region.visits[0].facts.agent == "Polidocanol"
    assert region.comparisons[0].result.timing.days == 83


def open_patient(pages: Pages, key: str) -> None:
    pages.at.query_params["patient"] = key
    pages.go("patients")


def test_a_visit_with_photos(pages: Pages, held: Records, leaving: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    _, checking = faked_work()
    monkeypatch.setattr(visits, "Checking", checking)
    key = held.add_patient(LOCAL)
    open_patient(pages, key)
    pages.at.file_uploader(key="new_visit_0_files").set_value([("a.jpg", b"photo", "image/jpeg")])
    pages.run()
    (check,) = checking.made
    check.know()
    pages.at.selectbox(key="new_visit_0_side").set_value("left")
    pages.at.text_input(key="new_visit_0_region").set_value("calf")
    pages.at.date_input(key="new_visit_0_day").set_value(DAYS[0])
    leaving(Records, "add_visit")
    pages.press(T("patients.add_visit"))
    assert on_about(pages)
    assert told(pages) == [T("patients.visit_added")]
    ((visit,),) = (region.visits for region in held.open_patient(LOCAL, key).regions)
    assert (visit.facts.day, len(visit.photos), len(checking.made)) == (DAYS[0], 1, 1)


def test_an_account(pages: Pages, held: Records, leaving: Callable[..., None]) -> None:
    pages.go("office")
    pages.at.text_input(key="account_subject").set_value("https://id.example#1")
    pages.at.text_input(key="account_name").set_value("Dr. Left")
    leaving(Records, "set_account")
    pages.press(T("office.keep_account"))
    assert on_about(pages)
    assert told(pages) == [T("office.account_kept")]
    assert [account[:2] for account in held.accounts(LOCAL)] == [("https://id.example#1", "Dr. Left")]


def saved_pairs(held: Records, count: int) -> list[int]:
    kept = {"result": sample_dossier().result, "dossier": write_dossier(sample_dossier())}
    return [held.save_comparison(LOCAL, new_comparison(held.add_patient(LOCAL), **kept)).id for _ in range(count)]


def test_a_round_and_a_score_in_it(pages: Pages, held: Records, leaving: Callable[..., None]) -> None:
    saved_pairs(held, 2)
    pages.go("rating")
    pages.at.text_input(key="rating_set_up_name").set_value("Spring")
    leaving(ratings, "set_up")
    pages.press(T("rating.begin"))
    assert on_about(pages)
    (asked,) = ratings.rounds(held, LOCAL)
    assert (asked.name, len(asked.comparisons)) == ("Spring", 2)
    pages.go("rating")
    pages.at.text_input(key="rating_rater").set_value("Ana")
    pages.run()
    pages.at.number_input(key=f"rating_{asked.id}_1_percent").set_value(40)
    pages.at.radio(key=f"rating_{asked.id}_1_point").set_value(3)
    leaving(ratings, "give")
    pages.press(T("rating.save"))
    assert on_about(pages)
    assert told(pages) == []
    assert len(ratings.given(held, LOCAL, asked.id, "Ana")) == 1
