"""`validate()`: run a study and write its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from photocompare.base.errors import PhotocompareError, UsageError
from photocompare.validation.findings import Findings, find
from photocompare.validation.page import write_report
from photocompare.validation.plan import StudyPlan
from photocompare.validation.plots import draw_plots
from photocompare.validation.study import Progress, run_study


def validate(plan: StudyPlan, folder: Path, *, workers: int = 1, on_row: Callable[[Progress], None] | None = None) -> Findings:
    """Run what of a study is still missing in `folder`, and write `validation.html`, `validation.json` and `summary.md` there.

    Parameters
    ----------
    plan : StudyPlan
    folder : Path
        Also holds `rows.jsonl`, from which a study that was stopped goes on.
    workers : int
        Processes.
    on_row : callable, optional
        Told of every row as it comes.

    Returns
    -------
    Findings

    Raises
    ------
    UsageError
        More wrong pairings than the pairs allow, or the folder can't be written to.
    PhotocompareError
        The system ended a worker.
    """
    try:
        study = run_study(plan, folder, workers=workers, on_row=on_row)
        findings = find(study.rows)
        made = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        write_report(folder, study, findings, draw_plots(study.rows, findings), made=made)
    except BrokenProcessPool as error:
        raise PhotocompareError(
            f"The system ended one of {workers} worker processes, most likely for want of memory; run the same command again with fewer"
            " workers: it goes on where it stopped."
        ) from error
    except OSError as error:
        raise UsageError(
            f"The study can't be kept in {folder}: {error.strerror or error}. Free some space or choose another folder."
        ) from error
    return findings
