"""How far a command has come, on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from schemas.text import Text

if TYPE_CHECKING:
    from pipeline.run import Progress

STAYS_SILENT: Progress = lambda _what, _done, _total: None  # noqa: E731


class Bar:
    """A progress bar on a terminal; nothing in a pipe or when asked to be quiet."""

    def __init__(self, context: click.Context) -> None:
        self._lang = context.obj["lang"]
        self._bar: Any = None
        self._task: Any = None
        self._what = ""
        if sys.stderr.isatty() and not context.obj["quiet"]:
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(console=Console(stderr=True), transient=True)

    def __enter__(self) -> Progress:
        if self._bar is None:
            return STAYS_SILENT
        self._bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, what: Text, done: int, total: int) -> None:
        """Show how far a stage has come."""
        if what.vi != self._what:
            if self._task is not None:
                self._bar.update(self._task, completed=self._bar.tasks[-1].total)
            self._what, self._task = what.vi, self._bar.add_task(what.of(self._lang), total=total)
        self._bar.update(self._task, completed=done, total=total)
