"""What all pages share: the bytes of components with pictures, tables, and running again."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.viewer.shared import page
from photocompare.viewer.shared.components import packed
from photocompare.viewer.shared.own_words import LABELS, WORDS, replacements
from photocompare.viewer.shared.page import COOKIE
from photocompare.viewer.shared.tables import head_and_body, table
from photocompare.viewer.shared.waiting import LOOK_S, wait_while
from tests.support.sent_to_browser import unpacked


def test_pictures_come_back_out_as_they_went_in_with_their_types() -> None:
    pictures = {"photo": b"\xff\xd8\xff photo", "mask": b"\x89PNG mask", "none": b""}
    head, found = unpacked(packed({"word": "Größe ✓"}, pictures))
    assert found == pictures
    assert head["word"] == "Größe ✓"
    assert [kind for _, _, kind in head["pictures"].values()] == ["image/jpeg", "image/png", "image/jpeg"]
    assert unpacked(packed({}, {})) == ({"pictures": {}}, {})


def test_a_table_names_columns_and_rows_and_shows_markup_as_text() -> None:
    found = table("<b>", ["", "<i>"], [["first", "<u>"]])
    assert "<caption>&lt;b&gt;</caption>" in found
    assert "<td></td><th scope='col'>&lt;i&gt;</th>" in found
    assert "<th scope='row'>first</th><td>&lt;u&gt;</td>" in found
    assert "<td><bdi>&lt;u&gt;</bdi></td>" in head_and_body(["", "typed"], [["first", "<u>"]], isolated=True)


def _saved_while_another_page_was_asked_for() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from photocompare.viewer.shared.waiting import run_again

    context = get_script_run_ctx()
    assert context is not None
    if "saved" not in st.session_state:
        st.session_state.saved = True
        assert context.script_requests is not None
        context.script_requests.request_rerun(RerunData(query_string="page=other", page_script_hash=context.page_script_hash))
        run_again()
    st.text(context.query_string)


def _saved_and_another_page_asked_for_at_the_last_moment() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from photocompare.viewer.shared.waiting import run_again

    context = get_script_run_ctx()
    assert context is not None
    look = st.empty

    def look_then_click() -> None:
        st.empty = look  # type: ignore[assignment]
        look()
        assert context is not None
        assert context.script_requests is not None
        context.script_requests.request_rerun(RerunData(query_string="page=other", page_script_hash=context.page_script_hash))

    if "saved" not in st.session_state:
        st.session_state.saved = True
        st.empty = look_then_click  # type: ignore[assignment]
        run_again()
    st.text(context.query_string)


def _waits_while_another_page_is_asked_for() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

    from photocompare.viewer.shared.waiting import wait_while

    context = get_script_run_ctx()
    assert context is not None
    if context.query_string != "page=other":
        assert context.script_requests is not None
        context.script_requests.request_rerun(RerunData(query_string="page=other", page_script_hash=context.page_script_hash))
        wait_while(lambda: True)
    st.text(context.query_string)


def _saved_with_nothing_else_asked_for() -> None:
    import streamlit as st

    from photocompare.viewer.shared.waiting import run_again

    st.session_state.setdefault("runs", 0)
    st.session_state.runs += 1
    if st.session_state.runs == 1:
        run_again(fragment=True)  # within a run of the whole page a fragment can't run again alone
    st.text(f"run {st.session_state.runs}")


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        (_saved_while_another_page_was_asked_for, "page=other"),
        (_saved_and_another_page_asked_for_at_the_last_moment, "page=other"),
        (_saved_with_nothing_else_asked_for, "run 2"),
        (_waits_while_another_page_is_asked_for, "page=other"),
    ],
)
def test_running_again_leaves_what_was_asked_for_meanwhile(script: object, shown: str) -> None:
    at = AppTest.from_function(script).run()  # type: ignore[arg-type]
    assert not at.exception
    assert [text.value for text in at.text] == [shown]


def test_waiting_looks_again_as_soon_as_there_are_news() -> None:
    looks, paused = list[int](), list[float]()
    assert wait_while(lambda: len(looks) < 3, lambda: looks.append(1), pause=paused.append, whatever_comes=True)
    assert paused == [LOOK_S] * 3


# --- the language


def test_streamlit_still_writes_the_words_that_are_replaced() -> None:
    """An upgrade that rewords them must not leave English on a page."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    written = "".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.js"))
    # A key's name is put together there, and so is the word for what Enter does.
    whole = [*(said for _, said in WORDS.values() if not said.startswith("Press")), *LABELS.values(), "+Enter to ", "Press Enter to "]
    assert [said for said in whole if not all(part in written for part in said.split("{value}"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_its_place_and_its_value(language: str) -> None:
    t = texts(language)
    found = [rule for rules in replacements(t).values() for rule in rules]
    assert {key.removeprefix("widget.") for key in t.entries if key.startswith("widget.")} == {*WORDS, *LABELS}
    assert all(("{value}" in said) == ("{value}" in read) for _, said, read in found)
    if language == "en":
        assert all(said == read for _, said, read in found)


class Context:
    def __init__(self, locale: str | None, cookies: dict[str, str]) -> None:
        self.locale, self.cookies = locale, cookies


@pytest.mark.parametrize(
    ("locale", "cookies", "spoken"),
    [
        ("es-MX", {}, "es"),
        ("es", {}, "es"),
        ("en-GB", {}, "en"),
        ("ja-JP", {}, "en"),
        (None, {}, "en"),
        ("en-GB", {COOKIE: "es"}, "es"),
        ("es-ES", {COOKIE: "en"}, "en"),
        ("es-ES", {COOKIE: "<script>"}, "es"),
    ],
)
def test_the_language_is_the_browser_s_until_one_was_chosen(
    monkeypatch: pytest.MonkeyPatch, locale: str | None, cookies: dict[str, str], spoken: str
) -> None:
    monkeypatch.setattr(page.st, "context", Context(locale, cookies))
    assert page.language_texts().language == spoken
