"""Which pairs a study renders, which photos it pairs wrongly on purpose, and by what method they are measured."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from photocompare import __version__
from photocompare.base.errors import UsageError
from photocompare.phantom import PairFacts, draw_case
from photocompare.phantom.facts import PAIRED_SIZE, stream
from photocompare.settings import STANDARD

REFUSE_KINDS = ("mismatch", "poor")
"""Kinds that must yield no number."""

POOL_PAIRS = 64
"""Pairs whose photos are kept for wrong pairings while a study runs: about 100 MB, and 64 * 63 = 4032 pairings."""

_SCALE_GIVEN = 0.5
"""Share of pairs measured with a given scale, as after a card or a ruler.  Without one, calibres can be told apart only
where the tool assumes a scale."""

_NO_PART = ("validation", "cli.py", "__main__.py")
"""Code that neither renders, nor measures, nor writes what is scored."""


@dataclass(frozen=True)
class StudyPlan:
    """What a study does.

    Parameters
    ----------
    pairs : int
        Rendered pairs, at least 1; their facts are those of `photocompare phantom` with the same seed.
    seed : int
    mismatches : int
        Wrong pairings: the before photo of one leg with the after photo of another.
    size : (int, int)
        Rows, columns of all photos.
    """

    pairs: int = 200
    seed: int = 0
    mismatches: int = 0
    size: tuple[int, int] = PAIRED_SIZE


@dataclass(frozen=True)
class PairCase:
    """One rendered pair of the study."""

    number: int
    facts: PairFacts

    @property
    def ranges(self) -> str:
        """The name of the ranges that the facts were drawn from."""
        return "hard" if self.facts.hard else "standard"

    @property
    def expect(self) -> str:
        """ "measure" or "refuse"."""
        return "refuse" if self.facts.kind in REFUSE_KINDS else "measure"

    @property
    def scale_given(self) -> bool:
        """Whether the tool is told the scale; drawn by the pair's own seed."""
        return bool(stream(self.facts.seed, "scale given").uniform() < _SCALE_GIVEN)

    @property
    def name(self) -> str:
        """What the pair is rendered from."""
        rows, columns = self.facts.size
        return f"{self.facts.kind} {self.ranges} {self.facts.seed} {rows}x{columns}"


@dataclass(frozen=True)
class Pairing:
    """The before photo of one pair beside the after photo of another leg."""

    number: int
    before: PairCase
    after: PairCase

    @property
    def name(self) -> str:
        """Which photos."""
        return f"{self.before.name} > {self.after.name}"


def planned_pairs(plan: StudyPlan) -> list[PairCase]:
    """The study's pairs, in order."""
    return [PairCase(k, draw_case(k, seed=plan.seed, size=plan.size)) for k in range(plan.pairs)]


def planned_pairings(plan: StudyPlan, pairs: list[PairCase]) -> list[Pairing]:
    """The study's wrong pairings: among the first `POOL_PAIRS` good pairs, legs that are nearest in tone first, for they look most alike.

    Raises
    ------
    UsageError
        There are fewer pairings than asked for.
    """
    pool = [case for case in pairs if case.expect == "measure"][:POOL_PAIRS]
    most = len(pool) * (len(pool) - 1)
    if plan.mismatches > most:
        raise UsageError(f"{plan.pairs} pairs allow {most} mismatched pairings, not {plan.mismatches}; render more pairs or ask for fewer.")
    by_tone = sorted(pool, key=lambda case: case.facts.melanin)
    apart = ((by_tone[k], by_tone[(k + step) % len(pool)]) for step in range(1, len(pool)) for k in range(len(pool)))
    return [Pairing(number, *two) for number, two in enumerate(itertools.islice(apart, plan.mismatches))]


@dataclass(frozen=True)
class Method:
    """What measured the pairs: rows of another method are never mixed in.

    Parameters
    ----------
    version, config, config_sha256 : str
        As in every result.
    code_sha256 : str
        Digest of the code and models that render, measure and write.
    """

    version: str
    config: str
    config_sha256: str
    code_sha256: str

    def key_of(self, case: PairCase | Pairing) -> str:
        """The key of the row that a case gives by this method."""
        return f"{case.name} | {self.version} {self.config_sha256[:16]} {self.code_sha256[:16]}"


def present_method() -> Method:
    """The method of the installed package with its standard settings."""
    return Method(__version__, STANDARD.name, STANDARD.sha256, _code_sha256())


def _code_sha256() -> str:
    """Over the names and bytes of all code and models whose change may change a row."""
    digest = hashlib.sha256()
    for name, file in _sources(files("photocompare"), ""):
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        name = f"{path}{entry.name}"
        if name in _NO_PART:
            continue
        if entry.is_dir():
            found += _sources(entry, f"{name}/")
        elif name.endswith((".py", ".onnx")):
            found.append((name, entry))
    return found
