"""Runs a batch: finds every photo, measures what is not done yet, keeps each result as it comes, and draws up the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from photocompare.base.errors import UsageError
from photocompare.batch.contact_sheet import write_contact_sheet
from photocompare.batch.keeping import BatchFolder, StoredPair, unwritable_as_usage_error
from photocompare.batch.manifest import Manifest, PairRow
from photocompare.batch.pair import SETTLED, Measure, PairDetails, PairOutcome, PairTask, cores, measure_pair, pair_key
from photocompare.batch.saving import Save, Saver
from photocompare.batch.sources import LocalFile, RemoteFile, SentBytes, Source, SourceError, identified, source_of
from photocompare.batch.table import TableRow, write_tables
from photocompare.batch.workers import PAIR_SECONDS, LocalWorkers
from photocompare.settings import STANDARD, Settings

LOOKING_THREADS = 8
"""For finding and digesting photos: enough to keep a disk or a storage's answers busy."""


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run.

    Parameters
    ----------
    workers : int
        Processes of this machine; 0 for one a core.
    scheduler : str
        Address of a Dask scheduler; empty for this machine.
    pictures : bool
        Whether each pair's pictures are written (some 40 MB a pair at 12 megapixels), or only its numbers and thumbnails.
    dicom : bool
        Whether each pair's files for an archive are written (some 10 MB), with the pictures or without.
    pair_seconds : float
        Longest that a pair may take on this machine before its process is ended.
    settings : Settings

    Raises
    ------
    UsageError
        Workers of both kinds, none, or no time; DICOM without the libraries that write it.
    """

    workers: int = 0
    scheduler: str = ""
    pictures: bool = True
    dicom: bool = False
    pair_seconds: float = PAIR_SECONDS
    settings: Settings = STANDARD

    def __post_init__(self) -> None:
        if self.workers < 0 or self.pair_seconds <= 0:
            raise UsageError("Workers and seconds are above 0.")
        if self.workers and self.scheduler:
            raise UsageError("Give --workers for this machine or --scheduler for a cluster, not both.")
        if self.dicom:
            from photocompare.report.dicom.archive import check_can_write

            check_can_write()


class Watcher(Protocol):
    """Is told how far a batch is."""

    def begin(self, stage: str, total: int, already: int) -> None:
        """A stage ("look", "measure", "save", "write") begins; `already` of its `total` steps were done by an earlier run."""

    def step(self) -> None:
        """One step more is done."""


class _Nobody:
    def begin(self, stage: str, total: int, already: int) -> None:
        pass

    def step(self) -> None:
        pass


@dataclass(frozen=True)
class BatchSummary:
    """What became of a batch.

    Pairs by status, pairs measured by this run, pairs that the records would not take, what was written, and pairs whose files for an
    archive name no patient.
    """

    pairs: int
    statuses: dict[str, int]
    fresh: int
    unsaved: int
    written: tuple[Path, ...]
    unfiled: int = 0

    @property
    def complete(self) -> bool:
        """Whether every pair has a result or an honest refusal, and is in the records if it was to be."""
        return sum(self.statuses.get(status, 0) for status in SETTLED) == self.pairs and not self.unsaved


@dataclass
class _Planned:
    """A row, the key of its pair, where its files are and what is known beside them; or why a file can't be had."""

    row: PairRow
    key: str = ""
    sources: tuple[LocalFile | RemoteFile, ...] = ()
    details: PairDetails = field(default_factory=PairDetails)
    why: str = ""


@dataclass
class _Course:
    """What a run knows of pairs that have no kept result."""

    unsettled: dict[str, PairOutcome] = field(default_factory=dict)
    unsaved: dict[int, str] = field(default_factory=dict)
    fresh: int = 0


def run_batch(
    manifest: Manifest,
    folder: Path,
    *,
    options: BatchOptions = BatchOptions(),
    measure: Measure = measure_pair,
    save: Save | None = None,
    watcher: Watcher | None = None,
) -> BatchSummary:
    """Measure every pair of a manifest that `folder` holds no result of, then write the tables and the contact sheet.

    Parameters
    ----------
    manifest : Manifest
    folder : Path
        Made when absent.
    options : BatchOptions
    measure : callable
        What a worker does with a `PairTask`; a function of a module that the workers can import.  Tests and other ways of measuring put
        theirs here.
    save : callable, optional
        Saves a pair to the records, see `saving.Save`; called here, in one process, once a row.
    watcher : Watcher, optional

    Raises
    ------
    UsageError
        The folder can't be written to or is in use, the workers can't be started, or the cluster is gone.  What was measured is kept, and
        the same call goes on from there.
    """
    watcher = watcher or _Nobody()
    kept = BatchFolder(folder)
    with kept.locked():
        planned = _plan(manifest, options.settings, watcher)
        rows_of: dict[str, list[PairRow]] = {}
        for plan in planned:
            if plan.key:
                rows_of.setdefault(plan.key, []).append(plan.row)
        course = _Course()
        saver = None if save is None else Saver(save, kept)
        todo = _todo(planned, kept, saver, dicom=options.dicom)
        watcher.begin("measure", len(rows_of), len(rows_of) - len(todo))
        if todo:
            with _workers(options, measure, len(todo)) as workers:
                for outcome in workers.outcomes(_tasks(todo.values(), kept, options, with_dossier=saver is not None)):
                    _take(outcome, kept, course)
                    if saver is not None:
                        course.unsaved |= saver.save_all(outcome.key, rows_of[outcome.key])
                    watcher.step()
        if saver is not None:
            _save_the_rest(rows_of, saver, course, watcher)
        return _concluded(planned, kept, course, watcher)


class _Workers(Protocol):
    def outcomes(self, tasks: Iterable[PairTask]) -> Iterator[PairOutcome]: ...


def _workers(options: BatchOptions, measure: Measure, pairs: int) -> AbstractContextManager[_Workers]:
    if options.scheduler:
        from photocompare.batch.cluster import ClusterWorkers

        return ClusterWorkers(options.scheduler, measure)
    return LocalWorkers(min(options.workers or cores(), pairs), measure, pair_seconds=options.pair_seconds)


def _plan(manifest: Manifest, settings: Settings, watcher: Watcher) -> list[_Planned]:
    """Find every photo and name every pair; a photo that can't be had costs its row alone."""

    sha256 = settings.sha256

    def plan(row: PairRow) -> _Planned:
        if row.number in manifest.faults:
            return _Planned(row, why=f"The row has an error: {'; '.join(manifest.faults[row.number])}.")
        found, names = [], []
        for name, place in row.places.items():
            try:
                source, content = identified(source_of(place, manifest.root))
            except SourceError as error:
                return _Planned(row, why=f"The {name} {error}.")
            found.append(source)
            names.append(content)
        details = PairDetails(row.before_date, row.after_date, row.mm_per_px, row.collage)
        return _Planned(row, pair_key(names, details, settings_sha256=sha256), tuple(found), details)

    watcher.begin("look", len(manifest.rows), 0)
    planned = []
    with ThreadPoolExecutor(LOOKING_THREADS) as pool:
        for one in pool.map(plan, manifest.rows):
            planned.append(one)
            watcher.step()
    return planned


def _todo(planned: Sequence[_Planned], kept: BatchFolder, saver: Saver | None, *, dicom: bool) -> dict[str, _Planned]:
    """The pairs to measure, each once: those without a result, and those whose pictures for the records or files for an archive are not
    there and are asked for."""
    todo: dict[str, _Planned] = {}
    done: set[str] = set()
    for plan in planned:
        if not plan.key or plan.key in todo or (plan.key in done and saver is None):
            continue
        stored = kept.load(plan.key)
        to_save = stored is not None and saver is not None and saver.needs_measuring(stored, plan.row)
        if stored is None or to_save or (dicom and kept.lacks_archive_files(stored)):
            todo[plan.key] = plan
        else:
            done.add(plan.key)
    return todo


def _tasks(todo: Iterable[_Planned], kept: BatchFolder, options: BatchOptions, *, with_dossier: bool) -> Iterator[PairTask]:
    """What the workers are asked, made as they ask for it; bytes that must be sent are read no sooner."""
    away = bool(options.scheduler)
    for plan in todo:
        with unwritable_as_usage_error(kept.path):
            folder = kept.cleared_folder(plan.key)
        stored = kept.load(plan.key)
        pictures = options.pictures and stored is None  # a pair that is done is measured again for what it lacks alone
        yield PairTask(
            plan.key,
            tuple(_sent(source) if away else source for source in plan.sources),
            plan.details,
            folder=str(folder) if pictures and not away else "",
            send_files=pictures and away,
            send_dossier=with_dossier,
            dicom=options.dicom and (stored is None or kept.lacks_archive_files(stored)),
            settings=options.settings,
        )


def _sent(source: LocalFile | RemoteFile) -> Source:
    """A source that a worker on another machine can read."""
    if isinstance(source, RemoteFile) or source.shared:
        return source
    try:
        return SentBytes(source.read())
    except SourceError:
        return source  # the worker will say the same


def _take(outcome: PairOutcome, kept: BatchFolder, course: _Course) -> None:
    """Keep an outcome that the photos decide; remember any other for this run's table."""
    if outcome.status == "unwritten":
        raise UsageError(outcome.why)
    course.fresh += 1
    if outcome.status in SETTLED:
        kept.keep(outcome)
    else:
        course.unsettled[outcome.key] = outcome


def _save_the_rest(rows_of: Mapping[str, Sequence[PairRow]], saver: Saver, course: _Course, watcher: Watcher) -> None:
    """Save what an earlier run measured and did not come to save."""
    left = [
        (key, rows)
        for key, rows in rows_of.items()
        if any(row.number not in course.unsaved and saver.waits(row, key) for row in rows) and key not in course.unsettled
    ]
    watcher.begin("save", len(left), 0)
    for key, rows in left:
        course.unsaved |= saver.save_all(key, rows)
        watcher.step()


def _concluded(planned: Sequence[_Planned], kept: BatchFolder, course: _Course, watcher: Watcher) -> BatchSummary:
    """Write the tables and the contact sheet, and count."""
    watcher.begin("write", 0, 0)
    statuses: dict[str, int] = {}
    unfiled: set[int] = set()

    def rows() -> Iterator[TableRow]:
        for plan in planned:
            yield TableRow(plan.row, _stored(plan, kept, course), course.unsaved.get(plan.row.number, ""))

    def counted() -> Iterator[TableRow]:
        for row in rows():
            statuses[row.pair.status] = statuses.get(row.pair.status, 0) + 1
            if row.pair.unfiled:
                unfiled.add(row.row.number)
            yield row

    written = [*write_tables(counted(), kept.path), *write_contact_sheet(rows(), len(planned), dict(statuses), kept)]
    return BatchSummary(len(planned), statuses, course.fresh, len(course.unsaved), tuple(written), len(unfiled))


def _stored(plan: _Planned, kept: BatchFolder, course: _Course) -> StoredPair:
    if not plan.key:
        return StoredPair("", "skipped", plan.why)
    unsettled = course.unsettled.get(plan.key)
    if unsettled is not None:
        return StoredPair(plan.key, unsettled.status, unsettled.why, seconds=unsettled.seconds)
    stored = kept.load(plan.key)
    return stored or StoredPair(plan.key, "failed", "The kept result can't be read any more; start again.")
