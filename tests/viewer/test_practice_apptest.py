"""The pages about many pairs, run without a browser: what they show, to whom, and what they must not hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from photocompare.base.flags import FIELD_DRAWN, raised
from photocompare.practice.figures import audit_figures
from photocompare.records.access import LOCAL, Actor
from photocompare.records.checked_access import DEMO
from photocompare.records.entries import VisitFacts
from photocompare.records.places import DATABASE_VARIABLE, FOLDER_VARIABLE
from photocompare.records.ratings import given, rounds, set_up
from photocompare.records.schema import MetaRow
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.result_json import as_dict
from photocompare.viewer.audit import cohort as audit_cohort
from photocompare.viewer.audit.export import Exports
from photocompare.viewer.gallery import page as gallery_page
from photocompare.viewer.sign_in import records_page
from tests.support.made_records import new_comparison, sample_dossier, with_length
from tests.support.sent_to_browser import component_heads, elements

APP = Path(__file__).parents[2] / "app.py"
T = texts("en")
AUDITOR = Actor("Auditor", "auditor")
NUMBER = 73.9


def smaller_dossier(result: Any) -> bytes:
    """The sample's pictures and veins, without those that these pages never show."""
    sample = sample_dossier()
    kept = {name: sample.pictures[name] for name in ("before", "after", "field")}
    return write_dossier(dataclasses.replace(sample, result=result, pictures=kept))


def save(held: Records, percent: float = NUMBER, *, consent: bool = False, **changes: Any) -> tuple[str, int]:
    key = held.add_patient(LOCAL)
    if consent:
        held.set_consent(LOCAL, key, "gallery", True)
    result = with_length(sample_dossier().result, percent)
    new = new_comparison(key, **{"result": result, "dossier": smaller_dossier(result), **changes})
    return key, held.save_comparison(LOCAL, new).id


class Page:
    """One browser session on one page."""

    def __init__(self, name: str) -> None:
        self.at = AppTest.from_file(str(APP), default_timeout=60)
        self.at.run()
        self.at.switch_page(f"app_pages/{name}.py")
        self.run()

    def run(self) -> None:
        self.at.run()
        assert not self.at.exception

    def press(self, label: str) -> None:
        (button,) = [b for b in self.at.button if b.label == label]
        button.click()
        self.run()

    @property
    def elements(self) -> list[Any]:
        return list(elements(self.at))

    @property
    def words(self) -> str:
        """Everything that a person reads."""
        bodies = [str(getattr(e.proto, "body", "")) for e in self.elements]
        labels = [str(getattr(e.proto, name, "")) for e in self.elements for name in ("label", "text")]
        return " ".join(re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL) for text in [*bodies, *labels])

    @property
    def everything(self) -> str:
        """All that is sent to the browser, pictures aside."""
        return " ".join(str(e.proto) for e in self.elements if e.type != "bidi_component")

    def component(self, name: str) -> dict[str, Any] | None:
        """The head of what a component got; None where it is not on the page."""
        return next(iter(component_heads(self.at, name)), None)


# --- rating


def a_round(held: Records, pairs: int = 3) -> tuple[int, list[int]]:
    saved = [save(held, NUMBER + k)[1] for k in range(pairs)]
    return set_up(held, LOCAL, "Spring ![x](http://h.example/p.png)", comparisons=saved, repeated=saved[:1], seed=4), saved


def rating_of(rater: str) -> Page:
    page = Page("rating")
    page.at.text_input(key="rating_rater").set_value(rater)
    page.run()
    return page


def rate(page: Page, percent: int, point: int) -> None:
    page.at.number_input[0].set_value(percent)
    page.at.radio[0].set_value(point)
    page.press(T("rating.save"))


def test_a_round_is_set_up_and_rated_to_its_end_across_sessions(held: Records) -> None:
    for k in range(6):
        save(held, NUMBER + k)
    page = Page("rating")
    assert T("rating.none_manager") in page.words
    page.at.text_input[0].set_value("Spring")
    page.press(T("rating.begin"))
    (asked,) = rounds(held, LOCAL)
    assert (len(asked.comparisons), len(asked.repeated)) == (6, 2)
    page = rating_of("Ana")
    for k in range(5):
        rate(page, 10 * k, 1 + k % 5)
    page = rating_of("Ana")  # another session goes on where this one stopped
    assert T("rating.progress", done=5, all=8) in page.words
    assert len(given(held, LOCAL, asked.id, "Ana")) == 5
    for k in range(3):
        assert T("rating.with_software") not in page.words
        rate(page, 50 + k, 3)
    assert T("rating.finished") in page.words
    assert T("rating.with_software") in page.words
    assert page.component("pair_view") is None


def test_nothing_of_the_number_is_sent_before_the_last_pair(held: Records) -> None:
    number, saved = a_round(held)
    page = rating_of("Ana")
    seen = set()
    for _ in range(4):
        head = page.component("pair_view")
        assert head is not None
        assert set(head["pictures"]) == {"before", "after"}
        assert (head["fates"], head["pieces"], head["pigment_amount"], head["overlays_on"][:0]) == ([], [], "", [])
        seen.add(head["id"])
        told = page.everything + json.dumps({name: part for name, part in head.items() if name != "texts"})
        assert not re.search(r"7[3-6][.,]9|6[89]\.9|70\.9|\b2026\b|P-[0-9A-Z]{9}|polidocanol|thigh", told)
        assert not re.search(r"\d\s*%", page.words)
        rate(page, 40, 3)
    assert len(seen) == 4, "the two showings of a pair must not be told by their names"
    assert given(held, LOCAL, number, "Ana") == {*((pair, 1) for pair in saved), (saved[0], 2)}


def test_a_score_needs_both_parts(held: Records) -> None:
    number, _ = a_round(held)
    page = rating_of("Ana")
    page.at.number_input[0].set_value(40)
    page.press(T("rating.save"))
    assert "Give both scores, then save." in page.words
    assert given(held, LOCAL, number, "Ana") == frozenset()


def test_an_auditor_reads_the_agreement_and_gets_no_photo(held: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    a_round(held)
    page = rating_of("Ana")
    for k in range(4):
        rate(page, 60 + k, 3)
    monkeypatch.setattr(records_page, "actor", lambda: AUDITOR)
    page = Page("rating")
    assert page.component("pair_view") is None
    assert T("rating.save") not in [b.label for b in page.at.button]
    assert T("rating.with_software") in page.words


# --- gallery


def test_the_gallery_shows_the_most_alike_with_their_range(held: Records) -> None:
    for percent in (62.0, 74.0, 91.0):
        save(held, percent, consent=True)
    save(held, 10.0)
    page = Page("gallery")
    head = page.component("gallery")
    assert head is not None
    assert [card["title"] for card in head["cards"]] == ["Case 1", "Case 2", "Case 3"]
    assert {card["number"] for card in head["cards"]} == {"62 %", "74 %", "91 %"}
    assert T("gallery.target", n=3, interval="62 to 91 %") in page.words
    assert not re.search(r"2026|P-[0-9A-Z]{9}|polidocanol|thigh", page.everything + json.dumps(head))
    looked = [row for row in held.trail_rows(LOCAL) if row.action == "gallery.view"]
    assert len(looked) == 3
    page.run()
    assert len([row for row in held.trail_rows(LOCAL) if row.action.startswith("gallery.")]) == 4


def test_a_case_that_was_measured_within_a_drawn_field_says_so(held: Records) -> None:
    drawn = with_length(sample_dossier().result, 74.0)
    drawn = dataclasses.replace(drawn, reasons=(*drawn.reasons, raised(FIELD_DRAWN)))
    for result in (with_length(drawn, 62.0), drawn, with_length(sample_dossier().result, 91.0)):
        save(held, consent=True, result=result, dossier=smaller_dossier(result))
    head = Page("gallery").component("gallery")
    assert head is not None
    told = {card["number"]: T("result.drawn_field") in card["detail"] for card in head["cards"]}
    assert told == {"62 %": True, "74 %": True, "91 %": False}


def test_a_case_goes_when_its_consent_goes(held: Records) -> None:
    keys = [save(held, percent, consent=True)[0] for percent in (62.0, 74.0, 91.0)]
    page = Page("gallery")
    held.set_consent(LOCAL, keys[1], "gallery", False)
    page.run()
    head = page.component("gallery")
    assert head is not None
    assert {card["number"] for card in head["cards"]} == {"62 %", "91 %"}
    assert T("gallery.too_few_for_target", n=2) in page.words
    for key in (keys[0], keys[2]):
        held.set_consent(LOCAL, key, "gallery", False)
    page.run()
    assert page.component("gallery") is None
    assert T("gallery.empty") in page.words


def test_looks_are_worked_out_once(held: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    for percent in (62.0, 74.0, 91.0):
        save(held, percent, consent=True)
    asked: list[Dossier] = []
    looking = gallery_page.look_of

    def counted(dossier: Dossier) -> Any:
        asked.append(dossier)
        return looking(dossier)

    monkeypatch.setattr(gallery_page, "look_of", counted)
    page = Page("gallery")
    assert len(asked) == 4  # this leg and three cases
    page.run()
    Page("gallery")
    assert len(asked) == 6


def test_an_auditor_gets_no_photo_from_the_gallery(held: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    save(held, consent=True)
    monkeypatch.setattr(records_page, "actor", lambda: AUDITOR)
    page = Page("gallery")
    assert page.component("gallery") is None
    assert page.component("pair_view") is None
    assert [e.value for e in page.at.error] == ["Your role may not see the cases that patients agreed to show; ask the administrator."]


# --- audit


def a_practice(held: Records) -> None:
    """Twelve patients with an outcome, one refused, one who never came back; operator Z treated one alone."""
    reason = {"code": "not_same_view", "message": "The photos do not show the same skin.", "fix": "Take them again."}
    none = dict.fromkeys(("clearance", "pigment", "fate_mm"))
    refused = {**as_dict(sample_dossier().result), "status": "not_comparable", "reasons": [reason], **none}
    for k in range(12):
        facts = VisitFacts(dt.date(2026, 1, 1 + k), session=1, agent=("polidocanol", "glucose")[k % 2], operator="Z" if k == 11 else "A")
        save(held, 60.0 + 3 * k, before=facts)
    save(held, result=refused)
    key = held.add_patient(LOCAL)
    held.add_visit(LOCAL, key, "left", "calf", VisitFacts(dt.date(2026, 1, 5), agent="polidocanol", operator="A"))


def views(held: Records) -> int:
    return len([row for row in held.trail_rows(LOCAL) if row.action == "cohort.view"])


def test_the_audit_counts_everybody_and_shows_what_the_figures_say(held: Records) -> None:
    a_practice(held)
    page = Page("audit")
    figures = audit_figures(held.cohort(LOCAL))
    assert figures.outcomes is not None
    assert [step.patients for step in figures.flow.steps] == [14, 13, 12, 12]
    for value in (figures.outcomes.clearance.value, figures.outcomes.responders.value):
        assert f"{value:.1f} %" in page.words
    for title in ("flow", "breakdown", "run_chart", "completeness", "quality", "reasons", "notes"):
        assert T(f"audit_head.{title}") in page.words
    assert [e.type for e in page.elements].count("vega_lite_chart") >= 3
    page.at.selectbox(key="audit_dimension").set_value("operator")
    page.run()
    assert T("audit.hidden", n=5) in page.words


def test_the_table_is_read_once_until_something_changes(held: Records) -> None:
    a_practice(held)
    page = Page("audit")
    assert views(held) == 1
    page.at.multiselect(key="audit_agent").set_value(["glucose"])
    page.run()
    assert T("audit.filtered", what=f"{T('audit_dimension.agent')}: glucose") in page.words
    assert views(held) == 1
    save(held)
    page.run()
    assert views(held) == 2
    page.at.date_input(key="audit_since").set_value(dt.date(2026, 1, 6))
    page.run()
    assert views(held) == 3
    page.run()
    assert views(held) == 3
    Page("audit")  # another session reads for itself
    assert views(held) == 4


def test_a_table_read_while_somebody_wrote_is_read_again(held: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    a_practice(held)
    heads = iter([5, 7, 7, 8])  # two entries came with the first reading, one with the second
    monkeypatch.setattr(audit_cohort, "_head", lambda *_: next(heads))
    page = Page("audit")
    page.run()
    assert views(held) == 2


def test_a_role_that_is_lost_loses_the_table_that_is_at_hand(held: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    a_practice(held)
    page = Page("audit")
    monkeypatch.setattr(records_page, "actor", lambda: Actor("Consult", "consult"))
    page.run()
    assert T("audit_head.flow") not in page.words
    assert "may not read the pseudonymous table" in page.words


def test_days_in_reverse_and_an_empty_period_are_told(held: Records) -> None:
    page = Page("audit")
    assert T("audit_page.empty") in page.words
    a_practice(held)
    page.at.date_input(key="audit_since").set_value(dt.date(2026, 3, 1))
    page.run()
    assert T("audit.nobody") in page.words
    page.at.date_input(key="audit_until").set_value(dt.date(2026, 2, 1))
    page.run()
    assert "before it begins" in page.words


def test_every_file_is_made_for_those_who_may_and_noted_first(held: Records) -> None:
    a_practice(held)
    frame = held.cohort(LOCAL)
    exports = Exports(held, AUDITOR, frame, audit_figures(frame), T)
    made = {kind: exports.file(kind) for kind in ("csv", "parquet", "dictionary", "pdf")}
    assert made["pdf"].startswith(b"%PDF")
    table = pd.read_parquet(io.BytesIO(made["parquet"]))
    assert len(table) == 14
    assert made["csv"].decode("utf-8-sig").splitlines()[0].split(",") == list(table.columns)
    assert made["dictionary"].count(b"\r\n") == len(table.columns) + 1
    assert not re.search(rb"P-[0-9A-Z]{9}|2026-01-", made["csv"])
    noted = [json.loads(row.after)["file"] for row in held.trail_rows(LOCAL) if row.action == "cohort.export"]
    assert sorted(noted) == ["audit.pdf", "cohort.csv", "cohort.parquet", "dictionary.csv"]
    denied = dataclasses.replace(exports, who=Actor("Consult", "consult"))
    with pytest.raises(Exception, match="may not"):
        denied.file("csv")


@pytest.mark.parametrize("name", ["patients", "audit"])
def test_records_that_a_service_copies_elsewhere_are_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "OneDrive - Clinic" / "records"))
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    page = Page(name)
    (warning,) = page.at.warning
    assert "OneDrive copies elsewhere" in warning.value


@pytest.mark.parametrize("name", ["rating", "gallery", "audit"])
def test_a_demo_is_marked_on_each_page(held: Records, name: str) -> None:
    assert T("audit_page.demo") not in Page(name).words
    with held.database.writing() as session:
        session.add(MetaRow(name=DEMO, value="yes"))
    assert T("audit_page.demo") in Page(name).words


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", ["rating", "gallery", "audit"])
def test_the_pages_speak_spanish(name: str) -> None:
    page = Page(name)
    page.at.selectbox(key="choose_language").set_value("es")
    page.run()
    title = {"rating": "rating.title", "gallery": "gallery.title", "audit": "audit_page.title"}[name]
    assert texts("es")(title) == page.at.title[0].value
