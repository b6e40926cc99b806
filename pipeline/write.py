"""The files of a run: where each stands, and all of them written."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.collecting import seldom_collected
from pipeline.crew import Crew
from pipeline.dispatch import reminders
from pipeline.dispatch import returns_folder as returns_folder
from pipeline.engine import LOCAL, chosen
from pipeline.packed import dumped
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
# What another process writes beside this one is about as much work as the consolidated workbook.
_BESIDE = frozenset({"observations", "rollup"})
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
    crew = _crew(results)
    task = crew.begin(write_beside, _asked(results)) if crew else None
    links = write_returns(returns_folder(results.workspace, results.owed.period), results)
    steps: list[Callable[[], None]] = [
        partial(write_findings, files["checklist"], results, links),
        partial(write_book, files["book"], results, links),
        *(partial(write_csv, files[name], results, name) for name in DATA if name not in _BESIDE),
        partial(write_later, files["observations"].with_name("after-close.csv"), results),
        partial(_write_others, results, crew, task),
        partial(write_parquet, files["parquet"], files["observations"]),
        # Last, for it links to the others.
        lambda: write_page(files["page"], results, files, written(results)),
    ]
    for done, step in enumerate(steps, start=1):
        progress(_WRITING, done, len(steps) + 1)
        step()
    progress(_WRITING, len(steps) + 1, len(steps) + 1)


def write_beside(asked: bytes) -> bytes:
    """Write those files of a run that need no other; the results come from a process of ours."""
    results: Results = pickle.loads(asked)
    with seldom_collected():
        _write_alone(results)
    return _WRITTEN


def _crew(results: Results) -> Crew | None:
    engine = results.workspace.engine
    return engine.crew if chosen(engine, len(results.submissions)) == "shared" else None


def _asked(results: Results) -> bytes:
    return dumped(replace(results, workspace=replace(results.workspace, engine=LOCAL)))


def _write_others(results: Results, crew: Crew | None, task: Future[bytes] | None) -> None:
    """Wait for what another process writes, and write it here where none has."""
    if crew is None or [*crew.answers([task])] != [_WRITTEN]:
        _write_alone(results)


def _write_alone(results: Results) -> None:
    """Write the files that need no other."""
    files = output_files(results.workspace, results.owed.period)
    for name in DATA:
        if name in _BESIDE:
            write_csv(files[name], results, name)
    write_appendix(files["appendix"], results)
    write_appendix_docx(files["appendix-docx"], results)
    write_sentences(files["sentences"], results)
    write_reminders(files["reminders"], files["reminders"].parent / "don-doc", results)


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
