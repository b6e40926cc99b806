"""The files of a run: where each stands, and all of them written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pipeline.dispatch import reminders
from pipeline.dispatch import returns_folder as returns_folder
from pipeline.results import Progress, Results
from pipeline.workspace import Workspace
from pipeline.write_appendix import target_form, write_appendix
from pipeline.write_book import write_book
from pipeline.write_data import write_csv
from pipeline.write_findings import write_findings
from pipeline.write_reminders import write_reminders
from pipeline.write_returns import returned_units, write_returns
from schemas.period import Period
from schemas.text import Text

DATA = ("observations", "findings", "submissions", "rollup")
_WRITING = Text("Ghi kết quả", "Writing results")


def output_files(workspace: Workspace, period: Period) -> Mapping[str, Path]:
    """Where the results of a period stand, by what they are."""
    folder = workspace.output(period)
    return {
        "book": folder / f"tong-hop-{period}.xlsx",
        "appendix": folder / f"phu-luc-{period}.xlsx",
        "checklist": folder / f"doi-chieu-{period}.xlsx",
        "reminders": folder / f"don-doc-{period}.xlsx",
        **{name: folder / "data" / f"{name}.csv" for name in DATA},
    }


def write_results(results: Results, progress: Progress) -> None:
    """Write every file of a run. Raises :class:`pipeline.errors.OutputError`."""
    files = output_files(results.workspace, results.owed.period)
    steps: list[Callable[[], None]] = [
        partial(write_returns, returns_folder(results.workspace, results.owed.period), results),
        partial(write_findings, files["checklist"], results),
        partial(write_appendix, files["appendix"], results),
        partial(write_book, files["book"], results),
        *(partial(write_csv, files[name], results, name) for name in DATA),
        partial(write_reminders, files["reminders"], files["reminders"].parent / "don-doc", results),
    ]
    for done, step in enumerate(steps):
        progress(_WRITING, done, len(steps))
        step()
    progress(_WRITING, len(steps), len(steps))


def written(results: Results) -> list[Path]:
    """The files of a run that people open, in the order in which they would."""
    files = output_files(results.workspace, results.owed.period)
    opened = [files["book"], files["checklist"]]
    if target_form(results) is not None:
        opened.insert(1, files["appendix"])
    if reminders(results):
        opened.append(files["reminders"])
    if returned_units(results):
        opened.append(returns_folder(results.workspace, results.owed.period))
    return opened
