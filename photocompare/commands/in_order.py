"""The groups of commands, whose help lists them as they were added."""

from __future__ import annotations

import click


class InOrder(click.Group):
    """A group whose commands stand in the order of their adding, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names of the commands."""
        return list(self.commands)
