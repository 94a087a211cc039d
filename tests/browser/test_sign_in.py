"""Several people sign in with a real OpenID Connect exchange; the provider lies on another site than the viewer, as in life."""

from __future__ import annotations

import ast
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from photocompare.records.access import COMMAND_LINE, Role
from photocompare.records.entries import IdentityFacts
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts, texts
from photocompare.viewer.sign_in.page_roles import OF_ROLE
from tests.support.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider, identity_provider
from tests.support.made_records import SAMPLE, new_comparison
from tests.support.steps import ENGLISH, choose_language, file_of, grave_findings, pair, settled, upload
from tests.support.viewer_server import ROOT, Server, Visitors, serving

pytestmark = pytest.mark.thorough

ROLES: tuple[Role, ...] = ("clinician", "consult", "auditor", "admin")
SPANISH = texts("es")
PAGES: tuple[str, ...] = ast.literal_eval(re.findall(r"^names = (\(.*\))$", (ROOT / "app.py").read_text(encoding="utf-8"), re.MULTILINE)[0])


class Practice:
    """A viewer that several people sign in to, with its records."""

    def __init__(self, provider: IdentityProvider, server: Server, records: Records) -> None:
        self.provider, self.server, self.records = provider, server, records

    def account(self, person: str, role: str, *, active: bool = True) -> None:
        self.records.set_account(COMMAND_LINE, self.provider.subject(person), role=role, name=f"Dr {person}", active=active)


@contextmanager
def practising(**environment: str) -> Iterator[Practice]:
    with tempfile.TemporaryDirectory() as name, identity_provider() as provider:
        folder = Path(name)
        secrets = folder / "secrets.toml"
        secrets.write_text(
            f"""[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 4}"
client_id = "{CLIENT}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{provider.url}/.well-known/openid-configuration"
""",
            encoding="utf-8",
        )
        records = Records(in_folder(folder / "records"))
        with serving(folder, "--secrets.files", str(secrets), host="localhost", **environment) as server:
            yield Practice(provider, server, records)
        records.close()


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with practising() as practice:
        yield practice


@pytest.fixture
def visitors(chromium: Browser, practice: Practice) -> Iterator[Visitors]:
    visitors = Visitors(chromium, practice.server, practice.provider.url)
    yield visitors
    visitors.leave()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(visitors: Visitors, practice: Practice) -> SignIn:
    """Opens a browser of its own, and signs a person in who has an account of a role."""

    def come(person: str, role: str = "", path: str = "/") -> Page:
        if role:
            practice.account(person, role)
        page = visitors.open(path)
        press_sign_in(page, practice, person)
        return page

    return come


def press_sign_in(page: Page, practice: Practice, person: str) -> None:
    practice.provider.person = person
    page.get_by_role("button", name=ENGLISH("sign_in.button"), exact=True).click()
    expect(out(page)).to_be_visible()
    settled(page)


def out(page: Page) -> Locator:
    return page.get_by_role("button", name=ENGLISH("sign_in.out"), exact=True)


def offered(page: Page, t: Texts = ENGLISH) -> list[str]:
    """Pages that the head names."""
    known = {t(f"app.{name}"): name for name in PAGES}
    return [known[text] for text in page.get_by_test_id("stHeader").get_by_role("link").all_inner_texts() if text in known]


def at_the_door(page: Page, sentence: str) -> None:
    """Nothing is there but the way in, and why."""
    expect(page.get_by_text(sentence)).to_be_visible()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(ENGLISH("app.title"))
    assert offered(page) == []
    assert page.get_by_test_id("stMain").locator("canvas, table, input").count() == 0


# --- who comes in, and what is offered


def test_somebody_without_an_account_is_told_whom_to_ask(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in("stranger")
    expect(page.get_by_text(practice.provider.subject("stranger"))).to_be_visible()
    at_the_door(page, "There is no open account for you; ask the administrator.")
    assert grave_findings(page) == []
    practice.account("stranger", "auditor")
    page.reload()
    expect(page.get_by_role("heading", name=ENGLISH(f"{first_page('auditor')}.title"), level=1)).to_be_visible()


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_pages_and_no_other(sign_in: SignIn, practice: Practice, role: Role) -> None:
    page = sign_in(f"one {role}", role)
    expect(page.get_by_text(ENGLISH("sign_in.who", name=f"Dr one {role}", role=ENGLISH(f"sign_in.role.{role}")))).to_be_visible()
    expect(page.get_by_role("heading", name=ENGLISH(f"{first_page(role)}.title"), level=1)).to_be_visible()
    assert offered(page) == [name for name in PAGES if name in OF_ROLE[role]]
    assert grave_findings(page) == []
    # Which pages are closed is one table, tested without a browser; here, that an address leads to none of them.
    for name in sorted(set(PAGES) - OF_ROLE[role])[:2]:
        page.goto(f"{practice.server.url}/{name}")
        expect(page.get_by_text("Your role does not see this page; ask the administrator.")).to_be_visible()
        settled(page)
        expect(page.get_by_role("heading")).to_have_text([ENGLISH("app.title")])


def first_page(role: Role) -> str:
    return next(name for name in PAGES if name in OF_ROLE[role])


# --- a role that is taken away counts at once


def test_a_role_that_is_taken_away_ends_the_next_step(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in("leaver", "clinician")
    pair(page)
    practice.account("leaver", "clinician", active=False)
    choose_language(page, "Español")
    at_the_door(page, SPANISH("usage.account_unknown"))


def test_a_changed_role_leaves_nothing_of_the_old_one(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in("mover", "clinician")
    pair(page)
    upload(page, "before", file_of("leg.jpg", b"no photo"))
    expect(page.locator(".pc-check")).to_have_count(1)
    practice.account("mover", "auditor")
    choose_language(page, "Español")
    expect(page.get_by_role("heading", name=SPANISH(f"{first_page('auditor')}.title"), level=1)).to_be_visible()
    settled(page)
    assert offered(page, SPANISH) == [name for name in PAGES if name in OF_ROLE["auditor"]]
    expect(page.locator(".pc-check")).to_have_count(0)
    practice.account("mover", "clinician")
    page.reload()
    # The language is the browser's, whoever is signed in.
    expect(page.get_by_text(SPANISH("compare.sample_note"))).to_be_visible()
    expect(page.locator(".pc-check")).to_have_count(0)


# --- the end of a sign-in


def test_after_signing_out_there_is_no_way_back(sign_in: SignIn, practice: Practice, visitors: Visitors) -> None:
    page = sign_in("goer", "clinician")
    other = page.context.new_page()
    other.goto(practice.server.url + "/about")
    expect(out(other)).to_be_visible()
    settled(other)
    kept = page.context.cookies()
    out(page).click()
    at_the_door(page, ENGLISH("sign_in.intro"))
    page.go_back()
    page.wait_for_load_state()
    at_the_door(page, ENGLISH("sign_in.intro"))
    choose_language(other, "Español")  # the other window had not heard of it yet
    at_the_door(other, SPANISH("usage.sign_in_ended"))
    thief = visitors.open(before_loading=lambda p: p.context.add_cookies(kept))  # type: ignore[arg-type]
    at_the_door(thief, "You were signed out; sign in again.")
    actions = [row.action for row in practice.records.trail_rows(COMMAND_LINE, about="sign_in/")][:2]
    assert actions == ["sign_in.end", "sign_in.begin"]


def test_a_forged_cookie_is_none(sign_in: SignIn, visitors: Visitors) -> None:
    kept = sign_in("owner", "clinician").context.cookies()
    (cookie,) = [cookie for cookie in kept if cookie["name"] == "_streamlit_user"]
    payload, time, signature = cookie["value"].rsplit(".", 2)
    for value in (f"{payload[:-8]}{payload[-7:]}.{time}.{signature}", f"{payload}.{time}.{signature[:-4]}AAAA", payload):
        forged = [*(c for c in kept if c is not cookie), {**cookie, "value": value}]
        at_the_door(visitors.open(before_loading=lambda p, c=forged: p.context.add_cookies(c)), ENGLISH("sign_in.intro"))  # type: ignore[misc]


def test_a_sign_in_that_was_made_long_ago_is_not_let_in(practice: Practice, visitors: Visitors) -> None:
    practice.account("sleeper", "clinician")
    practice.provider.person, practice.provider.back_date_s = "sleeper", 3600.0
    page = visitors.open()
    page.get_by_role("button", name=ENGLISH("sign_in.button"), exact=True).click()
    expect(page.get_by_text("You were signed out, because you signed in too long ago; sign in again.")).to_be_visible()
    practice.provider.back_date_s = 0.0


def test_a_screen_that_nobody_touches_shows_nothing_after_the_limit(chromium: Browser) -> None:
    with practising(PHOTOCOMPARE_SIGN_IN_IDLE_MINUTES="0.25") as hasty:
        visitors = Visitors(chromium, hasty.server, hasty.provider.url)
        hasty.account("napper", "auditor")
        page = visitors.open()
        press_sign_in(page, hasty, "napper")
        at_the_door(page, "You were signed out, because nothing was done for a while; sign in again.")
        visitors.leave()


# --- two at once


def test_two_people_see_only_their_own(sign_in: SignIn) -> None:
    first, second = sign_in("first", "clinician"), sign_in("second", "clinician")
    upload(first, "before", file_of("leg.jpg", b"no photo"))
    expect(first.locator(".pc-check")).to_have_count(1)
    choose_language(second, "Español")
    expect(second.get_by_text(SPANISH("compare.sample_note"))).to_be_visible()
    settled(second)
    expect(second.locator(".pc-check")).to_have_count(0)
    assert "Dr first" not in second.locator("body").inner_text()


def test_one_browser_that_two_people_use_after_each_other(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in("early", "clinician")
    upload(page, "before", file_of("leg.jpg", b"no photo"))
    expect(page.locator(".pc-check")).to_have_count(1)
    out(page).click()
    at_the_door(page, ENGLISH("sign_in.intro"))
    practice.account("late", "clinician")
    press_sign_in(page, practice, "late")
    expect(page.get_by_text("Dr late")).to_be_visible()
    expect(page.get_by_text(ENGLISH("compare.sample_note"))).to_be_visible()
    expect(page.locator(".pc-check")).to_have_count(0)


# --- addresses that Streamlit serves to anyone


def test_files_of_sessions_are_for_those_who_are_signed_in(sign_in: SignIn, practice: Practice) -> None:
    page = sign_in("reader", "clinician")
    for path in ("/media/0123456789abcdef.jpg", "/_stcore/upload_file/one/two"):
        address = practice.server.url + path
        assert page.context.request.get(address).status != 403
        with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(address):
            pass
        assert refused.value.code == 403
    out(page).click()
    at_the_door(page, ENGLISH("sign_in.intro"))


def test_every_answer_tells_the_browser_what_to_keep_to(practice: Practice) -> None:
    for path in ("/", "/office", "/_stcore/health"):
        with urllib.request.urlopen(practice.server.url + path) as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- consult: one patient at a time


def open_patient(page: Page, key: str) -> None:
    page.get_by_role("textbox", name=ENGLISH("sign_in.patient_key"), exact=True).fill(key)
    page.get_by_role("button", name=ENGLISH("sign_in.open"), exact=True).click()


def test_a_consult_opens_one_patient_at_a_time(sign_in: SignIn, practice: Practice) -> None:
    mine, other = (practice.records.add_patient(COMMAND_LINE, IdentityFacts(name=name)) for name in ("Anna Example", "Berta Example"))
    practice.records.save_comparison(COMMAND_LINE, new_comparison(mine, dossier=SAMPLE.read_bytes()))
    page = sign_in("room", "consult")
    assert page.get_by_test_id("stMain").locator("canvas").count() == 0
    open_patient(page, "P-222222222")
    expect(page.get_by_text("There is no patient with that key.")).to_be_visible()
    open_patient(page, mine.lower())
    pair(page)
    expect(page.get_by_test_id("sentence")).to_be_visible()
    assert "Example" not in page.locator("body").inner_text()
    assert grave_findings(page) == []
    second = page.context.new_page()
    second.goto(practice.server.url)
    pair(second)  # all screens of the account show the one patient
    assert second.get_by_role("textbox", name=ENGLISH("sign_in.patient_key")).count() == 0
    page.get_by_role("button", name=ENGLISH("sign_in.close"), exact=True).click()
    expect(page.get_by_role("textbox", name=ENGLISH("sign_in.patient_key"))).to_be_visible()
    choose_language(second, "Español")
    expect(second.get_by_role("textbox", name=SPANISH("sign_in.patient_key"))).to_be_visible()
    settled(second)
    assert second.get_by_test_id("stMain").locator("canvas").count() == 0
    open_patient(page, other)
    expect(page.get_by_text(ENGLISH("sign_in.nothing_stored"))).to_be_visible()
    told = [row.action for row in practice.records.trail_rows(COMMAND_LINE, about=f"patient/{mine}")]
    assert told[:2] == ["consult.close", "photo.view"] or told[0] == "consult.close"
    assert "consult.open" in told
    assert "patient.view" in told
