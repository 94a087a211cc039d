"""Large records to measure with: `python -m benchmarks.cohorts --comparisons 100000 --data DIR`, or `--database postgresql://...`.

A demo of some hundred invented patients is saved through the records' own doors; its rows are then written many times over with new
numbers, keys, days, digests and operators.  So every table holds what the software itself would have written: the audit's rows are those
of `photocompare.records.cohort.renew`, and the trail's chain is whole.  Photos have digests and no files.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np
from sqlalchemy import select

from photocompare import __version__
from photocompare.demo.course import FAMILY_NAMES, GIVEN_NAMES
from photocompare.demo.fill import fill_demo
from photocompare.demo.plan import DemoPlan
from photocompare.records import trail
from photocompare.records.cohort_bytes import DAYS, packed, words_of
from photocompare.records.entries import folded
from photocompare.records.migrating import open_database
from photocompare.records.places import DATABASE_VARIABLE, Places, in_folder, usual_places
from photocompare.records.schema import Base, CohortRow, ComparisonRow, PatientRow, PhotoRow, RegionRow, VisitRow

PAIRS_A_PATIENT = 3.3
TEMPLATE_PATIENTS = 600
BUNDLES = 2_000
"""Patients that differ in their regions; further ones differ in key, days, digests and operators."""

LAST_DAY = dt.date(2026, 6, 30)
MOST_SHIFT_DAYS = 3 * 365
OPERATOR_GROUPS_PER_PAIR = 1 / 20_000
_BATCH = 2_000
"""Patients that are held in memory at once."""

_AT = "2026-07-01T12:00:00.000Z"
_WHO = "bulk"
_TABLES = ("patient", "identity", "consent", "leg", "region", "visit", "photo", "comparison", "cohort_word", "cohort_row", "trail")
_COLUMNS = {name: [column.name for column in Base.metadata.tables[name].columns] for name in _TABLES}
_COHORT = {name: place for place, name in enumerate(_COLUMNS["cohort_row"])}
_VISIT_REST = _COLUMNS["visit"][3:]
_OPERATOR, _SITE = _VISIT_REST.index("operator"), _VISIT_REST.index("site")


@dataclass(frozen=True)
class PairTemplate:
    """A comparison: places of its visits, status, settings, its audit row, and the result's text around the two digests."""

    before: int
    after: int
    status: str
    settings_sha256: str
    result: tuple[str, str, str]
    row: tuple[Any, ...]


@dataclass(frozen=True)
class RegionTemplate:
    """A region as the demo holds it: the visits' days, other columns and numbers of photos, and its comparisons; or its one audit row."""

    side: str
    name: str
    days: tuple[dt.date, ...]
    visits: tuple[tuple[Any, ...], ...]
    photos: tuple[int, ...]
    pairs: tuple[PairTemplate, ...]
    alone: tuple[Any, ...] | None


class Sink(Protocol):
    """Takes rows of a table, all columns in the schema's order."""

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None: ...


# --- what is written many times over


def templates(*, patients: int = TEMPLATE_PATIENTS, seed: int = 1) -> list[RegionTemplate]:
    """Regions of a demo without rendered photos."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "demo"
        fill_demo(DemoPlan(patients, seed, 0, LAST_DAY), folder)
        database = open_database(in_folder(folder))
        with database.reading() as session:
            found = [_template(session, region) for region in session.scalars(select(RegionRow).order_by(RegionRow.id))]
        database.close()
    return found


def _template(session: Any, region: RegionRow) -> RegionTemplate:
    visits = list(session.scalars(select(VisitRow).where(VisitRow.region_id == region.id).order_by(VisitRow.day)))
    place = {visit.id: number for number, visit in enumerate(visits)}
    counts = [len(session.scalars(select(PhotoRow.id).where(PhotoRow.visit_id == visit.id)).all()) for visit in visits]
    rows = {row.comparison_id: row for row in session.scalars(select(CohortRow).where(CohortRow.region_id == region.id))}
    pairs = []
    for pair in session.scalars(select(ComparisonRow).where(ComparisonRow.region_id == region.id).order_by(ComparisonRow.id)):
        row = _plain_row(rows.pop(pair.id))
        pairs.append(
            PairTemplate(
                place[pair.before_visit_id], place[pair.after_visit_id], pair.status, pair.settings_sha256, _around(pair.result), row
            )
        )
    alone = _plain_row(rows.pop(None)) if None in rows else None
    assert not rows
    return RegionTemplate(
        region.leg.side,
        region.name,
        tuple(visit.day for visit in visits),
        tuple(tuple(getattr(visit, name) for name in _VISIT_REST) for visit in visits),
        tuple(counts),
        tuple(pairs),
        alone,
    )


def _plain_row(row: CohortRow) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _COHORT)


def _around(result: str) -> tuple[str, str, str]:
    """The text before, between and after the two photos' digests."""
    mark = '"sha256":"'
    first = result.index(mark, result.index('"photos"')) + len(mark)
    second = result.index(mark, first) + len(mark)
    return result[:first], result[first + 64 : second], result[second + 64 :]


def bundles(regions: Sequence[RegionTemplate], rng: np.random.Generator) -> list[list[RegionTemplate]]:
    """Patients' regions, `PAIRS_A_PATIENT` comparisons each on average, no region twice in a patient."""
    made: list[list[RegionTemplate]] = []
    pairs = 0
    for number in range(1, BUNDLES + 1):
        taken: dict[tuple[str, str], RegionTemplate] = {}
        while not taken or (pairs < number * PAIRS_A_PATIENT and len(taken) < 8):
            region = regions[rng.integers(len(regions))]
            if (region.side, region.name) not in taken:
                taken[region.side, region.name] = region
                pairs += len(region.pairs)
        made.append(list(taken.values()))
    return made


# --- rows


class Copier:
    """Writes patients one after the other, with running numbers and the trail's chain.

    Parameters
    ----------
    sink : Sink
    groups : int
        Practices: each has operators and sites of its own.
    rng : Generator
    """

    def __init__(self, sink: Sink, groups: int, rng: np.random.Generator) -> None:
        self.sink, self.groups, self.rng = sink, groups, rng
        self.numbers = dict.fromkeys(_TABLES, 0)
        self.rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        self.previous = trail.FIRST_PREVIOUS
        self.words: dict[str, int] = {}

    def flush(self) -> None:
        """Hand over what is held, parents first."""
        for name, rows in self.rows.items():
            self.sink.write(name, rows)
            rows.clear()

    def _number(self, table: str) -> int:
        self.numbers[table] += 1
        return self.numbers[table]

    def _digest(self) -> str:
        return self.rng.bytes(32).hex()

    def _note(self, action: str, about: str, after: dict[str, Any]) -> None:
        sequence, told = self._number("trail"), trail.canonical(after)
        entry = {
            "sequence": sequence,
            "at": _AT,
            "actor": _WHO,
            "role": "local",
            "action": action,
            "object": about,
            "before": "",
            "after": told,
            "version": __version__,
            "client": _WHO,
        }
        digest = hashlib.sha256((self.previous + trail.canonical(entry)).encode()).hexdigest()
        self.rows["trail"].append((*entry.values(), self.previous, digest))
        self.previous = digest

    def patient(self, regions: Sequence[RegionTemplate]) -> int:
        """One more patient; how many comparisons it brought."""
        number = self._number("patient")
        key, shift = f"P-{number:09d}", dt.timedelta(days=int(self.rng.integers(0, MOST_SHIFT_DAYS)))
        self.rows["patient"].append((number, key, _AT, None, 1))
        who, chart = f"{GIVEN_NAMES[number % len(GIVEN_NAMES)]} {FAMILY_NAMES[number % len(FAMILY_NAMES)]} {number}", f"BULK-{number:07d}"
        self.rows["identity"].append((number, who, chart, "1970-01-01", "", folded(f"{who}\n{chart}")))
        self._note("patient.add", f"patient/{key}", {"identity": True})
        for use in ("care", "gallery"):
            self.rows["consent"].append((self._number("consent"), number, use, 1, _AT, _WHO))
        legs: dict[str, int] = {}
        for region in regions:
            if region.side not in legs:
                legs[region.side] = self._number("leg")
                self.rows["leg"].append((legs[region.side], number, region.side))
            self._region(region, legs[region.side], number, key, shift)
        return sum(len(region.pairs) for region in regions)

    def _region(self, region: RegionTemplate, leg: int, patient: int, key: str, shift: dt.timedelta) -> None:
        number = self._number("region")
        self.rows["region"].append((number, leg, region.name))
        group = f" {patient % self.groups:03d}"
        visits, digests = [], []
        for day, rest, photos in zip(region.days, region.visits, region.photos, strict=True):
            visit, on = self._number("visit"), (day - shift).isoformat()
            cells = list(rest)
            if cells[_OPERATOR]:
                cells[_OPERATOR] += group
                cells[_SITE] += group
            self.rows["visit"].append((visit, number, on, *cells))
            visits.append(visit)
            digests.append(self._digest())
            if photos:
                self.rows["photo"].append((self._number("photo"), visit, digests[-1], "{}", _AT))
            self._note("visit.add", f"patient/{key}/visit/{visit}", {"day": on})
        for pair in region.pairs:
            comparison = self._comparison(pair, number, visits, digests, key)
            self._cohort_row(pair.row, patient, number, comparison, group, shift)
        if region.alone is not None:
            self._cohort_row(region.alone, patient, number, None, group, shift)

    def _comparison(self, pair: PairTemplate, region: int, visits: list[int], digests: list[str], key: str) -> int:
        number, content = self._number("comparison"), self._digest()
        head, between, tail = pair.result
        result = f"{head}{digests[pair.before]}{between}{digests[pair.after]}{tail}"
        before, after = visits[pair.before], visits[pair.after]
        self.rows["comparison"].append(
            (number, None, 1, "", region, before, after, pair.status, pair.settings_sha256, content, self._digest(), "", _AT, _WHO, result)
        )
        about = f"patient/{key}/comparison/{number}"
        self._note("comparison.save", about, {"revision": 1, "status": pair.status, "content": content})
        return number

    def _cohort_row(self, row: tuple[Any, ...], patient: int, region: int, comparison: int | None, group: str, shift: dt.timedelta) -> None:
        cells = list(row)
        for name, value in (
            ("id", self._number("cohort_row")),
            ("region_id", region),
            ("comparison_id", comparison),
            ("patient_id", patient),
        ):
            cells[_COHORT[name]] = value
        for name in DAYS:
            day = cells[_COHORT[name]]
            cells[_COHORT[name]] = None if day is None else (day - shift).isoformat()
        for name in ("operator", "site"):
            if cells[_COHORT[name]]:
                cells[_COHORT[name]] += group
        values = {name: value for name, value in zip(_COHORT, cells, strict=True) if name != "packed"}
        for name in DAYS:
            values[name] = None if values[name] is None else dt.date.fromisoformat(values[name])
        told: Any = SimpleNamespace(**values)  # only its columns are asked for
        for word in words_of(told) - self.words.keys():
            self.words[word] = self._number("cohort_word")
            self.rows["cohort_word"].append((self.words[word], word))
        cells[_COHORT["packed"]] = packed(told, self.words)
        self.rows["cohort_row"].append(tuple(cells))


# --- into a database


class _IntoSqlite:
    """Appends without waiting for the disk: a database that is cut short here is thrown away."""

    def __init__(self, file: Path) -> None:
        self.connection = sqlite3.connect(file, isolation_level=None)
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("BEGIN")

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self.connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(_COLUMNS[table]))})", rows)

    def close(self) -> None:
        self.connection.execute("COMMIT")
        self.connection.execute("ANALYZE")
        self.connection.close()


class _IntoPostgresql:
    """COPY, without the foreign keys' checks row by row; running numbers go on from where they are."""

    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url.replace("+psycopg", ""))
        self.connection.execute("SET session_replication_role = replica")

    def write(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = ", ".join(f'"{name}"' for name in _COLUMNS[table])
        with self.connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def close(self) -> None:
        for name in _TABLES:
            if _COLUMNS[name][0] == "id":
                self.connection.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
        self.connection.commit()
        self.connection.autocommit = True
        self.connection.execute("VACUUM ANALYZE")
        self.connection.close()


@contextmanager
def _sink(places: Places) -> Iterator[Sink]:
    database = open_database(places)
    with database.reading() as session:
        if session.scalar(select(PatientRow.id).limit(1)) is not None:
            raise SystemExit("The database holds patients; name an empty one.")
    database.close()
    file = places.sqlite_file
    sink = _IntoPostgresql(places.database_url) if file is None else _IntoSqlite(file)
    yield sink
    sink.close()


def fill(places: Places, comparisons: int, *, seed: int = 1, template_patients: int = TEMPLATE_PATIENTS) -> dict[str, int]:
    """Fill an empty database; rows by table.

    Parameters
    ----------
    places : Places
    comparisons : int
        At least so many; the last patient is written whole.
    seed : int
    template_patients : int
        Of the demo whose rows are written many times over.
    """
    rng = np.random.default_rng(seed)
    patients = bundles(templates(patients=template_patients, seed=seed), rng)
    with _sink(places) as sink:
        copier = Copier(sink, max(1, round(comparisons * OPERATOR_GROUPS_PER_PAIR)), rng)
        while copier.numbers["comparison"] < comparisons:
            copier.patient(patients[copier.numbers["patient"] % len(patients)])
            if copier.numbers["patient"] % _BATCH == 0:
                copier.flush()
        copier.flush()
    return copier.numbers | {"identity": copier.numbers["patient"]}


def main() -> None:
    """Fill an empty database from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--comparisons", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, help="folder of a new SQLite database")
    where.add_argument("--database", help="URL of an empty PostgreSQL database")
    told = parser.parse_args()
    places = in_folder(told.data.absolute()) if told.data else usual_places({DATABASE_VARIABLE: told.database})
    begin = time.perf_counter()
    rows = fill(places, told.comparisons, seed=told.seed)
    print(f"{time.perf_counter() - begin:.0f} s: " + ", ".join(f"{count} {name}" for name, count in rows.items()))


if __name__ == "__main__":
    main()
