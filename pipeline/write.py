"""The files of a run: where each stands, and all of them written."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.collecting import emptied, seldom_collected
from pipeline.crew import Crew
from pipeline.dispatch import reminders
from pipeline.dispatch import returns_folder as returns_folder
from pipeline.engine import LOCAL, beside
from pipeline.packed import dumped
from pipeline.quick_sheet import MANY_ROWS
from pipeline.results import Progress, Results
from pipeline.workspace import Workspace
from pipeline.write_appendix import write_appendix
from pipeline.write_appendix_docx import write_appendix_docx
from pipeline.write_book import write_book
from pipeline.write_data import write_csv, write_later
from pipeline.write_findings import write_findings
from pipeline.write_page import write_page
from pipeline.write_parquet import write_parquet
from pipeline.write_reminders import write_reminders
from pipeline.write_returns import returned_units, write_returns
from pipeline.write_sentences import write_sentences
from schemas.period import Period
from schemas.text import Text

DATA = ("observations", "findings", "submissions", "rollup")
# What another process writes beside this one, with the appendix, is nearly as much work as the consolidated workbook.
_BESIDE = ("observations", "rollup")
_WRITTEN = b"written"
_WRITING = Text("Ghi kết quả", "Writing results")


def output_files(workspace: Workspace, period: Period) -> Mapping[str, Path]:
    """Where the results of a period stand, by what they are."""
    folder = workspace.output(period)
    return {
        "page": folder / "index.html",
        "book": folder / f"tong-hop-{period}.xlsx",
        "appendix": folder / f"phu-luc-{period}.xlsx",
        "appendix-docx": folder / f"phu-luc-{period}.docx",
        "sentences": folder / f"so-lieu-{period}.docx",
        "checklist": folder / f"doi-chieu-{period}.xlsx",
        "reminders": folder / f"don-doc-{period}.xlsx",
        **{name: folder / "data" / f"{name}.csv" for name in DATA},
        "parquet": folder / "data" / "observations.parquet",
    }


def write_results(results: Results, progress: Progress) -> None:
    """Write every file of a run. Raises :class:`pipeline.errors.OutputError`."""
    with seldom_collected():
        _write(results, progress)


def _write(results: Results, progress: Progress) -> None:
    files = output_files(results.workspace, results.owed.period)
    progress(_WRITING, 0, 1)
    crew = beside(results.workspace.engine, len(results.submissions))
    others = _alone(results)
    if crew is not None:
        others = [partial(_waited_for, crew, crew.begin(write_beside, _asked(results)), others)]
    links = write_returns(returns_folder(results.workspace, results.owed.period), results)
    steps: list[Callable[[], None]] = [
        partial(write_findings, files["checklist"], results, links),
        # What goes to a unit holds the return that goes back to it.
        partial(write_reminders, files["reminders"], files["reminders"].parent / "don-doc", results),
        partial(write_book, files["book"], results, links),
        *(partial(write_csv, files[name], results, name) for name in DATA if name not in _BESIDE),
        partial(write_later, files["observations"].with_name("after-close.csv"), results),
        *others,
        partial(write_parquet, files["parquet"], files["observations"]),
        # Last, for it links to the others.
        lambda: write_page(files["page"], results, files, written(results)),
    ]
    forget = emptied if len(results.owed.tree.units) > MANY_ROWS else nullcontext
    for done, step in enumerate(steps, start=1):
        progress(_WRITING, done, len(steps) + 1)
        with forget():
            step()
    progress(_WRITING, len(steps) + 1, len(steps) + 1)


def write_beside(asked: bytes) -> bytes:
    """Write those files of a run that need no other; the results come from a process of ours."""
    results: Results = pickle.loads(asked)
    with seldom_collected():
        for step in _alone(results):
            step()
    return _WRITTEN


def _asked(results: Results) -> bytes:
    return dumped(replace(results, workspace=replace(results.workspace, engine=LOCAL)))


def _waited_for(crew: Crew, task: Future[bytes] | None, steps: Sequence[Callable[[], None]]) -> None:
    """Wait for what another process writes, and take its steps here where none has."""
    if [*crew.answers([task])] != [_WRITTEN]:
        for step in steps:
            step()


def _alone(results: Results) -> list[Callable[[], None]]:
    """What writes the files that need no other."""
    files = output_files(results.workspace, results.owed.period)
    return [
        partial(write_appendix, files["appendix"], results),
        partial(write_appendix_docx, files["appendix-docx"], results),
        partial(write_sentences, files["sentences"], results),
        *(partial(write_csv, files[name], results, name) for name in _BESIDE),
    ]


def written(results: Results) -> list[Path]:
    """The files of a run that people open, in the order in which they would."""
    files = output_files(results.workspace, results.owed.period)
    opened = [files["page"], files["book"], files["checklist"]]
    # Written only where the period has something to say in them.
    opened[2:2] = [path for name in ("appendix", "appendix-docx", "sentences") if (path := files[name]).is_file()]
    if reminders(results):
        opened.append(files["reminders"])
    if returned_units(results):
        opened.append(returns_folder(results.workspace, results.owed.period))
    return opened
