"""The contact sheet of a batch: every pair at a glance, as HTML pages that need nothing else.

Pictures are the small ones that were made from pixels, within the page itself; there is no script, and the page forbids itself any
request.  Whatever the manifest says is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import islice
from pathlib import Path

from photocompare.base.safe_files import write_whole
from photocompare.batch.keeping import BatchFolder, unwritable_as_usage_error
from photocompare.batch.sources import shown
from photocompare.batch.table import TableRow
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.words.headline import headline_interval, headline_number
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.texts import texts
from photocompare.results.result import Result
from photocompare.veins.classes import FATES

NAME = "contact_sheet{}.html"

PAIRS_A_PAGE = 200
"""Some 10 MB a page: a browser opens it at once."""

MOST_REASONS = 3
"""Told of each pair, the worst first; the table has all."""

STATUS_WORDS = {
    "comparable": "Comparable",
    "indicative": "Indicative",
    "not_comparable": "Not comparable",
    "unreadable": "Unreadable",
    "skipped": "Skipped",
    "failed": "Failed",
}

_EXPLAINED = (
    "The percentage is how much of the visible veins went, as a person sees them, with its 95 % interval. It describes two photographs."
)

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; background: #f4f3f0; margin: 0; padding: 1.5rem; }
main { max-width: 90rem; margin: 0 auto; } h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .3rem; }
.counts { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 0; margin: .6rem 0 0; list-style: none; }
.legend { color: #45423d; font-size: .87rem; }
.legend i { display: inline-block; width: 1.4em; height: .45em; border: 1px solid #8a867e; margin-right: .4em; vertical-align: middle; }
nav { margin: 1rem 0; display: flex; flex-wrap: wrap; gap: .2rem .5rem; } nav a, nav b { padding: .15rem .45rem; } nav a { color: #0b5a5a; }
ol { list-style: none; padding: 0; margin: 1rem 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(24rem, 100%), 1fr)); }
ol > li { background: #fff; border: 1px solid #d5d2cb; border-radius: 6px; padding: .8rem; overflow-wrap: anywhere; break-inside: avoid; }
h2 { font-size: 1rem; margin: 0; display: flex; justify-content: space-between; gap: .8rem; }
img { display: block; height: auto; margin: .6rem 0 0; }
.under { display: flex; margin: 0 0 .5rem; color: #55524c; font-size: .8rem; } .under span { flex: 1; text-align: center; }
.number { font-size: 1.25rem; font-weight: 600; margin: .4rem 0 0; font-variant-numeric: tabular-nums; }
.number small { font-weight: 400; font-size: .9rem; }
p { margin: .3rem 0 0; } .facts, .why { color: #45423d; font-size: .87rem; } .why { border-left: 3px solid #b3641b; padding-left: .5rem; }
.status { font-weight: 600; white-space: nowrap; } .comparable { color: #175c3c; } .indicative { color: #7a4a00; }
.not_comparable, .unreadable, .skipped, .failed { color: #96281b; }
@media print { body { background: #fff; padding: 0; } nav { display: none; } }
"""

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Contact sheet, page {page} of {pages}</title>
<style>{style}</style>
</head>
<body>
<main>
"""


def write_contact_sheet(rows: Iterable[TableRow], count: int, statuses: Mapping[str, int], kept: BatchFolder) -> tuple[Path, ...]:
    """Write the pages; pages that a longer batch left go.

    Parameters
    ----------
    rows : iterable of TableRow
        `count` of them, in the manifest's order.
    statuses : mapping
        How many pairs have which status.
    kept : BatchFolder

    Raises
    ------
    UsageError
        A page can't be written.
    """
    coming = iter(rows)
    pages = max(1, -(-count // PAIRS_A_PAGE))
    written = []
    with unwritable_as_usage_error(kept.path):
        for page in range(1, pages + 1):
            path = kept.path / page_name(page)
            text = "".join(_page(islice(coming, PAIRS_A_PAGE), page, pages, count, statuses, kept))
            write_whole(path, text.encode())
            written.append(path)
        page = pages + 1
        while (stale := kept.path / page_name(page)).exists():
            stale.unlink()
            page += 1
    return tuple(written)


def page_name(page: int) -> str:
    """The file of a page, which counts from 1."""
    return NAME.format("" if page == 1 else f"_{page}")


def _page(rows: Iterable[TableRow], page: int, pages: int, count: int, statuses: Mapping[str, int], kept: BatchFolder) -> Iterator[str]:
    yield _HEAD.format(page=page, pages=pages, style=_STYLE)
    yield f"<h1>{count} {'pair' if count == 1 else 'pairs'} of photos</h1>\n<ul class='counts'>"
    yield from (f"<li><span class='status {s}'>{word}</span> {statuses[s]}</li>" for s, word in STATUS_WORDS.items() if statuses.get(s))
    yield f"</ul>\n<p class='facts'>{_EXPLAINED}</p>\n<ul class='counts legend'>{_legend()}</ul>\n"
    links = _links(page, pages)
    yield links + "<ol>\n"
    yield from (_card(row, kept) for row in rows)
    yield f"</ol>\n{links}</main>\n</body>\n</html>\n"


def _legend() -> str:
    """What the colours of the third picture mean."""
    words = texts("en")
    colours = ((fate, "#{:02x}{:02x}{:02x}".format(*FATE_STYLES[fate].colour)) for fate in FATES)
    return "".join(f"<li><i style='background:{colour}'></i>{escape(words(f'fate.{fate}'))}</li>" for fate, colour in colours)


def _links(page: int, pages: int) -> str:
    if pages == 1:
        return ""
    numbers = (f"<b aria-current='page'>{n}</b>" if n == page else f"<a href='{page_name(n)}'>{n}</a>" for n in range(1, pages + 1))
    return f"<nav aria-label='Pages'>Page {' '.join(numbers)}</nav>\n"


def _card(row: TableRow, kept: BatchFolder) -> str:
    status = row.pair.status
    facts = row.row
    who = facts.patient or Path(shown(facts.before)).name
    told = [
        f"<h2><span>Row {facts.number}: <bdi>{escape(who)}</bdi></span>",
        f"<span class='status {status}'>{STATUS_WORDS[status]}</span></h2>",
        _pictures(row, kept),
        _number(row.pair.result),
        f"<p class='facts'>{_facts(row)}</p>",
        *(f"<p class='why'>{escape(why)}</p>" for why in _whys(row)),
    ]
    return f"<li>{''.join(told)}</li>\n"


def _pictures(row: TableRow, kept: BatchFolder) -> str:
    encoded = kept.thumbnails(row.pair.key) if row.pair.key else ""
    if not encoded:
        return ""
    names = ["Before", "After", *(["Fate of each vein"] if row.pair.status in ("comparable", "indicative") else [])]
    width = len(names) * 100 // 3
    shape = f"style='width:{width}%'"
    under = "".join(f"<span>{name}</span>" for name in names)
    alt = f"Row {row.row.number}: {', '.join(names).lower()}, side by side"
    return f"<img src='data:image/jpeg;base64,{encoded}' alt='{alt}' {shape}><p class='under' {shape}>{under}</p>"


def _number(result: Result | None) -> str:
    length = None if result is None else result.length
    if result is None or length is None:
        return ""
    t = texts("en")
    number, within = headline_number(length.value, result.benchmark.band, t), headline_interval(length.low, length.high, t)
    earlier = earlier_contract(result, t)
    note = f"<p class='facts'>{escape(earlier)}</p>" if earlier else ""
    return f"<p class='number'>{escape(number)} <small>({escape(within)})</small></p>{note}"


def _facts(row: TableRow) -> str:
    """The row's facts as HTML, each kept from turning the direction of the next."""
    facts, result = row.row, row.pair.result
    days = None if result is None else result.timing.days
    concentration = "" if facts.concentration_percent is None else f"{facts.concentration_percent:g} %"
    parts = [
        " ".join(part for part in (facts.leg, facts.region) if part),
        "" if facts.before_date is None else f"{facts.before_date.isoformat()} to {facts.after_date or 'unknown'}",
        "" if days is None else f"{days} days",
        " ".join(part for part in (facts.agent, concentration, facts.form) if part),
        " and ".join(shown(place) for place in facts.places.values()),
        "" if facts.collage is None else f"collage, {facts.collage}",
    ]
    return ", ".join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)


def _whys(row: TableRow) -> list[str]:
    """Why there is no number, or what stands against it: the worst reasons, then what the records said."""
    result = row.pair.result
    reasons = [] if result is None else list(dict.fromkeys(reason.message for reason in result.reasons))[:MOST_REASONS]
    return [why for why in (row.pair.why, *reasons, row.unsaved and f"Not in the records: {row.unsaved}") if why]
