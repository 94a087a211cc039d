"""Blinded rating: rounds, who has rated what, and the scores, which nobody who rates reads before the own last pair.

A rater sees two pictures (`pictures`) and gives a score (`give`); neither carries a number of the software's.  The trail notes that a pair
was rated, never how: whoever reads the trail while a round goes on learns nothing.  A score is never updated or deleted.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.records import trail
from photocompare.records.access import Actor, Permission, allowed
from photocompare.records.anonymous_pictures import (
    AnonymousPictures,
    anonymous_pictures,
    comparison_and_key,
    read_noting_damage,
    with_pictures,
)
from photocompare.records.schema import LONGEST_NAME, AccountRow, CohortRow, ComparisonRow, PatientRow, RatingRoundRow, RatingRow
from photocompare.results.result_json import parse_result

if TYPE_CHECKING:
    from photocompare.records.store import Records

MOST_PAIRS = 500
"""Of a round: some four hours of rating; more is a typing error."""

HIGHEST_PERCENT = 100.0
POINTS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Round:
    """A rating round.

    Parameters
    ----------
    id : int
    name : str
    seed : int
        Of the orders.
    comparisons, repeated : tuple of int
        All pairs, and those shown twice; without those of patients who were erased since.
    """

    id: int
    name: str
    seed: int
    comparisons: tuple[int, ...]
    repeated: tuple[int, ...]

    @property
    def due(self) -> int:
        """Scores that a rater gives in all."""
        return len(self.comparisons) + len(self.repeated)


@dataclass(frozen=True)
class Score:
    """A rater's score of one showing of a pair.

    Parameters
    ----------
    comparison_id : int
    occasion : int
        1 the first time that the pair is shown, 2 the second.
    percent : float
        0..100.
    five_point : int
        1..5.

    Raises
    ------
    UsageError
        A score that can't be.
    """

    comparison_id: int
    occasion: int
    percent: float
    five_point: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.percent) and 0.0 <= self.percent <= HIGHEST_PERCENT) or self.five_point not in POINTS:
            raise UsageError("A score is a percentage from 0 to 100 and a step from 1 to 5.", code="score_impossible")


@dataclass(frozen=True, eq=False)
class RoundScores:
    """What raters gave who have finished, and what the software measured.

    Parameters
    ----------
    ratings : DataFrame
        "rater" (the account's name), "comparison_id", "occasion", "percent", "five_point".
    measured : Series
        The software's clearance of length, percent, by comparison id.
    under_way : int
        Raters who have begun and not finished; their scores are not in it.
    """

    ratings: pd.DataFrame
    measured: pd.Series
    under_way: int


def eligible(records: Records, actor: Actor) -> int:
    """How many pairs a round could draw from: with a number and pictures, the latest revision of each, measured in the latest way."""
    with records.writing(actor, Permission.MANAGE_RATING) as session:
        return len(_eligible(session))


def set_up(records: Records, actor: Actor, name: str, *, comparisons: Sequence[int], repeated: Sequence[int], seed: int) -> int:
    """A new round; its number.

    Parameters
    ----------
    name : str
        Not empty, not another round's.
    comparisons : sequence of int
        From `drawn`.
    repeated : sequence of int
        Those of them that are shown twice.
    seed : int
        From which each rater's order comes.

    Raises
    ------
    UsageError
        The name is empty or taken, or a pair can't be rated.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise UsageError("A rating round needs a short name.", code="round_needs_name")
    with records.writing(actor, Permission.MANAGE_RATING) as session:
        if session.scalar(select(RatingRoundRow.id).where(RatingRoundRow.name == name)) is not None:
            raise UsageError("There is a rating round of that name; choose another.", code="round_named_so")
        if not comparisons or not set(repeated) <= set(comparisons) or not set(comparisons) <= set(_eligible(session)):
            raise UsageError("A pair of the round can't be rated; draw the pairs anew.", code="round_pairs_unfit")
        row = RatingRoundRow(
            name=name,
            seed=seed,
            comparisons=json.dumps(sorted(comparisons)),
            repeated=json.dumps(sorted(repeated)),
            created_at=trail.utc_now(),
            created_by=actor.name,
        )
        session.add(row)
        session.flush()
        told = {"pairs": len(comparisons), "repeated": len(repeated), "seed": seed}
        trail.note(session, actor, "rating.set_up", f"rating_round/{row.id}", after=told)
        return row.id


def drawn(records: Records, actor: Actor, pairs: int, *, seed: int) -> tuple[int, ...]:
    """Pairs for a round, drawn at random; the same seed draws the same from the same records.

    Raises
    ------
    UsageError
        There are fewer pairs that can be rated, or the number makes no round.
    """
    if not 1 <= pairs <= MOST_PAIRS:
        raise UsageError(f"A round has 1 to {MOST_PAIRS} pairs.", code="round_size", most=MOST_PAIRS)
    with records.writing(actor, Permission.MANAGE_RATING) as session:
        found = _eligible(session)
    if len(found) < pairs:
        raise UsageError(f"Only {len(found)} saved pairs can be rated; ask for fewer.", code="round_too_large", there=len(found))
    return tuple(sorted(np.random.default_rng(seed).choice(found, pairs, replace=False).tolist()))


def _eligible(session: Session) -> list[int]:
    """Pairs that were measured as the latest one was: numbers of other settings or another contract are not compared in one round."""
    query = (
        select(ComparisonRow.id, CohortRow.method)
        .join(CohortRow, CohortRow.comparison_id == ComparisonRow.id)
        .join(PatientRow, CohortRow.patient_id == PatientRow.id)
        .where(CohortRow.length.is_not(None), ComparisonRow.dossier_sha256 != "", PatientRow.erased_at.is_(None))
        .order_by(ComparisonRow.id)
    )
    rows = session.execute(query).all()
    return [number for number, method in rows if method == rows[-1][1]]


def rounds(records: Records, actor: Actor) -> tuple[Round, ...]:
    """Every round, the newest first; for who rates or who manages."""
    with records.writing(actor, _either(actor)) as session:
        return tuple(_round(session, row) for row in session.scalars(select(RatingRoundRow).order_by(RatingRoundRow.id.desc())))


def given(records: Records, actor: Actor, round_id: int, rater: str = "") -> frozenset[tuple[int, int]]:
    """(comparison, occasion) of the scores that a rater has given.

    Parameters
    ----------
    rater : str
        Who sits at a machine without sign-in; whoever signed in is the account, whatever stands here.
    """
    with records.writing(actor, Permission.RATE) as session:
        return frozenset(_given(session, round_id, rater_of(actor, rater)))


def pictures(records: Records, actor: Actor, round_id: int, comparison_id: int) -> AnonymousPictures:
    """Before and after of one pair of a round, and nothing else; the view is noted.

    Raises
    ------
    UsageError
        The pair is not of that round, or its patient was erased.
    DamagedPhoto
    """
    with records.writing(actor, Permission.RATE) as session:
        _in_round(session, round_id, comparison_id)
        found = comparison_and_key(session, comparison_id)
        if found is None:
            raise _not_of_round()
        comparison, key = found
        about = f"patient/{key}/comparison/{comparison_id}"
        trail.note(session, actor, "photo.view", about, after={"rating_round": round_id})
    return anonymous_pictures(read_noting_damage(records, actor, comparison.dossier_sha256, about))


def give(records: Records, actor: Actor, round_id: int, score: Score, *, rater: str = "") -> None:
    """Keep a score; the trail notes that it was given and not what it is.

    Raises
    ------
    UsageError
        The pair is not of that round or is not shown a second time in it, or it has its score.
    """
    with records.writing(actor, Permission.RATE) as session:
        asked = _in_round(session, round_id, score.comparison_id)
        who = rater_of(actor, rater)
        done = _given(session, round_id, who)
        second = score.occasion == 2 and score.comparison_id in asked.repeated and (score.comparison_id, 1) in done
        if score.occasion != 1 and not second:
            raise _not_of_round()
        if (score.comparison_id, score.occasion) in done:
            raise UsageError("You have rated this pair already; the first score stays.", code="rated_already")
        session.add(RatingRow(round_id=round_id, rater=who, at=trail.utc_now(), **dataclasses.asdict(score)))
        about = f"rating_round/{round_id}/comparison/{score.comparison_id}"
        # Raters at one machine share the name in the trail: theirs is noted beside it.
        trail.note(session, actor, "rating.give", about, after={"occasion": score.occasion, "rater": who})


def may_read_scores(records: Records, actor: Actor, round_id: int, rater: str = "") -> bool:
    """Whether the scores, and the software's number beside them, are open to the one who asks."""
    with records.database.reading() as session:
        return _may_read(session, actor, _found(session, round_id), rater)


def scores(records: Records, actor: Actor, round_id: int, rater: str = "") -> RoundScores:
    """The scores of all raters who have finished, and what the software measured; noted.

    Raises
    ------
    AccessDenied
        The one who asks rates and has not finished: the software's number would spoil what is left.
    """
    with records.writing(actor, Permission.MANAGE_RATING) as session:
        asked = _found(session, round_id)
        if not _may_read(session, actor, asked, rater):
            raise AccessDenied("The scores are shown to you when you have rated every pair of the round.", code="rating_not_finished")
        counts = _counts(session, asked)
        finished = [who for who, count in counts.items() if count >= asked.due]
        trail.note(session, actor, "rating.scores", f"rating_round/{round_id}", after={"raters": len(finished)})
        names = {a.subject: a.name for a in session.scalars(select(AccountRow).where(AccountRow.subject.in_(finished)))}
        rows = session.execute(
            select(RatingRow.rater, RatingRow.comparison_id, RatingRow.occasion, RatingRow.percent, RatingRow.five_point)
            .where(RatingRow.round_id == round_id, RatingRow.rater.in_(finished), RatingRow.comparison_id.in_(asked.comparisons))
            .order_by(RatingRow.id)
        ).all()
        results = session.execute(select(ComparisonRow.id, ComparisonRow.result).where(ComparisonRow.id.in_(asked.comparisons))).all()
    columns = ["rater", "comparison_id", "occasion", "percent", "five_point"]
    ratings = pd.DataFrame.from_records([tuple(row) for row in rows], columns=columns)
    ratings["rater"] = ratings["rater"].map(_distinct_names(names, finished))
    read = {number: parse_result(json.loads(result)).length for number, result in results}
    measured = {number: length.value for number, length in read.items() if length is not None}
    return RoundScores(ratings, pd.Series(measured, dtype="float64"), len(counts) - len(finished))


def rater_of(actor: Actor, named: str = "") -> str:
    """Under what a rater's scores are kept: the account, or at a machine without sign-in the name that was given.

    Raises
    ------
    UsageError
        There is neither.
    """
    who = actor.subject or " ".join(named.split())
    if not who or len(who) > LONGEST_NAME:
        raise UsageError("Give the rater's name; it is kept with the scores.", code="rater_unnamed")
    return who


def _distinct_names(names: dict[str, str], finished: Sequence[str]) -> dict[str, str]:
    """Subject to a name to show; two accounts of one name are told apart by a number."""
    shown: dict[str, str] = {}
    for subject in sorted(finished):
        name, number = names.get(subject) or subject, 1
        while (candidate := name if number == 1 else f"{name} ({number})") in shown.values():
            number += 1
        shown[subject] = candidate
    return shown


def _either(actor: Actor) -> Permission:
    return Permission.RATE if allowed(actor, Permission.RATE) else Permission.MANAGE_RATING


def _may_read(session: Session, actor: Actor, asked: Round, rater: str) -> bool:
    if not allowed(actor, Permission.MANAGE_RATING):
        return False
    if not allowed(actor, Permission.RATE):
        return True
    if not actor.subject and not rater.strip():
        return False
    return len(_given(session, asked.id, rater_of(actor, rater)) & _showings(asked)) >= asked.due


def _showings(asked: Round) -> set[tuple[int, int]]:
    return {(pair, 1) for pair in asked.comparisons} | {(pair, 2) for pair in asked.repeated}


def _given(session: Session, round_id: int, who: str) -> set[tuple[int, int]]:
    rows = session.execute(
        select(RatingRow.comparison_id, RatingRow.occasion).where(RatingRow.round_id == round_id, RatingRow.rater == who)
    )
    return {(comparison, occasion) for comparison, occasion in rows}


def _counts(session: Session, asked: Round) -> dict[str, int]:
    """Rater to scores given of pairs that are still in the round."""
    query = (
        select(RatingRow.rater, func.count())
        .where(RatingRow.round_id == asked.id, RatingRow.comparison_id.in_(asked.comparisons))
        .group_by(RatingRow.rater)
    )
    return {who: int(count) for who, count in session.execute(query)}


def _round(session: Session, row: RatingRoundRow) -> Round:
    comparisons, repeated = json.loads(row.comparisons), json.loads(row.repeated)
    there = with_pictures(session, comparisons)
    return Round(row.id, row.name, row.seed, tuple(c for c in comparisons if c in there), tuple(c for c in repeated if c in there))


def _found(session: Session, round_id: int) -> Round:
    row = session.get(RatingRoundRow, round_id)
    if row is None:
        raise UsageError("There is no such rating round.", code="round_unknown")
    return _round(session, row)


def _in_round(session: Session, round_id: int, comparison_id: int) -> Round:
    asked = _found(session, round_id)
    if comparison_id not in asked.comparisons:
        raise _not_of_round()
    return asked


def _not_of_round() -> UsageError:
    return UsageError("That pair is not to be rated in this round; load the page again.", code="pair_not_in_round")
