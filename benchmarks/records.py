"""What the records' pages wait for: `python -m benchmarks.records --data DIR --into docs/scale.md`, or `--database postgresql://...`.

The database comes from `python -m benchmarks.cohorts`.  Every wait is held against something plain that is measured in turn with it: the
same rows fetched as tuples by the database's own driver, or a commit and nothing else.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.machine import this_machine
from benchmarks.report import number, put_between, table, yes
from photocompare.practice.figures import audit_figures
from photocompare.records import trail
from photocompare.records.access import LOCAL, Permission
from photocompare.records.cohort_rows import COLUMNS
from photocompare.records.entries import NewComparison, VisitFacts
from photocompare.records.places import DATABASE_VARIABLE, PHOTOS_VARIABLE, Places, in_folder, usual_places
from photocompare.records.schema import CohortRow, ComparisonRow, TrailRow
from photocompare.records.store import Records
from photocompare.results.dossier import read_dossier

SAMPLE = Path(__file__).parents[1] / "sample_images" / "good_result"
MOST_AUDIT_S = {"sqlite": 1.5, "postgresql": 3.0}
MOST_PATIENT_S, MOST_SAVE_S = 0.3, 0.05
RUNS = 5
_FIRST_DAY = dt.date(2020, 1, 1)


@dataclass(frozen=True)
class Waits:
    """One thing's waits: wall and processor seconds of this process, run by run."""

    wall_s: tuple[float, ...]
    cpu_s: tuple[float, ...]

    @property
    def wall(self) -> float:
        """Median."""
        return statistics.median(self.wall_s)

    @property
    def cpu(self) -> float:
        """Median."""
        return statistics.median(self.cpu_s)


def in_turn(works: dict[str, Callable[[], object]], runs: int) -> dict[str, Waits]:
    """Time some works by turns, after one round that is not counted."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for counted in [False, *[True] * runs]:
        for name, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            if counted:
                taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: Waits(tuple(w for w, _ in times), tuple(c for _, c in times)) for name, times in taken.items()}


def raw_rows(records: Records) -> int:
    """The audit's rows as the driver's tuples; how many."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    with records.database.reading() as session:
        cursor = session.connection().exec_driver_sql(f"SELECT {columns} FROM cohort_row").cursor
        assert cursor is not None
        return len(cursor.fetchall())


class Saves:
    """Saves the shipped pair again and again, each time as another visit with photos of its own."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.key = records.add_patient(LOCAL)
        self.dossier = (SAMPLE / "measured.zip").read_bytes()
        self.result = read_dossier(self.dossier).result
        self.photos = [(SAMPLE / f"{which}.jpg").read_bytes() for which in ("before", "after")]
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
        mark = str(self.count).encode()
        before, after = (_FIRST_DAY + dt.timedelta(days=90 * k + self.count) for k in (0, 1))
        new = NewComparison(
            self.key,
            "left",
            f"region {self.count}",
            VisitFacts(before, session=1, agent="polidocanol"),
            VisitFacts(after),
            (self.photos[0] + mark,),
            (self.photos[1] + mark,),
            self.result,
            self.dossier + mark,
        )
        self.records.save_comparison(LOCAL, new)


def works_of(records: Records, saves: Saves) -> dict[str, Callable[[], object]]:
    """What is timed, by its name in the table."""
    someone = records.find_patients(LOCAL)[0]
    return {
        "the audit's rows as raw tuples": lambda: raw_rows(records),
        "the audit's rows as a frame": lambda: records.cohort(LOCAL),
        "audit to full figures": lambda: audit_figures(records.cohort(LOCAL)),
        "a commit of one entry of the trail": lambda: records.note(LOCAL, Permission.READ_COHORT, "benchmark", "records"),
        "patient's page": lambda: records.open_patient(LOCAL, someone.key),
        "list of patients": lambda: records.find_patients(LOCAL),
        "search by a common name": lambda: records.find_patients(LOCAL, someone.name.split()[0]),
        "search that finds nobody": lambda: records.find_patients(LOCAL, "no such name"),
        "save a comparison": saves,
        "start: open and clear what was left": lambda: Records(records.places).close(),
    }


def aims(kind: str, waits: dict[str, Waits]) -> list[tuple[str, str, str, str]]:
    """The project's own aims: what, aim, measured, met."""
    limits = {"audit to full figures": MOST_AUDIT_S[kind], "patient's page": MOST_PATIENT_S, "save a comparison": MOST_SAVE_S}
    return [(name, f"<= {most:g} s", f"{waits[name].wall:.3f} s", yes(waits[name].wall <= most)) for name, most in limits.items()]


def as_markdown(records: Records, waits: dict[str, Waits], load: Sequence[float]) -> str:
    """The figures as text."""
    with records.database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(kind)) for kind in (ComparisonRow, CohortRow, TrailRow)]
        server = (
            session.connection()
            .exec_driver_sql("SELECT sqlite_version()" if records.database.is_sqlite else "SHOW server_version")
            .scalar()
        )
    machine = this_machine()
    kind = "sqlite" if records.database.is_sqlite else "postgresql"
    rows, commit = waits["the audit's rows as raw tuples"], waits["a commit of one entry of the trail"]
    lines = []
    for name, wait in waits.items():
        beside, plain = ("raw tuples", rows) if "audit" in name else ("commit", commit)
        spread = f"{number(min(wait.wall_s), 3)} to {number(max(wait.wall_s), 3)}"
        lines.append((name, number(wait.wall, 3), spread, number(wait.cpu, 3), f"{number(wait.wall / plain.wall)} x {beside}"))
    runs = len(rows.wall_s)
    return "\n\n".join(
        [
            f"{'SQLite' if kind == 'sqlite' else 'PostgreSQL'} {server}: {counts[0]:,} comparisons, {counts[1]:,} rows of the audit, "
            f"{counts[2]:,} entries of the trail. {machine.processor}, {machine.cores} cores, {number(machine.memory_gib, 1)} GiB; "
            f"Python {machine.python}; median of {runs} runs in turn. Load average over one minute {number(load[0])} before, "
            f"{number(load[1])} after: with more than {machine.cores} the wall times hold for a machine that others keep busy.",
            table(("aim", "limit", "measured", "met"), aims(kind, waits)),
            table(("what", "wall s", "least to most", "CPU s of this process", "against"), lines),
        ]
    )


def measured(places: Places, runs: int) -> str:
    """Time everything on one database and tell it."""
    records = Records(places)
    before = os.getloadavg()[0]
    waits = in_turn(works_of(records, Saves(records)), runs)
    text = as_markdown(records, waits, (before, os.getloadavg()[0]))
    records.close()
    return text


def chain_text(records: Records) -> str:
    """How long the trail's chain takes to be walked, entry by entry."""
    begin = time.perf_counter()
    with records.database.reading() as session:
        broken, (entries, _) = trail.first_break(session), trail.head(session)
    assert broken is None
    return f"{entries:,} entries of the trail checked in {time.perf_counter() - begin:.1f} s."


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--chain", action="store_true", help="walk the trail's chain too: some minutes for millions of entries")
    parser.add_argument("--into", type=Path, help="page with the lines <!-- records-sqlite: begin --> and so on")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path)
    where.add_argument("--database")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as photos:
        places = in_folder(told.data.absolute()) if told.data else usual_places({DATABASE_VARIABLE: told.database, PHOTOS_VARIABLE: photos})
        text = measured(places, told.runs)
        if told.chain:
            records = Records(places)
            text += f"\n\n{chain_text(records)}"
            records.close()
    print(text)
    if told.into is not None:
        kind = "sqlite" if told.data else "postgresql"
        marks = f"<!-- records-{kind}: begin -->", f"<!-- records-{kind}: end -->"
        told.into.write_text(put_between(told.into.read_text(encoding="utf-8"), text, *marks), encoding="utf-8")


if __name__ == "__main__":
    main()
