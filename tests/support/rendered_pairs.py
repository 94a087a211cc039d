"""Rendered pairs that several test modules look at: rendered once in each worker."""

from __future__ import annotations

import functools

from photocompare.phantom import PhantomPair, simple_pair

MELANIN = 0.03
"""Volume fraction in the epidermis: light skin, on which every vein that is drawn can be seen."""


@functools.cache
def graded_pair(size: tuple[int, int] = (900, 675)) -> PhantomPair:
    """A treated leg whose clearance is 0.6 without stains; whoever changes its pictures copies them first.

    Parameters
    ----------
    size : tuple of int
        Height and width, px.  At the default 0.2 mm per px: spider veins are two to four pixels wide.
    """
    return simple_pair("graded", seed=3, size=size, tone=MELANIN, clearance=0.6, stain=0.0)
