"""A blinded rating: who may see and give what, and what the trail holds of it."""

from __future__ import annotations

import dataclasses
import json
import pickle

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records.access import LOCAL, Actor
from photocompare.records.ratings import (
    Score,
    drawn,
    eligible,
    give,
    given,
    may_read_scores,
    pictures,
    rater_of,
    rounds,
    scores,
    set_up,
)
from photocompare.records.schema import ComparisonRow, RatingRow, TrailRow
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.result_json import as_dict
from tests.support.made_records import new_comparison, sample_dossier, with_length

PERCENTS = (31.7, 52.3, 73.9, 84.1)


def dossier_with(percent: float) -> bytes:
    sample = sample_dossier()
    pictures = {"before": b"before of %d" % percent, "after": b"after of %d" % percent, "before_original": b"o"}
    return write_dossier(Dossier(with_length(sample.result, percent), pictures, sample.lines, b"", 0.5, 7.0, 1.0))


def filled(records: Records) -> tuple[list[str], list[int]]:
    keys, saved = [], []
    for percent in PERCENTS:
        key = records.add_patient(LOCAL)
        new = new_comparison(key, result=with_length(sample_dossier().result, percent), dossier=dossier_with(percent))
        keys.append(key)
        saved.append(records.save_comparison(LOCAL, new).id)
    return keys, saved


def opened_round(records: Records, saved: list[int], repeated: int = 1) -> int:
    return set_up(records, LOCAL, "Spring", comparisons=saved, repeated=saved[:repeated], seed=7)


def rate_all(records: Records, round_id: int, rater: str, actor: Actor = LOCAL, shift: float = 0.0) -> None:
    (asked,) = [found for found in rounds(records, actor) if found.id == round_id]
    for occasion, pairs in ((1, asked.comparisons), (2, asked.repeated)):
        for place, pair in enumerate(pairs):
            give(records, actor, round_id, Score(pair, occasion, 20.0 * place + shift, place + 1), rater=rater)


def test_pairs_are_drawn_from_measured_ones_with_pictures(records: Records) -> None:
    keys, saved = filled(records)
    refused = {**as_dict(sample_dossier().result), "status": "not_comparable", "clearance": None, "pigment": None, "fate_mm": None}
    records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL), result=refused))
    assert eligible(records, LOCAL) == 4
    two = drawn(records, LOCAL, 2, seed=3)
    assert two == drawn(records, LOCAL, 2, seed=3)
    assert set(two) < set(saved)
    assert {drawn(records, LOCAL, 2, seed=seed) for seed in range(12)} > {two}
    with pytest.raises(UsageError, match="Only 4"):
        drawn(records, LOCAL, 5, seed=3)
    erase_patient(records, LOCAL, keys[0], "asked for")
    assert eligible(records, LOCAL) == 3


def test_pairs_measured_in_an_older_way_are_not_drawn(records: Records) -> None:
    filled(records)
    result = sample_dossier().result
    newer = dataclasses.replace(result, provenance=dataclasses.replace(result.provenance, config_sha256="1" * 64))
    saved = records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL), result=newer, dossier=dossier_with(70.0)))
    assert eligible(records, LOCAL) == 1
    assert drawn(records, LOCAL, 1, seed=1) == (saved.id,)


def test_a_round_has_a_name_of_its_own_and_pairs_that_can_be_rated(records: Records) -> None:
    _, saved = filled(records)
    opened_round(records, saved)
    for name, pairs, repeated in (
        (" ", saved, []),
        ("Spring", saved, []),
        ("New", [*saved, 99], []),
        ("New", saved[:2], saved[3:]),
        ("New", [], []),
    ):
        with pytest.raises(UsageError):
            set_up(records, LOCAL, name, comparisons=pairs, repeated=repeated, seed=1)
    assert [(found.name, found.due) for found in rounds(records, LOCAL)] == [("Spring", 5)]


def test_a_rater_gets_two_pictures_and_no_number(records: Records) -> None:
    keys, saved = filled(records)
    number = opened_round(records, saved)
    shown = pictures(records, LOCAL, number, saved[2])
    assert (shown.before, shown.after) == (b"before of 73", b"after of 73")
    assert (shown.width, shown.height) == (600, 800)
    assert b"73.9" not in pickle.dumps(shown)
    newest = records.trail_rows(LOCAL, newest=1)[0]
    assert (newest.action, newest.object) == ("photo.view", f"patient/{keys[2]}/comparison/{saved[2]}")


def test_a_score_is_kept_once_and_goes_on_where_it_stopped(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    with pytest.raises(UsageError, match="not to be rated"):
        give(records, LOCAL, number, Score(saved[0], 2, 50.0, 3), rater="Ana")  # the second look before the first
    give(records, LOCAL, number, Score(saved[0], 1, 50.0, 3), rater="Ana")
    with pytest.raises(UsageError, match="already"):
        give(records, LOCAL, number, Score(saved[0], 1, 60.0, 3), rater="Ana")
    with pytest.raises(UsageError, match="not to be rated"):
        give(records, LOCAL, number, Score(saved[1], 2, 50.0, 3), rater="Ana")  # shown once
    for percent, five_point in ((101.0, 3), (float("nan"), 3), (50.0, 0), (50.0, 6)):
        with pytest.raises(UsageError, match="from 0 to 100"):
            give(records, LOCAL, number, Score(saved[1], 1, percent, five_point), rater="Ana")
    again = Records(records.places)
    try:
        assert given(again, LOCAL, number, " Ana ") == {(saved[0], 1)}
        assert given(again, LOCAL, number, "Ben") == frozenset()
    finally:
        again.close()


def test_the_trail_tells_that_a_pair_was_rated_and_never_how(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    give(records, LOCAL, number, Score(saved[0], 1, 43.0, 2), rater="Ana")
    (row,) = [r for r in records.trail_rows(LOCAL) if r.action == "rating.give"]
    assert json.loads(row.after) == {"occasion": 1, "rater": "Ana"}
    assert "43" not in row.after + row.before + row.object


def test_a_score_is_never_changed(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    give(records, LOCAL, number, Score(saved[0], 1, 43.0, 2), rater="Ana")
    for deed in ("UPDATE rating SET percent = 90", "DELETE FROM rating"):
        with pytest.raises((DatabaseError, UsageError)), records.database.writing() as session:
            session.execute(text(deed))
    with records.database.reading() as session:
        assert list(session.scalars(select(RatingRow.percent))) == [43.0]


def test_scores_open_to_a_rater_after_the_last_pair_and_to_an_auditor_at_once(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    records.set_account(LOCAL, "s-ana", role="clinician", name="Ana")
    records.set_account(LOCAL, "s-aud", role="auditor", name="Auditor")
    ana, auditor = Actor("Ana", "clinician", subject="s-ana"), Actor("Auditor", "auditor", subject="s-aud")
    rate_all(records, number, "Ben")
    for pair in saved:
        give(records, ana, number, Score(pair, 1, 50.0, 3))
    assert not may_read_scores(records, ana, number)
    with pytest.raises(AccessDenied, match="when you have rated"):
        scores(records, ana, number, "Ben")  # somebody else's name opens nothing
    seen = scores(records, auditor, number)
    assert set(seen.ratings["rater"]) == {"Ben"}
    assert seen.under_way == 1
    give(records, ana, number, Score(saved[0], 2, 55.0, 3))
    seen = scores(records, ana, number)
    assert set(seen.ratings["rater"]) == {"Ana", "Ben"}
    assert len(seen.ratings) == 10
    assert seen.measured.to_dict() == dict(zip(saved, PERCENTS, strict=True))
    assert not may_read_scores(records, LOCAL, number)
    assert not may_read_scores(records, LOCAL, number, "Cleo")
    assert may_read_scores(records, LOCAL, number, "Ben")


def test_roles_that_rate_nothing_or_see_no_photo(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    for role in ("auditor", "consult", "admin"):
        records.set_account(LOCAL, role, role=role)
        actor = Actor(role, role, subject=role)  # type: ignore[arg-type]
        for deed in (
            lambda actor=actor: pictures(records, actor, number, saved[0]),
            lambda actor=actor: given(records, actor, number),
            lambda actor=actor: give(records, actor, number, Score(saved[0], 1, 5.0, 1)),
        ):
            with pytest.raises(AccessDenied):
                deed()
    consult = Actor("consult", "consult", subject="consult")
    with pytest.raises(AccessDenied):
        scores(records, consult, number)
    assert not may_read_scores(records, consult, number)


def test_a_rater_is_the_account_or_the_name_that_was_given() -> None:
    assert rater_of(Actor("Ana", "clinician", subject="s-ana"), "Ben") == "s-ana"
    assert rater_of(LOCAL, "  Ben  B ") == "Ben B"
    for name in ("", " ", "x" * 201):
        with pytest.raises(UsageError, match="rater's name"):
            rater_of(LOCAL, name)


def test_two_accounts_of_one_name_stay_two_raters(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved, repeated=0)
    for subject in ("s-1", "s-2"):
        records.set_account(LOCAL, subject, role="clinician", name="Ana")
        rate_all(records, number, "", Actor("Ana", "clinician", subject=subject))
    records.set_account(LOCAL, "s-aud", role="auditor")
    assert set(scores(records, Actor("", "auditor", subject="s-aud"), number).ratings["rater"]) == {"Ana", "Ana (2)"}


def test_an_erased_patients_pair_leaves_the_round(records: Records) -> None:
    keys, saved = filled(records)
    number = opened_round(records, saved)
    rate_all(records, number, "Ana")
    erase_patient(records, LOCAL, keys[0], "asked for")
    (asked,) = rounds(records, LOCAL)
    assert (asked.comparisons, asked.repeated) == (tuple(saved[1:]), ())
    with pytest.raises(UsageError, match="not to be rated"):
        pictures(records, LOCAL, number, saved[0])
    assert set(scores(records, LOCAL, number, "Ana").ratings["comparison_id"]) == set(saved[1:])


def test_a_damaged_dossier_is_told_and_noted(records: Records) -> None:
    _, saved = filled(records)
    number = opened_round(records, saved)
    with records.database.reading() as session:
        digest = session.get_one(ComparisonRow, saved[0]).dossier_sha256
    records.photos.drop(records.photos.set_aside(digest))
    with pytest.raises(UsageError):
        pictures(records, LOCAL, number, saved[0])
    with records.database.reading() as session:
        assert session.scalars(select(TrailRow.action).order_by(TrailRow.sequence.desc())).first() == "photo.damaged"
