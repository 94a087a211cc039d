"""The result's blocks: the right words and figures, every text escaped, nothing of a number for a refused pair."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from photocompare.base.estimate import Estimate
from photocompare.base.flags import REGISTRY, Severity
from photocompare.clearance.correction import Corrected, Correction
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.words.headline import headline_number
from photocompare.report.words.patient import COURSE_DAYS, EMERGENCIES, reasons_to_call
from photocompare.report.words.texts import LANGUAGES, Texts, texts
from photocompare.results.comparison import ShotRecord
from photocompare.results.redated import redated
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.result import Result
from photocompare.results.timing import TimingOptions
from photocompare.veins.classes import ASSESSED_FATES
from photocompare.viewer.result import blocks
from tests.support.contrast import DARK, WHITE, contrast
from tests.support.made_comparison import NO_SCALE, make_comparison, with_contrasts
from tests.support.made_result import with_length

T = texts("en")
RESULT = dossier_of(with_contrasts(make_comparison())).result
BAND = ReferenceBandOptions()
FIRST_DAY = dt.date(2026, 3, 2)
HOSTILE = "<img src=x onerror=alert(1)> ![x](http://h/p.png) \"'&"
NUMBER = re.compile(r"\d\s*%")
BLOCKS = [blocks.headline, blocks.scale, blocks.reasons, blocks.fate_bar, blocks.numbers, blocks.quality, blocks.timeline]
REFUSING = [flag.code for flag in REGISTRY.values() if flag.severity is Severity.REFUSE]


class Page(HTMLParser):
    """Text and elements of a fragment; every element that is opened must be closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.words)).strip(" \n")  # no-break spaces stay as they are

    def with_class(self, name: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.elements if name in attributes.get("class", "").split()]

    def style(self, name: str, what: str = "left") -> float:
        (found,) = self.with_class(name)
        return float(re.findall(rf"\b{what}:(-?[\d.]+)%", found["style"])[0])


def result_of(percent: float, low: float, high: float, *, days: int | None = 84) -> Result:
    """A result with this headline, its photos so many days apart."""
    result = dossier_of(make_comparison(length=Estimate(percent, low, high, "%"))).result
    return redated(result, FIRST_DAY, None if days is None else FIRST_DAY + dt.timedelta(days), options=TimingOptions())


def refused(*codes: str) -> Result:
    return dossier_of(make_comparison(*codes)).result


# --- numbers for people


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0 %"), (-0.4, "0 %"), (-41.0, "−41 %"), (61.25, "61 %"), (99.6, "100 %"), (None, "")],
)
def test_percentages_are_whole_numbers(value: float | None, shown: str) -> None:
    assert blocks.percent(value, T) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (69.4, "69 %"),
        (69.6, "69.6 %"),  # "70" would stand within the band, which it is not
        (70.0, "70 %"),
        (70.4, "70 %"),
        (74.4, "74 %"),
        (74.9, "74.9 %"),
        (75.0, "75 %"),
        (90.0, "90 %"),
        (90.4, "90.4 %"),
        (90.6, "91 %"),
        (0.0, "No change"),
        (-12.4, "Darker than before, 12 %"),
        (100.0, "100 %"),
    ],
)
def test_rounding_carries_no_headline_over_a_mark(value: float, shown: str) -> None:
    page = Page(blocks.headline(with_length(RESULT, Estimate(value, value, value, "%")), T))
    assert shown in page.text
    assert "−" not in page.text
    assert "-" not in page.text


def test_the_shown_headline_lies_on_the_number_s_side_of_every_mark() -> None:
    for value in (tenths / 10 for tenths in range(6, 1001)):
        shown = float(headline_number(value, BAND, T).removesuffix(" %"))
        assert ((shown < 70), (shown < 75), (shown > 90)) == ((value < 70), (value < 75), (value > 90)), value
        assert abs(shown - value) <= 0.5


# --- the number on the band


def test_the_headline_says_number_interval_and_status() -> None:
    text = Page(blocks.headline(RESULT, T)).text
    assert "61 %" in text
    assert T("result.interval", interval="48 to 72 %") in text
    assert T(f"status.{RESULT.status}") in text
    assert T(f"status_means.{RESULT.status}") in text


def test_the_scale_draws_band_mark_interval_and_number_where_they_lie() -> None:
    page = Page(blocks.scale(result_of(61.2, 48.3, 72.0), T))
    assert page.style("pc-value") == pytest.approx(61.2, abs=0.06)
    assert page.style("pc-range") == pytest.approx(48.3, abs=0.06)
    assert page.style("pc-range", "width") == pytest.approx(72.0 - 48.3, abs=0.1)
    assert (page.style("pc-band"), page.style("pc-band", "width"), page.style("pc-responder")) == (70.0, 20.0, 75.0)
    label = page.with_class("pc-scale")[0]["aria-label"]
    for said in ("61 %", "48 to 72 %", "70 to 90 %", T("result.responder", n="75")):
        assert said in label
    assert [float(re.findall(r"left:(\d+)%", tick["style"])[0]) for tick in page.with_class("pc-tick")] == [0, 25, 50, 75, 100]


@pytest.mark.parametrize("estimate", [(0.0, 0.0, 0.0), (100.0, 100.0, 100.0), (2.0, 0.0, 9.0)])
def test_nothing_is_drawn_beyond_the_scale(estimate: tuple[float, float, float]) -> None:
    page = Page(blocks.scale(result_of(*estimate), T))
    left, width = page.style("pc-range"), page.style("pc-range", "width")
    assert 0 <= left <= left + width <= 100
    assert 0 <= page.style("pc-value") <= 100


def test_band_and_responder_rule_are_those_that_the_result_was_judged_by() -> None:
    benchmark = dataclasses.replace(RESULT.benchmark, low=40.0, high=60.0, verdict="above", responder_percent=55.0)
    judged = dataclasses.replace(result_of(59.6, 48.3, 72.0), benchmark=benchmark)
    page = Page(blocks.scale(judged, T))
    assert (page.style("pc-band"), page.style("pc-band", "width"), page.style("pc-responder")) == (40.0, 20.0, 55.0)
    assert T("result.responder", n="55") in page.text
    assert "60 %" in Page(blocks.headline(judged, T)).text
    assert "54.6 %" in Page(blocks.headline(dataclasses.replace(judged, clearance=result_of(54.6, 48.3, 72.0).clearance), T)).text


def test_outside_the_window_the_band_is_drawn_as_not_applied() -> None:
    page = Page(blocks.scale(result_of(80.0, 75.0, 85.0, days=21), T))
    assert page.with_class("pc-band") == []
    assert len(page.with_class("pc-band-off")) == 1
    assert T("result.band_unused", low="70", high="90") in page.text
    assert "interim" in page.text


@pytest.mark.parametrize(
    ("estimate", "place", "certain", "responder"),
    [
        ((60.0, 50.0, 65.0), "below", True, False),
        ((69.9, 65.0, 71.0), "below", False, False),
        ((80.0, 75.0, 85.0), "within", True, True),
        ((72.0, 68.0, 76.0), "within", False, False),
        ((90.0, 85.0, 90.0), "within", True, True),
        ((95.0, 92.0, 98.0), "above", True, True),
        ((95.0, 88.0, 98.0), "above", False, True),
    ],
)
def test_the_verdict_says_place_certainty_and_responder_rule(
    estimate: tuple[float, float, float], place: str, certain: bool, responder: bool
) -> None:
    said = blocks.verdict(result_of(*estimate), T)
    assert said.startswith(T(f"result.verdict_{place}"))
    assert (T("result.certain") in said, T("result.uncertain") in said) == (certain, not certain)
    assert T(f"result.responder_{str(responder).lower()}") in said
    assert said.endswith(T("result.band_is"))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "0 days between the photos (week 0): too early"),
        (1, "1 day between the photos (week 0): too early"),
        (21, "21 days between the photos (week 3): interim; dark lines may be trapped blood"),
        (84, "84 days between the photos (week 12): inside the assessment window"),
        (200, "200 days between the photos (week 28): beyond six months"),
        (None, "The time between the photos is unknown"),
    ],
)
def test_the_window_says_the_time_and_what_it_allows(days: int | None, said: str) -> None:
    result = result_of(80.0, 75.0, 85.0, days=days)
    assert blocks.window(result, T).startswith(said)
    assert (T("result.band_is") in blocks.verdict(result, T)) is (days in (84, 200))


# --- fates and further numbers


def test_the_bar_s_parts_are_the_shares_of_the_assessed_length() -> None:
    page = Page(blocks.fate_bar(RESULT, T))
    found = RESULT.lengths
    total = sum(found[fate] for fate in ASSESSED_FATES)
    parts = {a["class"].split("pc-fate-")[1]: float(re.findall(r"width:([\d.]+)%", a["style"])[0]) for a in page.with_class("pc-part")}
    assert parts == {fate: pytest.approx(100 * found[fate] / total, abs=0.01) for fate in ASSESSED_FATES}
    assert sum(parts.values()) == pytest.approx(100, abs=0.03)
    for fate, share in parts.items():
        assert f"{T(f'fate.{fate}')} {share:.0f} %, {found[fate]:.0f} mm" in page.text
        assert f"{T(f'fate.{fate}')} {share:.0f} %" in page.with_class("pc-bar")[0]["aria-label"]


def test_a_fate_that_did_not_occur_has_no_part_and_nothing_assessed_no_bar() -> None:
    fates = dict.fromkeys(RESULT.fates, 0.0)
    page = Page(blocks.fate_bar(dataclasses.replace(RESULT, fates={**fates, "cleared": 10.0}), T))
    assert len(page.with_class("pc-part")) == 1
    assert "100 %, 10 mm" in page.text
    assert blocks.fate_bar(dataclasses.replace(RESULT, fates={**fates, "new": 10.0}), T) == ""


def test_the_tables_hold_calibres_new_veins_pigment_and_the_further_numbers() -> None:
    text = Page(blocks.numbers(RESULT, T)).text
    assert f"{T('calibre.telangiectasia')} {T('result.calibre_before', n='144')} 70 % (60 … 80)" in text
    assert f"{T('calibre.reticular')} {T('result.not_measured')}" in text
    assert f"{T('fate.new')} {RESULT.fates['new']:.0f} mm" in text
    pigment = RESULT.pigment
    assert pigment is not None
    assert T("result.pigment_line", gained=f"{pigment.gained_mm2:.0f}", faded=f"{pigment.faded_mm2:.0f}") in text
    assert T("result.pigment_stained", n=12) in text
    assert f"{T('result.area')} 55 % (41 … 66)" in text
    assert f"{T('result.contrast')} −3 % (−20 … 12)" in text
    assert f"{T('result.net_change')} −41 % (−55 … −30)" in text


def test_without_a_scale_lengths_are_in_pixels_and_areas_left_out() -> None:
    result = dossier_of(make_comparison(scale=NO_SCALE)).result
    everything = "".join(Page(block(result, T)).text for block in BLOCKS)
    assert " px" in everything
    for label in (T("calibre.telangiectasia"), T("calibre.reticular")):
        everything = everything.replace(label, "")
    assert not re.search(r"\d mm", everything)
    assert T("result.scale_none") in everything


def test_the_quality_line_says_overlay_tone_scale_and_repeated_photos() -> None:
    line = Page(blocks.quality(RESULT, T)).text
    assert line == T("result.quality", error="0.23 mm", tone=T("tone.intermediate"), scale=T("result.scale_card"))
    shots = tuple(ShotRecord("a" * 64, "b" * 64, "comparable", Estimate(v, v - 9, v + 9, "%")) for v in (60.0, 64.4))
    failed = ShotRecord("a" * 64, "c" * 64, "not_comparable", None)
    repeated = dossier_of(dataclasses.replace(make_comparison(), shots=(*shots, failed))).result
    assert Page(blocks.quality(repeated, T)).text.endswith(T("result.shots", n=2, values="60 %; 64 %"))


# --- reasons


def test_each_reason_is_told_with_what_to_do_for_the_photo_it_is_about() -> None:
    result = dossier_of(make_comparison("soft:after", "scale_assumed")).result
    for language in LANGUAGES:
        t = texts(language)
        text = Page(blocks.reasons(result, t)).text
        for code, which in (("soft", "after"), ("scale_assumed", "")):
            assert " ".join(t.flag(code, which)) in text
        assert t.photo("before") not in " ".join(t.flag("soft", "after"))


def test_nothing_against_a_pair_is_said() -> None:
    assert T("result.nothing_against") in blocks.reasons(RESULT, T)


def test_notes_on_a_number_that_is_not_there_are_left_out() -> None:
    text = Page(blocks.reasons(refused("not_same_view", "scale_assumed"), T)).text
    assert T.flag("not_same_view")[0] in text
    if REGISTRY["scale_assumed"].severity is Severity.NOTE:
        assert T.flag("scale_assumed")[0] not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", REFUSING)
def test_a_refused_pair_has_no_number_anywhere_but_a_reason_and_what_to_do(code: str, language: str) -> None:
    t, result = texts(language), refused(code)
    everything = "".join(block(result, t) for block in BLOCKS)
    assert not NUMBER.search(everything)
    text = Page(everything).text
    assert t("result.refused") in text
    assert t("result.refused_why") in text
    assert t.flag(code)[0] in text
    assert t.flag(code)[1] in text
    assert (blocks.scale(result, t), blocks.fate_bar(result, t), blocks.numbers(result, t)) == ("", "", "")


def test_dates_in_reverse_take_every_number_off_the_page() -> None:
    reversed_dates = redated(RESULT, FIRST_DAY, FIRST_DAY - dt.timedelta(1), options=TimingOptions())
    shown = "".join(block(reversed_dates, T) for block in BLOCKS if block is not blocks.quality)  # not shown of a refused pair
    assert not NUMBER.search(shown)
    assert T.flag("dates_reversed")[0] in Page(shown).text


# --- the course and the list


@pytest.mark.parametrize(("place", "step"), list(enumerate(COURSE_DAYS)))
def test_the_timeline_marks_the_step_of_the_after_photo(place: int, step: str) -> None:
    page = Page(blocks.timeline(result_of(80.0, 75.0, 85.0, days=COURSE_DAYS[step]), T))
    steps = [attributes for tag, attributes in page.elements if tag == "li"]
    assert [attributes["class"] for attributes in steps] == ["pc-past"] * place + ["pc-here"] + [""] * (4 - place)
    assert [k for k, attributes in enumerate(steps) if attributes.get("aria-current") == "step"] == [place]
    assert page.text.count(T("course.you_are_here")) == 1


def test_without_dates_the_timeline_marks_nothing() -> None:
    page = Page(blocks.timeline(result_of(80.0, 75.0, 85.0, days=None), T))
    assert page.with_class("pc-here") + page.with_class("pc-past") == []
    assert T("course.you_are_here") not in page.text
    for step in COURSE_DAYS:
        assert T(f"course.when_{step}") in page.text


def test_emergencies_stand_first_and_apart() -> None:
    text = Page(blocks.call_list(T)).text
    places = [text.index(part) for part in (T("consult.emergency"), *reasons_to_call(T)[:EMERGENCIES], T("consult.call"))]
    places += [text.index(part) for part in reasons_to_call(T)[EMERGENCIES:]]
    assert places == sorted(places)
    assert EMERGENCIES == 2


# --- what was typed


def corrected(by: str, length: Estimate) -> str:
    line = np.array([[1.0, 2.0], [9.0, 9.0]], np.float32)
    correction = Correction(by, dt.datetime(2026, 6, 7, 9, 20, tzinfo=dt.UTC), (1, 2), (line,))
    return blocks.corrected_beside(RESULT.length, correction, Corrected(length, {}, ()), T)


def test_the_corrected_number_stands_beside_the_machine_s() -> None:
    text = Page(corrected("Dr. Weber", Estimate(57.4, 44.0, 69.6, "%"))).text
    machine, own = text.index(T("compare.correct_machine")), text.index(T("compare.correct_yours"))
    assert machine < own
    assert "61.2 %" in text[machine:own]
    assert "57.4 %" in text[own:]
    assert T("result.interval", interval="44 to 70 %") in text[own:]
    by = T("compare.correct_by", name="Dr. Weber", when="2026-06-07 09:20", struck=2, drawn=1)
    assert by in text[own:]
    assert by not in text[:own]


def test_a_correction_that_leaves_nothing_has_no_number() -> None:
    text = Page(corrected("Dr. Weber", Estimate.failed("%"))).text
    assert "nan" not in text.lower()
    assert "61.2 %" in text


def test_a_name_stands_as_it_was_typed_and_does_nothing() -> None:
    html = corrected(HOSTILE, Estimate(57.4, 44.0, 69.6, "%"))
    page = Page(html)
    assert {tag for tag, _ in page.elements} <= {"section", "div", "h4", "p"}
    assert HOSTILE in page.text


def hostile_texts() -> Texts:
    """A language in which every text is hostile: what no block may trust."""
    return dataclasses.replace(T, entries={key: f"{HOSTILE} {text}" for key, text in T.entries.items()})


@pytest.mark.parametrize("result", [RESULT, refused("not_same_view"), result_of(80.0, 75.0, 85.0, days=21)])
def test_no_text_can_become_an_element_or_an_attribute(result: Result) -> None:
    t = hostile_texts()
    everything = "".join(block(result, t) for block in BLOCKS) + blocks.call_list(t)
    page = Page(everything)
    assert "img" not in {tag for tag, _ in page.elements}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert HOSTILE in page.text


# --- colours


def css_colour(selector: str) -> tuple[int, ...]:
    style = files("photocompare.viewer").joinpath("shared", "page.css").read_text(encoding="utf-8")
    (found,) = re.findall(rf"(?m)^{re.escape(selector)} \{{.*?background: #([0-9a-f]{{6}});", style)
    return tuple(bytes.fromhex(found))


def test_the_measure_of_contrast_is_right_at_its_ends() -> None:
    assert contrast(WHITE, (0, 0, 0)) == pytest.approx(21.0)
    assert contrast(WHITE, (118, 118, 118)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("status", ["comparable", "indicative", "not_comparable"])
def test_the_status_can_be_read_on_its_colour(status: str) -> None:
    assert contrast(css_colour(f".pc-{status}"), WHITE) >= 4.5


@pytest.mark.parametrize("selector", [".pc-range", ".pc-value"])
@pytest.mark.parametrize("ground", [WHITE, DARK])
def test_number_and_interval_stand_out_from_either_ground(selector: str, ground: tuple[int, ...]) -> None:
    assert contrast(css_colour(selector), ground) >= 3.0  # WCAG 1.4.11, graphics
