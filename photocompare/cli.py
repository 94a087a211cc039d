"""The command line: commands put together, faults turned into one sentence and an exit status.

Nothing that measures is imported before it is needed, so that `--version` and usage errors are quick, and so that a missing
system library is met with a sentence instead of a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn

import click

from photocompare import __version__
from photocompare.base.errors import PhotocompareError
from photocompare.base.memory import look_seldom_for_cycles, share_freed_memory
from photocompare.commands import practice, records
from photocompare.commands.batch import batch
from photocompare.commands.card import card
from photocompare.commands.compare import compare
from photocompare.commands.demo import demo
from photocompare.commands.in_order import InOrder
from photocompare.commands.phantoms import phantom, validate
from photocompare.commands.view import view

BAD_USAGE = 2
"""Exit status: bad usage, or a photo that can't be read."""

_INTERRUPTED, _TERMINATED = 130, 143
"""Exit status after Ctrl-C and after SIGTERM, as shells have it (128 + the signal's number)."""


_AT_THE_LATEST_S = 15.0
"""After SIGTERM the process is gone by then: one that was in the midst of loading a library may wait for its own lock for ever."""


class _Terminated(KeyboardInterrupt):
    """The system asks the process to end: it does so as after Ctrl-C, and leaves nothing half made."""


class _WholeTool(InOrder):
    """All commands; Ctrl-C and SIGTERM end them with the shells' status."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stopped:
            raise click.exceptions.Exit(_TERMINATED if isinstance(stopped, _Terminated) else _INTERRUPTED) from stopped


@click.group("photocompare", cls=_WholeTool, context_settings={"show_default": True})
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version and leave.")
def app() -> None:
    """How much of the visible leg veins went, from two photographs."""


for _command in (compare, view, card, phantom, validate, batch, demo, records.app, practice.app):
    app.add_command(_command)


def main() -> NoReturn:
    """Run the command line; every foreseeable fault becomes one sentence on standard error and status 2."""
    # The solves are small: a second thread of the linear algebra would only spin on the core that OpenCV needs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, _terminate)
    share_freed_memory()
    look_seldom_for_cycles()
    try:
        app(prog_name="photocompare")
    except PhotocompareError as error:
        _fail(str(error))
    except ImportError as error:
        if ".so" not in str(error):
            raise
        library = str(error).split(":")[0]
        _fail(f"The system library {library} is missing; install it with: apt-get install libgl1 libglib2.0-0")
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _fail(f"The system reported: {error.strerror or error}{where}.")
    except MemoryError:
        _fail("There is not enough memory for these photos; close other programs or send smaller copies.")
    sys.exit(0)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second one doesn't wait
    last = threading.Timer(_AT_THE_LATEST_S, os._exit, (_TERMINATED,))
    last.daemon = True
    last.start()
    raise _Terminated


def _fail(sentence: str) -> NoReturn:
    click.echo(f"photocompare: {sentence}", err=True)  # says nothing where standard error is closed
    sys.exit(BAD_USAGE)
