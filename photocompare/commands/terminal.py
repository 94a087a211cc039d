"""Whether somebody watches."""

from __future__ import annotations

import sys


def at_a_terminal() -> bool:
    """Whether standard error is a terminal; it is none where it was closed."""
    return sys.stderr is not None and sys.stderr.isatty()
