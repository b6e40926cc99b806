"""The options that say who reads the files of a large inbox."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli_words import HELP
from schemas.errors import TonghopError
from schemas.text import Text

if TYPE_CHECKING:
    from pipeline.run_engine import Engine

KINDS = ("auto", "threads", "processes", "dask")


def options(lang: str) -> list[click.Option]:
    """``--engine``, ``--jobs`` and ``--scheduler``."""
    return [
        click.Option(["--engine", "kind"], type=click.Choice(KINDS), default="auto", help=HELP["engine"].of(lang)),
        click.Option(["--jobs"], type=click.IntRange(1), metavar="N", help=HELP["jobs"].of(lang)),
        click.Option(["--scheduler"], metavar="ADDRESS", help=HELP["scheduler"].of(lang)),
    ]


def ensure_sound(kind: str, scheduler: str | None) -> None:
    """Raise :class:`TonghopError` where a cluster has no address, or an address no cluster."""
    if (kind == "dask") != bool(scheduler):
        raise TonghopError(
            Text(
                "--engine dask và --scheduler ĐỊA_CHỈ phải đi cùng nhau; ví dụ: --scheduler tcp://10.0.0.5:8786.",
                "--engine dask and --scheduler ADDRESS go together, such as --scheduler tcp://10.0.0.5:8786.",
            )
        )


def engine_of(
    start: Path, kind: str, jobs: int | None, scheduler: str | None, lang: str
) -> AbstractContextManager[Engine]:
    """What was asked for as the reader of the inbox of the workspace around ``start``; what goes amiss is told."""
    from pipeline.run_engine import engine_for

    return engine_for(start, kind, jobs or 0, scheduler or "", lambda text: click.echo(text.of(lang), err=True))
