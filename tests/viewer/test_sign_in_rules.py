"""Signing in: whether the viewer may be served, how long a sign-in lives, who sees what, and what is left of anybody else."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from streamlit.testing.v1 import AppTest

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records.access import COMMAND_LINE, Actor, Permission, Role, allowed
from photocompare.records.entries import IdentityFacts
from photocompare.records.places import in_folder
from photocompare.records.sign_ins import begin
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.viewer.sign_in import page as sign_in_page
from photocompare.viewer.sign_in import session, start_check
from photocompare.viewer.sign_in.live_sign_ins import Limits, LiveSignIns, SignIn
from photocompare.viewer.sign_in.page_roles import OF_ROLE, PAGES, require_page
from photocompare.viewer.sign_in.start_check import FLOORS, Setting, start_refusal

ROOT = Path(__file__).parents[2]
T = texts("en")
AUTH = {
    "redirect_uri": "https://clinic.example/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 2,
    "client_id": "one",
    "client_secret": "two",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
ALONE = Setting("127.0.0.1", ("localhost", "127.0.0.1"), versions=FLOORS)
MANY = Setting("", ("clinic.example",), auth=AUTH, versions=FLOORS)
ISSUED = 1_800_000_000.0


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in AUTH.items() if key != name}


# --- may it be served?


@pytest.mark.parametrize(
    "setting", [ALONE, dataclasses.replace(ALONE, address="::1"), dataclasses.replace(ALONE, address="localhost"), MANY]
)
def test_a_safe_setting_is_served(setting: Setting) -> None:
    assert start_refusal(setting) is None


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        (dataclasses.replace(ALONE, address=""), "address_without_sign_in"),
        (dataclasses.replace(ALONE, address="0.0.0.0"), "address_without_sign_in"),
        (dataclasses.replace(ALONE, address="::"), "address_without_sign_in"),
        (dataclasses.replace(ALONE, address="192.168.1.20"), "address_without_sign_in"),
        (dataclasses.replace(ALONE, address="clinic.example"), "address_without_sign_in"),
        (dataclasses.replace(ALONE, allowed_hosts=()), "hosts_without_sign_in"),
        (dataclasses.replace(ALONE, allowed_hosts=("localhost", "clinic.example")), "hosts_without_sign_in"),
        (dataclasses.replace(ALONE, trusted_headers=True), "headers_trusted"),
        (dataclasses.replace(MANY, trusted_headers=True), "headers_trusted"),
        (dataclasses.replace(MANY, auth=without("client_secret")), "sign_in_incomplete"),
        (dataclasses.replace(MANY, auth=without("cookie_secret")), "sign_in_incomplete"),
        (dataclasses.replace(MANY, auth={**AUTH, "cookie_secret": "short"}), "cookie_secret_short"),
        (dataclasses.replace(MANY, auth={**AUTH, "redirect_uri": "http://clinic.example/oauth2callback"}), "sign_in_plain"),
        (dataclasses.replace(ALONE, versions={**FLOORS, "pillow": "12.9.9"}), "library_old"),
        (dataclasses.replace(MANY, versions={**FLOORS, "streamlit": "1.9.0"}), "library_old"),
        (dataclasses.replace(MANY, versions={**FLOORS, "pillow-heif": "1.7"}), "library_old"),
    ],
)
def test_an_unsafe_setting_is_refused(setting: Setting, code: str) -> None:
    refused = start_refusal(setting)
    assert refused is not None
    assert refused.code == code


def test_named_providers_are_each_complete() -> None:
    shared = {"redirect_uri": AUTH["redirect_uri"], "cookie_secret": AUTH["cookie_secret"]}
    one = {name: AUTH[name] for name in ("client_id", "client_secret", "server_metadata_url")}
    assert start_check.providers({**shared, "clinic": one, "lab": one}) == ["clinic", "lab"]
    assert start_refusal(dataclasses.replace(MANY, auth={**shared, "clinic": one})) is None
    refused = start_refusal(dataclasses.replace(MANY, auth={**shared, "clinic": one, "lab": {"client_id": "x"}}))
    assert refused is not None
    assert refused.code == "sign_in_incomplete"


def test_the_floors_are_those_of_the_project() -> None:
    asked = [Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]]
    floors = {r.name: next(iter(r.specifier)).version for r in asked if r.name in FLOORS}
    assert floors == FLOORS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--server.address", "0.0.0.0"), "has no sign-in and would answer other machines"),
        (("--server.allowedHosts", "clinic.example"), "would answer under names of other machines"),
        (("--secrets.files", "{folder}/secrets.toml"), "lacks client_secret"),
    ],
)
def test_a_start_that_is_not_safe_ends_at_once_and_serves_nothing(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    lines = [f'{name} = "{value}"' for name, value in without("client_secret").items()]
    (tmp_path / "secrets.toml").write_text("\n".join(["[auth]", *lines]), encoding="utf-8")
    given = [option.replace("{folder}", str(tmp_path)) for option in options]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", "--server.headless", "true", *given]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert f"photocompare: The {'section' if 'secrets' in options[0] else 'viewer'}" in ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


# --- how long a sign-in lives


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> float:
        return self.passed

    def wall(self) -> float:
        return ISSUED + self.passed


def claimed(person: str = "anna", nonce: str = "once", **more: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "iss": "https://id.example", "sub": person, "iat": ISSUED, "nonce": nonce, **more}


def sign_in_of(person: str = "anna", nonce: str = "once") -> SignIn:
    sign_in = SignIn.of(claimed(person, nonce))
    assert sign_in is not None
    return sign_in


def let_in() -> bool:
    return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(clock: Clock) -> LiveSignIns:
    return LiveSignIns(Limits(1800, 43200), clock.now, clock.wall)


def test_who_somebody_is_comes_from_issuer_and_subject_and_each_sign_in_has_a_mark_of_its_own() -> None:
    sign_in = sign_in_of()
    assert sign_in.subject == "https://id.example#anna"
    assert sign_in_of().mark == sign_in.mark
    assert sign_in_of(nonce="twice").mark != sign_in.mark
    assert SignIn.of(claimed(email="anna@clinic.example")).subject == sign_in.subject  # type: ignore[union-attr]
    assert SignIn.of(claimed(tokens={"id": "x"}, origin="https://clinic.example", provider="default")) == sign_in


@pytest.mark.parametrize("lacking", ["iss", "sub", "nonce", "iat", "is_logged_in"])
def test_claims_that_lack_what_tells_a_sign_in_are_nobody(lacking: str) -> None:
    assert SignIn.of({name: value for name, value in claimed().items() if name != lacking}) is None
    assert SignIn.of({**claimed(), lacking: False if lacking == "is_logged_in" else ""}) is None


def test_a_sign_in_lives_while_something_is_done_and_twelve_hours_at_most(live: LiveSignIns, clock: Clock) -> None:
    sign_in = sign_in_of()
    standings = []
    for _ in range(25):
        standings.append(live.standing(sign_in, begin=let_in))
        clock.passed += 1790
    assert standings == ["live"] * 25
    assert live.standing(sign_in, begin=let_in) == "expired"
    clock.passed += 100_000
    assert live.standing(sign_in, begin=let_in) == "expired"


def test_half_an_hour_without_a_touch_ends_it_for_good(live: LiveSignIns, clock: Clock) -> None:
    sign_in = sign_in_of()
    assert live.standing(sign_in, begin=let_in) == "live"
    clock.passed += 1799
    assert live.is_live(sign_in)
    clock.passed += 1
    assert not live.is_live(sign_in)
    assert live.standing(sign_in, begin=let_in) == "idle"
    assert live.standing(sign_in, begin=let_in) == "idle"


def test_looking_whether_it_lives_prolongs_nothing(live: LiveSignIns, clock: Clock) -> None:
    sign_in = sign_in_of()
    live.standing(sign_in, begin=let_in)
    clock.passed += 1000
    assert live.is_live(sign_in)
    assert live.standing(sign_in, begin=let_in, act=False) == "live"
    clock.passed += 1000
    assert not live.is_live(sign_in)


def test_what_was_signed_out_stays_out_and_an_old_sign_in_is_not_let_in(live: LiveSignIns, clock: Clock) -> None:
    sign_in, other = sign_in_of(), sign_in_of(nonce="twice")
    live.standing(sign_in, begin=let_in)
    live.end(sign_in.mark)
    assert live.standing(sign_in, begin=let_in) == "ended"
    clock.passed += 1801
    assert live.standing(other, begin=let_in) == "expired"
    assert LiveSignIns(now=clock.now, wall=lambda: ISSUED - 300).standing(other, begin=let_in) == "expired"


def test_a_server_that_was_started_anew_lets_no_known_sign_in_in(clock: Clock, tmp_path: Path) -> None:
    records = Records(in_folder(tmp_path))
    actor, sign_in = Actor("Anna", "clinician"), sign_in_of()

    def first_time() -> bool:
        return begin(records, actor, sign_in.mark)

    assert LiveSignIns(now=clock.now, wall=clock.wall).standing(sign_in, begin=first_time) == "live"
    assert LiveSignIns(now=clock.now, wall=clock.wall).standing(sign_in, begin=first_time) == "ended"
    assert [row.object for row in records.trail_rows(COMMAND_LINE, about="sign_in/")] == [f"sign_in/{sign_in.mark}"]
    records.close()


def test_one_patient_at_a_time_and_none_after_the_last_sign_in_ends(live: LiveSignIns) -> None:
    one, two = sign_in_of(), sign_in_of(nonce="twice")
    for sign_in in (one, two):
        live.standing(sign_in, begin=let_in)
    assert live.set_open_patient(one.subject, "P-1")
    assert not live.set_open_patient(two.subject, "P-2")
    assert live.open_patient(two.subject) == "P-1"
    live.end(one.mark)
    assert live.open_patient(two.subject) == "P-1"
    live.end(two.mark)
    assert live.open_patient(two.subject) == ""


def test_limits_are_shortened_and_never_lengthened() -> None:
    assert session.limits_of({}) == Limits(1800.0, 43200.0)
    assert session.limits_of({session.IDLE_VARIABLE: "5", session.ABSOLUTE_VARIABLE: "1"}) == Limits(300.0, 3600.0)
    assert session.limits_of({session.IDLE_VARIABLE: "500", session.ABSOLUTE_VARIABLE: "100"}) == Limits()
    for bad in ("0", "-1", "nan", "soon"):
        with pytest.raises(UsageError, match="must be a number above 0"):
            session.limits_of({session.IDLE_VARIABLE: bad})


# --- who sees what


NEEDS = {
    "patients": Permission.LIST_PATIENTS,
    "rating": Permission.MANAGE_RATING,
    "audit": Permission.READ_COHORT,
    "gallery": Permission.READ_GALLERY,
    "office": Permission.READ_TRAIL,
}
"""What a page that asks the records needs at least."""


@pytest.mark.parametrize("role", OF_ROLE)
def test_no_role_sees_a_page_that_its_permissions_leave_empty(role: Role) -> None:
    actor = Actor("somebody", role)
    assert {page for page, permission in NEEDS.items() if allowed(actor, permission)} >= OF_ROLE[role] & set(NEEDS)
    assert "about" in OF_ROLE[role]


def test_the_table_of_pages() -> None:
    assert set().union(*OF_ROLE.values()) == set(PAGES)
    names = re.findall(r"^names = \((.*)\)$", (ROOT / "app.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name.strip('" ') for name in names[0].split(",")] == list(PAGES)
    for page in ("compare", "patients", "capture", "gallery", "consult"):
        assert page not in OF_ROLE["auditor"] | OF_ROLE["admin"]
    for page in ("audit", "patients", "office", "rating"):
        assert page not in OF_ROLE["consult"]
    require_page("auditor", "audit")
    with pytest.raises(AccessDenied):
        require_page("consult", "patients")


# --- two sessions of one server


class Seats:
    """Sessions of one server, with whoever sits at each."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.sitting: Mapping[str, Any] = {}

    def open(self, claims: Mapping[str, Any]) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        return self.run(at, claims)

    def run(self, at: AppTest, claims: Mapping[str, Any]) -> AppTest:
        self.sitting = claims
        at.run()
        assert not at.exception
        return at

    def account(self, person: str, role: str, *, active: bool = True) -> None:
        self.records.set_account(COMMAND_LINE, f"https://id.example#{person}", role=role, name=person, active=active)


@pytest.fixture
def seats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Seats]:
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path))
    records = Records(in_folder(tmp_path))
    seats = Seats(records)
    live = LiveSignIns(now=clock.now, wall=clock.wall)
    for module in (session, sign_in_page, start_check):
        if hasattr(module, "sign_in_configured"):
            monkeypatch.setattr(module, "sign_in_configured", lambda: True)
    monkeypatch.setattr(sign_in_page, "auth_section", lambda: AUTH)
    monkeypatch.setattr(session, "claims", lambda: seats.sitting)
    monkeypatch.setattr(session, "live", lambda: live)
    yield seats
    records.close()


def written(at: AppTest) -> str:
    return " ".join(
        str(getattr(element, "value", "")) for kind in ("title", "text", "error", "info", "warning") for element in at.get(kind)
    )


def test_nobody_is_asked_in(seats: Seats) -> None:
    at = seats.open({})
    assert [title.value for title in at.title] == [T("app.title")]
    assert T("sign_in.intro") in written(at)
    assert [button.label for button in at.button] == [T("sign_in.button")]


def test_what_one_opened_no_other_session_sees(seats: Seats) -> None:
    for person, role in (("anna", "clinician"), ("berta", "consult")):
        seats.account(person, role)
    key = seats.records.add_patient(COMMAND_LINE, IdentityFacts(name="Example, Anna"))
    anna, berta = seats.open(claimed("anna")), seats.open(claimed("berta"))
    anna.session_state["held"] = key
    seats.run(anna, claimed("anna"))
    seats.run(berta, claimed("berta"))
    assert "held" not in berta.session_state
    assert key not in written(berta)
    (field,) = berta.text_input
    field.set_value(key)
    (button,) = [button for button in berta.button if button.label == T("sign_in.open")]
    button.click()
    seats.run(berta, claimed("berta"))
    assert T("sign_in.nothing_stored") in written(berta)
    seats.account("carla", "consult")
    carla = seats.open(claimed("carla"))
    assert len(carla.text_input) == 1  # the patient that another account opened is not open here
    assert T("sign_in.nothing_stored") not in written(carla)


def test_somebody_else_in_the_same_session_finds_nothing(seats: Seats) -> None:
    for person in ("anna", "berta"):
        seats.account(person, "clinician")
    at = seats.open(claimed("anna"))
    at.session_state["held"] = "a patient"
    seats.run(at, claimed("anna"))
    assert at.session_state["held"] == "a patient"
    seats.run(at, claimed("berta"))
    assert "held" not in at.session_state


def test_the_limits_count_on_every_run(seats: Seats, clock: Clock) -> None:
    seats.account("anna", "clinician")
    at = seats.open(claimed("anna"))
    at.session_state["held"] = "a patient"
    clock.passed += 1799
    seats.run(at, claimed("anna"))
    assert at.session_state["held"] == "a patient"
    clock.passed += 1801
    seats.run(at, claimed("anna"))
    assert "held" not in at.session_state
    assert "nothing was done for a while" in written(at)


def test_a_setting_that_became_unsafe_shows_a_sentence_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    unsafe = dataclasses.replace(ALONE, address="0.0.0.0")
    monkeypatch.setattr(sign_in_page.Setting, "present", classmethod(lambda _: unsafe))
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    assert [title.value for title in at.title] == [T("app.title")]
    assert "has no sign-in" in written(at)
    assert not at.button
